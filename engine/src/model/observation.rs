//! What one pass saw: machines by the driver's word, checks by the balancers' word, samples, records.
//!
//! A source that fails is missing, never zero, never fatal. Absence from a list is a question, not an answer: *gone* is
//! only the driver's own word about one id.

use super::{Cycle, InstanceId, Metric, Reading, Timestamp, VServerId};
use serde::{Deserialize, Serialize};

/// Did a source answer this time?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It answered; what it said is in the members.
    Answered,
    /// It did not: everything it would have said is missing.
    Silent,
}

/// The driver's word about one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverWord {
    /// Not asked, no answer, or absent from a list.
    Unknown,
    /// Accepted, not yet running.
    Pending,
    /// Running since then (the driver's instant, product time).
    Running(Timestamp),
    /// Stopped: it exists, but does not run; a user's own stop or a host's.
    Stopped,
    /// Its program ended with that code (128 + signal for a signal): dead in this pass.
    Exited(i32),
    /// Nothing billable is left of it; the only word that ends a record.
    Gone,
}

/// One balancer's word about one member in one VServer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckWord {
    /// The balancer is silent or has not checked yet: says nothing.
    Missing,
    /// Not a member there (not registered yet, or deregistered).
    Absent,
    /// Member, checks pass, gets traffic.
    Up,
    /// Member, checks fail.
    Down,
    /// Member in drain with that many requests in flight.
    Draining(u32),
}

/// One member's standing in one VServer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which VServer; bound now, or still to be left.
    pub vserver: VServerId,
    /// What its balancer says.
    pub word: CheckWord,
}

/// The image's ready check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadyWord {
    /// Never passed yet, or the image has none.
    NotYet,
    /// Passed at least once since the machine runs.
    Passed,
}

/// Why a member leaves (it decides who may be taken back: only `Surplus`, design 4.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveCause {
    /// More than desired.
    Surplus,
    /// Judged unhealthy by its checks, or stopped.
    Unhealthy,
    /// Its program ended.
    Exited,
    /// It never came to run, or its launch failed.
    LaunchFailed,
    /// A person removed it.
    ByHand,
    /// The group is being deleted.
    GroupDeleted,
}

/// Where a member's record stands; the loop moves it forward only, but for a take-back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Intended; the machine may or may not exist yet.
    Launching,
    /// The driver has said running at least once.
    Serving,
    /// Deregistering: waits until no request is in flight, at most till the deadline (real time 30 s).
    Draining {
        /// Why it leaves.
        cause: LeaveCause,
        /// When waiting ends, product time.
        until: Timestamp,
    },
    /// SIGTERM sent; killed at the deadline (real time 90 s, seed 14.3.1).
    Stopping {
        /// Why it leaves.
        cause: LeaveCause,
        /// When waiting ends, product time.
        until: Timestamp,
    },
    /// Delete asked; repeated until the driver says gone.
    Deleting {
        /// Why it leaves.
        cause: LeaveCause,
    },
}

/// A user's or loop's mark on a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// Never chosen for removal by rule, max or health (I2).
    pub protected: bool,
    /// A user's own instance put in.
    pub attached: bool,
    /// Set aside by a person: no traffic, never chosen for removal.
    pub standby: bool,
    /// The record was in service at least once.
    pub was_in_service: bool,
    /// Launched as a replacement or a trial (`LaunchWhy` other than `Growth`); false: a rise of desired covered its
    /// launch. The brake counts replacements that warm (design 4.5).
    pub replacement: bool,
}

/// One member of the group: its record and what every source says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its id, everywhere.
    pub id: InstanceId,
    /// When its launch was intended, product time. Orders the removal policies; ties by id.
    pub created_at: Timestamp,
    /// Where its record stands.
    pub phase: Phase,
    /// Marks.
    pub flags: Flags,
    /// The warm-up it was launched under (a new warm-up touches only later launches, design 4.11).
    pub warm_up_ms: i64,
    /// The driver's word.
    pub driver: DriverWord,
    /// The ready check.
    pub ready: ReadyWord,
    /// By VServer: every bound one, and every other it is still a member of.
    pub standings: Vec<Standing>,
    /// This closed cycle's sample by [`Metric::index`].
    pub samples: [Reading; Metric::ALL.len()],
}

/// Whether a machine without a record could be a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It runs, and it is made of what the group launches now, at an address of its own.
    Matches,
    /// It is something else, or does not run, or nobody can say what it is made of.
    Differs,
}

/// A machine with our installation id and this group's tag that has no record (design 4.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// Its id.
    pub id: InstanceId,
    /// Could it be a member?
    pub fit: Fit,
    /// When its launch was intended, product time, by its own tag; `None` if it carries none.
    pub intended_at: Option<Timestamp>,
}

/// Everything one pass saw of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The last closed cycle.
    pub cycle: Cycle,
    /// When that cycle began, product time.
    pub cycle_began: Timestamp,
    /// Did the driver answer?
    pub driver: Source,
    /// Every record that is not yet terminated, by id.
    pub members: Vec<Member>,
    /// Machines with our installation id, this group's tag and no record.
    pub strays: Vec<Stray>,
    /// What people asked for since the last pass, in order.
    pub orders: Vec<Order>,
    /// What the driver answered about launches since the last pass.
    pub answers: Vec<Answer>,
}

/// A driver's answer to a create that counts for breaker and stock (design 4.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Answer {
    /// Refused: that launch failed; a person must look.
    Refused {
        /// Which.
        id: InstanceId,
    },
    /// No capacity: neither success nor failure.
    OutOfStock {
        /// Which.
        id: InstanceId,
    },
    /// Back off: neither success nor failure.
    Throttled {
        /// Which.
        id: InstanceId,
    },
}

/// What a person asked of one member or of the group; durable until a pass carried it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "order")]
pub enum Order {
    /// Remove this instance (destroys it, seed 14.3.2.3).
    Remove {
        /// Which.
        id: InstanceId,
    },
    /// Re-arm the open breaker.
    RearmBreaker,
    /// Let strays be destroyed (4.15).
    ConfirmStrays,
}
