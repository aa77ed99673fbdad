//! The gate before the store, and what goes wrong with the store.

use super::{Act, Gate};
use crate::dice::Dice;
use crate::story::Mood;
use crate::timeline::{Timeline, WORLD};
use api::live::Change;
use async_trait::async_trait;
use control::balancer::MemberAddress;
use control::clock::Wall;
use control::locked;
use control::store::retention::Swept;
use control::store::{
    BalancerRecord, Fence, GroupHead, GroupRecord, Intent, Launch, Lease, LoopStore, MemoryStore, Placed, Settlement,
    StoreError,
};
use engine::memory::CycleRecord;
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, TenantId, Timestamp, VServerId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// How long a store that hangs lets one wait, milliseconds.
const HANGS_MS: i64 = 5_000;
/// The most that a slow one takes.
const SLOW_MS: u64 = 9_000;

/// What the store of a story does at the moment; all servers have the same.
#[derive(Debug)]
pub struct Moods {
    timeline: Arc<Timeline>,
    state: Mutex<(Mood, Dice)>,
}

impl Moods {
    /// Of a store that does what it should.
    pub fn new(timeline: Arc<Timeline>, seed: u64) -> Self {
        Self {
            timeline,
            state: Mutex::new((Mood::Well, Dice::new(seed))),
        }
    }

    /// From now on it does this.
    pub fn set(&self, mood: Mood) {
        locked(&self.state).0 = mood;
    }

    fn get(&self) -> Mood {
        locked(&self.state).0
    }

    fn some_ms(&self) -> i64 {
        let mut state = locked(&self.state);
        i64::try_from(state.1.between(1, SLOW_MS)).unwrap_or(1)
    }

    async fn pause(&self, span_ms: i64) {
        let until = self.timeline.now() + span_ms;
        self.timeline.wait(WORLD, until).await;
    }

    async fn reads(&self, operation: &'static str) -> Result<(), StoreError> {
        match self.get() {
            Mood::Gone => Err(StoreError::database(operation, "it is gone")),
            Mood::Hangs => {
                self.pause(HANGS_MS).await;
                Err(StoreError::database(operation, "no answer"))
            }
            Mood::Slow => {
                self.pause(self.some_ms()).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn writes(&self, operation: &'static str) -> Result<(), StoreError> {
        self.reads(operation).await?;
        match self.get() {
            Mood::Full => Err(StoreError::database(operation, "database or disk is full")),
            _ => Ok(()),
        }
    }

    fn answers<T>(&self, operation: &'static str, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match self.get() {
            Mood::AnswerLost if done.is_ok() => Err(StoreError::database(operation, "the connection broke")),
            _ => done,
        }
    }
}

/// A server's way to the store.
pub struct GatedStore {
    /// Whose.
    pub gate: Gate,
    /// What goes wrong.
    pub moods: Arc<Moods>,
    /// The store.
    pub inner: MemoryStore,
}

#[async_trait]
impl LoopStore for GatedStore {
    async fn claim(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        let call = async {
            self.moods.writes("claim shards").await?;
            self.inner.claim(owner).await
        };
        self.gate.through(Act::Claim, 0, call).await
    }

    async fn renew(&self, owner: &str) -> Result<Vec<Lease>, StoreError> {
        let call = async {
            self.moods.writes("renew leases").await?;
            self.inner.renew(owner).await
        };
        self.gate.through(Act::Renew, 0, call).await
    }

    async fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.moods.writes("release shards").await?;
        self.inner.release(owner).await
    }

    async fn heads(&self, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
        let call = async {
            self.moods.reads("list groups").await?;
            self.inner.heads(shards).await
        };
        self.gate.through(Act::Heads, 0, call).await
    }

    async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        let call = async {
            self.moods.reads("load a group").await?;
            self.inner.load(group).await
        };
        self.gate.through(Act::Load, group.0, call).await
    }

    async fn launch_of(&self, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
        let call = async {
            self.moods.reads("load a template version").await?;
            self.inner.launch_of(template, version).await
        };
        self.gate.through(Act::Other, template.0, call).await
    }

    async fn series(&self, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
        let call = async {
            self.moods.reads("load a series").await?;
            self.inner.series(group, cycles).await
        };
        self.gate.through(Act::Series, group.0, call).await
    }

    async fn intend(
        &self,
        fence: Fence,
        intents: &[Intent],
        now: Timestamp,
    ) -> Result<Vec<Option<Placed>>, StoreError> {
        let call = async {
            self.moods.writes("write intents").await?;
            if self.moods.get() == Mood::Conflicting {
                // Somebody saves the group as it was, between this pass's look and its intents.
                self.inner.edit(fence.group, |_| {});
            }
            let before = self.inner.load(fence.group).await?;
            let done = self.inner.intend(fence, intents, now).await;
            if let (Some(before), Ok(places)) = (before, &done) {
                self.gate.witness.intends(&before, intents, places);
            }
            self.moods.answers("write intents", done)
        };
        self.gate.through(Act::Intend, fence.group.0, call).await
    }

    async fn settle(&self, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
        let call = async {
            self.moods.writes("settle").await?;
            if self.moods.get() == Mood::FullAfterIntend {
                return Err(StoreError::database("settle", "database or disk is full"));
            }
            let done = self.inner.settle(fence, settlement, now).await;
            if done.is_ok() {
                self.gate.witness.settles(settlement);
            }
            self.moods.answers("settle", done)
        };
        self.gate.through(Act::Settle, fence.group.0, call).await
    }

    async fn balancers(&self) -> Result<Vec<BalancerRecord>, StoreError> {
        let call = async {
            self.moods.reads("list balancers").await?;
            self.inner.balancers().await
        };
        self.gate.through(Act::Other, 0, call).await
    }

    async fn serving(&self, balancer: LoadBalancerId) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
        let call = async {
            self.moods.reads("list who serves").await?;
            self.inner.serving(balancer).await
        };
        self.gate.through(Act::Other, balancer.0, call).await
    }

    async fn recorded(&self, ids: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
        let call = async {
            self.moods.reads("look for instances").await?;
            self.inner.recorded(ids).await
        };
        self.gate.through(Act::Other, 0, call).await
    }

    async fn balancer_ended(&self, id: LoadBalancerId) -> Result<(), StoreError> {
        self.moods.writes("end a balancer").await?;
        self.inner.balancer_ended(id).await
    }

    async fn announce(&self, tenant: TenantId, changes: &[Change], now: Timestamp) -> Result<(), StoreError> {
        self.moods.writes("announce").await?;
        self.inner.announce(tenant, changes, now).await
    }

    async fn mark(&self, product: Timestamp) -> Result<(), StoreError> {
        let call = async {
            self.moods.writes("mark").await?;
            self.inner.mark(product).await
        };
        self.gate.through(Act::Mark, 0, call).await
    }

    async fn sweep(&self, now: Timestamp, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
        self.moods.writes("sweep").await?;
        self.inner.sweep(now, wall, limit).await
    }
}
