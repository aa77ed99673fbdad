//! The real store, with named faults in front: gone, hanging, full.

use super::clock::HandClock;
use api::live::Change;
use async_trait::async_trait;
use control::balancer::MemberAddress;
use control::clock::{Clock as _, Wall};
use control::store::retention::Swept;
use control::store::sql::SqlStore;
use control::store::{
    BalancerRecord, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, Placed, Settlement, StoreError,
};
use engine::memory::CycleRecord;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// What it should.
    #[default]
    Well,
    /// Nothing answers; at once.
    Gone,
    /// Nothing answers; after five seconds, as a database server that is cut off.
    Hangs,
    /// The disk is full: it reads and does not write.
    Full,
    /// Settlements are done and their answers get lost.
    SettleAnswerLost,
    /// Intents are written, settlements are not: the disk fills between the two.
    FullAfterIntend,
    /// The answer to an intent is lost, and its commit lands only after the next load.
    IntendLandsLate,
    /// People disable the group right after it was loaded.
    DisabledAfterLoad,
    /// It does not tell who serves behind a balancer.
    ServingSilent,
    /// Another server has set product time anew.
    OtherTime,
}

/// How long a store that hangs lets one wait.
const HANGS_FOR: Duration = Duration::from_secs(5);

pub struct MoodyStore {
    inner: SqlStore,
    clock: Arc<HandClock>,
    mood: Mutex<Mood>,
    claims: Mutex<usize>,
    late: Mutex<Option<(Fence, Vec<Intent>, Timestamp)>>,
    db: control::store::db::Db,
}

impl MoodyStore {
    pub fn new(inner: SqlStore, clock: Arc<HandClock>) -> Self {
        Self {
            db: inner.db().clone(),
            inner,
            clock,
            mood: Mutex::default(),
            claims: Mutex::default(),
            late: Mutex::default(),
        }
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How often shards were claimed.
    pub fn claims(&self) -> usize {
        *self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reads(&self, operation: &'static str) -> Result<(), StoreError> {
        match self.mood() {
            Mood::Gone => Err(StoreError::database(operation, "it is gone")),
            Mood::Hangs => {
                self.clock.wait(HANGS_FOR).await;
                Err(StoreError::database(operation, "no answer"))
            }
            _ => Ok(()),
        }
    }

    async fn writes(&self, operation: &'static str) -> Result<(), StoreError> {
        self.reads(operation).await?;
        match self.mood() {
            Mood::Full => Err(StoreError::database(operation, "database or disk is full")),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl LoopStore for MoodyStore {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.writes("claim shards").await?;
        *self.claims.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.inner.claim(owner).await
    }
    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.writes("renew leases").await?;
        match self.mood() {
            Mood::OtherTime => Err(StoreError::OtherTime { theirs: 20 }),
            _ => self.inner.renew(owner).await,
        }
    }
    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.writes("release shards").await?;
        self.inner.release(owner).await
    }
    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        self.reads("list groups").await?;
        self.inner.heads(shards).await
    }
    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        self.reads("load a group").await?;
        let loaded = self.inner.load(group).await;
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((fence, intents, now)) = late {
            let landed = self.inner.intend(fence, &intents, now).await;
            landed.expect("the commit that was thought lost");
        }
        if self.mood() == Mood::DisabledAfterLoad {
            self.set(Mood::Well);
            let rows = super::fixture::Rows { db: self.db.clone() };
            rows.set_status(group, engine::model::GroupStatus::Disabled).await;
        }
        loaded
    }
    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        self.reads("load a template version").await?;
        self.inner.launch_of(template, version).await
    }
    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        self.reads("load a series").await?;
        self.inner.series(group, cycles).await
    }
    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        self.writes("write intents").await?;
        if self.mood() == Mood::IntendLandsLate {
            self.set(Mood::Well);
            *self.late.lock().unwrap_or_else(PoisonError::into_inner) = Some((fence, intents.to_vec(), now));
            return Err(StoreError::database("write intents", "the connection broke"));
        }
        self.inner.intend(fence, intents, now).await
    }
    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        self.writes("settle").await?;
        if self.mood() == Mood::FullAfterIntend {
            return Err(StoreError::database("settle", "database or disk is full"));
        }
        self.inner.settle(fence, settlement, now).await?;
        match self.mood() {
            Mood::SettleAnswerLost => Err(StoreError::database("settle", "the connection broke")),
            _ => Ok(()),
        }
    }
    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        self.reads("list balancers").await?;
        self.inner.balancers().await
    }
    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        self.reads("look for instances").await?;
        self.inner.recorded(ids).await
    }
    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        self.reads("list who serves").await?;
        match self.mood() {
            Mood::ServingSilent => Err(StoreError::database("list who serves", "it does not answer")),
            _ => self.inner.serving(balancer).await,
        }
    }
    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        self.writes("end a balancer").await?;
        self.inner.balancer_ended(id).await
    }
    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        self.writes("announce").await?;
        self.inner.announce(tenant, changes, now).await
    }
    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        self.writes("mark").await?;
        self.inner.mark(product).await
    }
    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        self.writes("sweep").await?;
        self.inner.sweep(now, wall, limit).await
    }
}
