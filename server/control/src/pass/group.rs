//! One pass over one group, from load to settle. It takes an id and what the loop remembers of that group, and gives
//! the memory back.

use super::apply::{Applied, Hands, Minted, Orders, address};
use super::departures::departures;
use super::intend::Intending;
use super::minutes::Minutes;
use super::observe::{Seen, VServerSaid, describe_absent, has_run};
use super::owner::LoopParts;
use super::samples::{Capacity, Meter};
use super::settle::Settling;
use super::views::{MachineView, Mark, Views};
use super::wake::Handle;
use super::{CALL_DEADLINE, DRIVER_CALLS_MAX, LEASE_MARGIN, within};
use crate::clock::Clock;
use crate::drivers::DriverError;
#[cfg(feature = "failpoints")]
use crate::failpoints::{Act, Side};
use crate::ids::Ids;
use crate::metrics::Passes;
use crate::store::{DecisionRow, Fence, GroupRecord, Intent, Lease, LoopStore, Placed, StoreError};
use api::system::PassOutcome;
use engine::memory::{Memory, Regret};
use engine::model::{Answer, Cycle, GroupId, InstanceId, Observation, Phase, Span, Step, Timestamp, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What the loop keeps of one group between passes.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// `None` before the first pass since the start.
    pub(super) memory: Option<Memory>,
    pub(super) meter: Meter,
    pub(super) minutes: Minutes,
    /// Driver answers for the next observation.
    pub(super) answers: Vec<Answer>,
    /// The driver's words about failed creates.
    pub(super) words: BTreeMap<InstanceId, String>,
    /// Members whose SIGTERM this process has sent.
    pub(super) signalled: BTreeSet<InstanceId>,
    /// Strays the store would not take in: their id or address is another record's.
    pub(super) not_adoptable: BTreeSet<InstanceId>,
    /// Strays whose destruction is in the scaling log already.
    pub(super) destroyed: BTreeSet<InstanceId>,
    /// The last decision that was settled: a page is told only when something new can be seen.
    pub(super) last: Option<DecisionRow>,
}

/// The instants of one pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Product time.
    pub(super) now: Timestamp,
    /// Views must have begun after this.
    pub(super) since: Mark,
    /// Where the group's cycles lie.
    pub(super) offset: Span,
    /// The shard's lease.
    pub(super) lease: Lease,
}

/// What became of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Settled; nothing more to see before the next cycle or change.
    Rest,
    /// Settled; look again at the next slot.
    Again,
    /// The group is gone: forget it.
    Gone,
    /// Dropped: store, lease or people came between.
    Dropped,
}

/// Everything a pass works with.
pub(super) struct Passing {
    pub(super) store: Arc<dyn LoopStore>,
    pub(super) views: Arc<Views>,
    pub(super) hands: Arc<Hands>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) figures: Arc<Passes>,
}

impl Passing {
    pub(super) fn new(parts: &LoopParts, views: Arc<Views>, handle: &Handle) -> Self {
        let hands = Hands {
            driver: parts.driver.clone(),
            balancer: parts.balancer.clone(),
            store: parts.store.clone(),
            clock: parts.clock.clone(),
            looks: handle.looks.clone(),
            calls: Semaphore::new(DRIVER_CALLS_MAX),
        };
        Self {
            store: parts.store.clone(),
            views,
            hands: Arc::new(hands),
            clock: parts.clock.clone(),
            ids: parts.ids.clone(),
            figures: handle.figures.clone(),
        }
    }

    /// One pass. Errors are said once, here; the next pass is the retry.
    pub(super) async fn pass(&self, group: GroupId, kept: &mut Kept, moment: Moment) -> Outcome {
        match self.try_pass(group, kept, moment).await {
            Ok(outcome) => outcome,
            Err(StoreError::Changed { .. }) => {
                tracing::debug!(%group, outcome = "changed", "pass: people changed the group meanwhile");
                self.figures.ended(PassOutcome::Changed);
                Outcome::Again
            }
            Err(StoreError::NotAdoptable { id }) => {
                tracing::warn!(%group, instance = %id, "a stray is not taken in: its id or address is another record's");
                kept.not_adoptable.insert(id);
                self.figures.ended(PassOutcome::Changed);
                Outcome::Again
            }
            Err(why) => {
                tracing::warn!(%group, error = &why as &dyn std::error::Error, "pass dropped");
                let fenced = matches!(why, StoreError::Fenced { .. });
                self.figures.ended(if fenced {
                    PassOutcome::Fenced
                } else {
                    PassOutcome::Failed
                });
                Outcome::Dropped
            }
        }
    }

