//! Stands before the loop's store: times every transaction and counts those that failed.

use super::label::One;
use super::{Times, since_us};
use crate::balancer::MemberAddress;
use crate::clock::{Clock, Wall};
use crate::store::retention::Swept;
use crate::store::{
    BalancerRecord, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, Placed, Settlement, StoreError,
};
use api::live::Change;
use api::system::TimesView;
use async_trait::async_trait;
use engine::memory::CycleRecord;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A transaction of the loop; each is a method of `LoopStore`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the methods of `LoopStore`, documented there")]
pub enum StoreCall {
    Claim,
    Renew,
    Release,
    Heads,
    Load,
    LaunchOf,
    Series,
    Intend,
    Settle,
    Balancers,
    Serving,
    Recorded,
    BalancerEnded,
    Announce,
    Mark,
    Sweep,
}

impl StoreCall {
    const READS: [Self; 5] = [Self::Heads, Self::Load, Self::LaunchOf, Self::Series, Self::Balancers];
    /// Those that passes and people wait for; leases, marks and sweeps are nobody's wait.
    const WRITES: [Self; 2] = [Self::Intend, Self::Settle];
    /// Written every few seconds whatever the groups do: they tell whether the store writes at all.
    const PULSE: [Self; 2] = [Self::Claim, Self::Renew];
}

/// What was counted of a store; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct StoreTimes {
    pub(super) times: Family<One<StoreCall>, Times>,
    pub(super) failures: Family<One<StoreCall>, Counter>,
    /// The last pulse failed.
    refuses: Arc<AtomicBool>,
}

impl StoreTimes {
    /// Whether the store did not write when the loop last tried: it may read all the same, as on a full disk.
    pub fn refuses(&self) -> bool {
        self.refuses.load(Ordering::Relaxed)
    }

    /// Reading transactions together.
    pub fn reads(&self) -> TimesView {
        self.together(&StoreCall::READS)
    }

    /// Intents and settlements together, the wait for the disk included.
    pub fn writes(&self) -> TimesView {
        self.together(&StoreCall::WRITES)
    }

    fn together(&self, calls: &[StoreCall]) -> TimesView {
        let each = calls.iter().filter_map(|call| self.times.get(&One("operation", *call)));
        // A guard of the family is held by each: cloned first, so that at most one is.
        let times: Vec<Times> = each.map(|times| times.clone()).collect();
        Times::together(&times)
    }
}

/// A store that is timed.
pub struct MeteredStore {
    pub(super) inner: Arc<dyn LoopStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) times: StoreTimes,
}

impl MeteredStore {
    async fn timed<T>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let begun = self.clock.ticks_us();
        let answer = work.await;
        if StoreCall::PULSE.contains(&call) {
            let refused = matches!(answer, Err(StoreError::Database { .. }));
            self.times.refuses.store(refused, Ordering::Relaxed);
        }
        let call = One("operation", call);
        self.times
            .times
            .get_or_create(&call)
            .count_us(since_us(&*self.clock, begun));
        // Refused by a fence is an answer; only the database's own error is a failure.
        if let Err(StoreError::Database { .. }) = &answer {
            self.times.failures.get_or_create(&call).inc();
        }
        answer
    }
}

#[async_trait]
impl LoopStore for MeteredStore {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.timed(StoreCall::Claim, self.inner.claim(owner)).await
    }
    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.timed(StoreCall::Renew, self.inner.renew(owner)).await
    }
    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.timed(StoreCall::Release, self.inner.release(owner)).await
    }
    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        self.timed(StoreCall::Heads, self.inner.heads(shards)).await
    }
    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        self.timed(StoreCall::Load, self.inner.load(group)).await
    }
    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        self.timed(StoreCall::LaunchOf, self.inner.launch_of(template, version))
            .await
    }
    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        self.timed(StoreCall::Series, self.inner.series(group, cycles)).await
    }
    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        self.timed(StoreCall::Intend, self.inner.intend(fence, intents, now))
            .await
    }
    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        self.timed(StoreCall::Settle, self.inner.settle(fence, settlement, now))
            .await
    }
    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        self.timed(StoreCall::Serving, self.inner.serving(balancer)).await
    }
    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        self.timed(StoreCall::Recorded, self.inner.recorded(ids)).await
    }
    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        self.timed(StoreCall::Balancers, self.inner.balancers()).await
    }
    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        self.timed(StoreCall::BalancerEnded, self.inner.balancer_ended(id))
            .await
    }
    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        self.timed(StoreCall::Announce, self.inner.announce(tenant, changes, now))
            .await
    }
    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        self.timed(StoreCall::Mark, self.inner.mark(product)).await
    }
    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        self.timed(StoreCall::Sweep, self.inner.sweep(now, wall, limit)).await
    }
}
