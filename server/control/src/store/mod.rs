//! What is remembered. The *loop* sees one `trait LoopStore` with two implementations, `Sql` and `Memory`, under one
//! contract suite; console queries are SQL only.
//!
//! Rules: intent is written before acting and is fenced by lease epoch, spec version and status; settle checks the epoch
//! only. A record's phase *is* its open step: whoever owns the group next carries it to its end.

pub mod audit;
mod batches;
mod checkpoints;
pub mod clock;
pub mod cycles;
mod database_url;
pub mod db;
pub mod events;
mod first_start;
pub mod memory;
mod migrations;
pub mod minutes;
mod pools;
mod reader;
pub mod retention;
pub mod rules;
mod settler;
pub mod sql;
pub mod tx;
mod voice;
mod writer;

pub use database_url::DatabaseUrl;
pub use db::{Db, ReadTx};
pub use first_start::{
    FirstAdmin, FirstStart, FirstStartArgs, REGION, SAMPLE_IMAGE, SubnetBase, TENANT, ZONES, first_start,
    is_first_start,
};
pub use memory::MemoryStore;
pub use sql::SqlStore;
pub use tx::{Row, Tx, Value, json, word};
pub use voice::Heard;

use crate::balancer::MemberAddress;
use crate::clock::Wall;
use crate::drivers::{ImageSpec, Made};
use api::groups::{ActivityKind, ActivityStatus, Cause};
use api::live::Change;
use async_trait::async_trait;
use engine::census::InstanceState;
use engine::memory::{CycleRecord, Durable};
use engine::model::{
    ActivityId, Binding, Flags, GroupId, GroupSpec, GroupStatus, InstanceId, LoadBalancerId, Order, Phase, Reading,
    Reason, SubnetId, TemplateId, TenantId, Timestamp, VServerId,
};
use minutes::MinuteRecord;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// How many shards groups are spread over; a change would move every group to another shard.
pub const SHARDS: u16 = 64;

/// The shard of a group: a hash of its id.
pub fn shard_of(id: GroupId) -> u16 {
    shard(id.0)
}

/// The shard of a load balancer: whoever owns it keeps the balancer's process.
pub fn shard_of_balancer(id: LoadBalancerId) -> u16 {
    shard(id.0)
}

fn shard(id: u64) -> u16 {
    u16::try_from((id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) & 63).unwrap_or(0)
}

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lease is another's now, or the group is gone: drop what was planned.
    #[error("the shard of {group} belongs to another server now")]
    Fenced {
        /// Which group.
        group: GroupId,
    },
    /// People changed the group since it was loaded: the next pass sees it.
    #[error("{group} was changed while a pass was under way")]
    Changed {
        /// Which group.
        group: GroupId,
    },
    /// A machine cannot become a member: its id or its address is another record's.
    #[error("{id} cannot be taken in: its id or its address is another record's")]
    NotAdoptable {
        /// Which machine.
        id: InstanceId,
    },
    /// Product time was set anew while this server slept and counted as gone: it must not go on by its own.
    #[error(
        "other servers set product time on this database anew while this one was away: start this one again, with \
         --time-scale {theirs}"
    )]
    OtherTime {
        /// The scale they run at.
        theirs: u32,
    },
    /// The database did not answer or answered an error.
    #[error("the store could not {operation}")]
    Database {
        /// What was asked.
        operation: &'static str,
        /// The chain.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// The database's error in `operation`.
    pub fn database(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database {
            operation,
            source: source.into(),
        }
    }

    /// Whether something of that name, port or address is there already: a unique index said no.
    pub fn is_taken(&self) -> bool {
        let Self::Database { source, .. } = self else {
            return false;
        };
        let refused = source
            .downcast_ref::<sqlx::Error>()
            .and_then(sqlx::Error::as_database_error);
        refused.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }
}

/// A server's hold on a shard. Steps are refused once another's epoch is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Which shard.
    pub shard: u16,
    /// Grows each time it changes hands.
    pub epoch: i64,
    /// Ends then unless renewed.
    pub until: Wall,
}

/// What a group launches from, resolved from its template version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The template.
    pub template: TemplateId,
    /// Its version.
    pub template_version: u32,
    /// vCPUs in thousandths.
    pub vcpu_milli: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// What runs; its environment has the template's added.
    pub image: ImageSpec,
    /// Handed over at a path.
    pub user_data: String,
    /// Where: the VPC's subnets with their zones, by id.
    pub subnets: Vec<(SubnetId, String)>,
}

