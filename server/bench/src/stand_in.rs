//! A driver and a balancer in memory, behind the real traits, for measuring the loop: every machine runs, every call is
//! answered at once. The simulated region takes their place when it is there.
//!
//! Load: in each cycle one group in [`ONE_IN`] is overloaded by a draw and asks for one more; later its window lets that
//! one go again. All other groups rest at their threshold's edge.

use async_trait::async_trait;
use control::balancer::{BackendStat, Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress};
use control::clock::Clock;
use control::drivers::{Driver, DriverError, Machine, MachineSpec, MachineWord, Made, Removal, Usage};
use control::locked;
use engine::draw::mix;
use engine::model::{CYCLE_MS, CheckWord, GroupId, InstanceId, LoadBalancerId, ReadyWord, VServerId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One group in so many acts in a cycle: 1 % (design 7).
const ONE_IN: u64 = 100;
/// CPU of an overloaded member in thousandths of a vCPU: 52 % of a quarter at a threshold of 50 asks for an eleventh.
const HIGH_MILLI: u64 = 130;
/// CPU of a resting group of ten, all members together: 42 % each, too much for nine.
const REST_MILLI: u64 = 1_050;
/// Resident memory of every machine.
const MEMORY_BYTES: u64 = 100 << 20;

/// A machine as it stands.
struct Guest {
    group: GroupId,
    made: Option<Made>,
    word: MachineWord,
    cpu_ns: u64,
    counted_ms: i64,
}

#[derive(Default)]
struct Host {
    machines: BTreeMap<InstanceId, Guest>,
    members: HashMap<GroupId, u64>,
    gone: HashSet<InstanceId>,
    launched: u64,
    removed: u64,
}

/// Machines that only exist here.
pub struct StandInDriver {
    clock: Arc<dyn Clock>,
    host: Mutex<Host>,
}

impl StandInDriver {
    /// A host on which these machines run already.
    pub fn new(clock: Arc<dyn Clock>, running: &[(InstanceId, GroupId)]) -> Self {
        let wall = clock.wall();
        let mut host = Host::default();
        for (id, group) in running {
            host.put(*id, (*group, None), wall.0);
        }
        host.launched = 0;
        Self {
            clock,
            host: Mutex::new(host),
        }
    }

    /// Machines made and removed since it began.
    pub fn acted(&self) -> (u64, u64) {
        let host = locked(&self.host);
        (host.launched, host.removed)
    }
}

impl Host {
    fn put(&mut self, id: InstanceId, (group, made): (GroupId, Option<Made>), wall_ms: i64) {
        let guest = Guest {
            group,
            made,
            word: MachineWord::Running {
                since: control::clock::Wall(wall_ms),
            },
            cpu_ns: 0,
            counted_ms: wall_ms,
        };
        if self.machines.insert(id, guest).is_none() {
            *self.members.entry(group).or_default() += 1;
            self.launched += 1;
        }
    }

    fn usage(&mut self, id: InstanceId, wall_ms: i64) -> Option<Usage> {
        let guest = self.machines.get_mut(&id)?;
        let members = self.members.get(&guest.group).copied().unwrap_or(1).max(1);
        let passed_ms = u64::try_from(wall_ms - guest.counted_ms).unwrap_or(0);
        guest.cpu_ns += passed_ms * 1_000 * burns(guest.group, members, wall_ms);
        guest.counted_ms = wall_ms;
        Some(Usage {
            cpu_ns: guest.cpu_ns,
            memory_bytes: MEMORY_BYTES,
            read_at_ns: u64::try_from(wall_ms).unwrap_or(0) * 1_000_000,
        })
    }
}

/// What one member burnt in the cycle that is read now, in thousandths of a vCPU.
fn burns(group: GroupId, members: u64, wall_ms: i64) -> u64 {
    let cycle = u64::try_from(wall_ms / CYCLE_MS).unwrap_or(0);
    if mix(group.0, cycle, 1).is_multiple_of(ONE_IN) {
        HIGH_MILLI
    } else {
        REST_MILLI / members
    }
}

fn machine(id: InstanceId, guest: &Guest) -> Machine {
    Machine {
        id,
        group: guest.group,
        word: guest.word,
        ready: ReadyWord::Passed,
        made: guest.made.clone(),
    }
}

#[async_trait]
impl Driver for StandInDriver {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        Ok(locked(&self.host)
            .machines
            .iter()
            .map(|(id, guest)| machine(*id, guest))
            .collect())
    }

    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        let host = locked(&self.host);
        let word = if host.gone.contains(&id) {
            MachineWord::Gone
        } else {
            MachineWord::NeverSeen
        };
        let absent = Machine {
            id,
            group: GroupId(0),
            word,
            ready: ReadyWord::NotYet,
            made: None,
        };
        Ok(host.machines.get(&id).map_or(absent, |guest| machine(id, guest)))
    }

    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        let wall_ms = self.clock.wall().0;
        let mut host = locked(&self.host);
        Ok(ids
            .iter()
            .filter_map(|id| Some((*id, host.usage(*id, wall_ms)?)))
            .collect())
    }

    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        let wall_ms = self.clock.wall().0;
        let mut host = locked(&self.host);
        if host.gone.contains(&spec.id) {
            return Err(DriverError::Refused {
                operation: "create",
                why: "it was deleted".to_owned(),
            });
        }
        if !host.machines.contains_key(&spec.id) {
            host.put(spec.id, (spec.group, spec.made()), wall_ms);
        }
        Ok(())
    }

    async fn stop(&self, id: InstanceId, _grace: Duration) -> Result<(), DriverError> {
        if let Some(guest) = locked(&self.host).machines.get_mut(&id) {
            guest.word = MachineWord::Exited { code: 0 };
        }
        Ok(())
    }

    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        let mut host = locked(&self.host);
        if let Some(guest) = host.machines.remove(&id) {
            *host.members.entry(guest.group).or_insert(1) -= 1;
            host.removed += 1;
        }
        host.gone.insert(id);
        Ok(Removal::Gone)
    }

    async fn logs(&self, _id: InstanceId, _limit_bytes: usize) -> Result<String, DriverError> {
        Ok(String::new())
    }
}

