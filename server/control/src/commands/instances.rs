//! One instance by hand: remove, protect (seed 14.3.2.3).

use super::act::{Act, Line};
use super::held::{Held, only_when};
use super::refusal::not_found;
use super::{Console, Refusal};
use crate::auth::gate::Action;
use crate::store::tx::{Row, Tx, json};
use crate::values;
use api::actor::Actor;
use api::backend::{Answer, Protect};
use engine::model::{Flags, GroupId, GroupStatus, InstanceId, Order, Phase, ids};
use serde_json::json as object;

/// Removes an instance from its group, which destroys it: a later pass carries it out.
pub(super) async fn remove(console: &Console, actor: &Actor, group: GroupId, id: InstanceId) -> Answer<()> {
    let act = console.act(actor, Action::RemoveInstance)?;
    console
        .write("remove an instance", act, move |tx, act| {
            Box::pin(async move { ask(tx, act, group, id).await })
        })
        .await?;
    console.parts.wake.group(group);
    Ok(())
}

async fn ask(tx: &mut Tx, act: &Act, group: GroupId, id: InstanceId) -> Result<(), Refusal> {
    let held = Held::read(tx, act, group).await?;
    let row = instance(tx, act, group, id).await?;
    if held.status != GroupStatus::Enabled {
        // While disabled no removal is begun (seed 14.3.4), and a deleted group removes all of them anyway.
        return Err(only_when("enabled").into());
    }
    let leaves = !matches!(row.json("phase")?, Phase::Launching | Phase::Serving);
    if leaves || ordered(tx, group, Order::Remove { id }).await? {
        return Ok(());
    }
    order(tx, act, group, Order::Remove { id }).await?;
    let desired = held.durable.desired;
    let line = Line {
        instance: Some(id),
        ..act.edit("removed", (desired, desired))
    };
    act.log(tx, group, line).await?;
    let name: String = row.get("name")?;
    Ok(act
        .record(tx, id, object!({ "name": name, "group": group }), &[held.changed()])
        .await?)
}

/// Writes what a pass is to carry out.
pub(super) async fn order(tx: &mut Tx, act: &Act, group: GroupId, order: Order) -> Result<(), Refusal> {
    if ordered(tx, group, order).await? {
        return Ok(());
    }
    let sql = "INSERT INTO orders (id, group_id, body, user_name, created_at) VALUES ($1, $2, $3, $4, $5)";
    let id = format!("ord-{}", ids::encode(act.ids.mint()));
    tx.execute(sql, values![&id, group, json(&order), &act.actor.name, act.now])
        .await?;
    act.made_order(&id);
    Ok(())
}

/// Asked for already: once is enough.
async fn ordered(tx: &mut Tx, group: GroupId, order: Order) -> Result<bool, Refusal> {
    let sql = "SELECT id FROM orders WHERE group_id = $1 AND body = $2";
    Ok(tx.first(sql, values![group, json(&order)]).await?.is_some())
}

/// Protects an instance from every removal by rule, bound or health, or lifts that.
pub(super) async fn protect(
    console: &Console,
    actor: &Actor,
    group: GroupId,
    id: InstanceId,
    protect: Protect,
) -> Answer<()> {
    let act = console.act(actor, Action::ProtectInstance)?;
    console
        .write("protect an instance", act, move |tx, act| {
            Box::pin(async move { mark(tx, act, group, id, protect).await })
        })
        .await?;
    console.parts.wake.group(group);
    Ok(())
}

async fn mark(tx: &mut Tx, act: &Act, group: GroupId, id: InstanceId, protect: Protect) -> Result<(), Refusal> {
    let held = Held::staying(tx, act, group).await?;
    let row = instance(tx, act, group, id).await?;
    let before: Flags = row.json("flags")?;
    let after = Flags {
        protected: protect == Protect::Set,
        ..before
    };
    if after == before {
        return Ok(());
    }
    let sql = "UPDATE instances SET flags = $2 WHERE id = $1";
    tx.execute(sql, values![id, json(&after)]).await?;
    // A pass that loaded it unprotected may be about to remove it: its intents are refused, and the next pass sees the mark.
    let sql = "UPDATE groups_ SET state_rev = state_rev + 1 WHERE id = $1";
    tx.execute(sql, values![group]).await?;
    let detail = object!({ "group": group, "protected": after.protected });
    Ok(act.record(tx, id, detail, &[held.changed()]).await?)
}

async fn instance(tx: &mut Tx, act: &Act, group: GroupId, id: InstanceId) -> Result<Row, Refusal> {
    let sql = "SELECT name, phase, flags FROM instances
               WHERE id = $1 AND group_id = $2 AND tenant_id = $3 AND terminated_at IS NULL";
    tx.first(sql, values![id, group, act.tenant()])
        .await?
        .ok_or_else(not_found)
}
