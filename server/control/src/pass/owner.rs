//! The owner: one task that holds every group's state, decides when to look, and starts passes.
//!
//! Once a slot (a fifteenth of a cycle) it looks at what changed on the host and in the balancers and begins the passes
//! of the groups whose cycle closes there. It waits for nobody: passes, looks and chores run in tasks of their own.

mod holding;

use super::chores::Rounds;
use super::group::{Kept, Moment, Outcome, Passing};
use super::guard::Guard;
use super::herald::Herald;
use super::host::{Host, Watched};
use super::keeper::Knows;
use super::leases::Leases;
use super::roll::Roll;
use super::views::{Mark, Views};
use super::wake::{Bell, Handle, Work};
use super::{SLOT_REAL_MIN, SLOTS, within};
use crate::balancer::Balancer;
use crate::clock::{Clock, Wall};
use crate::drivers::Driver;
use crate::ids::Ids;
use crate::metrics::Passes;
use crate::store::{LoopStore, StoreError, shard_of};
use api::system::PassOutcome;
use engine::model::{CYCLE_MS, Cycle, GroupId, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

/// A slot's length in product time.
const SLOT_MS: i64 = CYCLE_MS / SLOTS;
/// How long a graceful stop waits for passes under way; the host allows 10 s in all.
const STOP_MAX: std::time::Duration = std::time::Duration::from_secs(7);

/// What a loop is made of.
pub struct LoopParts {
    /// What is remembered.
    pub store: Arc<dyn LoopStore>,
    /// Where machines run.
    pub driver: Arc<dyn Driver>,
    /// Who sends them traffic.
    pub balancer: Arc<dyn Balancer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Who owns the leases: the same name after a restart on the same data, so that it need not wait for its own.
    pub owner: String,
}

/// The loop.
pub struct Loop {
    store: Arc<dyn LoopStore>,
    clock: Arc<dyn Clock>,
    handle: Handle,
    bell: Arc<Bell>,
    work: Arc<Work>,
    figures: Arc<Passes>,
    views: Arc<Views>,
    passing: Arc<Passing>,
    host: Host,
    /// What goes on beside the slots, until it runs.
    beside: Option<(Guard, Herald)>,
    chores: Rounds,
    groups: BTreeMap<GroupId, Slot>,
    leases: Leases,
    passes: JoinSet<Finished>,
    /// Whose pass each task is: one that broke off says no more than its task's id.
    under_way: BTreeMap<Id, GroupId>,
    again: BTreeSet<GroupId>,
    started: Started,
    listed: Listed,
    next_slot: Wall,
    judged_to: Timestamp,
}

/// One group, as the owner holds it.
#[derive(Debug)]
struct Slot {
    /// `None` while its pass is under way.
    kept: Option<Kept>,
    /// Another pass was wanted while one was under way; its views must have begun after this.
    woken: Option<Mark>,
    /// It was looked at since the start.
    looked: bool,
    /// Another server may have worked on it while its pass was under way: what that pass remembers is not the last word.
    anew: bool,
}

impl Default for Slot {
    /// Of a group of which nothing is remembered.
    fn default() -> Self {
        Self {
            kept: Some(Kept::default()),
            woken: None,
            looked: false,
            anew: false,
        }
    }
}

/// Whether every group was looked at once since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Started {
    Looking,
    Done,
}

/// Whether the groups of the shards that are held were listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    All,
    /// Before the last shards came.
    Before,
}

struct Finished {
    group: GroupId,
    kept: Kept,
    outcome: Outcome,
}

/// The offset of a group's cycles: one of 15 slots.
pub fn offset_of(group: GroupId) -> Span {
    let slot = group.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Span(i64::try_from(slot).unwrap_or(0).rem_euclid(SLOTS) * SLOT_MS)
}

impl Loop {
    /// A loop that has not begun.
    pub fn new(parts: LoopParts) -> Self {
        #[cfg(feature = "failpoints")]
        let parts = crate::failpoints::surround(parts);
        let handle = Handle::default();
        let views = Arc::new(Views::new(&parts, handle.looks.clone()));
        let host = Host::new(&parts, &views, &handle.looks, &handle);
        let guard = Guard {
            balancer: parts.balancer.clone(),
            clock: parts.clock.clone(),
            looks: handle.looks.clone(),
            roll: Roll::new(&parts, &handle.looks),
        };
        let herald = Herald::new(&parts, &handle);
        let passing = Arc::new(Passing::new(&parts, views.clone(), &handle));
        // The start itself is under way until every group has its first pass begun.
        handle.work.begin();
        let LoopParts {
            store, clock, owner, ..
        } = parts;
        Self {
            chores: Rounds::new(store.clone(), clock.clone(), owner, handle.work.clone()),
            bell: handle.bell.clone(),
            work: handle.work.clone(),
            figures: handle.figures.clone(),
            handle,
            views,
            passing,
            host,
            beside: Some((guard, herald)),
            groups: BTreeMap::new(),
            leases: Leases::default(),
            passes: JoinSet::new(),
            under_way: BTreeMap::new(),
            again: BTreeSet::new(),
            started: Started::Looking,
            // The start lists what it claims before it runs.
            listed: Listed::All,
            next_slot: clock.wall(),
            judged_to: clock.now(),
            store,
            clock,
        }
    }

