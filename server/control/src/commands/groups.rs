//! Groups: create, edit, delete.

use super::act::{Act, Line};
use super::held::{Held, Origin, repeated};
use super::{Console, Refusal};
use crate::auth::gate::Action;
use crate::store::shard_of;
use crate::store::tx::{Tx, json, word};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{ActivityKind, Cause, GroupForm, NewGroup};
use api::parse;
use api::problem::{Code, Problem};
use engine::memory::Memory;
use engine::model::{GroupId, GroupSpec, GroupStatus, Reason};
use serde_json::json as object;

/// Creates a group: enabled, at its minimum.
pub(super) async fn create(console: &Console, actor: &Actor, form: GroupForm) -> Answer<GroupId> {
    let act = console.act(actor, Action::CreateGroup)?;
    let new = parse::group(&form)?;
    let id = GroupId(console.parts.ids.mint());
    console
        .write("create a group", act, move |tx, act| {
            Box::pin(async move { insert(tx, act, id, new).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(id)
}

async fn insert(tx: &mut Tx, act: &Act, id: GroupId, new: NewGroup) -> Result<(), Refusal> {
    name_free(tx, act, &new.name, None).await?;
    let from = Origin::read(tx, act, new.template).await?;
    let spec = GroupSpec {
        ready_check: from.ready_check,
        seed: act.ids.mint(),
        ..new.spec
    };
    let held = Held {
        id,
        name: new.name,
        remark: new.remark,
        status: GroupStatus::Enabled,
        version: 1,
        durable: Memory::new(spec.min).durable,
        spec,
        template: from.template,
        template_version: from.version,
    };
    insert_row(tx, act, &held).await?;
    held.store_spec(tx, act).await?;
    act.log(tx, id, act.edit("created", (0, held.spec.min))).await?;
    let detail = object!({ "name": held.name, "spec": held.spec, "template": held.template });
    Ok(act.record(tx, id, detail, &[held.changed()]).await?)
}

async fn insert_row(tx: &mut Tx, act: &Act, held: &Held) -> Result<(), Refusal> {
    let sql = "INSERT INTO groups_ (id, tenant_id, name, remark, kind, status, shard, spec_version, min_size, max_size,
                   template_id, template_version, durable, desired, created_at)
               VALUES ($1, $2, $3, $4, 'vm', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let values = values![
        held.id,
        act.tenant(),
        &held.name,
        &held.remark,
        word(held.status),
        shard_of(held.id),
        held.version,
        held.spec.min,
        held.spec.max,
        held.template,
        held.template_version,
        json(&held.durable),
        held.durable.desired,
        act.now,
    ];
    tx.execute(sql, values).await?;
    Ok(())
}

/// Changes a group; the version the browser read must still be the current one.
pub(super) async fn update(console: &Console, actor: &Actor, id: GroupId, form: GroupForm) -> Answer<()> {
    let act = console.act(actor, Action::UpdateGroup)?;
    let new = parse::group(&form)?;
    console
        .write("change a group", act, move |tx, act| {
            Box::pin(async move { change(tx, act, id, new).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(())
}

async fn change(tx: &mut Tx, act: &Act, id: GroupId, new: NewGroup) -> Result<(), Refusal> {
    let mut held = Held::staying(tx, act, id).await?;
    current(tx, &held, new.version).await?;
    name_free(tx, act, &new.name, Some(id)).await?;
    let from = Origin::read(tx, act, new.template).await?;
    let detail = object!({ "before": held.spec, "after": new.spec, "template": from.template, "name": new.name });
    (held.name, held.remark) = (new.name, new.remark);
    (held.template, held.template_version) = (from.template, from.version);
    let (bindings, seed) = (std::mem::take(&mut held.spec.bindings), held.spec.seed);
    held.spec = GroupSpec {
        bindings,
        seed,
        ready_check: from.ready_check,
        ..new.spec
    };
    parse::group::check(&held.spec)?;
    let before = held.durable.desired;
    held.durable.desired = before.clamp(held.spec.min, held.spec.max);
    held.store(tx, act).await?;
    act.log(tx, id, act.edit("updated", (before, before))).await?;
    if let Some(line) = moved(&held, before) {
        act.log(tx, id, line).await?;
    }
    Ok(act.record(tx, id, detail, &[held.changed()]).await?)
}

/// Bounds that were moved past desired move it, and say so (design 4.1).
fn moved(held: &Held, from: u32) -> Option<Line> {
    let (to, min, max) = (held.durable.desired, held.spec.min, held.spec.max);
    let cause = Cause::Engine {
        reasons: vec![Reason::BoundsMoved { from, to, min, max }],
    };
    let line = Line {
        kind: ActivityKind::Resize,
        cause,
        instance: None,
        size: (from, to),
    };
    (from != to).then_some(line)
}

/// A stale edit is refused with the version that is there and who made it.
async fn current(tx: &mut Tx, held: &Held, read: Option<i64>) -> Result<(), Refusal> {
    let Some(read) = read else {
        return Err(Problem::at("version", Code::Empty).into());
    };
    if read == held.version {
        return Ok(());
    }
    let sql = "SELECT user_name FROM group_specs WHERE group_id = $1 AND version = $2";
    let by: String = tx.one(sql, values![held.id, held.version]).await?.get("user_name")?;
    Err(Problem::at("", Code::Stale)
        .with(held.version)
        .with(read)
        .with(by)
        .into())
}

async fn name_free(tx: &mut Tx, act: &Act, name: &str, but: Option<GroupId>) -> Result<(), Refusal> {
    let sql = "SELECT id FROM groups_ WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL AND id <> $3";
    let but = but.map(|id| id.to_string()).unwrap_or_default();
    match tx.first(sql, values![act.tenant(), name, but]).await? {
        None => Ok(()),
        Some(_) => Err(Problem::at("name", Code::NameTaken).with(name).into()),
    }
}

/// Begins a group's deletion, in any state; the typed name says that it is meant.
pub(super) async fn delete(console: &Console, actor: &Actor, id: GroupId, typed: String) -> Answer<()> {
    let act = console.act(actor, Action::DeleteGroup)?;
    console
        .write("delete a group", act, move |tx, act| {
            Box::pin(async move { begin_end(tx, act, id, &typed).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(())
}

async fn begin_end(tx: &mut Tx, act: &Act, id: GroupId, typed: &str) -> Result<(), Refusal> {
    let mut held = Held::read(tx, act, id).await?;
    repeated(typed, &held.name)?;
    if held.status == GroupStatus::Deleting {
        return Ok(());
    }
    let before = held.durable.desired;
    (held.status, held.durable.desired) = (GroupStatus::Deleting, 0);
    held.store(tx, act).await?;
    act.log(tx, id, act.edit("deleted", (before, 0))).await?;
    Ok(act
        .record(tx, id, object!({ "name": held.name }), &[held.changed()])
        .await?)
}