/// One record that is not terminated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRow {
    /// Its id.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Where it stands: its open step.
    pub phase: Phase,
    /// State for lists.
    pub state: InstanceState,
    /// Marks.
    pub flags: Flags,
    /// Warm-up it was launched under, product milliseconds.
    pub warm_up_ms: i64,
    /// Its own address.
    pub address: Ipv4Addr,
    /// Its subnet.
    pub subnet: SubnetId,
    /// The template version it was made from (its create may have to be repeated).
    pub template: (TemplateId, u32),
    /// Its open activity.
    pub activity: Option<ActivityId>,
    /// When its launch was intended.
    pub created_at: Timestamp,
}

impl InstanceRow {
    /// The address it is reached at as a group's binding says.
    pub const fn member(&self, binding: &Binding) -> MemberAddress {
        MemberAddress {
            id: self.id,
            address: self.address,
            port: binding.port,
            weight: binding.weight,
        }
    }
}

/// Everything a pass loads about one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRecord {
    /// Its id.
    pub id: GroupId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its name: instances are named after it.
    pub name: String,
    /// May the loop work on it?
    pub status: GroupStatus,
    /// Bumped by people; fences intents.
    pub spec_version: i64,
    /// Bumped by each intent and settlement; fences intents.
    pub state_rev: i64,
    /// What people set.
    pub spec: GroupSpec,
    /// What it launches from.
    pub launch: Launch,
    /// Durable memory.
    pub durable: Durable,
    /// Records, by id.
    pub instances: Vec<InstanceRow>,
    /// What people asked for, oldest first.
    pub orders: Vec<(String, Order)>,
}

impl GroupRecord {
    /// The record of an instance, unless it is terminated.
    pub fn row(&self, id: InstanceId) -> Option<&InstanceRow> {
        self.instances.iter().find(|row| row.id == id)
    }
}

/// What fences a transaction of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// Which group.
    pub group: GroupId,
    /// The lease it is done under.
    pub lease: Lease,
    /// The spec version it was planned on.
    pub spec_version: i64,
    /// What the loop had written when it was planned: an intent whose commit was thought lost and lands late is not
    /// begun a second time.
    pub state_rev: i64,
}

/// One intent: irrevocable once written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// A launch: its record begins, in phase `Launching`; the store chooses a free address of the first subnet that has
    /// one.
    Launch {
        /// Minted by the loop.
        id: InstanceId,
        /// Group name, dash, 6 random base-32 characters.
        name: String,
        /// Where, best first.
        subnets: Vec<SubnetId>,
        /// Marks it begins with.
        flags: Flags,
        /// Warm-up it is launched under.
        warm_up_ms: i64,
        /// Its activity.
        activity: NewActivity,
    },
    /// A machine without a record becomes a member: its record begins anew, in phase `Launching`, as its tags say.
    /// `NotAdoptable` if its id was ever a record's or its address is another record's.
    Adopt {
        /// The machine's id.
        id: InstanceId,
        /// What it was made as.
        made: Made,
        /// Marks it begins with.
        flags: Flags,
        /// Its activity.
        activity: NewActivity,
    },
    /// A record moves on; refused (`Changed`) if its phase is not `from` any more.
    Move {
        /// Which.
        id: InstanceId,
        /// The phase it was loaded with.
        from: Phase,
        /// The phase it goes to.
        to: Phase,
        /// The removal's activity when the move begins one; ends the open launch activity as failed if there is one.
        activity: Option<NewActivity>,
    },
    /// A machine without a record is about to be destroyed. Nothing is written: what stands is that the group may begin
    /// it, under this lease.
    Destroy {
        /// The machine's id.
        id: InstanceId,
    },
}

impl Intent {
    /// Whether it begins something: refused unless the group is enabled or being deleted.
    pub const fn begins(&self) -> bool {
        matches!(
            self,
            Self::Launch { .. }
                | Self::Adopt { .. }
                | Self::Destroy { .. }
                | Self::Move {
                    to: Phase::Draining { .. },
                    ..
                }
        )
    }
}

/// Where a launch has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// The first of its subnets that had room.
    pub subnet: SubnetId,
    /// Its own address out of it.
    pub address: Ipv4Addr,
}

/// An activity that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivity {
    /// Minted by the loop.
    pub id: ActivityId,
    /// What.
    pub kind: ActivityKind,
    /// Why.
    pub cause: Cause,
    /// Desired before and after.
    pub size: (u32, u32),
}

/// How an open activity ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedActivity {
    /// Which.
    pub id: ActivityId,
    /// Succeeded or failed.
    pub status: ActivityStatus,
    /// Why it failed.
    pub failure: Option<String>,
}

/// A record after the pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceUpdate {
    /// Which.
    pub id: InstanceId,
    /// Its phase; `None` leaves it.
    pub phase: Option<Phase>,
    /// Its state for lists.
    pub state: InstanceState,
    /// `was_in_service` and the like; `protected` and `standby` are people's and are left as stored.
    pub flags: Flags,
    /// Since when it runs.
    pub running_at: Option<Timestamp>,
    /// Set when the driver said gone: the record ends.
    pub terminated: Option<Timestamp>,
}

