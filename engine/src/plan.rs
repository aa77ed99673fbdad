//! Which steps bring a group to its size (DESIGN 4.2 to 4.5, 4.9, 4.10, 4.14, 4.15).

use crate::memory::Memory;
use crate::model::{GroupSpec, GroupStatus, InstanceId, LaunchFailure, Observation, Reason, Step, Timestamp, Trail};

/// The steps of one pass, and why. Bounded; recovers before it creates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a plan nobody carries out keeps no group at its size"]
pub struct Plan<T> {
    /// In the order they should begin.
    pub steps: Vec<Step>,
    /// Launches judged failed in this pass: their activities end so.
    pub failed: Vec<(InstanceId, LaunchFailure)>,
    /// Memory with what planning changed of it (growth counter, breaker trial, hold).
    pub memory: Memory,
    /// Why: ordered, no-ops included.
    pub trail: T,
}

/// A plan with its reasons kept.
pub type ExplainedPlan = Plan<Vec<Reason>>;

/// Pure and total. `size` is what `decide` answered; `memory` is what `fold` answered, with that size applied.
pub fn plan<T: Trail>(
    _spec: &GroupSpec,
    _status: GroupStatus,
    memory: &Memory,
    _size: u32,
    _seen: &Observation,
    _now: Timestamp,
    trail: T,
) -> Plan<T> {
    Plan { steps: Vec::new(), failed: Vec::new(), memory: memory.clone(), trail }
}
