//! A driver in memory with named faults, which counts what it was asked.

use async_trait::async_trait;
use control::clock::{Clock, Wall};
use control::drivers::{Driver, DriverError, Machine, MachineSpec, MachineWord, Removal, Usage};
use engine::model::{InstanceId, ReadyWord};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong with the calls that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// `create` does its work and its answer never comes.
    CreateAnswerLost,
    /// `create` neither works nor answers: the server dies in it.
    CreateHangs,
    /// `create` panics: a defect.
    CreatePanics,
    /// `create` is refused.
    CreateRefused,
    /// The program of a new machine ends at once with code 1.
    ExitsAtOnce,
    /// Nothing answers.
    Silent,
}

#[derive(Debug, Clone)]
struct Box_ {
    spec: MachineSpec,
    word: MachineWord,
    /// Thousandths of one vCPU that it burns.
    burns_milli: u64,
    cpu_ns: u64,
    counted_at: Wall,
}

#[derive(Debug, Default)]
struct Host {
    machines: BTreeMap<InstanceId, Box_>,
    tombstones: BTreeSet<InstanceId>,
    fault: Fault,
    creates: usize,
    signals: Vec<InstanceId>,
    /// Load in thousandths of a vCPU, shared by all running machines.
    load_milli: u64,
}

pub struct FakeDriver {
    clock: Arc<dyn Clock>,
    host: Mutex<Host>,
}

impl FakeDriver {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            host: Mutex::default(),
        }
    }

    pub fn fault(&self, fault: Fault) {
        self.host().fault = fault;
    }

    /// So much load arrives from now on, in thousandths of a vCPU, spread evenly.
    pub fn load(&self, milli: u64) {
        let wall = self.clock.wall();
        let mut host = self.host();
        host.count(wall);
        host.load_milli = milli;
        host.spread();
    }

    /// A machine runs that nobody here has asked for.
    pub fn conjure(&self, spec: MachineSpec) {
        let counted_at = self.clock.wall();
        let id = spec.id;
        let stray = Box_ {
            spec,
            word: MachineWord::Running { since: counted_at },
            burns_milli: 0,
            cpu_ns: 0,
            counted_at,
        };
        self.host().machines.insert(id, stray);
    }

    /// Its program ends.
    pub fn kill(&self, id: InstanceId) {
        let wall = self.clock.wall();
        let mut host = self.host();
        host.count(wall);
        if let Some(machine) = host.machines.get_mut(&id) {
            machine.word = MachineWord::Exited { code: 137 };
        }
        host.spread();
    }

    pub fn running(&self) -> Vec<InstanceId> {
        let host = self.host();
        let runs = |machine: &&Box_| matches!(machine.word, MachineWord::Running { .. });
        host.machines
            .values()
            .filter(runs)
            .map(|machine| machine.spec.id)
            .collect()
    }

    /// The image that each machine was made of.
    pub fn images(&self) -> BTreeMap<InstanceId, String> {
        let host = self.host();
        let made = |machine: &Box_| (machine.spec.id, machine.spec.image.name.clone());
        host.machines.values().map(made).collect()
    }

    pub fn machines(&self) -> usize {
        self.host().machines.len()
    }

    pub fn creates(&self) -> usize {
        self.host().creates
    }

    pub fn signals(&self) -> Vec<InstanceId> {
        self.host().signals.clone()
    }

    fn host(&self) -> std::sync::MutexGuard<'_, Host> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, operation: &'static str) -> Result<(), DriverError> {
        if self.host().fault == Fault::Silent {
            return Err(DriverError::Unknown {
                operation,
                why: "the driver is silent".to_owned(),
            });
        }
        Ok(())
    }

    fn make(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        let wall = self.clock.wall();
        let mut host = self.host();
        host.creates += 1;
        let refused = |why: &str| DriverError::Refused {
            operation: "create",
            why: why.to_owned(),
        };
        if host.fault == Fault::CreateRefused {
            return Err(refused("no such image"));
        }
        if host.tombstones.contains(&spec.id) {
            return Err(refused("it was deleted"));
        }
        host.count(wall);
        let exits = host.fault == Fault::ExitsAtOnce;
        let word = if exits {
            MachineWord::Exited { code: 1 }
        } else {
            MachineWord::Running { since: wall }
        };
        let new = Box_ {
            spec: spec.clone(),
            word,
            burns_milli: 0,
            cpu_ns: 0,
            counted_at: wall,
        };
        host.machines.entry(spec.id).or_insert(new);
        host.spread();
        Ok(())
    }
}

