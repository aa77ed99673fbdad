//! What became of a pass's intents, once they are written.

use super::apply::Minted;
use crate::store::{Intent, Placed};
use engine::model::{InstanceId, Timestamp};

/// What was written.
#[derive(Default)]
pub(super) struct Intended {
    /// Launches with their place.
    pub(super) minted: Vec<Minted>,
    /// Launches that no subnet had an address for: nothing is written of them.
    pub(super) homeless: Vec<InstanceId>,
    /// How many of those a rise of desired was to be covered by.
    pub(super) growth_missed: u32,
}

impl Intended {
    pub(super) fn of(intents: Vec<Intent>, places: &[Option<Placed>], intended_at: Timestamp) -> Self {
        let mut intended = Self::default();
        let mut places = places.iter();
        for intent in intents {
            let Intent::Launch {
                id,
                name,
                flags,
                warm_up_ms,
                ..
            } = intent
            else {
                continue;
            };
            if let Some(place) = places.next().copied().flatten() {
                intended.minted.push(Minted {
                    id,
                    name,
                    place,
                    warm_up_ms,
                    intended_at,
                });
            } else {
                tracing::warn!(instance = %id, "not launched: no subnet of its network has a free address");
                intended.growth_missed += u32::from(!flags.replacement);
                intended.homeless.push(id);
            }
        }
        intended
    }
}

/// Which activity an instance's launch or removal is: the way from the scaling log to the driver's calls.
pub(super) fn say_intent(intent: &Intent) {
    match intent {
        Intent::Launch { id, name, activity, .. } => {
            tracing::info!(instance = %id, name, activity = %activity.id, "launch intended");
        }
        Intent::Move {
            id,
            activity: Some(activity),
            ..
        } => tracing::info!(instance = %id, activity = %activity.id, "removal intended"),
        Intent::Move { id, to, .. } => tracing::debug!(instance = %id, ?to, "move intended"),
        Intent::Adopt { id, activity, .. } => {
            tracing::info!(instance = %id, activity = %activity.id, "adoption intended");
        }
        Intent::Destroy { id } => tracing::info!(instance = %id, "a stray is about to be destroyed"),
    }
}
