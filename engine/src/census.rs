//! What each member is, in the product's words, and how many of each: read by `decide` and `plan` as cohorts, and by
//! the console as the state column. One classification for all.

use crate::memory::Memory;
use crate::model::{GroupSpec, Member, Observation, Timestamp};
use serde::{Deserialize, Serialize};

/// An instance's state (DESIGN 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of the product; docs/ explains each")]
pub enum InstanceState {
    Pending,
    Starting,
    InService,
    Unhealthy,
    Standby,
    Draining,
    Stopping,
    Stopped,
    Terminating,
    Terminated,
    Failed,
}

/// The state of one member as this pass sees it.
pub fn state_of(
    _spec: &GroupSpec,
    _memory: &Memory,
    _seen: &Observation,
    _member: &Member,
    _now: Timestamp,
) -> InstanceState {
    InstanceState::Pending
}
