//! The real loop on the real store and clock, with driver and balancer in memory; in a process of its own, so that it can be
//! killed, and so that its memory and time are its own.
//!
//! It says what it did in lines `name value` on standard output: `first` and `all` when the first group and every group was
//! decided since this process began, in milliseconds of the wall clock; the rest at the end.

use crate::clock;
use crate::stand_in::{StandInBalancer, StandInDriver};
use api::live::Change;
use async_trait::async_trait;
use control::balancer::MemberAddress;
use control::clock::{Clock, SystemClock, TimeScale, Wall};
use control::ids::RandomIds;
use control::locked;
use control::pass::{Loop, LoopParts, offset_of};
use control::store::retention::Swept;
use control::store::tx::Row;
use control::store::{
    BalancerRecord, Db, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, Placed, Settlement, SqlStore,
    StoreError,
};
use control::values;
use engine::memory::CycleRecord;
use engine::model::{Cycle, GroupId, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId};
use hdrhistogram::Histogram;
use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What happens in the first cycle and a half is the start's, not the pace's.
const START: Duration = Duration::from_secs(25);
/// Whose the leases are.
const OWNER: &str = "bench";
/// Lags longer than this count as this: an hour.
const LAG_MAX_MS: u64 = 3_600_000;

/// Runs the loop for so long.
pub async fn run(folder: &Path, span: Duration) -> anyhow::Result<()> {
    let db = Db::open(&crate::filled::file(folder)).await?;
    db.migrate().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start(&db, TimeScale(1), OWNER).await?);
    let (machines, members) = (machines(&db).await?, members(&db).await?);
    let driver = Arc::new(StandInDriver::new(clock.clone(), &machines));
    let groups = groups(&db).await?;
    let tally = Arc::new(Tally::new(groups, clock.wall()));
    let store = Watched {
        inner: SqlStore::new(db.clone()),
        clock: clock.clone(),
        tally: tally.clone(),
    };
    let scaling = Loop::new(LoopParts {
        store: Arc::new(store),
        driver: driver.clone(),
        balancer: Arc::new(StandInBalancer::new(&members)),
        clock: clock.clone(),
        ids: Arc::new(RandomIds),
        owner: OWNER.to_owned(),
    });
    let (stop, handle) = (CancellationToken::new(), scaling.handle());
    let ending = stop.clone();
    let (ran, ()) = tokio::join!(scaling.run(stop), async move {
        clock::wait(span).await;
        ending.cancel();
    });
    ran?;
    db.close().await;
    let (launched, removed) = driver.acted();
    say("launched", launched);
    say("removed", removed);
    say("begin_p99_ms", handle.lag().p99_ms);
    say("cpu_seconds", cpu_seconds().unwrap_or(0.0));
    say("resident_mb", resident_mb().unwrap_or(0));
    tally.say(span);
    Ok(())
}

/// CPU time of this process; the kernel counts in hundredths of a second.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / 100.0)
}

fn resident_mb() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    statm
        .split(' ')
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|pages| pages * 4_096 / 1_000_000)
}

/// One line for whoever measures.
fn say(name: &str, value: impl std::fmt::Display) {
    println!("{name} {value}");
    // A parent that went away reads no more.
    drop(std::io::stdout().flush());
}

async fn machines(db: &Db) -> anyhow::Result<Vec<(InstanceId, GroupId)>> {
    let mut tx = db.read("read the machines").await?;
    let sql = "SELECT id, group_id FROM instances WHERE terminated_at IS NULL";
    let rows = tx.all(sql, values![]).await?;
    let read = |row: &Row| Ok((row.get("id")?, row.get("group_id")?));
    Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
}

async fn members(db: &Db) -> anyhow::Result<Vec<(LoadBalancerId, VServerId, InstanceId)>> {
    let mut tx = db.read("read the members").await?;
    let sql = "SELECT v.balancer_id, v.id, i.id AS instance_id FROM bindings b JOIN vservers v ON v.id = b.vserver_id
               JOIN instances i ON i.group_id = b.group_id WHERE i.terminated_at IS NULL";
    let rows = tx.all(sql, values![]).await?;
    let read = |row: &Row| Ok((row.get("balancer_id")?, row.get("id")?, row.get("instance_id")?));
    Ok(rows.iter().map(read).collect::<Result<_, StoreError>>()?)
}

async fn groups(db: &Db) -> anyhow::Result<u64> {
    let mut tx = db.read("count the groups").await?;
    let sql = "SELECT COUNT(*) AS count FROM groups_ WHERE deleted_at IS NULL";
    Ok(tx.one(sql, values![]).await?.get("count")?)
}

