//! One machine, from "accepted" to gone.

use super::region::{Spot, Wanted};
use super::{Lot, World};
use crate::model::{GroupId, InstanceId, Span, Timestamp};

/// What a program ends with that SIGTERM ended, and one that SIGKILL did: 128 and the signal, as shells say it.
const TERMINATED: i32 = 143;
const KILLED: i32 = 137;

/// What will become of a machine whatever anybody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It runs until it is stopped.
    Well,
    /// It never comes to run.
    NeverBoots,
    /// It stops so long after it came to run.
    Stops(Span),
    /// Its program ends so long after it came to run.
    Exits(Span),
}

/// How a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Accepted; it comes to run then, if ever.
    Booting {
        /// When.
        until: Option<Timestamp>,
    },
    /// Its program runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It was told to end and runs until then.
    Ending {
        /// Since when it runs.
        since: Timestamp,
        /// When it ends.
        until: Timestamp,
        /// With which code: that of SIGTERM, or of SIGKILL if the grace is over first.
        code: i32,
    },
    /// It exists and does not run.
    Stopped,
    /// Its program ended.
    Exited {
        /// With that code.
        code: i32,
    },
    /// It is being removed; a zombie never is.
    Going {
        /// When it is gone.
        until: Option<Timestamp>,
    },
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its id.
    pub id: InstanceId,
    /// The group it is tagged with.
    pub group: GroupId,
    /// Its zone, by its place.
    pub zone: usize,
    /// Its host within the zone.
    pub host: u32,
    /// vCPUs in thousandths.
    pub vcpu_milli: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// May it be reclaimed?
    pub spot: Spot,
    /// How it is.
    pub state: State,
    /// CPU time since it runs, nanoseconds.
    pub cpu_ns: u64,
    /// What of its vCPUs it used last, thousandths.
    pub busy_milli: u32,
    /// Its price, micro-units an hour.
    pub(super) price_micro: u64,
    fate: Fate,
}

impl Machine {
    pub(super) const fn new(wanted: Wanted, (host, price_micro): (u32, u64), state: State, fate: Fate) -> Self {
        Self {
            id: wanted.id,
            group: wanted.group,
            zone: wanted.zone,
            host,
            vcpu_milli: wanted.vcpu_milli,
            memory_bytes: wanted.memory_bytes,
            spot: wanted.spot,
            state,
            cpu_ns: 0,
            busy_milli: 0,
            price_micro,
            fate,
        }
    }

    /// Since when its program runs; `None` if it does not.
    pub const fn running_since(&self) -> Option<Timestamp> {
        match self.state {
            State::Running { since } | State::Ending { since, .. } => Some(since),
            _ => None,
        }
    }

    pub(super) fn halt(&mut self, state: State) {
        if !matches!(self.state, State::Going { .. }) {
            self.state = state;
            self.busy_milli = 0;
        }
    }

    /// When it changes by itself.
    pub(super) fn changes_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Booting { until } | State::Going { until } => until,
            State::Ending { until, .. } => Some(until),
            State::Running { since } => match self.fate {
                Fate::Stops(after) | Fate::Exits(after) => Some(since.plus(after)),
                Fate::Well | Fate::NeverBoots => None,
            },
            State::Stopped | State::Exited { .. } => None,
        }
    }

    /// The change that is due. A machine that is gone is the world's to remove.
    fn change(&mut self, at: Timestamp) {
        match self.state {
            State::Booting { .. } => self.state = State::Running { since: at },
            State::Running { .. } if matches!(self.fate, Fate::Stops(_)) => self.halt(State::Stopped),
            State::Running { .. } => self.halt(State::Exited { code: 1 }),
            State::Ending { code, .. } => self.halt(State::Exited { code }),
            State::Stopped | State::Exited { .. } | State::Going { .. } => {}
        }
    }
}

impl World {
    /// SIGTERM; it ends within `grace`. Told again, the first end stands. One that never ran ends at once.
    pub fn stop(&mut self, id: InstanceId, grace: Span) {
        let takes = self.between(Lot::Stop, id.0, self.region.stop);
        let until = self.now.plus(takes.min(grace));
        let code = if takes > grace { KILLED } else { TERMINATED };
        let Some(machine) = self.machines.get_mut(&id) else {
            return;
        };
        match machine.state {
            State::Running { since } => machine.state = State::Ending { since, until, code },
            State::Booting { .. } => machine.halt(State::Exited { code: TERMINATED }),
            _ => {}
        }
        self.look_ahead();
    }

    /// Removes a machine; an unknown id becomes a tombstone. Says whether nothing of it is left.
    pub fn delete(&mut self, id: InstanceId) -> Removed {
        let takes = self.between(Lot::Delete, id.0, self.region.delete);
        let until = self.now.plus(takes);
        let stuck = self.hits(Lot::Zombie, id.0, self.ills.zombies);
        let Some(machine) = self.machines.get_mut(&id) else {
            self.tombstones.insert(id);
            return Removed::Gone;
        };
        let first = machine
            .changes_at()
            .filter(|_| matches!(machine.state, State::Going { .. }));
        machine.halt(State::Stopped);
        machine.state = State::Going {
            until: first.or((!stuck).then_some(until)),
        };
        self.look_ahead();
        Removed::Going
    }

    /// It ends at once: a program that died, a host's hand.
    pub fn halt(&mut self, id: InstanceId, how: Halt) {
        if let Some(machine) = self.machines.get_mut(&id) {
            machine.halt(match how {
                Halt::Stops => State::Stopped,
                Halt::Dies => State::Exited { code: KILLED },
                Halt::Exits { code } => State::Exited { code },
            });
        }
        self.look_ahead();
    }

    /// Nothing of it is left, and it can never be made again.
    pub fn bury(&mut self, id: InstanceId) {
        if let Some(machine) = self.machines.remove(&id) {
            self.rate_micro = self.rate_micro.saturating_sub(machine.price_micro);
            if let Some(zone) = self.region.zones.get_mut(machine.zone) {
                zone.stock = zone.stock.saturating_add(1);
            }
        }
        self.tombstones.insert(id);
        self.look_ahead();
    }

    /// What is due by now.
    pub(super) fn change_machines(&mut self) {
        let now = self.now;
        let due = |machine: &Machine| machine.changes_at().is_some_and(|at| at <= now);
        let mut gone = Vec::new();
        for machine in self.machines.values_mut().filter(|machine| due(machine)) {
            if matches!(machine.state, State::Going { .. }) {
                gone.push(machine.id);
            }
            machine.change(now);
        }
        gone.into_iter().for_each(|id| self.bury(id));
        self.look_ahead();
    }
}

/// What a delete answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// Nothing is left.
    Gone,
    /// Accepted: ask again.
    Going,
}

/// How a machine ends that nobody told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// It exists and does not run.
    Stops,
    /// Its program is killed.
    Dies,
    /// Its program ends by itself.
    Exits {
        /// With that code.
        code: i32,
    },
}
