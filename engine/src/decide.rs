//! How many instances a group should have, and why (DESIGN 4.1, 4.6 to 4.8, 4.13).

use crate::memory::Memory;
use crate::model::{GroupSpec, GroupStatus, Observation, Reason, Timestamp, Trail};

/// What a group should become, and every reason on the way there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision nobody reads explains nothing"]
pub struct Decision<T> {
    /// The size to keep, within the bounds.
    pub size: u32,
    /// Why: ordered, no-ops included.
    pub trail: T,
}

/// A decision with its reasons kept.
pub type Explained = Decision<Vec<Reason>>;

/// Pure and total: the same input gives the same answer; no input panics.
pub fn decide<T: Trail>(
    _spec: &GroupSpec,
    _status: GroupStatus,
    memory: &Memory,
    _seen: &Observation,
    _now: Timestamp,
    trail: T,
) -> Decision<T> {
    Decision { size: memory.durable.desired, trail }
}
