//! [`LoopStore`] in memory, for the simulated world: the same rules as on a database, under the same contract suite.
//!
//! Everything is under one lock that is never held across an await, so each call is one transaction. What people do
//! through commands has methods of its own here ([`MemoryStore::edit`], [`MemoryStore::order`], ...).

mod intend;
mod seed;
mod settle;
mod state;
mod sweep;

pub use state::{StoredActivity, StoredDecision, StoredInstance};

use super::retention::{Retention, Swept};
use super::sql::LeaseClock;
use super::{
    BalancerRecord, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, Placed, Settlement, StoreError,
    rules,
};
use crate::balancer::MemberAddress;
use crate::clock::Wall;
use api::live::Change;
use async_trait::async_trait;
use engine::memory::CycleRecord;
use engine::model::{
    Binding, GroupId, GroupStatus, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId,
};
use state::State;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The loop's store in memory; cheap to clone, clones are one store.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    lease_clock: LeaseClock,
    retention: Retention,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty store whose leases are measured by that clock.
    pub fn new(lease_clock: LeaseClock) -> Self {
        Self {
            state: Arc::default(),
            lease_clock,
            retention: Retention::default(),
        }
    }

    /// The same store, keeping so much of the past.
    #[must_use]
    pub const fn keeping(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// A panic elsewhere left the state whole: every call checks before it changes anything.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LoopStore for MemoryStore {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        let (now, mut state) = ((self.lease_clock)(), self.lock());
        let share = state.share(owner, now);
        let free = state.leases.iter().filter(|held| held.lease.until <= now);
        let free: Vec<u16> = free.map(|held| held.lease.shard).collect();
        let held = state.held(owner, now).len();
        for shard in rules::taken(&free, held, share) {
            state.hand(*shard, owner, rules::lease_until(now));
        }
        Ok(state.held(owner, now))
    }

    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        let (now, mut state) = ((self.lease_clock)(), self.lock());
        let share = state.share(owner, now);
        for held in state
            .leases
            .iter_mut()
            .filter(|held| held.owner == owner && held.lease.until > now)
        {
            held.lease.until = rules::lease_until(now);
        }
        for lease in rules::surplus(&state.held(owner, now), share) {
            state.hand(lease.shard, "", Wall(0));
        }
        Ok(state.held(owner, now))
    }

    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.servers.remove(owner);
        let held = state.leases.iter().filter(|held| held.owner == owner);
        let held: Vec<u16> = held.map(|held| held.lease.shard).collect();
        held.into_iter().for_each(|shard| state.hand(shard, "", Wall(0)));
        Ok(())
    }

    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        let state = self.lock();
        let heads = state.groups.values().map(|group| GroupHead {
            id: group.record.id,
            status: group.record.status,
        });
        let mut heads: Vec<GroupHead> = heads.filter(|head| rules::owned(shards, head)).collect();
        heads.sort_by_key(|head| (super::shard_of(head.id), head.id));
        Ok(heads)
    }

    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        let state = self.lock();
        let group = state
            .groups
            .get(&group)
            .filter(|group| group.record.status != GroupStatus::Deleted);
        Ok(group.map(|group| GroupRecord {
            instances: group.instances.values().map(|stored| stored.row.clone()).collect(),
            ..group.record.clone()
        }))
    }

    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        Ok(self.lock().launches.get(&(template, version)).cloned())
    }

    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        let state = self.lock();
        let Some(group) = state.groups.get(&group) else {
            return Ok(Vec::new());
        };
        let skipped = group.series.len().saturating_sub(cycles as usize);
        Ok(group.series.values().skip(skipped).cloned().collect())
    }

    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        intend::all(&mut self.lock(), fence, intents, now)
    }

    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        settle::all(&mut self.lock(), fence, settlement, now)
    }

    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        Ok(self.lock().balancers.values().cloned().collect())
    }

    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        let state = self.lock();
        let Some(balancer) = state.balancers.get(&balancer) else {
            return Ok(Vec::new());
        };
        let behind = |binding: &&Binding| balancer.vservers.iter().any(|vserver| vserver.id == binding.vserver);
        let mut found = Vec::new();
        for group in state.groups.values() {
            for binding in group.record.spec.bindings.iter().filter(behind) {
                let rows = group.instances.values().map(|stored| &stored.row);
                let serve = rows.filter(|row| rules::serves(row.phase, row.flags));
                found.extend(serve.map(|row| (binding.vserver, row.member(binding))));
            }
        }
        Ok(found)
    }

    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        let state = self.lock();
        let has = |id: &InstanceId| state.groups.values().any(|group| group.instances.contains_key(id));
        Ok(ids.iter().copied().filter(has).collect())
    }

    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.balancers.get(&id).is_some_and(|balancer| balancer.deleted) {
            state.balancers.remove(&id);
        }
        Ok(())
    }

    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        self.lock().announce(tenant, changes, now);
        Ok(())
    }

    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.mark = state.mark.max(product);
        Ok(())
    }

    async fn sweep(&self, now: Timestamp, _wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        Ok(sweep::all(&mut self.lock(), &self.retention, now, limit))
    }
}
