//! [`LoopStore`] on a database. One file a family of statements; each method is one transaction.

mod balancers;
mod intend;
pub(super) mod leases;
pub(super) mod load;
pub(crate) mod minutes;
pub(super) mod quiet;
pub(crate) mod series;
mod settle;
mod sweep;

use super::retention::{Retention, Swept};
use super::tx::Tx;
use super::{
    BalancerRecord, Db, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, Placed, Settlement,
    StoreError, events,
};
use crate::balancer::MemberAddress;
use crate::clock::{Anchor, Wall};
use crate::values;
use api::live::Change;
use async_trait::async_trait;
use engine::memory::CycleRecord;
use engine::model::{GroupId, GroupStatus, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub(crate) use intend::insert_activity;
pub use minutes::{of_group as minutes_of_group, of_instance as minutes_of_instance};

/// Tells the time leases are measured by.
pub type LeaseClock = Arc<dyn Fn() -> Wall + Send + Sync>;

/// The loop's store on a database.
#[derive(Clone)]
pub struct SqlStore {
    db: Db,
    /// None: the database's own clock, so that servers need not agree on theirs.
    lease_clock: Option<LeaseClock>,
    /// What product time its server runs by; none: whatever is stored.
    anchor: Option<Anchor>,
    retention: Retention,
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").field("db", &self.db).finish_non_exhaustive()
    }
}

impl SqlStore {
    /// A store whose leases are measured by the database's clock.
    pub fn new(db: Db) -> Self {
        Self {
            db,
            lease_clock: None,
            anchor: None,
            retention: Retention::default(),
        }
    }

    /// A store whose leases are measured by another clock: tests shift it.
    pub fn with_lease_clock(db: Db, clock: LeaseClock) -> Self {
        Self {
            lease_clock: Some(clock),
            ..Self::new(db)
        }
    }

    /// The same store of a server that runs by this product time: it holds nothing while another one is stored.
    #[must_use]
    pub const fn running_by(mut self, anchor: Anchor) -> Self {
        self.anchor = Some(anchor);
        self
    }

    /// The same store, keeping so much of the past.
    #[must_use]
    pub const fn keeping(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// The database underneath.
    pub const fn db(&self) -> &Db {
        &self.db
    }

    async fn leases(&self, operation: &'static str, owner: &str, act: leases::Act) -> Result<Vec<Lease>, StoreError> {
        let (owner, clock) = (owner.to_owned(), self.lease_clock.clone());
        let anchor = self.anchor.filter(|_| act != leases::Act::Release);
        let work = async move |tx: &mut Tx| {
            if let Some(ours) = anchor {
                super::clock::same(tx, ours).await?;
            }
            let now = match clock {
                Some(clock) => clock(),
                None => tx.database_wall().await?,
            };
            leases::act(tx, &owner, act, now).await
        };
        self.db
            .write(operation, move |tx| Box::pin(async move { work(tx).await }))
            .await
    }
}

/// What a fenced transaction needs to know of its group.
struct Fenced {
    tenant: TenantId,
    status: GroupStatus,
    spec_version: i64,
    state_rev: i64,
    template: (TemplateId, u32),
}

/// The group, if the lease is still held and the group is still there.
async fn fenced(tx: &mut Tx, fence: Fence) -> Result<Fenced, StoreError> {
    let sql = "SELECT g.tenant_id, g.status, g.spec_version, g.state_rev, g.template_id, g.template_version
               FROM groups_ g JOIN leases l ON l.shard = g.shard
               WHERE g.id = $1 AND g.deleted_at IS NULL AND l.shard = $2 AND l.epoch = $3";
    let Fence { group, lease, .. } = fence;
    let row = tx.first(sql, values![group, lease.shard, lease.epoch]).await?;
    let row = row.ok_or(StoreError::Fenced { group })?;
    Ok(Fenced {
        tenant: row.get("tenant_id")?,
        status: row.word("status")?,
        spec_version: row.get("spec_version")?,
        state_rev: row.get("state_rev")?,
        template: (row.get("template_id")?, row.get("template_version")?),
    })
}

#[async_trait]
impl LoopStore for SqlStore {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.leases("claim shards", owner, leases::Act::Claim).await
    }

    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.leases("renew leases", owner, leases::Act::Renew).await
    }

    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.leases("release shards", owner, leases::Act::Release)
            .await
            .map(|_| ())
    }

    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        load::heads(&mut *self.db.read("list groups to pass over").await?, shards).await
    }

    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        self.db.load(group).await
    }

    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        load::launch(&mut *self.db.read("load a template version").await?, template, version).await
    }

    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        series::last(&mut *self.db.read("load a group's series").await?, group, cycles).await
    }

    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        let intents = intents.to_vec();
        self.db
            .write("write intents", move |tx| {
                Box::pin(async move { intend::all(tx, fence, &intents, now).await })
            })
            .await
    }

    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        let wish = quiet::Wish {
            fence,
            settlement: settlement.clone(),
            now,
        };
        if wish.is_quiet() {
            return self.db.settle(wish).await;
        }
        self.db
            .write("settle a pass", move |tx| {
                Box::pin(async move { settle::all(tx, &wish).await })
            })
            .await
    }

    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        balancers::all(&mut *self.db.read("list load balancers").await?).await
    }

    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        balancers::serving(&mut *self.db.read("list who serves").await?, balancer).await
    }

    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        balancers::recorded(&mut *self.db.read("look for instances").await?, ids).await
    }

    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        self.db
            .write("end a load balancer", move |tx| {
                Box::pin(async move { balancers::ended(tx, id).await })
            })
            .await
    }

    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        let changes = changes.to_vec();
        self.db
            .write("announce a change", move |tx| {
                Box::pin(async move { events::append(tx, tenant, &changes, now).await.map(|_| ()) })
            })
            .await
    }

    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        super::clock::mark(&self.db, product).await
    }

    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        sweep::all(&self.db, &self.retention, (now, wall), limit).await
    }
}
