//! Enable and disable (seed 14.3.4).

use super::act::Act;
use super::held::{Held, only_when};
use super::{Console, Refusal};
use crate::auth::gate::Action;
use crate::store::tx::Tx;
use api::actor::Actor;
use api::backend::Answer;
use engine::model::{GroupId, GroupStatus};
use serde_json::json as object;

/// A way from one status to the other.
#[derive(Clone, Copy)]
struct Way {
    from: GroupStatus,
    /// The word for `from` in a message.
    only_when: &'static str,
    to: GroupStatus,
    what: &'static str,
}

const ENABLE: Way = Way {
    from: GroupStatus::Disabled,
    only_when: "disabled",
    to: GroupStatus::Enabled,
    what: "enabled",
};
const DISABLE: Way = Way {
    from: GroupStatus::Enabled,
    only_when: "enabled",
    to: GroupStatus::Disabled,
    what: "disabled",
};

/// Enables a disabled group.
pub(super) async fn enable(console: &Console, actor: &Actor, id: GroupId) -> Answer<()> {
    go(console, actor, Action::EnableGroup, id, ENABLE).await
}

/// Disables an enabled group: after this transaction nothing is begun (I5).
pub(super) async fn disable(console: &Console, actor: &Actor, id: GroupId) -> Answer<()> {
    go(console, actor, Action::DisableGroup, id, DISABLE).await
}

async fn go(console: &Console, actor: &Actor, action: Action, id: GroupId, way: Way) -> Answer<()> {
    let act = console.act(actor, action)?;
    let operation = "enable or disable a group";
    console
        .write(operation, act, move |tx, act| {
            Box::pin(async move { set(tx, act, id, way).await })
        })
        .await?;
    console.parts.wake.group(id);
    Ok(())
}

async fn set(tx: &mut Tx, act: &Act, id: GroupId, way: Way) -> Result<(), Refusal> {
    let mut held = Held::read(tx, act, id).await?;
    if held.status != way.from {
        return Err(only_when(way.only_when).into());
    }
    held.status = way.to;
    held.store(tx, act).await?;
    let desired = held.durable.desired;
    act.log(tx, id, act.edit(way.what, (desired, desired))).await?;
    Ok(act
        .record(tx, id, object!({ "name": held.name }), &[held.changed()])
        .await?)
}