    async fn try_pass(&self, group: GroupId, kept: &mut Kept, moment: Moment) -> Result<Outcome, StoreError> {
        let machines = self.views.machines(moment.since).await;
        let Some(record) = self.store.load(group).await? else {
            self.hands.looks.forget(group);
            self.figures.ended(PassOutcome::Gone);
            return Ok(Outcome::Gone);
        };
        tracing::Span::current().record("spec_version", record.spec_version);
        let memory = self.memory(&record, kept).await?;
        // Before the balancer is read: one that is started anew meanwhile gets nobody who is on their way out.
        self.publish_serving(&record);
        #[cfg(feature = "failpoints")]
        crate::failpoints::pass(Act::Observe, Side::Before);
        let seen = self.observe(&record, kept, &machines, moment).await;
        #[cfg(feature = "failpoints")]
        crate::failpoints::pass(Act::Observe, Side::After);
        let repeated = self.hands.repeat_open(&seen.members, &kept.signalled).await;
        let mut passed = engine::pass(&record.spec, record.status, &memory, &seen, moment.now);
        passed.plan.memory.durable.departures =
            departures(&record, &seen, &passed.plan.steps, (&*self.clock, moment.now));
        let Intended { minted, homeless, .. } = self.intend(&record, &mut passed, &machines, moment).await?;
        let mut applied = self
            .apply(&record, (&seen, moment.now), &passed, &minted)
            .await
            .join(repeated);
        let settling = Settling {
            record: &record,
            seen: &seen,
            passed: &passed,
            kept,
            destroyed: &applied.destroyed,
            moment,
            ids: &*self.ids,
        };
        let settlement = settling.settlement();
        let fence = fence(&record, moment);
        self.store.settle(fence, &settlement, moment.now).await?;
        kept.last = Some(settlement.decision);
        kept.minutes.settled();
        self.figures.ended(say_pass(&record, &passed));
        let next = next_look(&applied, &passed.plan.steps);
        // Known at the next cycle: a pass at every slot would only find the subnets full again.
        applied
            .answers
            .extend(homeless.into_iter().map(|id| Answer::OutOfStock { id }));
        let gone = settlement.deleted.is_some();
        kept.memory = Some(passed.plan.memory);
        remember(kept, &record, &seen, &applied);
        Ok(if gone { Outcome::Gone } else { next })
    }

    /// Memory as of the last settled pass; the durable part is what is stored, because people write there too.
    async fn memory(&self, record: &GroupRecord, kept: &mut Kept) -> Result<Memory, StoreError> {
        if let Some(memory) = &kept.memory {
            return Ok(Memory {
                durable: record.durable.clone(),
                ..memory.clone()
            });
        }
        // The window and no more: a start reads this of every group before it decides about any.
        let window = Regret::window(record.durable.regret.as_ref(), None);
        let cycles = u32::try_from(window).unwrap_or(u32::MAX);
        let series = self.store.series(record.id, cycles).await?;
        Ok(Memory::restored(record.durable.clone(), &series))
    }

    async fn observe(
        &self,
        record: &GroupRecord,
        kept: &mut Kept,
        machines: &MachineView,
        moment: Moment,
    ) -> Observation {
        let cycle = Cycle::last_closed(moment.now, moment.offset);
        self.measure(record, kept, cycle).await;
        let machines = machines.of_group(record.id);
        let described = describe_absent(&*self.clock, &*self.hands.driver, record, machines).await;
        let vservers = self.vservers(record, moment.since).await;
        let seen = Seen {
            record,
            machines,
            described: &described,
            vservers: &vservers,
            meter: &kept.meter,
            not_adoptable: &kept.not_adoptable,
            clock: &*self.clock,
            offset: moment.offset,
            cycle,
        };
        seen.observation(std::mem::take(&mut kept.answers))
    }

    /// Reads the counters once a closed cycle.
    async fn measure(&self, record: &GroupRecord, kept: &mut Kept, cycle: Cycle) {
        if kept.meter.wants(cycle) {
            self.read_usage(record, &mut kept.meter, cycle).await;
            kept.minutes.add(cycle, &kept.meter.all());
        }
    }

    async fn read_usage(&self, record: &GroupRecord, meter: &mut Meter, cycle: Cycle) {
        let ids: Vec<_> = record
            .instances
            .iter()
            .filter(|row| has_run(row))
            .map(|row| row.id)
            .collect();
        match within(&*self.clock, CALL_DEADLINE, self.hands.driver.usage(&ids)).await {
            Some(Ok(usages)) => {
                // Each is measured by the type it was made from, not by what the group launches from now.
                let capacity = Capacity {
                    vcpu_milli: record.launch.vcpu_milli,
                    memory_bytes: record.launch.memory_bytes,
                };
                let others = self.other_sizes(record).await;
                meter.read(cycle, usages, |id| others.get(&id).copied().unwrap_or(capacity));
            }
            Some(Err(why)) => self.unmeasured(record.id, meter, cycle, Some(why)),
            None => self.unmeasured(record.id, meter, cycle, None),
        }
    }

