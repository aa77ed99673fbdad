//! A place of the driver `simulated`: a region of its own, in which time goes by as on this host.
//!
//! What the programs of these tests do, its machines do: how long one takes to end when it is told to is the region's to
//! say, and one that ends by itself is ended by this place's hand.

use super::place::{Place, Program, machine_of, until};
use async_trait::async_trait;
use control::clock::system::wall_now;
use control::clock::{Anchor, Clock, TimeScale, Wall};
use control::drivers::simulated::{SimulatedDriver, SimulatedRegion};
use control::drivers::{Driver, MachineSpec, MachineWord};
use engine::model::{InstanceId, Span, Timestamp};
use engine::simulate::{Halt, Region};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// This host's time. Nothing goes wrong in the region, so nobody waits by it.
struct HostClock;

#[async_trait]
impl Clock for HostClock {
    fn wall(&self) -> Wall {
        wall_now()
    }
    fn anchor(&self) -> Anchor {
        Anchor {
            wall: Wall(0),
            product: Timestamp(0),
            scale: TimeScale(1),
        }
    }
    fn now(&self) -> Timestamp {
        self.anchor().product(self.wall())
    }
    async fn wait(&self, span: Duration) {
        panic!("somebody waits for {span:?}");
    }
}

/// Everything one test needs.
pub struct Simulated {
    region: SimulatedRegion,
    driver: SimulatedDriver,
    /// What those end with that end by themselves.
    ends: Mutex<BTreeMap<InstanceId, i32>>,
}

impl Simulated {
    /// An empty region, quick to boot and to remove.
    pub fn new() -> Self {
        let times = Region {
            boot: (Span(1), Span(20)),
            delete: (Span(20), Span(60)),
            ..Region::default()
        };
        let region = SimulatedRegion::new(7, times, Arc::new(HostClock));
        Self {
            driver: region.driver(),
            region,
            ends: Mutex::default(),
        }
    }
}

impl Place for Simulated {
    fn driver(&self) -> &dyn Driver {
        &self.driver
    }
    fn another(&self) -> Box<dyn Driver> {
        Box::new(self.region.driver())
    }
    fn spec(&self, program: &Program) -> MachineSpec {
        let spec = machine_of(Vec::new(), Ipv4Addr::LOCALHOST);
        let ends_in = match program {
            Program::IgnoresTerm => Span::mins(60),
            _ => Span(0),
        };
        self.region.world(|world| world.region_mut().stop = (ends_in, ends_in));
        if let Program::Exits(code) = program {
            self.ends.lock().expect("nobody panicked").insert(spec.id, *code);
        }
        spec
    }
    fn running(&self, id: InstanceId) -> usize {
        self.region.world(|world| {
            let machine = world.machines().get(&id);
            let runs = machine.is_some_and(|machine| machine.running_since().is_some());
            if runs { world.made(id) as usize } else { 0 }
        })
    }
    async fn wait_exit(&self, id: InstanceId) -> i32 {
        let code = self.ends.lock().expect("nobody panicked").remove(&id);
        if let Some(code) = code {
            self.region.halt(id, Halt::Exits { code });
        }
        until("its end", async || match self.word(id).await {
            MachineWord::Exited { code } => Some(code),
            _ => None,
        })
        .await
    }
}
