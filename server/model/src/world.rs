//! One state of the world: the database, the driver's machines, calls under way, and what each server is at.

use crate::broken::{Broken, Promise};
use crate::case::{Begin, Case, Group};
use crate::driver::{Call, Calls, Machine};
use crate::server::{Pass, Server};

/// Ids a world has room for. The last ones are never minted while faults happen: [`crate::rest`] needs them.
pub const IDS: usize = 5;

/// An instance's id: the place in [`World::instances`].
pub type Id = u8;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// One of them; by convention the first to hold the lease.
    A,
    /// The other.
    B,
}

impl Name {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];
}

/// The shard's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Whose it is.
    pub owner: Name,
    /// Grows each time it changes hands; 0: nobody ever had it.
    pub epoch: u8,
    /// Whether its time is over, by the database's clock.
    pub time: Time,
}

/// A lease's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Time {
    /// It is renewed.
    Runs,
    /// Nobody renewed it: whoever comes may claim it.
    Over,
}

/// Why a record leaves, as far as it makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// More than desired: may be taken back.
    Surplus,
    /// Anything else.
    Other,
}

/// A record's phase: its open step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Intended.
    Launching,
    /// It runs.
    Serving,
    /// On its way out, not yet signalled.
    Draining(Why),
    /// Signalled.
    Stopping(Why),
    /// Delete asked.
    Deleting(Why),
}

impl Phase {
    /// Whether it is on its way out.
    pub const fn leaves(self) -> bool {
        matches!(self, Self::Draining(_) | Self::Stopping(_) | Self::Deleting(_))
    }
}

/// What the store has of an id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Record {
    /// Nothing.
    #[default]
    None,
    /// A record.
    Open {
        /// Where it stands.
        phase: Phase,
        /// Was it in service once?
        served: Served,
    },
    /// It ended.
    Ended,
}

/// Whether a record was in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Served {
    /// Not yet.
    Never,
    /// At least once.
    Once,
}

/// Everything about one id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Instance {
    /// By the store.
    pub record: Record,
    /// By the driver.
    pub machine: Machine,
    /// Calls that were sent.
    pub calls: Calls,
}

impl Instance {
    /// One in service.
    const fn serving() -> Self {
        Self {
            record: Record::Open {
                phase: Phase::Serving,
                served: Served::Once,
            },
            ..Self::stray()
        }
    }

    /// A machine that runs, without a record.
    const fn stray() -> Self {
        Self {
            record: Record::None,
            machine: Machine::Runs,
            calls: Calls::of_a_machine(),
        }
    }

    /// Whether it counts against max: a machine that is not confirmed gone, or one that was asked for.
    pub const fn counts(&self) -> bool {
        let recorded = matches!(self.record, Record::Open { .. });
        let asked = matches!(self.record, Record::None) && self.calls.sent(Call::Create);
        self.machine.is_there() || !self.machine.is_gone() && (recorded || asked)
    }
}

/// A transaction whose server will not hear of it: the connection is lost, and the database has it still in its hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// Who sent it.
    pub by: Name,
    /// What it writes.
    pub write: Write,
}

/// What a transaction of a pass writes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    /// Its intents.
    Intents(Pass),
    /// Its marks.
    Marks(Pass),
}

/// One state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The shard's row.
    pub lease: Lease,
    /// The group's spec version: its place in [`Case::versions`].
    pub version: u8,
    /// By id.
    pub instances: [Instance; IDS],
    /// Ids given out.
    pub minted: u8,
    /// Machines that died by themselves.
    pub died: u8,
    /// At most one: it holds the turn to write.
    pub in_doubt: Option<Doubt>,
    /// By name.
    pub servers: [Server; 2],
    /// Promises broken on the way here.
    pub broken: Broken,
}

impl World {
    /// How a case begins.
    pub fn of(case: &Case) -> Self {
        let mut instances = [Instance::default(); IDS];
        let settled = case.versions.first().map_or(0, |group| usize::from(group.desired));
        let (members, strays) = match case.begin {
            Begin::Empty => (0, 0),
            Begin::Settled => (settled, 0),
            Begin::WithStray => (settled, 1),
        };
        instances[..members].fill(Instance::serving());
        instances[members..members + strays].fill(Instance::stray());
        Self {
            lease: Lease {
                owner: Name::A,
                epoch: 0,
                time: Time::Over,
            },
            version: 0,
            instances,
            minted: u8::try_from(members + strays).unwrap_or(u8::MAX),
            died: 0,
            in_doubt: None,
            servers: [Server::default(), Server::default()],
            broken: Broken::default(),
        }
    }

    /// The group as people last set it.
    pub fn group(&self, case: &Case) -> Group {
        case.versions[usize::from(self.version)]
    }

    /// One server.
    pub fn server(&self, name: Name) -> &Server {
        &self.servers[name as usize]
    }

    /// The same, to change it.
    pub fn server_mut(&mut self, name: Name) -> &mut Server {
        &mut self.servers[name as usize]
    }

    /// Everything about one id.
    pub fn instance(&self, id: Id) -> &Instance {
        &self.instances[usize::from(id)]
    }

    /// The same, to change it.
    pub fn instance_mut(&mut self, id: Id) -> &mut Instance {
        &mut self.instances[usize::from(id)]
    }

    /// Every id.
    pub fn ids() -> impl Iterator<Item = Id> {
        0..IDS as Id
    }

    /// A launch was begun: there must be room for it (I1).
    pub fn check_max(&mut self, case: &Case) {
        let everything = self.instances.iter().filter(|instance| instance.counts()).count();
        if everything > usize::from(self.group(case).max) {
            self.broken.note(Promise::WithinMax);
        }
    }

    /// A launch or removal was begun: the group must not be disabled (I5).
    pub fn check_status(&mut self, case: &Case) {
        if self.group(case).status == engine::model::GroupStatus::Disabled {
            self.broken.note(Promise::DisabledBeginsNothing);
        }
    }
}