impl Host {
    fn count(&mut self, wall: Wall) {
        for machine in self.machines.values_mut() {
            let span = u64::try_from(wall.since(machine.counted_at).as_nanos()).expect("a test's span");
            machine.cpu_ns += span / 1_000 * machine.burns_milli;
            machine.counted_at = wall;
        }
    }

    fn spread(&mut self) {
        let runs = |machine: &Box_| matches!(machine.word, MachineWord::Running { .. });
        let count = self.machines.values().filter(|machine| runs(machine)).count() as u64;
        let share = self.load_milli.checked_div(count).unwrap_or(0);
        for machine in self.machines.values_mut() {
            machine.burns_milli = if runs(machine) { share } else { 0 };
        }
    }
}

fn machine(found: &Box_) -> Machine {
    Machine {
        id: found.spec.id,
        group: found.spec.group,
        word: found.word,
        ready: ReadyWord::Passed,
        made: found.spec.made(),
    }
}

#[async_trait]
impl Driver for FakeDriver {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        self.answer("list")?;
        Ok(self.host().machines.values().map(machine).collect())
    }

    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        self.answer("describe")?;
        let host = self.host();
        let none = |word| Machine {
            id,
            group: engine::model::GroupId(0),
            word,
            ready: ReadyWord::NotYet,
            made: None,
        };
        let gone = host.tombstones.contains(&id);
        let absent = if gone {
            MachineWord::Gone
        } else {
            MachineWord::NeverSeen
        };
        Ok(host.machines.get(&id).map_or_else(|| none(absent), machine))
    }

    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        self.answer("usage")?;
        let wall = self.clock.wall();
        let mut host = self.host();
        host.count(wall);
        let read_at_ns = u64::try_from(wall.0).expect("after 1970") * 1_000_000;
        let each = ids
            .iter()
            .filter_map(|id| host.machines.get(id).map(|machine| (*id, machine.cpu_ns)));
        Ok(each
            .map(|(id, cpu_ns)| {
                (
                    id,
                    Usage {
                        cpu_ns,
                        memory_bytes: 1 << 20,
                        read_at_ns,
                    },
                )
            })
            .collect())
    }

    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        let fault = self.host().fault;
        self.answer("create")?;
        assert!(fault != Fault::CreatePanics, "the fault that the test asked for");
        if fault != Fault::CreateHangs {
            self.make(spec)?;
        }
        if matches!(fault, Fault::CreateHangs | Fault::CreateAnswerLost) {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn stop(&self, id: InstanceId, _grace: Duration) -> Result<(), DriverError> {
        self.answer("stop")?;
        let wall = self.clock.wall();
        let mut host = self.host();
        host.count(wall);
        host.signals.push(id);
        if let Some(machine) = host.machines.get_mut(&id) {
            machine.word = MachineWord::Exited { code: 0 };
        }
        host.spread();
        Ok(())
    }

    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        self.answer("delete")?;
        let mut host = self.host();
        host.machines.remove(&id);
        host.tombstones.insert(id);
        host.spread();
        Ok(Removal::Gone)
    }

    async fn logs(&self, _id: InstanceId, _limit_bytes: usize) -> Result<String, DriverError> {
        Ok(String::new())
    }
}
