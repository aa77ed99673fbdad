//! Load balancers: create, delete.

use super::act::Act;
use super::held::repeated;
use super::refusal::not_found;
use super::{Console, Refusal, names};
use crate::auth::gate::Action;
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::BalancerForm;
use api::live::Change;
use api::parse;
use api::problem::{Code, Problem};
use engine::model::LoadBalancerId;
use serde_json::json as object;
use std::net::Ipv4Addr;

/// Creates a load balancer; its process starts with its first VServer.
pub(super) async fn create(console: &Console, actor: &Actor, form: BalancerForm) -> Answer<LoadBalancerId> {
    let act = console.act(actor, Action::CreateBalancer)?;
    let new = parse::load_balancer(&form)?;
    let (id, address) = (
        LoadBalancerId(console.parts.ids.mint()),
        console.options.balancer_address,
    );
    let operation = "create a load balancer";
    console
        .write(operation, act, move |tx, act| {
            Box::pin(async move { insert(tx, act, id, new, address).await })
        })
        .await?;
    console.parts.wake.balancer(id);
    Ok(id)
}

async fn insert(
    tx: &mut Tx,
    act: &Act,
    id: LoadBalancerId,
    new: BalancerForm,
    address: Ipv4Addr,
) -> Result<(), Refusal> {
    let sql = "SELECT id FROM load_balancers WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL";
    if tx.first(sql, values![act.tenant(), &new.name]).await?.is_some() {
        return Err(Problem::at("name", Code::NameTaken).with(new.name).into());
    }
    let sql = "INSERT INTO load_balancers (id, tenant_id, name, remark, address, created_at)
               VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, values![id, act.tenant(), &new.name, &new.remark, address, act.now])
        .await?;
    let detail = object!({ "name": new.name, "address": address });
    Ok(act.record(tx, id, detail, &[Change::Balancer { id }]).await?)
}

/// Deletes a load balancer with its VServers; refused while a group is bound.
pub(super) async fn delete(console: &Console, actor: &Actor, id: LoadBalancerId, typed: String) -> Answer<()> {
    let act = console.act(actor, Action::DeleteBalancer)?;
    let operation = "delete a load balancer";
    console
        .write(operation, act, move |tx, act| {
            Box::pin(async move { end(tx, act, id, &typed).await })
        })
        .await?;
    console.parts.wake.balancer(id);
    Ok(())
}

async fn end(tx: &mut Tx, act: &Act, id: LoadBalancerId, typed: &str) -> Result<(), Refusal> {
    let name = name_of(tx, act, id).await?;
    repeated(typed, &name)?;
    let sql = "SELECT DISTINCT g.name FROM bindings b
               JOIN vservers v ON v.id = b.vserver_id
               JOIN groups_ g ON g.id = b.group_id
               WHERE v.balancer_id = $1 AND v.deleted_at IS NULL AND g.deleted_at IS NULL ORDER BY g.name LIMIT 1000";
    let rows = tx.all(sql, values![id]).await?;
    let users: Vec<String> = rows.iter().map(|row| row.get("name")).collect::<Result<_, _>>()?;
    if !users.is_empty() {
        return Err(Problem::at("", Code::InUse).with(names(&users)).into());
    }
    // What is left are bindings of groups that are gone.
    let sql = "DELETE FROM bindings WHERE vserver_id IN (SELECT id FROM vservers WHERE balancer_id = $1)";
    tx.execute(sql, values![id]).await?;
    let sql = "UPDATE vservers SET deleted_at = $2 WHERE balancer_id = $1 AND deleted_at IS NULL";
    tx.execute(sql, values![id, act.now]).await?;
    tx.execute(
        "UPDATE load_balancers SET deleted_at = $2 WHERE id = $1",
        values![id, act.now],
    )
    .await?;
    Ok(act
        .record(tx, id, object!({ "name": name }), &[Change::Balancer { id }])
        .await?)
}

/// The name of a load balancer of the tenant that is not deleted.
pub(super) async fn name_of(tx: &mut Tx, act: &Act, id: LoadBalancerId) -> Result<String, Refusal> {
    let sql = "SELECT name FROM load_balancers WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL";
    let row = tx.first(sql, values![id, act.tenant()]).await?.ok_or_else(not_found)?;
    Ok(row.get("name")?)
}
