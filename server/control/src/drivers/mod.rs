//! Places where machines run, behind one trait. Every call may be repeated after a crash, so every call is idempotent;
//! the instance id is the idempotency key, the machine's name and tag.

use crate::clock::Wall;
use async_trait::async_trait;
use engine::model::{GroupId, InstanceId, ReadyWord, SubnetId, TemplateId, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::time::Duration;

pub mod process;
pub mod sample_web;
pub mod simulated;

/// What one machine is made from. Parsed and resolved: a driver looks nothing up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineSpec {
    /// Its id, name, tag and idempotency key.
    pub id: InstanceId,
    /// The group it belongs to; a tag.
    pub group: GroupId,
    /// Its name: group name, dash, 6 random base-32 characters (design 4.12).
    pub name: String,
    /// Its host name.
    pub host_name: String,
    /// vCPUs in thousandths: 250 is a quarter.
    pub vcpu_milli: u32,
    /// Memory in bytes; what memory % is a percentage of.
    pub memory_bytes: u64,
    /// Its own address out of its subnet.
    pub address: Ipv4Addr,
    /// What runs.
    pub image: ImageSpec,
    /// Handed over at a path, never executed; at most 16 KiB.
    pub user_data: String,
    /// What its record says beside that. `None` on a machine that a version without these tags made.
    #[serde(default)]
    pub birth: Option<Birth>,
}

/// Tags a machine carries so that its record can be written again, should the store have lost it (design 4.15). A driver
/// keeps them and understands none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// The subnet its address is out of.
    pub subnet: SubnetId,
    /// The template it was made from.
    pub template: TemplateId,
    /// And its version.
    pub template_version: u32,
    /// The warm-up it was launched under, product milliseconds.
    pub warm_up_ms: i64,
    /// When its launch was intended, product time.
    pub intended_at: Timestamp,
}

/// What a machine was made as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its own address.
    pub address: Ipv4Addr,
    /// Its other tags.
    pub birth: Birth,
}

impl MachineSpec {
    /// What a list says of its making; `None` if it does not carry the tags.
    pub fn made(&self) -> Option<Made> {
        Some(Made {
            name: self.name.clone(),
            address: self.address,
            birth: self.birth?,
        })
    }
}

/// An image as the `process` driver needs it; registered by admins only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSpec {
    /// Its name, such as `sample-web`.
    pub name: String,
    /// Program and arguments; `{self}` as the program stands for the server's own binary.
    pub command: Vec<String>,
    /// Environment beyond `PORT`, `ADDRESS`, `TIDEGATE_INSTANCE`, `TIDEGATE_USER_DATA` (a path).
    pub environment: Vec<(String, String)>,
    /// Ports it listens on; `PORT` is the first.
    pub ports: Vec<u16>,
    /// HTTP path of the ready check on the first port, if it has one.
    pub ready_path: Option<String>,
}

/// The driver's word about one machine, in its own (wall) time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "word")]
pub enum MachineWord {
    /// Accepted, not running yet.
    Pending,
    /// Its program runs since then.
    Running {
        /// The driver's instant.
        since: Wall,
    },
    /// It exists and does not run.
    Stopped,
    /// Its program ended: exit code, or 128 + signal.
    Exited {
        /// The code.
        code: i32,
    },
    /// Nothing of it is left, and it can never be created again (tombstone).
    Gone,
    /// This driver never heard of it.
    NeverSeen,
}

/// One machine of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its id.
    pub id: InstanceId,
    /// The group it is tagged with.
    pub group: GroupId,
    /// What the driver says of it.
    pub word: MachineWord,
    /// The image's ready check: passed at least once since it runs.
    pub ready: ReadyWord,
    /// What it was made as; `None` where nobody knows.
    pub made: Option<Made>,
}

/// Cumulative use of one machine, the whole process tree, ended processes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time since its start in nanoseconds.
    pub cpu_ns: u64,
    /// Resident memory in bytes now.
    pub memory_bytes: u64,
    /// When this was read: a monotonic reading in nanoseconds; only differences mean something.
    pub read_at_ns: u64,
}

/// What a delete answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Nothing billable is left; repeated deletes say so too.
    Gone,
    /// Accepted: ask again.
    Going,
}

/// The only kinds that matter to the loop (design 4.14).
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// A person must look; trying again gives the same answer.
    #[error("the driver refused to {operation}: {why}")]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// The driver's words.
        why: String,
    },
    /// None left there: try the next pool.
    #[error("no capacity: {why}")]
    OutOfStock {
        /// The driver's words.
        why: String,
    },
    /// Too many calls: back off.
    #[error("throttled: try again later")]
    Throttled,
    /// It may have happened: look before acting again.
    #[error("no certain answer to {operation}: {why}")]
    Unknown {
        /// What was asked.
        operation: &'static str,
        /// What is known.
        why: String,
    },
}

/// A place where machines run. Any call may be repeated; deadlines are the caller's (5 s a call).
#[async_trait]
pub trait Driver: Send + Sync {
    /// Every machine with our installation id. A partial list is an error, never a short list.
    async fn list(&self) -> Result<Vec<Machine>, DriverError>;
    /// What is known of one id. `Gone` is the only word that ends a record.
    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError>;
    /// Cumulative use of these machines; one that cannot be read is left out.
    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError>;
    /// Starts one machine; answers "accepted". The same id twice is one machine; a deleted id is refused.
    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError>;
    /// SIGTERM now, SIGKILL after `grace` (real time). Repeated: the first deadline stands.
    async fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError>;
    /// Removes the machine; an unknown id becomes a tombstone, so that a late create is refused.
    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError>;
    /// The last `limit_bytes` of what its program printed, as text (invalid UTF-8 replaced).
    async fn logs(&self, id: InstanceId, limit_bytes: usize) -> Result<String, DriverError>;
}
