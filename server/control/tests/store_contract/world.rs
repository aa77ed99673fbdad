//! A store with one tenant, its subnets and templates, and hands to do what people do.

use crate::databases::Kind;
use crate::sql_people::SqlPeople;
use api::groups::{ActivityKind, ActivityStatus, Cause, InstanceUse};
use api::live::LiveEvent;
use async_trait::async_trait;
use control::clock::{TimeScale, Wall};
use control::drivers::ImageSpec;
use control::ids::RandomIds;
use control::store::minutes::MinuteRecord;
use control::store::retention::Retention;
use control::store::sql::LeaseClock;
use control::store::{
    BalancerRecord, Counts, Db, DecisionRow, Fence, FirstStartArgs, GroupRecord, Intent, Launch, Lease, LoopStore,
    MemoryStore, NewActivity, Placed, Settlement, SqlStore, StoreError, SubnetBase, first_start, shard_of,
};
use engine::memory::{CycleRecord, Durable};
use engine::model::{
    ActivityId, Cycle, Flags, GroupId, GroupSpec, GroupStatus, Guard, InstanceId, LoadBalancerId, Missing, Order,
    Phase, ReadyCheck, Reason, RemovalPolicy, ScaleIn, SubnetId, TemplateId, TenantId, Timestamp, WARM_UP_DEFAULT,
};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The template every group launches from.
pub const TEMPLATE: TemplateId = TemplateId(1);
/// Its version.
pub const VERSION: u32 = 2;
/// The group most tests are about.
pub const GROUP: GroupId = GroupId(77);
/// When tests happen.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);
/// The server most tests are.
pub const OWNER: &str = "server-a";

/// A row of the scaling log, as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenActivity {
    pub kind: ActivityKind,
    pub status: ActivityStatus,
    pub failure: Option<String>,
    pub instance: Option<InstanceId>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A decision row, as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDecision {
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub passes: u32,
    pub size: u32,
    pub trail: Vec<Reason>,
}

/// What people do, and what can be seen besides `LoopStore`.
#[async_trait]
pub trait People: Send + Sync {
    async fn put_group(&self, record: GroupRecord);
    async fn put_template(&self, launch: Launch);
    /// Bumps the spec version and sets desired.
    async fn edit(&self, group: GroupId, desired: u32);
    async fn set_status(&self, group: GroupId, status: GroupStatus);
    async fn protect(&self, group: GroupId, id: InstanceId);
    async fn order(&self, group: GroupId, id: &str, order: Order);
    async fn put_balancer(&self, balancer: BalancerRecord);
    async fn delete_balancer(&self, id: LoadBalancerId);
    async fn activity(&self, group: GroupId, id: ActivityId) -> Option<SeenActivity>;
    /// When that record ended, if it did and is there still.
    async fn ended_at(&self, group: GroupId, id: InstanceId) -> Option<Timestamp>;
    async fn decisions(&self, group: GroupId) -> Vec<SeenDecision>;
    async fn events(&self, tenant: TenantId) -> Vec<LiveEvent>;
    async fn status(&self, group: GroupId) -> GroupStatus;
    async fn counts(&self, group: GroupId) -> Counts;
    async fn cpu_samples(&self, group: GroupId) -> Vec<(InstanceId, Option<u64>)>;
    /// What is stored of its instances' minutes: minute and instance, sorted.
    async fn minutes(&self, group: GroupId) -> Vec<(u64, InstanceId, InstanceUse)>;
    /// The same store, keeping so much of the past.
    fn keeping(&self, retention: Retention) -> Arc<dyn LoopStore>;
}

/// A wall clock that tests shift.
#[derive(Clone)]
pub struct ShiftedWall(Arc<AtomicI64>);

impl ShiftedWall {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW.0)))
    }
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
    pub fn now(&self) -> Wall {
        Wall(self.0.load(Ordering::SeqCst))
    }
    pub fn clock(&self) -> LeaseClock {
        let shifted = self.clone();
        Arc::new(move || shifted.now())
    }
}

/// A store and everything around it.
pub struct World {
    pub store: Arc<dyn LoopStore>,
    pub people: Arc<dyn People>,
    pub wall: ShiftedWall,
    pub tenant: TenantId,
    pub subnets: Vec<(SubnetId, String)>,
}

/// A world on the store in memory.
pub fn memory() -> World {
    let wall = ShiftedWall::new();
    let store = MemoryStore::new(wall.clock());
    let subnets: Vec<_> = (1..=3).map(|n| (SubnetId(n), format!("zone-{n}"))).collect();
    for (number, (id, _)) in (1..).zip(&subnets) {
        store.put_subnet(*id, &format!("127.20.{number}.0/24"));
    }
    World {
        people: Arc::new(store.clone()),
        store: Arc::new(store),
        wall,
        tenant: TenantId(5),
        subnets,
    }
}

/// A world on a database of its own.
pub async fn database(kind: Kind) -> World {
    on(kind.scratch().await).await
}