    fn unmeasured(&self, group: GroupId, meter: &mut Meter, cycle: Cycle, why: Option<DriverError>) {
        let why = why.map_or_else(|| format!("no answer within {CALL_DEADLINE:?}"), |why| why.to_string());
        tracing::warn!(%group, why, "no samples in this cycle");
        meter.silent(cycle);
    }

    /// Sizes of instances made from another template version than the group's present one.
    async fn other_sizes(&self, record: &GroupRecord) -> BTreeMap<InstanceId, Capacity> {
        let present = (record.launch.template, record.launch.template_version);
        let mut sizes = BTreeMap::new();
        for row in record.instances.iter().filter(|row| row.template != present) {
            if let Ok(Some(launch)) = self.store.launch_of(row.template.0, row.template.1).await {
                let capacity = Capacity {
                    vcpu_milli: launch.vcpu_milli,
                    memory_bytes: launch.memory_bytes,
                };
                sizes.insert(row.id, capacity);
            }
        }
        sizes
    }

    /// What each VServer's balancer says: the bound ones, and every other that may still list a member.
    async fn vservers(&self, record: &GroupRecord, since: Mark) -> BTreeMap<VServerId, VServerSaid> {
        let bound: BTreeSet<_> = record.spec.bindings.iter().map(|binding| binding.vserver).collect();
        let mut said: BTreeMap<_, _> = bound
            .iter()
            .map(|vserver| (*vserver, VServerSaid::Lines(Vec::new())))
            .collect();
        for place in self.hands.looks.all().iter().copied() {
            let ours = bound
                .iter()
                .copied()
                .filter(|vserver| self.hands.looks.place(*vserver) == Some(place));
            let ours: Vec<_> = ours.collect();
            let look = match self.hands.looks.get(place) {
                // Not a balancer of this group: what the last round over all balancers saw is recent enough.
                Some(look) if ours.is_empty() => look,
                _ => self.views.balancer(place, since).await,
            };
            if !look.certain() {
                said.extend(ours.into_iter().map(|vserver| (vserver, VServerSaid::Nothing)));
                continue;
            }
            for line in record.instances.iter().flat_map(|row| look.lines_of(row.id)) {
                let lines = said
                    .entry(line.vserver)
                    .or_insert_with(|| VServerSaid::Lines(Vec::new()));
                if let VServerSaid::Lines(lines) = lines {
                    lines.push(*line);
                }
            }
        }
        said
    }

    /// For a balancer that has to be started anew: who serves.
    fn publish_serving(&self, record: &GroupRecord) {
        let serving = record
            .instances
            .iter()
            .filter(|row| row.phase == Phase::Serving && !row.flags.standby);
        let each = serving.flat_map(|row| {
            record
                .spec
                .bindings
                .iter()
                .map(move |binding| (binding.vserver, address(row, binding)))
        });
        self.hands.looks.serving(record.id, each.collect());
    }

    /// Writes the intents; a lease that is about to end begins nothing. A launch that found no place gives the growth it
    /// would have covered back.
    async fn intend(
        &self,
        record: &GroupRecord,
        passed: &mut engine::Passed,
        machines: &MachineView,
        moment: Moment,
    ) -> Result<Intended, StoreError> {
        let intending = Intending {
            record,
            passed,
            machines,
            clock: &*self.clock,
            ids: &*self.ids,
            moment,
        };
        let intents = intending.intents();
        if intents.is_empty() {
            return Ok(Intended::default());
        }
        if self.clock.wall().plus(LEASE_MARGIN) >= moment.lease.until {
            return Err(StoreError::Fenced { group: record.id });
        }
        let places = self.store.intend(fence(record, moment), &intents, moment.now).await?;
        intents.iter().for_each(say_intent);
        let intended = Intended::of(intents, &places, moment.now);
        let growth = &mut passed.plan.memory.durable.growth;
        *growth = growth.saturating_add(intended.growth_missed);
        Ok(intended)
    }

    async fn apply(
        &self,
        record: &GroupRecord,
        (seen, now): (&Observation, Timestamp),
        passed: &engine::Passed,
        minted: &[Minted],
    ) -> Applied {
        let orders = Orders {
            members: &seen.members,
            departures: &passed.plan.memory.durable.departures,
            now,
        };
        let mut applied = self.hands.launch(record, minted).await;
        for step in &passed.plan.steps {
            applied = applied.join(self.hands.carry_out(record, orders, step).await);
        }
        applied
    }
}

