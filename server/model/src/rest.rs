//! Where a world comes to once faults stop (I3): one server holds the shard and makes one pass after the other, waits end,
//! and calls arrive. From every state that can be reached.

use crate::case::Case;
use crate::driver::{self, Call, Machine};
use crate::planner::{self, Plan};
use crate::rules::Rules;
use crate::server::{self, Told, Waits};
use crate::store;
use crate::world::{Doubt, IDS, Id, Instance, Name, Phase, Record, Time, World};
use control::locked;
use engine::model::GroupStatus;
use std::collections::HashMap;
use std::sync::Mutex;

/// Passes that have to be enough. A launch takes three, a removal five, and the longest way is a removal before a launch.
const PASSES_MAX: u8 = 12;

/// What the way to rest depends on: not on what servers were at, since they begin anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Left {
    instances: [Instance; IDS],
    version: u8,
    minted: u8,
    in_doubt: Option<Doubt>,
}

/// Where worlds come to. What was found is remembered: many states differ in what servers were at only.
#[derive(Debug)]
pub struct Rest {
    case: Case,
    found: Mutex<HashMap<Left, Option<u8>>>,
}

impl Rest {
    /// Of a case: with ids to spare, and nobody dies any more.
    pub fn new(case: &Case) -> Self {
        Self {
            case: Case {
                ids: Id::try_from(IDS).unwrap_or(Id::MAX),
                claims: u8::MAX,
                ..case.clone()
            },
            found: Mutex::default(),
        }
    }

    /// Whether this world comes to rest.
    pub fn is_reached(&self, rules: &Rules, world: &World) -> bool {
        if world.broken.any() {
            return true;
        }
        let left = Left {
            instances: world.instances,
            version: world.version,
            minted: world.minted,
            in_doubt: world.in_doubt.clone(),
        };
        let known = self.found().get(&left).copied();
        let passes = known.unwrap_or_else(|| {
            let passes = self.passes(rules, world.clone());
            self.found().insert(left, passes);
            passes
        });
        passes.is_some()
    }

    /// The most passes that any world needed.
    pub fn longest(&self) -> u8 {
        self.found().values().copied().flatten().max().unwrap_or(0)
    }

    /// How many different worlds were looked at.
    pub fn looked_at(&self) -> usize {
        self.found().len()
    }

    fn found(&self) -> std::sync::MutexGuard<'_, HashMap<Left, Option<u8>>> {
        locked(&self.found)
    }

    /// How many passes it takes; none if it never rests.
    fn passes(&self, rules: &Rules, mut world: World) -> Option<u8> {
        for name in Name::ALL {
            server::crash(&mut world, name);
        }
        store::land(&mut world, rules, &self.case);
        world.lease.time = Time::Over;
        store::claim(&mut world, &self.case, Name::A);
        arrive_all(&mut world, rules);
        for passes in 0..=PASSES_MAX {
            if self.rests(rules, &world) {
                return Some(passes);
            }
            self.pass(rules, &mut world);
        }
        None
    }

    fn pass(&self, rules: &Rules, world: &mut World) {
        server::list(world, Name::A, Told::Everything);
        server::load(world, rules, &self.case, Name::A, (Told::Everything, Waits::AreOver));
        server::check(world, Name::A);
        server::intend(world, rules, &self.case, Name::A);
        server::apply(world, &self.case, Name::A);
        arrive_all(world, rules);
        server::settle(world, rules, Name::A);
    }

    /// Nothing is left to do, machines are records, and no call that is still under way changes anything.
    fn rests(&self, rules: &Rules, world: &World) -> bool {
        let words = world.instances.map(|instance| instance.machine);
        let group = world.group(&self.case);
        let idle = planner::plan(rules, group, &world.instances, Some(&words), Waits::AreOver) == Plan::default();
        let mut later = world.clone();
        arrive_all(&mut later, rules);
        let members = world.instances.iter().filter(|instance| is_member(instance)).count();
        let sized = group.status != GroupStatus::Enabled || members == usize::from(group.desired);
        idle && later == *world && sized && world.instances.iter().all(|instance| matches(group.status, instance))
    }
}

fn is_member(instance: &Instance) -> bool {
    let serves = matches!(
        instance.record,
        Record::Open {
            phase: Phase::Serving,
            ..
        }
    );
    serves && instance.machine == Machine::Runs
}

/// A machine for the record and a record for the machine. While disabled nothing is begun: strays stay, and so do the dead.
fn matches(status: GroupStatus, instance: &Instance) -> bool {
    let open = matches!(instance.record, Record::Open { .. });
    let there = instance.machine.is_there();
    match status {
        GroupStatus::Enabled => is_member(instance) || !open && !there,
        GroupStatus::Disabled => there || !open,
        GroupStatus::Deleting | GroupStatus::Deleted => !open && !there,
    }
}

fn arrive_all(world: &mut World, rules: &Rules) {
    for id in World::ids() {
        for call in Call::ALL {
            if world.instance(id).calls.sent(call) {
                driver::arrive(world, rules, id, call);
            }
        }
    }
}