/// What one pass leaves behind; one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Durable memory; `desired` is kept as stored if people changed the spec meanwhile.
    pub durable: Durable,
    /// `Deleting` groups whose last record ended become `Deleted`.
    pub deleted: Option<Timestamp>,
    /// Counts for lists.
    pub counts: Counts,
    /// Changed records only.
    pub instances: Vec<InstanceUpdate>,
    /// Activities without intent (a resize): begin and end at once as succeeded.
    pub done: Vec<NewActivity>,
    /// Open activities that end.
    pub ended: Vec<EndedActivity>,
    /// Orders carried out.
    pub orders: Vec<String>,
    /// The decision, merged with the last while its variants stay the same.
    pub decision: DecisionRow,
    /// The closed cycle, if this pass folded one.
    pub cycle: Option<CycleRecord>,
    /// That cycle's samples: CPU and memory.
    pub samples: Vec<(InstanceId, [Reading; 2])>,
    /// What the instances used in the minute that closed, if this pass is the first to leave it behind.
    pub minute: Option<MinuteRecord>,
    /// What to tell browsers; empty when nothing a page shows has changed.
    pub changes: Vec<Change>,
}

/// Counts for lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// In service.
    pub in_service: u32,
    /// Every machine not confirmed gone.
    pub everything: u32,
    /// Something needs a person.
    pub alarm: bool,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// When.
    pub at: Timestamp,
    /// The size decided.
    pub size: u32,
    /// Why.
    pub trail: Vec<Reason>,
}

/// A load balancer as the loop needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancerRecord {
    /// Its id.
    pub id: LoadBalancerId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The address it listens on.
    pub address: Ipv4Addr,
    /// Its VServers.
    pub vservers: Vec<VServerRecord>,
    /// Set when people deleted it: its process has to end.
    pub deleted: bool,
}

/// A VServer as the loop needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VServerRecord {
    /// Its id.
    pub id: VServerId,
    /// Port it listens on.
    pub port: u16,
    /// How requests are spread (text of `balancer::Algorithm`).
    pub algorithm: String,
    /// Path of the check.
    pub check_path: String,
    /// Product seconds between two checks.
    pub check_interval_s: u32,
}

/// Which groups there are and where their cycles lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupHead {
    /// Its id.
    pub id: GroupId,
    /// May the loop work on it?
    pub status: GroupStatus,
}

/// What the loop needs of a store. Every method is one transaction.
#[async_trait]
pub trait LoopStore: Send + Sync {
    /// Claims what is free or expired, up to `owner`'s share ([`rules::share`]); returns all that are its. 20 s from the
    /// database's clock. Whoever claims or renews lives for as long; `OtherTime` if it runs by another product time than is
    /// stored.
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError>;
    /// Renews what is still `owner`'s and gives back what is beyond its share; a shard that is not in the answer is not
    /// its any more.
    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError>;
    /// Gives all back at a graceful stop, and leaves its share to the others.
    async fn release(&self, owner: &str) -> Result<(), StoreError>;
    /// Groups of these shards that are not `Deleted`.
    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError>;
    /// Everything a pass needs; `None` if there is no such group or it is `Deleted`.
    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError>;
    /// The template version an older instance was made from, for a repeated create.
    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError>;
    /// The last `cycles` stored cycle records, oldest first.
    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError>;
    /// Writes intents, all or none. `Fenced` if the lease is lost; `Changed` if the spec version differs, something was
    /// intended or settled since the group was loaded, the group is not enabled (or deleting) and one of them begins
    /// something, or a record's phase moved. Answers the places of the launches, in order; a launch whose subnets are all
    /// full is not written and has none.
    async fn intend(&self, fence: Fence, intents: &[Intent], now: Timestamp)
    -> Result<Vec<Option<Placed>>, StoreError>;
    /// Writes what a pass leaves behind. `Fenced` if the lease is lost.
    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError>;
    /// Every load balancer, deleted ones until [`LoopStore::balancer_ended`].
    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError>;
    /// Who may be sent requests behind a balancer, of the groups of all servers ([`rules::serves`]).
    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError>;
    /// Those of these instances that have a record which has not ended.
    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError>;
    /// The process of a deleted balancer has ended.
    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError>;
    /// Tells browsers that something outside a pass changed (a balancer's health).
    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError>;
    /// Stores the product clock's mark (design 2).
    async fn mark(&self, product: Timestamp) -> Result<(), StoreError>;
    /// Removes what is past its [`retention`], at most `limit` rows of each kind for each reason; whether that was all.
    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<retention::Swept, StoreError>;
}