/// A world on that database, which may have been one before.
pub async fn on(db: Db) -> World {
    let wall = ShiftedWall::new();
    let args = FirstStartArgs {
        wall: Wall(NOW.0),
        scale: TimeScale(1),
        subnets: SubnetBase::default(),
        admin: None,
    };
    let tenant = first_start(&db, &RandomIds, args).await.expect("a first start").tenant;
    let mut tx = db.read("list subnets").await.expect("a reader");
    let rows = tx
        .all("SELECT id, zone FROM subnets ORDER BY id", Vec::new())
        .await
        .expect("subnets");
    let subnet = |row: &control::store::Row| (row.get("id").expect("an id"), row.get("zone").expect("a zone"));
    let subnets = rows.iter().map(subnet).collect();
    drop(tx);
    let store = Arc::new(SqlStore::with_lease_clock(db.clone(), wall.clock()));
    World {
        store,
        people: Arc::new(SqlPeople(db)),
        wall,
        tenant,
        subnets,
    }
}

impl World {
    /// What groups launch.
    pub fn launch(&self) -> Launch {
        Launch {
            template: TEMPLATE,
            template_version: VERSION,
            vcpu_milli: 250,
            memory_bytes: 256 << 20,
            image: ImageSpec {
                name: "sample-web".into(),
                command: vec!["{self}".into(), "sample-web".into()],
                environment: vec![("COLOUR".into(), "blue".into())],
                ports: vec![8080],
                ready_path: Some("/healthz".into()),
            },
            user_data: "hello".into(),
            subnets: self.subnets.clone(),
        }
    }

