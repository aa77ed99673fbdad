//! The loop's own figures. The loop keeps them; everybody else reads.

use super::Times;
use super::label::One;
use crate::clock::{Clock, Wall};
use api::system::{Condition, LoopView, PassOutcome};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

/// A loop that has not begun a slot for so long is stuck: a slot is at most a second of real time, and nothing in it
/// waits for longer than the store's own deadline of 5 s.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// Counts and levels of one loop.
#[derive(Debug, Default)]
pub struct Passes {
    /// How late passes begin after they are due, real time.
    pub lag: Times,
    pub(super) outcomes: Family<One<PassOutcome>, Counter>,
    groups: AtomicU32,
    leases: AtomicU32,
    /// Every group was looked at once since the start.
    looked: AtomicBool,
    /// When the last slot began, wall milliseconds; 0 before the first.
    slot: AtomicI64,
}

impl Passes {
    /// A pass is over.
    pub fn ended(&self, outcome: PassOutcome) {
        self.outcomes.get_or_create(&One("outcome", outcome)).inc();
    }

    /// How many passes came to that.
    pub fn count(&self, outcome: PassOutcome) -> u64 {
        self.outcomes
            .get(&One("outcome", outcome))
            .map_or(0, |count| count.get())
    }

    /// A slot begins.
    pub fn slot(&self, now: Wall) {
        self.slot.store(now.0, Ordering::Relaxed);
    }

    /// So many groups and shards are ours now.
    pub fn holds(&self, groups: usize, leases: usize) {
        self.groups
            .store(u32::try_from(groups).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.leases
            .store(u32::try_from(leases).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// Every group was looked at once since the start.
    pub fn looked_at_all(&self) {
        self.looked.store(true, Ordering::Relaxed);
    }

    /// How the loop does.
    pub fn condition(&self, clock: &dyn Clock) -> Condition {
        let slot = self.slot.load(Ordering::Relaxed);
        if slot == 0 || !self.looked.load(Ordering::Relaxed) {
            Condition::Starting
        } else if clock.wall().since(Wall(slot)) >= STUCK_AFTER {
            Condition::Stuck
        } else if self.leases.load(Ordering::Relaxed) == 0 {
            Condition::Idle
        } else {
            Condition::Well
        }
    }

    /// All of it.
    pub fn view(&self, clock: &dyn Clock) -> LoopView {
        let slot = self.slot.load(Ordering::Relaxed);
        LoopView {
            condition: self.condition(clock),
            groups: self.groups.load(Ordering::Relaxed),
            leases: self.leases.load(Ordering::Relaxed),
            last_slot_ms: (slot != 0).then_some(slot),
            lag: self.lag.view(),
            passes: PassOutcome::ALL.map(|outcome| (outcome, self.count(outcome))).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::clock::system::wall_now;
    use crate::clock::{Anchor, TimeScale};
    use engine::model::Timestamp;

    fn clock() -> SystemClock {
        let (wall, product) = (Wall(0), Timestamp(0));
        let scale = TimeScale(1);
        SystemClock::new(Anchor { wall, product, scale }, product)
    }

    #[test]
    fn a_loop_is_well_once_every_group_was_looked_at_and_while_it_holds_shards_and_goes_on() {
        let (passes, clock) = (Passes::default(), clock());
        assert_eq!(passes.condition(&clock), Condition::Starting);
        passes.slot(wall_now());
        passes.holds(3, 64);
        assert_eq!(passes.condition(&clock), Condition::Starting);
        passes.looked_at_all();
        assert_eq!(passes.condition(&clock), Condition::Well);
        passes.holds(3, 0);
        assert_eq!(passes.condition(&clock), Condition::Idle);
        passes.slot(Wall(wall_now().0 - 11_000));
        assert_eq!(passes.condition(&clock), Condition::Stuck);
    }

    #[test]
    fn every_outcome_is_counted_by_itself() {
        let passes = Passes::default();
        passes.ended(PassOutcome::Acted);
        passes.ended(PassOutcome::Acted);
        passes.ended(PassOutcome::Fenced);
        let counts = passes.view(&clock()).passes;
        assert_eq!(counts.len(), PassOutcome::ALL.len());
        assert!(counts.contains(&(PassOutcome::Acted, 2)) && counts.contains(&(PassOutcome::Quiet, 0)));
    }
}
