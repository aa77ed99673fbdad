//! The owner: one task that holds every group's state, decides when to look, and starts passes.
//!
//! Once a slot (a fifteenth of a cycle) it looks at what changed on the host and in the balancers and begins the passes
//! of the groups whose cycle closes there. It waits for nobody: passes and looks run in tasks of their own.

use super::apply::Hands;
use super::group::{Kept, Moment, Outcome, Passing};
use super::keeper::{Keeper, Knows, Looks};
use super::lag::Lag;
use super::views::{MachineView, Views};
use super::wake::{Bell, Handle, Work};
use super::{DRIVER_CALLS_MAX, LEASE_RENEW, SLOT_REAL_MIN, SLOTS, within};
use crate::balancer::Balancer;
use crate::clock::{Clock, Wall};
use crate::drivers::Driver;
use crate::ids::Ids;
use crate::store::{Lease, LoopStore, StoreError, shard_of};
use engine::model::{CYCLE_MS, CheckWord, Cycle, GroupId, InstanceId, Span, Timestamp, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A slot's length in product time.
const SLOT_MS: i64 = CYCLE_MS / SLOTS;
/// How often the product clock's mark is stored, real time (design 2).
const MARK_EVERY: std::time::Duration = std::time::Duration::from_secs(10);
/// How often rows past their retention are removed, real time, and how many at a time.
const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(60);
const SWEEP_ROWS: u32 = 1_000;
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
    owner: String,
    bell: Arc<Bell>,
    work: Arc<Work>,
    looks: Arc<Looks>,
    lag: Arc<Lag>,
    views: Arc<Views>,
    passing: Arc<Passing>,
    keeper: Option<Keeper>,
    groups: BTreeMap<GroupId, Slot>,
    leases: BTreeMap<u16, Lease>,
    passes: JoinSet<Finished>,
    watch: JoinSet<Watched>,
    host: HostView,
    again: BTreeSet<GroupId>,
    started: Started,
    renewed: Wall,
    marked: Wall,
    swept: Wall,
    next_slot: Wall,
    judged_to: Timestamp,
}

/// One group, as the owner holds it.
#[derive(Debug, Default)]
struct Slot {
    /// `None` while its pass is under way.
    kept: Option<Kept>,
    /// Somebody said "look now" while a pass was under way.
    woken: bool,
    /// It was looked at since the start.
    looked: bool,
}

/// Whether every group was looked at once since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Started {
    Looking,
    Done,
}

struct Finished {
    group: GroupId,
    kept: Kept,
    outcome: Outcome,
}

/// What a look at host and balancers came to.
struct Watched {
    keeper: Keeper,
    host: HostView,
    changed: BTreeSet<GroupId>,
}

/// What is compared from slot to slot: a change wakes the group.
#[derive(Debug, Default)]
struct HostView {
    machines: Arc<MachineView>,
    members: BTreeMap<(VServerId, InstanceId), CheckWord>,
}

/// The offset of a group's cycles: one of 15 slots.
pub fn offset_of(group: GroupId) -> Span {
    let slot = group.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Span(i64::try_from(slot).unwrap_or(0).rem_euclid(SLOTS) * SLOT_MS)
}

impl Loop {
    /// A loop that has not begun.
    pub fn new(parts: LoopParts) -> Self {
        let (bell, looks, lag) = (Arc::<Bell>::default(), Arc::<Looks>::default(), Arc::<Lag>::default());
        let LoopParts {
            store,
            driver,
            balancer,
            clock,
            ids,
            owner,
        } = parts;
        let views = Arc::new(Views::new(
            clock.clone(),
            driver.clone(),
            balancer.clone(),
            looks.clone(),
        ));
        let hands = Arc::new(Hands {
            driver,
            balancer: balancer.clone(),
            store: store.clone(),
            clock: clock.clone(),
            looks: looks.clone(),
            calls: Semaphore::new(DRIVER_CALLS_MAX),
        });
        let passing = Passing {
            store: store.clone(),
            views: views.clone(),
            hands,
            clock: clock.clone(),
            ids,
        };
        let keeper = Keeper {
            store: store.clone(),
            balancer,
            clock: clock.clone(),
            looks: looks.clone(),
            bell: bell.clone(),
            ensured: BTreeMap::new(),
            records: Vec::new(),
        };
        let (passing, keeper) = (Arc::new(passing), Some(keeper));
        let (groups, leases, again) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let (passes, watch, host) = (JoinSet::new(), JoinSet::new(), HostView::default());
        let (renewed, marked, swept, judged_to) = (Wall(0), Wall(0), Wall(0), clock.now());
        let next_slot = clock.wall();
        let (started, work) = (Started::Looking, Arc::<Work>::default());
        // The start itself is under way until every group has its first pass begun.
        work.begin();
        Self {
            store,
            clock,
            owner,
            bell,
            work,
            looks,
            lag,
            views,
            passing,
            keeper,
            groups,
            leases,
            passes,
            watch,
            host,
            again,
            started,
            renewed,
            marked,
            swept,
            next_slot,
            judged_to,
        }
    }

