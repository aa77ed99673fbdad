//! The `simulated` driver: machines and balancers of a region in memory ([`engine::simulate`]), behind the same traits as the
//! real ones, with named faults in front ([`Fault`]).
//!
//! - One [`SimulatedRegion`] is one world. [`SimulatedDriver`] and [`SimulatedBalancer`] are two doors into it, so that a
//!   member's traffic comes from a balancer and its CPU from that traffic.
//! - Time goes on in the world when somebody looks: every call first brings it to the clock's wall time.
//! - What a call does and what its caller hears are two things: a fault may keep either, put it off, or do it twice. What
//!   was put off happens whether anybody waits for it or not.
//! - Which call a fault hits is drawn from the seed and the number of the call: the same calls have the same luck.

mod acts;
mod balancer;
mod driver;
mod faults;
mod hands;

pub use balancer::SimulatedBalancer;
pub use driver::SimulatedDriver;
pub use faults::{Fault, Faults};

use crate::clock::{Clock, Wall};
use crate::drivers::{Made, Usage};
use acts::Act;
use engine::model::{GroupId, InstanceId, Timestamp};
use engine::simulate::{Region, World};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// A region that its driver, its balancer and the hands of a test share; cheap to clone, clones are one region.
#[derive(Clone)]
pub struct SimulatedRegion {
    shared: Arc<Mutex<Shared>>,
    clock: Arc<dyn Clock>,
    /// A balancer's process has ended.
    ended: Arc<Notify>,
    /// Held by whoever starts a balancer.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Everything in it.
struct Shared {
    world: World,
    /// What machines were made as: tags, which the world does not know.
    tags: BTreeMap<InstanceId, Made>,
    /// Whose machines were, those that are gone included: the world forgets them.
    groups: BTreeMap<InstanceId, GroupId>,
    faults: Faults,
    /// What happens later, whoever waits for it.
    late: Vec<(Wall, Act)>,
    /// The last reading of each machine's counters, for those that stand still.
    readings: BTreeMap<InstanceId, Usage>,
}

impl std::fmt::Debug for SimulatedRegion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedRegion").finish_non_exhaustive()
    }
}

impl SimulatedRegion {
    /// An empty region, in which all is well.
    pub fn new(seed: u64, region: Region, clock: Arc<dyn Clock>) -> Self {
        let begun = Timestamp(clock.wall().0);
        let shared = Shared {
            world: World::new(seed, region, begun),
            tags: BTreeMap::new(),
            groups: BTreeMap::new(),
            faults: Faults::new(seed),
            late: Vec::new(),
            readings: BTreeMap::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            clock,
            ended: Arc::default(),
            turn: Arc::default(),
        }
    }

    /// Its driver.
    pub fn driver(&self) -> SimulatedDriver {
        SimulatedDriver(self.clone())
    }

    /// Its balancers.
    pub fn balancer(&self) -> SimulatedBalancer {
        SimulatedBalancer(self.clone())
    }

    /// Looks at the world as it is now, or changes it.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        self.with(|shared| look(&mut shared.world))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Shared) -> T) -> T {
        let now = self.clock.wall();
        // A panic elsewhere left it whole: what changes it does so in one piece.
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.catch_up(now);
        work(&mut shared)
    }
}

impl Shared {
    /// Brings the world to now; what was put off till then happens on the way, each at its instant.
    fn catch_up(&mut self, now: Wall) {
        while let Some(next) = self.next_late(now) {
            let (at, act) = self.late.remove(next);
            self.world.advance(Timestamp(at.0));
            // Nobody waits for this answer.
            drop(self.perform(&act));
        }
        self.world.advance(Timestamp(now.0));
    }

    /// The place of the earliest that is due.
    fn next_late(&self, now: Wall) -> Option<usize> {
        let due = self.late.iter().enumerate().filter(|(_, (at, _))| *at <= now);
        due.min_by_key(|(place, (at, _))| (*at, *place)).map(|(place, _)| place)
    }
}
