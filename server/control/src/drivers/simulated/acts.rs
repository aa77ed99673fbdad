//! What calls do to the world, apart from who hears of it.

use super::{Fault, Shared, SimulatedRegion};
use crate::drivers::{DriverError, MachineSpec, Removal};
use engine::model::{InstanceId, Span};
use engine::simulate::{NotMade, Removed, Spot, Wanted};
use std::time::Duration;

/// A call that changes machines.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Create(Box<MachineSpec>),
    Stop(InstanceId, Duration),
    Delete(InstanceId),
}

/// What a call came to.
pub(super) type Done = Result<Removal, DriverError>;

/// What is said of an id that no machine ever had.
pub(super) const NEVER_MADE: &str = "there is no such machine here";

/// What becomes of a call and of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Luck {
    Well,
    NoAnswer,
    Nothing,
    Later(Duration),
    Again(Duration),
    Refused,
    Throttled,
    NoCapacity,
}

impl Act {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Stop(..) => "stop",
            Self::Delete(_) => "delete",
        }
    }
}

impl SimulatedRegion {
    /// One call, with what goes wrong with it.
    pub(super) async fn call(&self, act: Act) -> Done {
        let (luck, done) = self.with(|shared| {
            let luck = shared.luck(&act);
            let at_once = matches!(luck, Luck::Well | Luck::NoAnswer | Luck::Again(_));
            let done = at_once.then(|| shared.perform(&act));
            if let Luck::Later(after) | Luck::Again(after) = luck {
                shared.late.push((self.clock.wall().plus(after), act.clone()));
            }
            (luck, done)
        });
        match (luck, done) {
            (Luck::Well | Luck::Again(_), Some(done)) => done,
            (Luck::Later(after), _) => {
                self.clock.wait(after).await;
                // It has happened; the same once more tells what came of it.
                self.with(|shared| shared.perform(&act))
            }
            (Luck::Refused, _) => Err(refused(&act, "the region does not like it")),
            (Luck::Throttled, _) => Err(DriverError::Throttled),
            (Luck::NoCapacity, _) => Err(no_capacity()),
            _ => Err(self.no_answer(act.name()).await),
        }
    }

    /// The error of an answer that got lost; half of the time not even that comes.
    pub(super) async fn no_answer(&self, operation: &'static str) -> DriverError {
        if self.with(|shared| shared.faults.draw(0)).is_multiple_of(2) {
            std::future::pending::<()>().await;
        }
        let why = "the connection broke".to_owned();
        DriverError::Unknown { operation, why }
    }
}

impl Shared {
    fn luck(&mut self, act: &Act) -> Luck {
        let creates = matches!(act, Act::Create(_));
        let faults = &mut self.faults;
        if creates && faults.hits(Fault::Refused) {
            Luck::Refused
        } else if creates && faults.hits(Fault::OutOfStock) {
            Luck::NoCapacity
        } else if faults.hits(Fault::Throttled) {
            Luck::Throttled
        } else if faults.hits(Fault::Silent) {
            Luck::Nothing
        } else if faults.hits(Fault::AnswerLost) {
            Luck::NoAnswer
        } else if faults.hits(Fault::Late) {
            Luck::Later(self.some_time(20_000))
        } else if faults.hits(Fault::Repeated) {
            Luck::Again(self.some_time(300_000))
        } else {
            Luck::Well
        }
    }

    /// From a moment to so many milliseconds.
    pub(super) fn some_time(&mut self, most_ms: u64) -> Duration {
        Duration::from_millis(1 + self.faults.draw(1) % most_ms)
    }

    /// Carries it out.
    pub(super) fn perform(&mut self, act: &Act) -> Done {
        match act {
            Act::Create(spec) => self.create(spec),
            Act::Stop(id, _) if self.never_made(*id) => Err(refused(act, NEVER_MADE)),
            Act::Stop(id, grace) => {
                let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
                self.world.stop(*id, Span(grace));
                Ok(Removal::Going)
            }
            Act::Delete(id) => Ok(match self.world.delete(*id) {
                Removed::Gone => Removal::Gone,
                Removed::Going => Removal::Going,
            }),
        }
    }

    /// Whether this region never heard of it.
    pub(super) fn never_made(&self, id: InstanceId) -> bool {
        !self.world.machines().contains_key(&id) && !self.world.is_gone(id)
    }

    fn create(&mut self, spec: &MachineSpec) -> Done {
        let zones = u64::try_from(self.world.region().zones.len()).unwrap_or(1).max(1);
        let zone = spec.birth.map_or(0, |birth| birth.subnet.0 % zones);
        let wanted = Wanted {
            id: spec.id,
            group: spec.group,
            zone: usize::try_from(zone).unwrap_or(0),
            vcpu_milli: spec.vcpu_milli,
            memory_bytes: spec.memory_bytes,
            spot: Spot::Kept,
        };
        match self.world.make(wanted) {
            Ok(()) => {
                self.groups.insert(spec.id, spec.group);
                if let Some(made) = spec.made() {
                    self.tags.insert(spec.id, made);
                }
                Ok(Removal::Going)
            }
            Err(NotMade::Deleted) => Err(refused(&Act::Delete(spec.id), "it was deleted")),
            Err(NotMade::OutOfStock) => Err(no_capacity()),
        }
    }
}

fn refused(act: &Act, why: &str) -> DriverError {
    DriverError::Refused {
        operation: act.name(),
        why: why.to_owned(),
    }
}

fn no_capacity() -> DriverError {
    DriverError::OutOfStock {
        why: "none left in this zone".to_owned(),
    }
}