    /// What the rest of the server talks to.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs until told to stop. Then no step is begun any more, passes under way end, and the leases are given back;
    /// instances and balancers go on.
    ///
    /// # Errors
    /// The store does not let the loop claim its shards at the start, or says later that this server must not go on.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), StoreError> {
        self.leases = self.chores.claim().await?;
        self.tell_share(0);
        self.host.reload().await;
        self.take_groups().await?;
        self.work.end();
        let mut beside = JoinSet::new();
        if let Some((guard, herald)) = self.beside.take() {
            beside.spawn(guard.watch());
            beside.spawn(herald.watch());
        }
        while !stop.is_cancelled() {
            let wait = self.next_slot.since(self.clock.wall());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(finished) = self.passes.join_next_with_id() => self.finish(finished),
                watched = self.host.looked() => self.watched(watched),
                Some(round) = self.chores.over() => {
                    if let Some(holding) = self.chores.take(round)? {
                        self.hold(holding);
                    }
                }
                () = self.bell.rung() => {
                    self.work.begin();
                    self.woken().await;
                    self.work.end();
                }
                () = self.clock.wait(wait) => {
                    self.work.begin();
                    self.slot();
                    self.work.end();
                }
            }
        }
        // Whoever is stopped keeps nothing alive any more: the next one does.
        beside.shutdown().await;
        self.end().await
    }

    async fn end(mut self) -> Result<(), StoreError> {
        let passes = async { while self.passes.join_next().await.is_some() {} };
        if within(&*self.clock, STOP_MAX, passes).await.is_none() {
            tracing::warn!("passes still under way after {STOP_MAX:?} are left to the next start");
        }
        self.host.end().await;
        self.chores.end().await
    }

    /// Every group of our shards, looked at once now.
    async fn take_groups(&mut self) -> Result<(), StoreError> {
        let shards: Vec<u16> = self.leases.shards().collect();
        for head in self.store.heads(&shards).await? {
            self.groups.entry(head.id).or_default();
        }
        let ids: Vec<_> = self.groups.keys().copied().collect();
        let now = self.clock.wall();
        ids.into_iter().for_each(|id| self.begin(id, now));
        Ok(())
    }

    /// When the next slot begins; at least [`SLOT_REAL_MIN`] from now whatever the scale. Set once a slot, so that a
    /// stream of wakes cannot put it off.
    fn set_next_slot(&mut self) {
        let now = self.clock.now().0;
        let to_go = Span(SLOT_MS - now.rem_euclid(SLOT_MS));
        self.next_slot = self
            .clock
            .wall()
            .plus(self.clock.anchor().real(to_go).max(SLOT_REAL_MIN));
    }

    fn slot(&mut self) {
        self.set_next_slot();
        let now = self.clock.now();
        self.figures.slot(self.clock.wall());
        self.look_at_host();
        self.chores.begin();
        self.figures.holds(self.groups.len(), self.leases.len());
        self.finish_start();
        for group in std::mem::take(&mut self.again) {
            self.begin(group, self.clock.wall());
        }
        let due = self.due(now);
        self.judged_to = now;
        for (group, at) in due {
            self.begin(group, at);
        }
    }

    /// Groups whose cycle closed since the last slot, with the wall instant it closed at.
    fn due(&self, now: Timestamp) -> Vec<(GroupId, Wall)> {
        let (wall, anchor) = (self.clock.wall(), self.clock.anchor());
        let closed = |group: &GroupId| {
            let offset = offset_of(*group);
            let cycle = Cycle::at(now, offset);
            (cycle > Cycle::at(self.judged_to, offset)).then(|| cycle.begins(offset))
        };
        let lateness = |began: Timestamp| i64::try_from(anchor.real(now.since(began)).as_millis()).unwrap_or(0);
        let due = self.groups.keys().filter_map(|group| Some((*group, closed(group)?)));
        due.map(|(group, began)| (group, Wall(wall.0 - lateness(began))))
            .collect()
    }

    /// Begins a pass, or notes that one is wanted after the one under way.
    fn begin(&mut self, group: GroupId, due: Wall) {
        let since = self.views.mark();
        self.begin_since(group, due, since);
    }

    /// The same of one that needs views begun after `since` only. Those that waited for the pass under way need no reading
    /// of their own each: at a start that would be one after the other, of every machine there is.
    fn begin_since(&mut self, group: GroupId, due: Wall, since: Mark) {
        let Some(lease) = self.leases.get(shard_of(group)).copied() else {
            return;
        };
        let Some(slot) = self.groups.get_mut(&group) else {
            return;
        };
        let Some(mut kept) = slot.kept.take() else {
            slot.woken = slot.woken.max(Some(since));
            return;
        };
        self.figures.lag.count(self.clock.wall().since(due));
        let moment = Moment {
            now: self.clock.now(),
            since: since.max(kept.acted),
            offset: offset_of(group),
            lease,
        };
        let passing = self.passing.clone();
        self.work.begin();
        // Whatever is logged inside, by drivers too, carries the group and the spec version it was loaded with.
        let span = tracing::info_span!("pass", %group, spec_version = tracing::field::Empty);
        let pass = async move {
            let outcome = passing.pass(group, &mut kept, moment).await;
            Finished { group, kept, outcome }
        };
        let task = self.passes.spawn(pass.instrument(span));
        self.under_way.insert(task.id(), group);
    }

    fn finish(&mut self, finished: Result<(Id, Finished), JoinError>) {
        self.work.end();
        match finished {
            Ok((task, finished)) => {
                self.under_way.remove(&task);
                self.over(finished);
            }
            Err(why) => self.lost(&why),
        }
    }

    /// A pass is over: what it remembers is its group's again.
    fn over(&mut self, Finished { group, kept, outcome }: Finished) {
        let Some(slot) = self.groups.get_mut(&group) else {
            return;
        };
        slot.looked = true;
        slot.kept = Some(if std::mem::take(&mut slot.anew) {
            Kept::default()
        } else {
            kept
        });
        let woken = slot.woken.take();
        if !self.is_ours(group) {
            self.let_go(group);
            return self.finish_start();
        }
        match outcome {
            Outcome::Gone => self.let_go(group),
            Outcome::Again => drop(self.again.insert(group)),
            Outcome::Rest | Outcome::Dropped => {}
        }
        if let Some(since) = woken {
            self.begin_since(group, self.clock.wall(), since);
        }
        self.finish_start();
    }

    /// Notes once that every group was looked at since the start; at once where there is none.
    fn finish_start(&mut self) {
        if self.started == Started::Looking && self.groups.values().all(|slot| slot.looked) {
            self.started = Started::Done;
            self.figures.looked_at_all();
            tracing::info!(groups = self.groups.len(), "every group was looked at");
        }
    }

    /// A pass panicked: its group begins anew from the store, as after a crash. It counts as looked at: one that breaks off
    /// every time must not keep the others starting for ever.
    fn lost(&mut self, why: &JoinError) {
        let group = self.under_way.remove(&why.id());
        tracing::error!(
            group = group.map(tracing::field::display),
            error = why as &dyn std::error::Error,
            "a pass broke off; its group begins anew"
        );
        self.figures.ended(PassOutcome::BrokeOff);
        if let Some(group) = group {
            let (kept, outcome) = (Kept::default(), Outcome::Dropped);
            self.over(Finished { group, kept, outcome });
        }
    }

    /// Somebody said "look now".
    async fn woken(&mut self) {
        let mut woken = self.bell.take();
        if woken.balancers {
            self.reload_balancers().await;
        }
        if woken.everything {
            woken.groups.extend(self.groups.keys());
        }
        for group in woken.groups {
            if !self.is_ours(group) {
                continue;
            }
            self.groups.entry(group).or_default();
            self.begin(group, self.clock.wall());
        }
    }

    async fn reload_balancers(&mut self) {
        if self.host.reload().await {
            self.look_at_host();
        }
    }

    fn look_at_host(&mut self) {
        let knows = match self.started {
            Started::Done => Knows::Everything,
            Started::Looking => Knows::NotYet,
        };
        self.host.look(knows);
    }

    /// A look at the host is over: what changed is looked at.
    fn watched(&mut self, watched: Result<Watched, JoinError>) {
        for group in self.host.take(watched) {
            self.begin(group, self.clock.wall());
        }
        let (groups, leases) = (&self.groups, &self.leases);
        self.host
            .say_unknown(|group| leases.holds(shard_of(group)) && !groups.contains_key(&group));
    }
}
