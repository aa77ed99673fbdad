//! [`Driver`] on the region.

use super::acts::{Act, NEVER_MADE};
use super::{Fault, Shared, SimulatedRegion};
use crate::clock::Wall;
use crate::drivers::{Driver, DriverError, Machine, MachineSpec, MachineWord, Removal, Usage};
use async_trait::async_trait;
use engine::model::{GroupId, InstanceId, ReadyWord};
use engine::simulate::{Machine as Body, State};
use std::time::Duration;

/// Its driver.
#[derive(Debug, Clone)]
pub struct SimulatedDriver(pub(super) SimulatedRegion);

#[async_trait]
impl Driver for SimulatedDriver {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        self.read("list", Shared::list).await
    }

    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        self.read("describe", |shared| shared.describe(id)).await
    }

    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        let gap = self.0.with(|shared| shared.faults.hits(Fault::MetricGap));
        if gap {
            return Err(self.0.no_answer("usage").await);
        }
        self.read("usage", |shared| shared.usage(ids)).await
    }

    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        self.0.call(Act::Create(Box::new(spec.clone()))).await.map(|_| ())
    }

    async fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError> {
        self.0.call(Act::Stop(id, grace)).await.map(|_| ())
    }

    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        self.0.call(Act::Delete(id)).await
    }

    /// Machines of memory print nothing.
    async fn logs(&self, id: InstanceId, _limit_bytes: usize) -> Result<String, DriverError> {
        let operation = "read logs";
        let never_made = self.read(operation, |shared| shared.never_made(id)).await?;
        let why = NEVER_MADE.to_owned();
        if never_made {
            Err(DriverError::Refused { operation, why })
        } else {
            Ok(String::new())
        }
    }
}

impl SimulatedDriver {
    /// One reading; late, it tells of the instant it was asked at.
    async fn read<T>(&self, operation: &'static str, look: impl FnOnce(&mut Shared) -> T) -> Result<T, DriverError> {
        let answer = self.0.with(|shared| {
            if shared.faults.hits(Fault::Silent) {
                return Err(None);
            }
            if shared.faults.hits(Fault::Throttled) {
                return Err(Some(DriverError::Throttled));
            }
            let late = shared.faults.hits(Fault::Late).then(|| shared.some_time(8_000));
            Ok((look(shared), late))
        });
        match answer {
            Ok((seen, None)) => Ok(seen),
            Ok((seen, Some(late))) => {
                self.0.clock.wait(late).await;
                Ok(seen)
            }
            Err(Some(why)) => Err(why),
            Err(None) => Err(self.0.no_answer(operation).await),
        }
    }
}

impl Shared {
    fn list(&mut self) -> Vec<Machine> {
        let partial = self.faults.share(Fault::PartialList) > 0;
        let mut list: Vec<Machine> = self.world.machines().values().map(|body| self.machine(body)).collect();
        if partial {
            list.retain(|_| !self.faults.hits(Fault::PartialList));
        }
        list
    }

    fn machine(&self, body: &Body) -> Machine {
        let ready = if body.running_since().is_some() {
            ReadyWord::Passed
        } else {
            ReadyWord::NotYet
        };
        Machine {
            id: body.id,
            group: body.group,
            word: word(&body.state),
            ready,
            made: self.tags.get(&body.id).cloned(),
        }
    }

    fn describe(&self, id: InstanceId) -> Machine {
        if let Some(body) = self.world.machines().get(&id) {
            return self.machine(body);
        }
        let word = if self.world.is_gone(id) {
            MachineWord::Gone
        } else {
            MachineWord::NeverSeen
        };
        Machine {
            id,
            group: self.groups.get(&id).copied().unwrap_or(GroupId(0)),
            word,
            ready: ReadyWord::NotYet,
            made: None,
        }
    }

    fn usage(&mut self, ids: &[InstanceId]) -> Vec<(InstanceId, Usage)> {
        let one = self.faults.share(Fault::OneSilent) > 0;
        let stale = self.faults.hits(Fault::MetricStale);
        let zero = self.faults.hits(Fault::MetricZero);
        let nonsense = self.faults.hits(Fault::MetricNonsense);
        let mut usages = Vec::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            let silent = one && place == 0;
            let Some(now) = self.read_counters(*id).filter(|_| !silent) else {
                continue;
            };
            let before = self.readings.get(id).copied().unwrap_or(now);
            let read = match (stale, zero, nonsense) {
                (true, ..) => before,
                (_, true, _) => Usage {
                    cpu_ns: before.cpu_ns,
                    memory_bytes: 0,
                    ..now
                },
                (.., true) => Usage {
                    cpu_ns: u64::MAX - now.cpu_ns,
                    memory_bytes: u64::MAX,
                    ..before
                },
                _ => now,
            };
            self.readings.insert(*id, if nonsense { now } else { read });
            usages.push((*id, read));
        }
        usages
    }

    fn read_counters(&self, id: InstanceId) -> Option<Usage> {
        let body = self.world.machines().get(&id)?;
        body.running_since()?;
        Some(Usage {
            cpu_ns: body.cpu_ns,
            memory_bytes: self.world.memory_of(body),
            read_at_ns: u64::try_from(self.world.now().0).unwrap_or(0).saturating_mul(1_000_000),
        })
    }
}

fn word(state: &State) -> MachineWord {
    match *state {
        State::Booting { .. } => MachineWord::Pending,
        State::Running { since } | State::Ending { since, .. } => MachineWord::Running { since: Wall(since.0) },
        State::Stopped | State::Going { .. } => MachineWord::Stopped,
        State::Exited { code } => MachineWord::Exited { code },
    }
}
