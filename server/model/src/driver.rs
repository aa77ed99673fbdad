//! The driver: machines, tombstones, and calls that may arrive at any time after they were sent, twice, or never.
//!
//! A call that was sent once may arrive again and again ever after. That is more than any network does, so what holds here
//! holds there; and it needs no count of copies.

use crate::broken::Promise;
use crate::rules::{Creates, Rules, Tombstones};
use crate::world::{Id, Phase, Record, World};

/// A machine, by the driver's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Machine {
    /// It never heard of it.
    #[default]
    Unknown,
    /// It runs.
    Runs,
    /// Its program ended.
    Exited,
    /// Nothing is left; a tombstone says so.
    Gone,
}

impl Machine {
    /// Whether there is something of it.
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Runs | Self::Exited)
    }

    /// Whether it is confirmed gone.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Gone)
    }
}

/// A call about one id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// Start a machine.
    Create,
    /// SIGTERM.
    Stop,
    /// Remove it.
    Delete,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Stop, Self::Delete];

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// Whether a machine was ever made for the id; the highest bit of [`Calls`].
const MADE: u8 = 1 << 7;

/// The calls that were sent about one id, and whether they ever made a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Calls(u8);

impl Calls {
    /// Of a machine that is there from the beginning.
    pub const fn of_a_machine() -> Self {
        Self(MADE)
    }

    /// Sends one.
    pub const fn send(&mut self, call: Call) {
        self.0 |= call.bit();
    }

    /// Whether it was sent.
    pub const fn sent(self, call: Call) -> bool {
        self.0 & call.bit() != 0
    }

    const fn made(self) -> bool {
        self.0 & MADE != 0
    }
}

/// A call arrives.
pub fn arrive(world: &mut World, rules: &Rules, id: Id, call: Call) {
    match call {
        Call::Create => create(world, rules, id),
        Call::Stop => {
            let machine = &mut world.instance_mut(id).machine;
            if *machine == Machine::Runs {
                *machine = Machine::Exited;
            }
        }
        Call::Delete => delete(world, id),
    }
}

fn delete(world: &mut World, id: Id) {
    let instance = world.instance(id);
    let asked = match instance.record {
        Record::Open { phase, .. } => matches!(phase, Phase::Deleting(_)),
        Record::None | Record::Ended => true,
    };
    if instance.machine.is_there() && !asked {
        world.broken.note(Promise::LeavingAreDeleted);
    }
    world.instance_mut(id).machine = Machine::Gone;
}

fn create(world: &mut World, rules: &Rules, id: Id) {
    let instance = *world.instance(id);
    let buried = instance.machine == Machine::Gone;
    let makes = match instance.machine {
        Machine::Unknown => true,
        Machine::Runs | Machine::Exited => rules.creates == Creates::Each,
        Machine::Gone => rules.tombstones == Tombstones::Forgotten,
    };
    if !makes {
        return;
    }
    if instance.calls.made() {
        world.broken.note(Promise::OneMachineAnId);
    }
    if buried {
        world.broken.note(Promise::DeletedStaysDeleted);
    }
    let instance = world.instance_mut(id);
    instance.machine = Machine::Runs;
    instance.calls.0 |= MADE;
}
