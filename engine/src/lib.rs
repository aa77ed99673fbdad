//! Tidegate's brain. Pure: no I/O, no clock, no calendar, no stateful randomness; native and wasm.
//!
//! The live loop, dry runs, previews, replays, the estimator and every test call these functions; a rule lives here
//! once and nowhere else.
//!
//! - [`model`]: the words (ids, units, group, instance, observation, plan, reasons).
//! - [`memory`]: what a group remembers between passes, [`memory::fold`] and [`memory::commit`].
//! - [`census`]: what each member is, and how many of each.
//! - [`mod@decide`]: how many instances a group should have, and why.
//! - [`mod@plan`]: which steps bring it there, bounded, recovering before creating.
//! - [`draw`]: counter-based draws.
//! - [`simulate`]: a region in memory: machines, balancers, traffic, out of one seed.
//! - [`pass`]: the four in their order.

#![deny(clippy::float_arithmetic)]

pub mod census;
pub mod decide;
pub mod draw;
pub mod memory;
pub mod model;
pub mod plan;
pub mod simulate;

use decide::{Explained, decide};
use memory::{Memory, commit, fold};
use model::{GroupSpec, GroupStatus, Observation, Timestamp};
use plan::{ExplainedPlan, plan};

/// What one pass over one group came to. Its memory is the plan's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a pass nobody settles never happened"]
pub struct Passed {
    /// How many, and why.
    pub decision: Explained,
    /// Which steps, why, and the memory after them.
    pub plan: ExplainedPlan,
}

/// fold, decide, commit, plan: the pure part of a pass (design 2).
pub fn pass(spec: &GroupSpec, status: GroupStatus, memory: &Memory, seen: &Observation, now: Timestamp) -> Passed {
    let mut memory = fold(spec, status, memory, seen, now);
    let decision = decide(spec, status, &memory, seen, now, Vec::new());
    commit(&mut memory, &decision);
    let plan = plan(spec, status, &memory, decision.size, seen, now, Vec::new());
    Passed { decision, plan }
}