/// Who is listed in which VServer of one balancer, and what is said of them.
type Members = BTreeMap<(VServerId, InstanceId), CheckWord>;

/// Balancers whose members are UP or drained as they were told.
#[derive(Default)]
pub struct StandInBalancer {
    members: Mutex<BTreeMap<LoadBalancerId, Members>>,
    ensured: Mutex<BTreeSet<LoadBalancerId>>,
}

impl StandInBalancer {
    /// Processes that outlived the server, with these members UP.
    pub fn new(members: &[(LoadBalancerId, VServerId, InstanceId)]) -> Self {
        let balancer = Self::default();
        for (place, vserver, id) in members {
            locked(&balancer.ensured).insert(*place);
            balancer.set(*place, *vserver, *id, CheckWord::Up);
        }
        balancer
    }

    fn set(&self, place: LoadBalancerId, vserver: VServerId, id: InstanceId, word: CheckWord) {
        locked(&self.members)
            .entry(place)
            .or_default()
            .insert((vserver, id), word);
    }
}

#[async_trait]
impl Balancer for StandInBalancer {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        if locked(&self.ensured).insert(spec.id) {
            for (vserver, member) in members {
                self.set(spec.id, *vserver, member.id, CheckWord::Up);
            }
        }
        Ok(())
    }

    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        locked(&self.ensured).remove(&id);
        locked(&self.members).remove(&id);
        Ok(())
    }

    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        if !locked(&self.ensured).contains(&id) {
            return Err(BalancerError::NotRunning { id });
        }
        let members = locked(&self.members);
        let each = members.get(&id).into_iter().flatten();
        let backends = each.map(|((vserver, id), word)| BackendStat {
            vserver: *vserver,
            id: *id,
            word: *word,
            requests: 0,
            sessions: 0,
        });
        Ok(BalancerStat {
            backends: backends.collect(),
        })
    }

    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        self.set(id, vs, member.id, CheckWord::Up);
        Ok(())
    }

    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        self.set(id, vs, member, CheckWord::Draining(0));
        Ok(())
    }

    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        self.set(id, vs, member, CheckWord::Up);
        Ok(())
    }

    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        if let Some(members) = locked(&self.members).get_mut(&id) {
            members.remove(&(vs, member));
        }
        Ok(Leave::Left)
    }
}
