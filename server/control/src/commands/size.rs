//! Desired by hand, and what else the loop waits for a person to say.

use super::act::{Act, Line};
use super::held::{Held, only_when};
use super::instances::order;
use super::{Console, Refusal};
use crate::auth::gate::Action;
use crate::store::tx::Tx;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::ActivityKind;
use api::parse;
use engine::model::{GroupId, Order};
use serde_json::json as object;

/// Sets desired; refused outside the bounds, never clamped (design 4.1).
pub(super) async fn resize(console: &Console, actor: &Actor, id: GroupId, desired: String) -> Answer<()> {
    let act = console.act(actor, Action::ResizeGroup)?;
    let desired = parse::desired(&desired)?;
    console
        .write("resize a group", act, move |tx, act| {
            Box::pin(async move { set(tx, act, id, desired).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(())
}

async fn set(tx: &mut Tx, act: &Act, id: GroupId, desired: u32) -> Result<(), Refusal> {
    let mut held = Held::staying(tx, act, id).await?;
    parse::group::desired_within(&held.spec, desired)?;
    let before = held.durable.desired;
    if before == desired {
        return Ok(());
    }
    held.durable.desired = desired;
    held.store(tx, act).await?;
    let line = Line {
        kind: ActivityKind::Resize,
        ..act.edit("resized", (before, desired))
    };
    act.log(tx, id, line).await?;
    let detail = object!({ "before": before, "after": desired });
    Ok(act.record(tx, id, detail, &[held.changed()]).await?)
}

/// Lets the next pass try launches again.
pub(super) async fn rearm(console: &Console, actor: &Actor, id: GroupId) -> Answer<()> {
    let act = console.act(actor, Action::RearmBreaker)?;
    console
        .write("re-arm a breaker", act, move |tx, act| {
            Box::pin(async move { ask(tx, act, id).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(())
}

async fn ask(tx: &mut Tx, act: &Act, id: GroupId) -> Result<(), Refusal> {
    let held = Held::staying(tx, act, id).await?;
    if !held.durable.breaker.is_open() {
        return Err(only_when("breaker open").into());
    }
    order(tx, act, id, Order::RearmBreaker).await?;
    let failures = held.durable.breaker.failures;
    Ok(act
        .record(tx, id, object!({ "failures": failures }), &[held.changed()])
        .await?)
}

/// Lets the next passes destroy machines without a record, a few a cycle (design 4.15).
pub(super) async fn confirm_strays(console: &Console, actor: &Actor, id: GroupId) -> Answer<()> {
    let act = console.act(actor, Action::ConfirmStrays)?;
    console
        .write("confirm strays", act, move |tx, act| {
            Box::pin(async move { confirm(tx, act, id).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(())
}

async fn confirm(tx: &mut Tx, act: &Act, id: GroupId) -> Result<(), Refusal> {
    let held = Held::staying(tx, act, id).await?;
    let waits = !held.durable.strays_confirmed;
    let Some(doubt) = held.durable.stray_doubt.filter(|_| waits) else {
        return Err(only_when("machines without a record wait").into());
    };
    order(tx, act, id, Order::ConfirmStrays).await?;
    Ok(act
        .record(tx, id, object!({ "doubt": doubt }), &[held.changed()])
        .await?)
}