    /// What the rest of the server talks to.
    pub fn handle(&self) -> Handle {
        Handle {
            bell: self.bell.clone(),
            work: self.work.clone(),
            looks: self.looks.clone(),
            lag: self.lag.clone(),
        }
    }

    /// Runs until told to stop. Then no step is begun any more, passes under way end, and the leases are given back;
    /// instances and balancers go on.
    ///
    /// # Errors
    /// The store does not let the loop claim its shards at the start.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), StoreError> {
        self.claim().await?;
        if let Some(keeper) = &mut self.keeper {
            keeper.reload().await;
        }
        self.take_groups().await?;
        self.work.end();
        while !stop.is_cancelled() {
            let wait = self.next_slot.since(self.clock.wall());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(finished) = self.passes.join_next() => self.finish(finished),
                Some(watched) = self.watch.join_next() => self.watched(watched),
                () = self.bell.rung() => {
                    self.work.begin();
                    self.woken().await;
                    self.work.end();
                }
                () = self.clock.wait(wait) => {
                    self.work.begin();
                    self.slot().await;
                    self.work.end();
                }
            }
        }
        self.end().await
    }

    async fn end(mut self) -> Result<(), StoreError> {
        let passes = async { while self.passes.join_next().await.is_some() {} };
        if within(&*self.clock, STOP_MAX, passes).await.is_none() {
            tracing::warn!("passes still under way after {STOP_MAX:?} are left to the next start");
        }
        self.watch.shutdown().await;
        self.store.release(&self.owner).await
    }

    async fn claim(&mut self) -> Result<(), StoreError> {
        let leases = self.store.claim(&self.owner).await?;
        self.leases = leases.into_iter().map(|lease| (lease.shard, lease)).collect();
        self.renewed = self.clock.wall();
        Ok(())
    }

    /// Every group of our shards, looked at once now.
    async fn take_groups(&mut self) -> Result<(), StoreError> {
        let shards: Vec<u16> = self.leases.keys().copied().collect();
        for head in self.store.heads(&shards).await? {
            self.groups.entry(head.id).or_insert_with(|| Slot {
                kept: Some(Kept::default()),
                ..Slot::default()
            });
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

    async fn slot(&mut self) {
        self.set_next_slot();
        let now = self.clock.now();
        self.chores().await;
        self.look_at_host();
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
        let Some(lease) = self.leases.get(&shard_of(group)).copied() else {
            return;
        };
        let Some(slot) = self.groups.get_mut(&group) else {
            return;
        };
        let Some(mut kept) = slot.kept.take() else {
            slot.woken = true;
            return;
        };
        self.lag.count(self.clock.wall().since(due));
        let moment = Moment {
            now: self.clock.now(),
            since: self.views.mark(),
            offset: offset_of(group),
            lease,
        };
        let passing = self.passing.clone();
        self.work.begin();
        self.passes.spawn(async move {
            let outcome = passing.pass(group, &mut kept, moment).await;
            Finished { group, kept, outcome }
        });
    }

    fn finish(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        self.work.end();
        let Finished { group, kept, outcome } = match finished {
            Ok(finished) => finished,
            Err(why) => return self.lost(&why),
        };
        let Some(slot) = self.groups.get_mut(&group) else {
            return;
        };
        slot.looked = true;
        slot.kept = Some(kept);
        let woken = std::mem::take(&mut slot.woken);
        match outcome {
            Outcome::Gone => drop(self.groups.remove(&group)),
            Outcome::Again => drop(self.again.insert(group)),
            Outcome::Rest | Outcome::Dropped => {}
        }
        if woken {
            self.begin(group, self.clock.wall());
        }
        if self.started == Started::Looking && self.groups.values().all(|slot| slot.looked) {
            self.started = Started::Done;
            tracing::info!(groups = self.groups.len(), "every group was looked at");
        }
    }

    /// A pass panicked: its group begins anew from the store, as after a crash.
    fn lost(&mut self, why: &tokio::task::JoinError) {
        tracing::error!(
            error = why as &dyn std::error::Error,
            "a pass broke off; its group begins anew"
        );
        let running: BTreeSet<_> = self
            .groups
            .iter()
            .filter(|(_, slot)| slot.kept.is_none())
            .map(|(id, _)| *id)
            .collect();
        if self.passes.is_empty() {
            for id in running {
                self.groups.insert(
                    id,
                    Slot {
                        kept: Some(Kept::default()),
                        ..Slot::default()
                    },
                );
            }
        }
    }

    /// Somebody said "look now".
    async fn woken(&mut self) {
        let woken = self.bell.take();
        if woken.balancers {
            self.reload_balancers().await;
        }
        for group in woken.groups {
            self.groups.entry(group).or_insert_with(|| Slot {
                kept: Some(Kept::default()),
                ..Slot::default()
            });
            self.begin(group, self.clock.wall());
        }
    }

    async fn reload_balancers(&mut self) {
        match &mut self.keeper {
            Some(keeper) => keeper.reload().await,
            // A look is under way with the keeper: ask again when it is back.
            None => return self.bell.balancers(),
        }
        self.look_at_host();
    }

    /// Looks at machines and balancers in a task of its own; one look at a time.
    fn look_at_host(&mut self) {
        let Some(mut keeper) = self.keeper.take() else {
            return;
        };
        let knows = if self.started == Started::Done {
            Knows::Everything
        } else {
            Knows::NotYet
        };
        let (views, since) = (self.views.clone(), self.views.mark());
        let before = std::mem::take(&mut self.host);
        self.work.begin();
        self.watch.spawn(async move {
            for balancer in keeper.looks.all().iter() {
                views.balancer(*balancer, since).await;
            }
            keeper.keep(knows).await;
            let host = HostView {
                machines: views.machines(since).await,
                members: members(&keeper.looks),
            };
            let changed = before.changed(&host);
            Watched { keeper, host, changed }
        });
    }

    fn watched(&mut self, watched: Result<Watched, tokio::task::JoinError>) {
        self.work.end();
        match watched {
            Ok(Watched { keeper, host, changed }) => {
                self.keeper = Some(keeper);
                self.host = host;
                changed
                    .into_iter()
                    .for_each(|group| self.begin(group, self.clock.wall()));
            }
            Err(why) => {
                tracing::error!(error = &why as &dyn std::error::Error, "a look at the host broke off");
                self.keeper = Some(self.new_keeper());
                self.bell.balancers();
            }
        }
    }

    fn new_keeper(&self) -> Keeper {
        Keeper {
            store: self.store.clone(),
            balancer: self.passing.hands.balancer.clone(),
            clock: self.clock.clone(),
            looks: self.looks.clone(),
            bell: self.bell.clone(),
            ensured: BTreeMap::new(),
            records: Vec::new(),
        }
    }

    /// Leases, the clock's mark, retention. A store that does not answer is asked again at the next slot.
    async fn chores(&mut self) {
        let wall = self.clock.wall();
        if wall.since(self.renewed) >= LEASE_RENEW {
            self.renew(wall).await;
        }
        if wall.since(self.marked) >= MARK_EVERY && said("mark", self.store.mark(self.mark()).await) {
            self.marked = wall;
        }
        if wall.since(self.swept) >= SWEEP_EVERY {
            self.swept = wall;
            said("sweep", self.store.sweep(self.clock.now(), wall, SWEEP_ROWS).await);
        }
    }

    /// now + 10 s x scale: a start never begins before what this run may still reach.
    fn mark(&self) -> Timestamp {
        self.clock.now().plus(self.clock.anchor().scaled(MARK_EVERY))
    }

    async fn renew(&mut self, wall: Wall) {
        match self.store.renew(&self.owner).await {
            Ok(leases) => {
                self.leases = leases.into_iter().map(|lease| (lease.shard, lease)).collect();
                self.renewed = wall;
            }
            Err(why) => tracing::warn!(error = &why as &dyn std::error::Error, "leases are not renewed"),
        }
    }
}

/// Logs a failed chore; true when it was done.
fn said(chore: &'static str, done: Result<(), StoreError>) -> bool {
    if let Err(why) = &done {
        tracing::warn!(chore, error = why as &dyn std::error::Error, "not done now");
    }
    done.is_ok()
}

fn members(looks: &Looks) -> BTreeMap<(VServerId, InstanceId), CheckWord> {
    let mut words = BTreeMap::new();
    for look in looks.all().iter().filter_map(|id| looks.get(*id)) {
        words.extend(look.backends.iter().map(|line| ((line.vserver, line.id), line.word)));
    }
    words
}

impl HostView {
    /// Groups with a machine or member whose word differs from the last look's. A silent driver or balancer changes
    /// nothing: missing is not a word.
    fn changed(&self, now: &Self) -> BTreeSet<GroupId> {
        let (Some(before), Some(after)) = (&self.machines.machines, &now.machines.machines) else {
            return BTreeSet::new();
        };
        let keys = self.members.keys().chain(now.members.keys());
        let members = keys
            .filter(|key| self.members.get(key) != now.members.get(key))
            .map(|(_, id)| *id);
        let members: BTreeSet<InstanceId> = members.collect();
        let mut groups = before.differing(after);
        groups.extend(after.groups_of(&members).chain(before.groups_of(&members)));
        groups
    }
}
