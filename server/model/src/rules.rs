//! The rules the protocol stands on, each beside what it would be without: a mutant is a [`Rules`] that lacks one.
//!
//! [`Rules::designed`] has all of them. Where the code does less, `docs/model.md` says so.

/// What a transaction of the loop is checked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// The lease's epoch, in the transaction.
    Epoch,
    /// The server's own clock, before the transaction. The model's clocks are perfect, and it is not enough.
    OwnClock,
    /// Nothing.
    Nothing,
}

/// What an intent is checked by, beside the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edits {
    /// The spec version as loaded, and that the group's status lets something begin.
    Checked,
    /// Nothing: an edit between load and intent goes unseen.
    Unseen,
}

/// When an id is minted and its record written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minting {
    /// With the intent, before anything is done.
    AtIntent,
    /// When the machine is made; the record is settled afterwards.
    AtApply,
}

/// What a driver does about an id it was told to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tombstones {
    /// It refuses to create it ever after.
    Kept,
    /// It says gone, and makes it anew when a late create asks for it.
    Forgotten,
}

/// What a driver does about a create of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creates {
    /// Nothing: the id is the idempotency key.
    Once,
    /// Another machine.
    Each,
}

/// How writing transactions follow one another, over all servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// One at a time: the next one sees all that was committed.
    OneAtATime,
    /// Each as it comes: one may commit what it checked before another's commit.
    AsTheyCome,
}

/// What is checked of intents that were written since the group was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// There are none: else the pass is dropped.
    Refused,
    /// Nothing: one whose answer was lost may commit after the next pass has loaded.
    Passed,
}

/// How a machine without a record is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strays {
    /// By an intent that begins its record, as one that is being deleted.
    Recorded,
    /// By an intent that writes nothing: it is checked, and forgotten.
    Checked,
    /// At once.
    Unwritten,
}

/// Which records a settlement lets serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Those that are still launching.
    Launching,
    /// Whatever they have become.
    Any,
}

/// What a pass does about open steps that another pass intended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// It sends their calls again.
    EveryPass,
    /// Nothing: they were sent, or were to be.
    Never,
}

/// All of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// See [`Fence`].
    pub fence: Fence,
    /// See [`Edits`].
    pub edits: Edits,
    /// See [`Minting`].
    pub minting: Minting,
    /// See [`Tombstones`].
    pub tombstones: Tombstones,
    /// See [`Creates`].
    pub creates: Creates,
    /// See [`Turns`].
    pub turns: Turns,
    /// See [`Unseen`].
    pub unseen: Unseen,
    /// See [`Strays`].
    pub strays: Strays,
    /// See [`Marks`].
    pub marks: Marks,
    /// See [`Repeats`].
    pub repeats: Repeats,
}

impl Rules {
    /// What the design says.
    pub const fn designed() -> Self {
        Self {
            fence: Fence::Epoch,
            edits: Edits::Checked,
            minting: Minting::AtIntent,
            tombstones: Tombstones::Kept,
            creates: Creates::Once,
            turns: Turns::OneAtATime,
            unseen: Unseen::Refused,
            strays: Strays::Recorded,
            marks: Marks::Launching,
            repeats: Repeats::EveryPass,
        }
    }
}