    /// A group of that id as it is after its creation.
    pub fn record(&self, id: GroupId) -> GroupRecord {
        GroupRecord {
            id,
            tenant: self.tenant,
            name: format!("web-{}", id.0),
            status: GroupStatus::Enabled,
            spec_version: 1,
            state_rev: 0,
            spec: spec(),
            launch: self.launch(),
            durable: Durable {
                desired: 2,
                ..Durable::default()
            },
            instances: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// The group there, and a fence of the owner of its shard.
    pub async fn group(&self) -> Fence {
        self.people.put_group(self.record(GROUP)).await;
        self.fence(GROUP).await
    }

    /// A fence on a group as it is now, under the lease of [`OWNER`].
    pub async fn fence(&self, group: GroupId) -> Fence {
        let leases = self.store.claim(OWNER).await.expect("a claim");
        let lease = lease_of(&leases, group);
        let record = self.loaded(group).await;
        Fence {
            group,
            lease,
            spec_version: record.spec_version,
            state_rev: record.state_rev,
        }
    }

    /// The same fence of a pass that has loaded the group since.
    pub async fn later(&self, fence: Fence) -> Fence {
        let record = self.store.load(fence.group).await.expect("a load");
        Fence {
            state_rev: record.map_or(fence.state_rev, |record| record.state_rev),
            ..fence
        }
    }

    /// Intends as a pass does that has loaded the group since.
    pub async fn intend(&self, fence: Fence, intents: &[Intent]) -> Result<Vec<Option<Placed>>, StoreError> {
        self.store.intend(self.later(fence).await, intents, NOW).await
    }

    /// The group as a pass sees it.
    pub async fn loaded(&self, group: GroupId) -> GroupRecord {
        self.store.load(group).await.expect("a load").expect("the group")
    }

    /// An intent to launch instance `n` in the first subnet.
    pub fn launching(&self, n: u64) -> Intent {
        Intent::Launch {
            id: InstanceId(n),
            name: format!("web-77-{n}"),
            subnets: vec![self.subnets[0].0],
            flags: Flags {
                replacement: true,
                ..Flags::default()
            },
            warm_up_ms: 300_000,
            activity: activity(n, ActivityKind::Launch),
        }
    }

    /// Launches instances of those numbers.
    pub async fn launched(&self, fence: Fence, numbers: impl IntoIterator<Item = u64>) {
        let intents: Vec<Intent> = numbers.into_iter().map(|n| self.launching(n)).collect();
        self.intend(fence, &intents).await.expect("launches");
    }
}

/// The addresses of launches that all have a place.
pub fn addresses(places: &[Option<Placed>]) -> Vec<Ipv4Addr> {
    places.iter().map(|place| place.expect("a place").address).collect()
}

/// The lease of the group's shard among those.
pub fn lease_of(leases: &[Lease], group: GroupId) -> Lease {
    *leases
        .iter()
        .find(|lease| lease.shard == shard_of(group))
        .expect("the group's shard")
}

/// What people set.
pub fn spec() -> GroupSpec {
    GroupSpec {
        min: 1,
        max: 400,
        warm_up: WARM_UP_DEFAULT,
        rules: Vec::new(),
        scale_in: ScaleIn::Allowed,
        removal: RemovalPolicy::Newest,
        brake: Guard::On,
        hold: Guard::On,
        projection: Guard::On,
        bindings: Vec::new(),
        ready_check: ReadyCheck::None,
        seed: 9,
    }
}

/// An activity of that number.
pub fn activity(n: u64, kind: ActivityKind) -> NewActivity {
    let cause = Cause::Engine {
        reasons: vec![Reason::FixedSize { desired: 2 }],
    };
    NewActivity {
        id: ActivityId(n),
        kind,
        cause,
        size: (1, 2),
    }
}

/// A move of instance `n`.
pub fn moving(n: u64, from: Phase, to: Phase, activity: Option<NewActivity>) -> Intent {
    Intent::Move {
        id: InstanceId(n),
        from,
        to,
        activity,
    }
}

/// What a pass leaves behind that did nothing.
pub fn settlement() -> Settlement {
    Settlement {
        durable: Durable {
            desired: 2,
            ..Durable::default()
        },
        deleted: None,
        counts: Counts::default(),
        instances: Vec::new(),
        done: Vec::new(),
        ended: Vec::new(),
        orders: Vec::new(),
        decision: DecisionRow {
            at: NOW,
            size: 2,
            trail: vec![Reason::FixedSize { desired: 2 }],
        },
        cycle: None,
        samples: Vec::new(),
        minute: None,
        changes: Vec::new(),
    }
}

/// A closed cycle's record.
pub fn cycle(cycle: u64) -> CycleRecord {
    CycleRecord {
        cycle: Cycle(cycle),
        desired: 2,
        in_service: 2,
        everything: 3,
        means: [Ok(50_000), Err(Missing::NotRead)],
        demands: [Ok(100_000), Err(Missing::TooFewSamples)],
    }
}

/// Minutes by minute and instance.
pub fn one_by_one(records: Vec<MinuteRecord>) -> Vec<(u64, InstanceId, InstanceUse)> {
    let each = records.into_iter().flat_map(|record| {
        let minute = record.minute;
        record.uses.into_iter().map(move |(id, used)| (minute, id, used))
    });
    let mut each: Vec<_> = each.collect();
    each.sort_by_key(|(minute, id, _)| (*minute, *id));
    each
}

#[async_trait]
impl People for MemoryStore {
    async fn put_group(&self, record: GroupRecord) {
        Self::put_group(self, record);
    }
    async fn put_template(&self, launch: Launch) {
        // A template comes with the group that launches from it.
        let group = self.load(GROUP).await.expect("a load").expect("the group");
        let newest = group.launch;
        self.edit(GROUP, |record| record.launch = launch);
        self.edit(GROUP, |record| record.launch = newest);
    }
    async fn edit(&self, group: GroupId, desired: u32) {
        Self::edit(self, group, |record| record.durable.desired = desired);
    }
    async fn set_status(&self, group: GroupId, status: GroupStatus) {
        Self::set_status(self, group, status);
    }
    async fn protect(&self, group: GroupId, id: InstanceId) {
        self.mark_instance(group, id, |flags| flags.protected = true);
    }
    async fn order(&self, group: GroupId, id: &str, order: Order) {
        Self::order(self, group, id, order);
    }
    async fn put_balancer(&self, balancer: BalancerRecord) {
        Self::put_balancer(self, balancer);
    }
    async fn delete_balancer(&self, id: LoadBalancerId) {
        let found = self
            .balancers()
            .await
            .expect("balancers")
            .into_iter()
            .find(|balancer| balancer.id == id);
        Self::put_balancer(
            self,
            BalancerRecord {
                deleted: true,
                ..found.expect("the balancer")
            },
        );
    }
    async fn activity(&self, group: GroupId, id: ActivityId) -> Option<SeenActivity> {
        let stored = self.activities(group).remove(&id)?;
        Some(SeenActivity {
            kind: stored.activity.kind,
            status: stored.status,
            failure: stored.failure,
            instance: stored.instance,
            started_at: stored.started_at,
            ended_at: stored.ended_at,
        })
    }
    async fn ended_at(&self, group: GroupId, id: InstanceId) -> Option<Timestamp> {
        self.instance(group, id)?.terminated_at
    }
    async fn decisions(&self, group: GroupId) -> Vec<SeenDecision> {
        let seen = Self::decisions(self, group).into_iter().map(|row| SeenDecision {
            first_at: row.first_at,
            last_at: row.last_at,
            passes: row.passes,
            size: row.size,
            trail: row.trail,
        });
        seen.collect()
    }
    async fn events(&self, tenant: TenantId) -> Vec<LiveEvent> {
        Self::events(self, tenant)
    }
    async fn status(&self, group: GroupId) -> GroupStatus {
        Self::status(self, group).expect("the group")
    }
    async fn counts(&self, group: GroupId) -> Counts {
        Self::counts(self, group)
    }
    async fn cpu_samples(&self, group: GroupId) -> Vec<(InstanceId, Option<u64>)> {
        self.samples(group)
            .into_iter()
            .map(|(id, [cpu, _])| (id, cpu.ok()))
            .collect()
    }
    async fn minutes(&self, group: GroupId) -> Vec<(u64, InstanceId, InstanceUse)> {
        one_by_one(Self::minutes(self, group))
    }
    fn keeping(&self, retention: Retention) -> Arc<dyn LoopStore> {
        Arc::new(self.clone().keeping(retention))
    }
}
