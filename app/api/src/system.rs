//! How the installation does: loop, store, driver, load balancers. For the page "System" and for whoever watches the
//! server from outside. Conditions are words of an enum, never messages: `texts` says them in both languages.

use crate::balancers::BalancerHealth;
use engine::model::LoadBalancerId;
use serde::{Deserialize, Serialize};

/// Load balancers of the installation that the page shows. The statement has one more, as a literal: it tells that there are
/// more.
pub const BALANCERS_MAX: usize = 10_000;

/// How a part of the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It does what it should.
    Well,
    /// The loop has not looked at every group since the start.
    Starting,
    /// The loop holds no shard: another server has them all, or the store did not let it renew.
    Idle,
    /// The loop has not begun a slot for ten seconds.
    Stuck,
    /// It did not answer when it was last asked.
    Silent,
    /// It was not asked yet.
    Unknown,
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassOutcome {
    /// Settled, and nothing had to be done.
    Quiet,
    /// Settled, with at least one step.
    Acted,
    /// The group is gone.
    Gone,
    /// Dropped: people changed the group while it was under way.
    Changed,
    /// Dropped: the shard is another server's now.
    Fenced,
    /// Dropped: the store did not answer.
    Failed,
    /// It panicked: a defect.
    BrokeOff,
}

impl PassOutcome {
    /// Every outcome, in the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::Quiet,
        Self::Acted,
        Self::Gone,
        Self::Changed,
        Self::Fenced,
        Self::Failed,
        Self::BrokeOff,
    ];
}

/// A call of a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverCall {
    /// Which machines there are.
    List,
    /// One machine.
    Describe,
    /// CPU and memory.
    Usage,
    /// Start one.
    Create,
    /// End its program.
    Stop,
    /// Remove it.
    Delete,
    /// What it printed.
    Logs,
}

impl DriverCall {
    /// Every call, in the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::List,
        Self::Describe,
        Self::Usage,
        Self::Create,
        Self::Stop,
        Self::Delete,
        Self::Logs,
    ];
}

/// What a driver answered (design 4.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverAnswer {
    /// Done or accepted.
    Done,
    /// A person must look.
    Refused,
    /// No capacity.
    OutOfStock,
    /// Too many calls.
    Throttled,
    /// It may have happened.
    Unknown,
    /// No answer before the caller's deadline.
    Late,
}

impl DriverAnswer {
    /// Every answer, in the order they are shown.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Refused,
        Self::OutOfStock,
        Self::Throttled,
        Self::Unknown,
        Self::Late,
    ];
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Database {
    /// The file in the data folder.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// How long something takes, since the start of the server. Microseconds of real time; quantiles are the upper ends of
/// buckets at most a quarter wider than where they begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimesView {
    /// How often.
    pub count: u64,
    /// Half took at most so long.
    pub p50_us: u64,
    /// 99 of 100 took at most so long.
    pub p99_us: u64,
    /// The worst.
    pub worst_us: u64,
}

/// The loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopView {
    /// How it does.
    pub condition: Condition,
    /// Groups it keeps.
    pub groups: u32,
    /// Shards it holds, of 64.
    pub leases: u32,
    /// When its last slot began, wall milliseconds; none before the first.
    pub last_slot_ms: Option<i64>,
    /// How late passes begin.
    pub lag: TimesView,
    /// Passes by what they came to, each outcome once.
    pub passes: Vec<(PassOutcome, u64)>,
}

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreView {
    /// How it does: it was asked for this answer.
    pub condition: Condition,
    /// Which database.
    pub database: Database,
    /// Size of the database's file with its journal, bytes; none where there is no file.
    pub size_bytes: Option<u64>,
    /// The loop's reading transactions.
    pub reads: TimesView,
    /// The loop's writing transactions, the wait for the disk included.
    pub writes: TimesView,
}

/// The driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverView {
    /// How it does: by its last answer to "which machines are there".
    pub condition: Condition,
    /// Machines in that answer; none before the first and while it is silent.
    pub machines: Option<u64>,
    /// Calls by answer, those that happened only.
    pub calls: Vec<(DriverCall, DriverAnswer, u64)>,
    /// How long its calls take.
    pub times: TimesView,
}

/// One load balancer of any tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerLine {
    /// Its id.
    pub id: LoadBalancerId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub tenant_name: String,
    /// Its address.
    pub address: String,
    /// How its process does.
    pub health: BalancerHealth,
    /// Members that it lists now.
    pub members: u32,
}

/// The page "System".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemView {
    /// The server's version.
    pub version: String,
    /// When the server started, wall milliseconds.
    pub started_ms: i64,
    /// Now, wall milliseconds.
    pub now_ms: i64,
    /// The loop.
    pub scaling: LoopView,
    /// The store.
    pub store: StoreView,
    /// The driver.
    pub driver: DriverView,
    /// Every load balancer, by name; at most 200, those in trouble first.
    pub balancers: Vec<BalancerLine>,
}
