//! Small worlds to begin with: what is there, what people do to the group, and how much may happen.
//!
//! Every bound is a number of things that may happen, never of steps: within it the search is complete.

use engine::model::GroupStatus;

/// A group as people set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// May the loop begin something?
    pub status: GroupStatus,
    /// How many it is kept at.
    pub desired: u8,
    /// How many there may be.
    pub max: u8,
}

/// What is there at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Nothing.
    Empty,
    /// As many as desired, in service.
    Settled,
    /// The same, and a machine without a record that could be a member: the store is a restored one.
    WithStray,
}

/// A world and how much may happen in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// For the lines that are printed.
    pub name: &'static str,
    /// What is there.
    pub begin: Begin,
    /// The group by its spec version: each edit makes it the next.
    pub versions: Vec<Group>,
    /// Ids that may be minted, those of the beginning counted.
    pub ids: u8,
    /// How often the lease may change hands.
    pub claims: u8,
    /// Machines that may die by themselves.
    pub deaths: u8,
}

const fn enabled(desired: u8, max: u8) -> Group {
    Group {
        status: GroupStatus::Enabled,
        desired,
        max,
    }
}

const fn disabled(desired: u8, max: u8) -> Group {
    Group {
        status: GroupStatus::Disabled,
        desired,
        max,
    }
}

impl Case {
    /// The first instance is launched, the group is disabled meanwhile, and enabled again.
    pub fn launch() -> Self {
        Self {
            name: "launch",
            begin: Begin::Empty,
            versions: vec![enabled(1, 1), disabled(1, 1), enabled(1, 1)],
            ids: 2,
            claims: 3,
            deaths: 0,
        }
    }

    /// A machine dies and is replaced; there is room for none beside it.
    pub fn replacement() -> Self {
        Self {
            name: "replacement",
            begin: Begin::Settled,
            versions: vec![enabled(1, 1)],
            ids: 3,
            claims: 3,
            deaths: 1,
        }
    }

    /// Max is lowered, the group is disabled meanwhile, and max is raised again: what leaves may be taken back.
    pub fn lowered() -> Self {
        Self {
            name: "lowered",
            begin: Begin::Settled,
            versions: vec![enabled(2, 2), enabled(1, 1), disabled(1, 1), enabled(2, 2)],
            ids: 3,
            claims: 3,
            deaths: 0,
        }
    }

    /// Max is lowered while instances are launched.
    pub fn lowered_at_launch() -> Self {
        Self {
            name: "lowered at launch",
            begin: Begin::Empty,
            versions: vec![enabled(2, 2), enabled(1, 1)],
            ids: 3,
            claims: 2,
            deaths: 0,
        }
    }

    /// A machine has no record; the group is disabled.
    pub fn stray() -> Self {
        Self {
            name: "stray",
            begin: Begin::WithStray,
            versions: vec![enabled(1, 2), disabled(1, 2), enabled(2, 2)],
            ids: 3,
            claims: 3,
            deaths: 0,
        }
    }

    /// The group is deleted while its first instance is launched.
    pub fn deleted() -> Self {
        let deleting = Group {
            status: GroupStatus::Deleting,
            ..enabled(1, 1)
        };
        Self {
            name: "deleted",
            begin: Begin::Empty,
            versions: vec![enabled(1, 1), deleting],
            ids: 2,
            claims: 3,
            deaths: 0,
        }
    }

    /// The same with more to happen: one change of hands and one death.
    #[must_use]
    pub fn wider(self) -> Self {
        Self {
            claims: self.claims + 1,
            deaths: self.deaths + 1,
            ..self
        }
    }

    /// Every case that the tests search whole.
    pub fn all() -> Vec<Self> {
        vec![
            Self::launch(),
            Self::replacement(),
            Self::lowered(),
            Self::lowered_at_launch(),
            Self::stray(),
            Self::deleted(),
        ]
    }
}
