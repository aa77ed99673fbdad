//! How many instances a group should have, and why (design 4.1, 4.6 to 4.8, 4.13).
//!
//! Bounds first, then, once a closed cycle, what the rules ask; only when none asks for more, whether fewer would do.
//! Nothing here allocates but the trail.

mod ask;
mod bounds;
mod scale_in;

use crate::census::Cohorts;
use crate::memory::{Memory, Moved, Regret};
use crate::model::{Cycle, GroupSpec, GroupStatus, Metric, Milli, Observation, Reason, Timestamp, Trail};

/// What a group should become, and every reason on the way there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision nobody reads explains nothing"]
pub struct Decision<T> {
    /// The size to keep, within the bounds.
    pub size: u32,
    /// What it changes of memory, beside desired: [`crate::memory::commit`] applies it.
    pub change: Change,
    /// Why: ordered, no-ops included.
    pub trail: T,
}

/// A decision with its reasons kept.
pub type Explained = Decision<Vec<Reason>>;

/// What a decision changes of memory, beside desired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Change {
    /// The closed cycle it judged: a pass woken before the next one may not ask again.
    pub judged: Option<Cycle>,
    /// The rules moved desired out.
    pub out: Option<Out>,
    /// The rules moved desired in.
    pub scaled_in: Option<Moved>,
}

/// A scale-out by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Out {
    /// From where to where.
    pub moved: Moved,
    /// The metric that asked.
    pub metric: Metric,
    /// Members that shared its load.
    pub counted: u32,
    /// Its mean over them.
    pub mean: Milli,
    /// The regret it makes of an earlier scale-in.
    pub regret: Option<Regret>,
}

/// Pure and total: the same input gives the same answer; no input panics.
pub fn decide<T: Trail>(
    spec: &GroupSpec,
    status: GroupStatus,
    memory: &Memory,
    seen: &Observation,
    now: Timestamp,
    trail: T,
) -> Decision<T> {
    decide_cohorts(spec, status, memory, &Cohorts::of(spec, memory, seen, now), now, trail)
}

/// [`decide`] on counts: for who has them already, or has no list of members at all (replay, estimator).
pub fn decide_cohorts<T: Trail>(
    spec: &GroupSpec,
    status: GroupStatus,
    memory: &Memory,
    cohorts: &Cohorts,
    now: Timestamp,
    mut trail: T,
) -> Decision<T> {
    let size = match status {
        GroupStatus::Deleting | GroupStatus::Deleted => {
            trail.say(|| Reason::Deleting);
            return Decision {
                size: 0,
                change: Change::default(),
                trail,
            };
        }
        GroupStatus::Enabled | GroupStatus::Disabled => bounds::apply(spec, memory.durable.desired, &mut trail),
    };
    if status == GroupStatus::Disabled {
        trail.say(|| Reason::Disabled);
        return Decision {
            size,
            change: Change::default(),
            trail,
        };
    }
    if spec.rules.is_empty() {
        trail.say(|| Reason::FixedSize { desired: size });
        return Decision {
            size,
            change: Change::default(),
            trail,
        };
    }
    if memory.judged.is_some_and(|judged| judged >= cohorts.cycle) {
        trail.say(|| Reason::AlreadyJudged { cycle: cohorts.cycle.0 });
        return Decision {
            size,
            change: Change::default(),
            trail,
        };
    }
    let (size, change) = judge(
        &Case {
            spec,
            memory,
            cohorts,
            size,
            now,
        },
        &mut trail,
    );
    Decision { size, change, trail }
}

/// What a closed cycle is judged by.
pub(crate) struct Case<'a> {
    /// What people set.
    pub(crate) spec: &'a GroupSpec,
    /// What `fold` left.
    pub(crate) memory: &'a Memory,
    /// How many of each.
    pub(crate) cohorts: &'a Cohorts,
    /// Desired, within the bounds.
    pub(crate) size: u32,
    /// Now.
    pub(crate) now: Timestamp,
}

impl Case<'_> {
    /// The window in cycles.
    fn window_cycles(&self) -> u64 {
        Regret::window(self.memory.durable.regret.as_ref(), Some(self.now))
    }
}

fn judge(case: &Case<'_>, trail: &mut impl Trail) -> (u32, Change) {
    let judged = Change {
        judged: Some(case.cohorts.cycle),
        ..Change::default()
    };
    if case.cohorts.judged == 0 {
        trail.say(|| Reason::NothingToJudge {
            warming: case.cohorts.coming(),
        });
        return (case.size, judged);
    }
    let out = ask::largest(case, trail).and_then(|asked| ask::grow(case, asked, trail));
    if let Some(out) = out {
        return (
            out.moved.to,
            Change {
                out: Some(out),
                ..judged
            },
        );
    }
    match scale_in::shrink(case, trail) {
        Some(moved) => (
            moved.to,
            Change {
                scaled_in: Some(moved),
                ..judged
            },
        ),
        None => (case.size, judged),
    }
}
