//! What has to happen in some state of some case: a search in which it never does proves nothing about it.

use crate::protocol::Protocol;
use crate::server::{At, Intent, Pass};
use crate::world::{Phase, World};
use stateright::Property;

/// A server acts on what it planned before its shard became another's.
pub const LATE_WAKING: &str = "a server wakes after another took its shard";
/// What leaves is wanted after all.
pub const TAKEN_BACK: &str = "a removal is taken back";
/// A machine without a record is wanted.
pub const TAKEN_IN: &str = "a stray is taken in";
/// A commit's answer is lost, and its server goes on.
pub const IN_DOUBT: &str = "a pass is planned while a commit is in doubt";
/// All of them.
pub const ALL: [&str; 4] = [LATE_WAKING, TAKEN_BACK, TAKEN_IN, IN_DOUBT];

pub(crate) fn properties() -> [Property<Protocol>; 4] {
    [
        Property::sometimes(LATE_WAKING, |_, world: &World| {
            passes(world).any(|pass| pass.epoch < world.lease.epoch)
        }),
        Property::sometimes(TAKEN_BACK, |_, world: &World| intends(world, is_taking_back)),
        Property::sometimes(TAKEN_IN, |_, world: &World| {
            intends(world, |intent| matches!(intent, Intent::Adopt(_)))
        }),
        Property::sometimes(IN_DOUBT, |_, world: &World| {
            world.in_doubt.is_some() && passes(world).next().is_some()
        }),
    ]
}

fn passes(world: &World) -> impl Iterator<Item = &Pass> {
    world.servers.iter().filter_map(|server| match &server.at {
        At::Rest | At::Listed(_) => None,
        At::Planned(pass) | At::Checked(pass) | At::Intended(pass) | At::Applied(pass) => Some(pass),
    })
}

fn intends(world: &World, test: impl Fn(&Intent) -> bool) -> bool {
    passes(world).any(|pass| pass.intents.iter().any(&test))
}

fn is_taking_back(intent: &Intent) -> bool {
    matches!(
        intent,
        Intent::Move {
            from: Phase::Draining(_),
            to: Phase::Serving,
            ..
        }
    )
}
