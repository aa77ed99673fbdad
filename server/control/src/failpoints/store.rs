//! A store with crash points around its calls.

use super::{Act, around};
use crate::balancer::MemberAddress;
use crate::clock::Wall;
use crate::store::retention::Swept;
use crate::store::{
    BalancerRecord, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, Placed, Settlement, StoreError,
};
use api::live::Change;
use async_trait::async_trait;
use engine::memory::CycleRecord;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) struct Failing(pub(super) Arc<dyn LoopStore>);

#[async_trait]
impl LoopStore for Failing {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        around(Act::Claim, self.0.claim(owner)).await
    }
    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        around(Act::Load, self.0.load(group)).await
    }
    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        around(Act::Intend, self.0.intend(fence, intents, now)).await
    }
    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        around(Act::Settle, self.0.settle(fence, settlement, now)).await
    }
    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        around(Act::BalancerEnded, self.0.balancer_ended(id)).await
    }
    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        around(Act::Mark, self.0.mark(product)).await
    }
    /// The one event that no settlement carries: what the looks see of the balancers.
    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        around(Act::Announce, self.0.announce(tenant, changes, now)).await
    }

    // Reads, renewals and retention: whatever comes between them is between two of the acts above.

    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        self.0.renew(owner).await
    }
    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.0.release(owner).await
    }
    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        self.0.heads(shards).await
    }
    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        self.0.launch_of(template, version).await
    }
    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        self.0.series(group, cycles).await
    }
    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        self.0.serving(balancer).await
    }
    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        self.0.recorded(ids).await
    }
    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        self.0.balancers().await
    }
    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        self.0.sweep(now, wall, limit).await
    }
}
