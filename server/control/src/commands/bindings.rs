//! Bind and unbind (seed 14.3.5): the bindings' rows and the spec's bindings are changed together.

use super::act::Act;
use super::held::Held;
use super::refusal::not_found;
use super::{Console, Refusal};
use crate::auth::gate::Action;
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::BindForm;
use api::live::Change;
use api::parse;
use api::problem::{Code, Problem};
use engine::model::{Binding, GroupId, LoadBalancerId, VServerId};
use serde_json::json as object;

/// Binds a group to a VServer of the tenant.
pub(super) async fn bind(console: &Console, actor: &Actor, id: GroupId, form: BindForm) -> Answer<()> {
    let act = console.act(actor, Action::BindGroup)?;
    let binding = parse::bind(&form)?;
    let balancer = console
        .write("bind a group", act, move |tx, act| {
            Box::pin(async move { add(tx, act, id, binding).await })
        })
        .await?;
    wake(console, id, balancer);
    Ok(())
}

async fn add(tx: &mut Tx, act: &Act, id: GroupId, binding: Binding) -> Result<LoadBalancerId, Refusal> {
    let mut held = Held::staying(tx, act, id).await?;
    let no_such = || api::parse::text::no_such("vserver", "vserver", &binding.vserver.to_string());
    let balancer = balancer_of(tx, act, binding.vserver).await?.ok_or_else(no_such)?;
    if held.spec.bindings.iter().any(|bound| bound.vserver == binding.vserver) {
        return Err(Problem::at("vserver", Code::AlreadyBound).into());
    }
    held.spec.bindings.push(binding);
    held.spec.bindings.sort_unstable();
    parse::group::check(&held.spec)?;
    let sql = "INSERT INTO bindings (group_id, vserver_id, port, weight) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, values![id, binding.vserver, binding.port, binding.weight])
        .await?;
    store(tx, act, &mut held, "bound", binding.vserver, balancer).await?;
    Ok(balancer)
}

/// Unbinds a group from a VServer; its instances live on.
pub(super) async fn unbind(console: &Console, actor: &Actor, id: GroupId, vserver: VServerId) -> Answer<()> {
    let act = console.act(actor, Action::UnbindGroup)?;
    let balancer = console
        .write("unbind a group", act, move |tx, act| {
            Box::pin(async move { take(tx, act, id, vserver).await })
        })
        .await?;
    wake(console, id, balancer);
    Ok(())
}

async fn take(tx: &mut Tx, act: &Act, id: GroupId, vserver: VServerId) -> Result<LoadBalancerId, Refusal> {
    let mut held = Held::staying(tx, act, id).await?;
    let balancer = balancer_of(tx, act, vserver).await?.ok_or_else(not_found)?;
    let before = held.spec.bindings.len();
    held.spec.bindings.retain(|bound| bound.vserver != vserver);
    if held.spec.bindings.len() == before {
        return Err(not_found());
    }
    tx.execute(
        "DELETE FROM bindings WHERE group_id = $1 AND vserver_id = $2",
        values![id, vserver],
    )
    .await?;
    store(tx, act, &mut held, "unbound", vserver, balancer).await?;
    Ok(balancer)
}

async fn store(
    tx: &mut Tx,
    act: &Act,
    held: &mut Held,
    what: &str,
    vserver: VServerId,
    balancer: LoadBalancerId,
) -> Result<(), Refusal> {
    held.store(tx, act).await?;
    let desired = held.durable.desired;
    act.log(tx, held.id, act.edit(what, (desired, desired))).await?;
    let changes = [held.changed(), Change::Balancer { id: balancer }];
    let detail = object!({ "vserver": vserver, "bindings": held.spec.bindings });
    Ok(act.record(tx, held.id, detail, &changes).await?)
}

/// The load balancer of a VServer of the tenant that is not deleted.
async fn balancer_of(tx: &mut Tx, act: &Act, vserver: VServerId) -> Result<Option<LoadBalancerId>, Refusal> {
    let sql = "SELECT l.id FROM vservers v JOIN load_balancers l ON l.id = v.balancer_id
               WHERE v.id = $1 AND l.tenant_id = $2 AND v.deleted_at IS NULL AND l.deleted_at IS NULL";
    let row = tx.first(sql, values![vserver, act.tenant()]).await?;
    Ok(row.map(|row| row.get("id")).transpose()?)
}

fn wake(console: &Console, group: GroupId, balancer: LoadBalancerId) {
    console.parts.wake.balancer(balancer);
    console.parts.wake.group(group);
}
