//! A region in memory: machines, stock, prices, balancers and traffic, out of one seed.
//!
//! What the estimator, the exercises, the `simulated` driver and the simulated runs have for a world. It knows nothing of
//! the loop: it is told to make, stop and delete machines, and to put members into balancers and take them out.
//!
//! Rules:
//! - Pure: the same calls at the same instants give the same world, natively and as wasm. Draws are counter-based
//!   ([`crate::draw`]); there is no clock, only [`World::advance`].
//! - The world's time is its own: the driver's, real time. It never runs back; being told to is no error and does nothing.
//! - One id is one machine, ever: what was deleted is a tombstone, and [`World::made`] counts how often each was made.
//! - Sums saturate: a story that runs for years ends with wrong bills, not with a panic.

mod balancer;
mod machine;
mod region;
mod serve;
mod traffic;

pub use balancer::{Balancer, Membership};
pub use machine::{Fate, Halt, Machine, Removed, State};
pub use region::{Ills, NotMade, Region, Spot, Wanted, Zone};
pub use serve::{Checks, Served, Service, Spike};
pub use traffic::{Shape, Traffic};

use crate::draw::mix;
use crate::model::{GroupId, InstanceId, LoadBalancerId, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The longest piece of time that is simulated at once. Longer, and checks and queues get coarse; shorter only costs time.
pub const TICK_MS: i64 = 1_000;
/// Thousandths in a whole.
pub(crate) const WHOLE: u64 = 1_000;
const HOUR_MS: u64 = 3_600_000;

/// What a draw is for: each has its own numbers.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(crate) enum Lot {
    Boot = 1,
    Stop,
    Delete,
    Host,
    Fate,
    FateAfter,
    Sick,
    Stock,
    Zombie,
    InFlight,
    Noise,
}

/// One region with everything in it.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
    now: Timestamp,
    region: Region,
    /// What goes wrong at the moment.
    pub ills: Ills,
    machines: BTreeMap<InstanceId, Machine>,
    tombstones: BTreeSet<InstanceId>,
    made: BTreeMap<InstanceId, u32>,
    balancers: BTreeMap<LoadBalancerId, Balancer>,
    services: BTreeMap<GroupId, (Service, Served)>,
    /// The earliest instant at which a machine changes by itself.
    due: Timestamp,
    /// Price of all machines there are, micro-units an hour.
    rate_micro: u64,
    /// Micro-units times milliseconds, not yet a whole micro-unit-hour.
    owed: u128,
}

impl World {
    /// An empty region.
    pub fn new(seed: u64, region: Region, now: Timestamp) -> Self {
        Self {
            seed,
            now,
            region,
            ills: Ills::default(),
            machines: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            made: BTreeMap::new(),
            balancers: BTreeMap::new(),
            services: BTreeMap::new(),
            due: Timestamp(i64::MAX),
            rate_micro: 0,
            owed: 0,
        }
    }

    /// What time it is in it.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time go on to that instant.
    pub fn advance(&mut self, to: Timestamp) {
        while self.now < to {
            let tick = Timestamp(self.now.0 - self.now.0.rem_euclid(TICK_MS) + TICK_MS);
            let busy = !self.services.is_empty() || !self.balancers.is_empty();
            let next = if busy { tick.min(to) } else { to };
            let next = next.min(self.due.max(Timestamp(self.now.0 + 1)));
            self.go_to(next);
        }
    }

    fn go_to(&mut self, next: Timestamp) {
        let span = u64::try_from(next.since(self.now).0).unwrap_or(0);
        self.serve(span);
        self.owed = self.owed.saturating_add(u128::from(self.rate_micro) * u128::from(span));
        self.now = next;
        if next >= self.due {
            self.change_machines();
        }
        self.check_members();
    }

    /// What all of it has cost, micro-units.
    pub fn cost_micro(&self) -> u128 {
        self.owed / u128::from(HOUR_MS)
    }

    /// Every machine there is, by id; what is gone is not among them.
    pub const fn machines(&self) -> &BTreeMap<InstanceId, Machine> {
        &self.machines
    }

    /// Whether it was deleted, or deleted before it was ever made.
    pub fn is_gone(&self, id: InstanceId) -> bool {
        self.tombstones.contains(&id)
    }

    /// How often a machine of that id was made.
    pub fn made(&self, id: InstanceId) -> u32 {
        self.made.get(&id).copied().unwrap_or_default()
    }

    /// The region.
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// The region, to change its stock or its times.
    pub const fn region_mut(&mut self) -> &mut Region {
        &mut self.region
    }

    fn draw(&self, lot: Lot, of: u64) -> u64 {
        mix(self.seed, of, lot as u64)
    }

    /// Between the two, both included.
    fn between(&self, lot: Lot, of: u64, (least, most): (Span, Span)) -> Span {
        let room = u64::try_from(most.0.saturating_sub(least.0)).unwrap_or(0) + 1;
        let more = i64::try_from(self.draw(lot, of) % room).unwrap_or(0);
        Span(least.0.saturating_add(more))
    }

    /// Whether a thing that happens to so many in a thousand happens to this one.
    fn hits(&self, lot: Lot, of: u64, share: u32) -> bool {
        self.draw(lot, of) % WHOLE < u64::from(share)
    }
}

#[cfg(test)]
mod tests;
