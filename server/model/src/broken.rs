//! The promises, and which of them were broken on the way to a state.
//!
//! Most are about steps ("no launch is intended that ..."), and a checker looks at states: so a step that breaks one leaves
//! a mark, and the property is that nobody ever has it.

/// What must never happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Promise {
    /// I1: a launch is intended and machines not confirmed gone are more than max.
    WithinMax,
    /// I4: a second machine is made for one id.
    OneMachineAnId,
    /// I5: a launch or removal is begun while the group is disabled.
    DisabledBeginsNothing,
    /// A server writes that does not hold the shard.
    FencedIsRefused,
    /// A machine runs whose id was deleted.
    DeletedStaysDeleted,
    /// A record that is on its way out is serving again, and nobody intended to take it back.
    IntentStands,
    /// A machine is deleted whose record does not say so.
    LeavingAreDeleted,
    /// I3: once faults stop, machines are not records, both ways.
    ComesToRest,
}

impl Promise {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::WithinMax,
        Self::OneMachineAnId,
        Self::DisabledBeginsNothing,
        Self::FencedIsRefused,
        Self::DeletedStaysDeleted,
        Self::IntentStands,
        Self::LeavingAreDeleted,
        Self::ComesToRest,
    ];

    /// As the checker prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WithinMax => "I1: no launch is intended beyond max",
            Self::OneMachineAnId => "I4: an id is one machine at most, ever",
            Self::DisabledBeginsNothing => "I5: nothing is begun while disabled",
            Self::FencedIsRefused => "what a fenced server writes is refused",
            Self::DeletedStaysDeleted => "a deleted id never runs again",
            Self::IntentStands => "no settlement undoes an intent",
            Self::LeavingAreDeleted => "no member is deleted that nobody intended to",
            Self::ComesToRest => "I3: once faults stop, machines are records",
        }
    }

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// The promises broken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Broken(u8);

impl Broken {
    /// Notes that a step broke one.
    pub const fn note(&mut self, promise: Promise) {
        self.0 |= promise.bit();
    }

    /// Whether this one was broken.
    pub const fn has(self, promise: Promise) -> bool {
        self.0 & promise.bit() != 0
    }

    /// Whether any was.
    pub const fn any(self) -> bool {
        self.0 != 0
    }
}
