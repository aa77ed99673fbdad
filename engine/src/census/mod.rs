//! What each member is, in the product's words, and how many of each: read by `decide` and `plan` as cohorts, and by
//! the console as the state column. One classification for all.
//!
//! - [`Look`]: one member in this pass.
//! - [`Cohorts`]: the counts of all of them.
//! - [`state_of`]: the word the console shows.

mod cohorts;
mod look;

pub use cohorts::{Cohorts, Samples};
pub(crate) use cohorts::{leaving_for, milli, recoverable};
pub use look::{CYCLES_TO_CARRY, CYCLES_TO_UNHEALTHY, Health, Look, Role};
pub(crate) use look::{Checks, Moment, health, running_since, warm_from};

use crate::memory::Memory;
use crate::model::{DriverWord, GroupSpec, Member, Observation, Phase, Timestamp};
use serde::{Deserialize, Serialize};

/// An instance's state (design 3).
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

/// The state of one member as this pass sees it (seed 14.3.2.3).
pub fn state_of(
    spec: &GroupSpec,
    memory: &Memory,
    seen: &Observation,
    member: &Member,
    now: Timestamp,
) -> InstanceState {
    let look = Look::at(spec, memory, seen, member, now);
    match (look.role, member.phase) {
        (Role::Gone, _) => InstanceState::Terminated,
        (_, Phase::Draining { .. }) => InstanceState::Draining,
        (_, Phase::Stopping { .. }) => InstanceState::Stopping,
        (_, Phase::Deleting { .. }) => InstanceState::Terminating,
        (Role::Dead | Role::LaunchFailed, _) => InstanceState::Failed,
        (Role::Standby, _) => InstanceState::Standby,
        _ if member.driver == DriverWord::Stopped => InstanceState::Stopped,
        (Role::Unhealthy, _) => InstanceState::Unhealthy,
        (Role::Healthy, _) => InstanceState::InService,
        (Role::Warming, _) => InstanceState::Starting,
        (Role::Pending | Role::Leaving, _) => InstanceState::Pending,
    }
}