/// What was seen of the passes.
struct Tally {
    groups: u64,
    began: Wall,
    seen: Mutex<Seen>,
}

struct Seen {
    /// The last cycle whose pass was seen to begin, by group.
    begun: HashMap<GroupId, Cycle>,
    decided: HashMap<GroupId, Cycle>,
    begin: Histogram<u64>,
    settle: Histogram<u64>,
    passes: u64,
    missed: u64,
}

impl Tally {
    fn new(groups: u64, began: Wall) -> Self {
        let histogram = || Histogram::new_with_max(LAG_MAX_MS, 3).unwrap_or_else(|why| panic!("a histogram: {why}"));
        let seen = Seen {
            begun: HashMap::new(),
            decided: HashMap::new(),
            begin: histogram(),
            settle: histogram(),
            passes: 0,
            missed: 0,
        };
        Self {
            groups,
            began,
            seen: Mutex::new(seen),
        }
    }

    /// A pass began: the first in its cycle is the one that judges, and its lag is from that cycle's end.
    fn begun(&self, group: GroupId, now: Timestamp) {
        let cycle = Cycle::at(now, offset_of(group));
        let mut seen = locked(&self.seen);
        let last = seen.begun.insert(group, cycle);
        if last.is_some_and(|last| last < cycle) && self.is_past_start(now) {
            seen.begin.saturating_record(since_begin(cycle, group, now));
        }
    }

    /// A pass that closed a cycle is settled. Since when a start is over is told by the wall clock: product time holds at
    /// its mark after one.
    fn settled(&self, group: GroupId, closed: Option<Cycle>, (now, wall): (Timestamp, Wall)) {
        let mut seen = locked(&self.seen);
        seen.passes += 1;
        let Some(closed) = closed else { return };
        let last = seen.decided.insert(group, closed);
        let decided = u64::try_from(seen.decided.len()).unwrap_or(0);
        match last {
            None if decided == 1 => say("first", wall.0),
            None if decided == self.groups => say("all", wall.0),
            None => {}
            Some(last) if self.is_past_start(now) => {
                seen.missed += closed.0.saturating_sub(last.0 + 1);
                seen.settle
                    .saturating_record(since_begin(Cycle(closed.0 + 1), group, now));
            }
            Some(_) => {}
        }
    }

    fn is_past_start(&self, now: Timestamp) -> bool {
        Wall(now.0).since(self.began) > START
    }

    fn say(&self, span: Duration) {
        let seen = locked(&self.seen);
        for (name, lags) in [("begin", &seen.begin), ("settle", &seen.settle)] {
            say(&format!("{name}_lag_p50_ms"), lags.value_at_quantile(0.5));
            say(&format!("{name}_lag_p99_ms"), lags.value_at_quantile(0.99));
            say(&format!("{name}_lag_max_ms"), lags.max());
        }
        say("judged", seen.settle.len());
        say("missed", seen.missed);
        say("passes", seen.passes);
        say("seconds", span.as_secs());
    }
}

/// Milliseconds since the cycle before `cycle` closed; product time is the wall clock at scale 1.
fn since_begin(cycle: Cycle, group: GroupId, now: Timestamp) -> u64 {
    u64::try_from(now.since(cycle.begins(offset_of(group))).0).unwrap_or(0)
}

/// The real store; what the loop asks of it is noted.
struct Watched {
    inner: SqlStore,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
}

#[async_trait]
impl LoopStore for Watched {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.inner.claim(owner).await
    }

    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.inner.renew(owner).await
    }

    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.inner.release(owner).await
    }

    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        self.inner.heads(shards).await
    }

    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        self.tally.begun(group, self.clock.now());
        self.inner.load(group).await
    }

    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        self.inner.launch_of(template, version).await
    }

    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        self.inner.series(group, cycles).await
    }

    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        self.inner.intend(fence, intents, now).await
    }

    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        let settled = self.inner.settle(fence, settlement, now).await;
        if settled.is_ok() {
            let closed = settlement.cycle.as_ref().map(|record| record.cycle);
            let moment = (self.clock.now(), self.clock.wall());
            self.tally.settled(fence.group, closed, moment);
        }
        settled
    }

    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        self.inner.balancers().await
    }

    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        self.inner.recorded(ids).await
    }

    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        self.inner.serving(balancer).await
    }

    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        self.inner.balancer_ended(id).await
    }

    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        self.inner.announce(tenant, changes, now).await
    }

    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        self.inner.mark(product).await
    }

    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        self.inner.sweep(now, wall, limit).await
    }
}