/// What was written.
#[derive(Default)]
struct Intended {
    /// Launches with their place.
    minted: Vec<Minted>,
    /// Launches that no subnet had an address for: nothing is written of them.
    homeless: Vec<InstanceId>,
    /// How many of those a rise of desired was to be covered by.
    growth_missed: u32,
}

impl Intended {
    fn of(intents: Vec<Intent>, places: &[Option<Placed>], intended_at: Timestamp) -> Self {
        let mut intended = Self::default();
        let mut places = places.iter();
        for intent in intents {
            let Intent::Launch {
                id,
                name,
                flags,
                warm_up_ms,
                ..
            } = intent
            else {
                continue;
            };
            if let Some(place) = places.next().copied().flatten() {
                intended.minted.push(Minted {
                    id,
                    name,
                    place,
                    warm_up_ms,
                    intended_at,
                });
            } else {
                tracing::warn!(instance = %id, "not launched: no subnet of its network has a free address");
                intended.growth_missed += u32::from(!flags.replacement);
                intended.homeless.push(id);
            }
        }
        intended
    }
}

fn fence(record: &GroupRecord, moment: Moment) -> Fence {
    Fence {
        group: record.id,
        lease: moment.lease,
        spec_version: record.spec_version,
    }
}

/// What the calls said, for the next pass; what is of members that are no more is dropped.
fn remember(kept: &mut Kept, record: &GroupRecord, seen: &Observation, applied: &Applied) {
    kept.answers.clone_from(&applied.answers);
    kept.words.extend(applied.words.clone());
    kept.signalled.extend(applied.signalled.iter().copied());
    let lives = |id: &InstanceId| record.instances.iter().any(|row| row.id == *id);
    let new: BTreeSet<_> = applied.words.keys().copied().collect();
    kept.words.retain(|id, _| lives(id) || new.contains(id));
    kept.signalled.retain(lives);
    kept.destroyed.extend(applied.destroyed.iter().copied());
    let strays: BTreeSet<_> = seen.strays.iter().map(|stray| stray.id).collect();
    kept.not_adoptable.retain(|id| strays.contains(id));
    kept.destroyed.retain(|id| strays.contains(id));
}

/// A record that ends or is written anew, one that has just come to run, or a refusal is worth a look at the next slot.
fn next_look(applied: &Applied, steps: &[Step]) -> Outcome {
    let moved = steps.iter().any(|step| {
        matches!(
            step,
            Step::Forget { .. } | Step::MarkRunning { .. } | Step::Adopt { .. }
        )
    });
    if applied.look_again || moved || !applied.answers.is_empty() {
        Outcome::Again
    } else {
        Outcome::Rest
    }
}

/// The one line a pass, with its counts: for people where something is done, else for whoever looks closely.
fn say_pass(record: &GroupRecord, passed: &engine::Passed) -> PassOutcome {
    let orders: Vec<&str> = record.orders.iter().map(|(id, _)| id.as_str()).collect();
    let orders = orders.join(" ");
    macro_rules! line {
        ($say:ident) => {
            tracing::$say!(
                group = %record.id,
                spec_version = record.spec_version,
                desired = passed.decision.size,
                instances = record.instances.len(),
                steps = passed.plan.steps.len(),
                launches = passed.plan.steps.iter().filter(|step| matches!(step, Step::Launch { .. })).count(),
                failed = passed.plan.failed.len(),
                reasons = passed.decision.trail.len() + passed.plan.trail.len(),
                orders = %orders,
                "pass",
            )
        };
    }
    if passed.plan.steps.is_empty() && passed.plan.failed.is_empty() {
        line!(debug);
        PassOutcome::Quiet
    } else {
        line!(info);
        PassOutcome::Acted
    }
}

/// Which activity an instance's launch or removal is: the way from the scaling log to the driver's calls.
fn say_intent(intent: &Intent) {
    match intent {
        Intent::Launch { id, name, activity, .. } => {
            tracing::info!(instance = %id, name, activity = %activity.id, "launch intended");
        }
        Intent::Move {
            id,
            activity: Some(activity),
            ..
        } => tracing::info!(instance = %id, activity = %activity.id, "removal intended"),
        Intent::Move { id, to, .. } => tracing::debug!(instance = %id, ?to, "move intended"),
        Intent::Adopt { id, activity, .. } => {
            tracing::info!(instance = %id, activity = %activity.id, "adoption intended");
        }
    }
}
