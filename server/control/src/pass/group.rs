//! One pass over one group, from load to settle. It takes an id and what the loop remembers of that group, and gives
//! the memory back.

use super::apply::{Applied, Hands, Orders};
use super::departures::departures;
use super::ended::{next_look, say_pass};
use super::intend::Intending;
use super::intended::{Intended, say_intent};
use super::looks::Crew;
use super::minutes::Minutes;
use super::observe::{Seen, VServerSaid, describe_absent};
use super::open::Open;
use super::outage::unsettled;
use super::owner::LoopParts;
use super::samples::Meter;
use super::settle::Settling;
use super::views::{MachineView, Mark, Views};
use super::wake::Handle;
use super::{DRIVER_CALLS_MAX, LEASE_MARGIN};
use crate::clock::Clock;
#[cfg(feature = "failpoints")]
use crate::failpoints::{Act, Side};
use crate::ids::Ids;
use crate::metrics::Passes;
use crate::store::{DecisionRow, Fence, GroupRecord, Lease, LoopStore, StoreError, rules};
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
    /// What was intended and is not over, by the last record that was loaded: said again while the store does not answer.
    pub(super) open: Option<Open>,
    /// Views that began after this show what its last calls did.
    pub(super) acted: Mark,
    /// A closed cycle was judged, and the store did not say whether it has that: the next pass looks.
    pub(super) unsure: Option<Memory>,
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
        let record = match self.store.load(group).await {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.figures.ended(PassOutcome::Gone);
                return Ok(Outcome::Gone);
            }
            Err(why) => {
                self.go_on(kept, &machines, moment).await;
                kept.acted = self.views.mark();
                return Err(why);
            }
        };
        tracing::Span::current().record("spec_version", record.spec_version);
        kept.open = Open::of(&record);
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
        let look = Look {
            record: &record,
            seen: &seen,
            moment,
        };
        let acts = !passed.plan.steps.is_empty() || seen.members.iter().any(|member| is_leaving(&member.phase));
        match self.intend(look, &mut passed, &machines, kept).await {
            Ok(intended) => {
                let applied = self.apply(look, &passed, &intended, |_| true).await.join(repeated);
                if acts {
                    kept.acted = self.views.mark();
                }
                self.settle(look, kept, passed, applied, intended.homeless).await
            }
            Err(why) => {
                let applied = self.without_intents(look, &passed, &why).await.join(repeated);
                kept.acted = self.views.mark();
                unsettled(kept, applied);
                Err(why)
            }
        }
    }

    /// Writes what the pass leaves behind. If that fails the memory stays as it was: the cycle is judged again, by the
    /// next pass, unless the store has it after all.
    async fn settle(
        &self,
        look: Look<'_>,
        kept: &mut Kept,
        passed: engine::Passed,
        mut applied: Applied,
        homeless: Vec<InstanceId>,
    ) -> Result<Outcome, StoreError> {
        let bound = look.record.spec.bindings.iter();
        let balancers: BTreeSet<_> = bound
            .filter_map(|binding| self.hands.looks.place(binding.vserver))
            .collect();
        let settling = Settling {
            record: look.record,
            seen: look.seen,
            passed: &passed,
            kept,
            destroyed: &applied.destroyed,
            moment: look.moment,
            ids: &*self.ids,
            balancers: &balancers,
        };
        let settlement = settling.settlement();
        let fence = fence(look.record, look.moment);
        if let Err(why) = self.store.settle(fence, &settlement, look.moment.now).await {
            let judged = passed.plan.memory.closed.is_some() && matches!(why, StoreError::Database { .. });
            kept.unsure = judged.then_some(passed.plan.memory);
            unsettled(kept, applied);
            return Err(why);
        }
        kept.last = Some(settlement.decision);
        kept.minutes.settled();
        self.figures.ended(say_pass(look.record, &passed));
        let next = next_look(&applied, &passed.plan.steps);
        // Known at the next cycle: a pass at every slot would only find the subnets full again.
        applied
            .answers
            .extend(homeless.into_iter().map(|id| Answer::OutOfStock { id }));
        kept.memory = Some(passed.plan.memory);
        remember(kept, look, applied);
        Ok(match settlement.deleted {
            Some(_) => Outcome::Gone,
            None => next,
        })
    }

    /// Memory as of the last settled pass; the durable part is what is stored, because people write there too.
    async fn memory(&self, record: &GroupRecord, kept: &mut Kept) -> Result<Memory, StoreError> {
        self.be_sure(record, kept).await?;
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
        let seen = self.look(record, kept, machines, moment).await;
        Observation {
            answers: kept.answers.clone(),
            ..seen
        }
    }

    /// What can be seen of these records now.
    pub(super) async fn look(
        &self,
        record: &GroupRecord,
        kept: &Kept,
        machines: &MachineView,
        moment: Moment,
    ) -> Observation {
        let machines = machines.of_group(record.id);
        // Whose delete was sent may go at any moment: it is no member any more, whatever is wanted now.
        let strays: BTreeSet<_> = kept.not_adoptable.union(&kept.destroyed).copied().collect();
        let described = describe_absent(&*self.clock, &*self.hands.driver, record, machines).await;
        let vservers = self.vservers(record, moment.since).await;
        let seen = Seen {
            record,
            machines,
            described: &described,
            vservers: &vservers,
            meter: &kept.meter,
            not_adoptable: &strays,
            clock: &*self.clock,
            offset: moment.offset,
            cycle: Cycle::last_closed(moment.now, moment.offset),
        };
        seen.observation(Vec::new())
    }

    /// What each VServer's balancer says: the bound ones, and every other that may still list a member.
    async fn vservers(&self, record: &GroupRecord, since: Mark) -> BTreeMap<VServerId, VServerSaid> {
        let bound: BTreeSet<_> = record.spec.bindings.iter().map(|binding| binding.vserver).collect();
        // One whose balancer is not known (the store did not tell at a start) may list anybody.
        let begin = |vserver: &VServerId| match self.hands.looks.place(*vserver) {
            Some(_) => VServerSaid::Lines(Vec::new()),
            None => VServerSaid::Nothing,
        };
        let mut said: BTreeMap<_, _> = bound.iter().map(|vserver| (*vserver, begin(vserver))).collect();
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
            .filter(|row| rules::serves(row.phase, row.flags));
        let each = serving.flat_map(|row| {
            let bindings = record.spec.bindings.iter();
            bindings.map(move |binding| (binding.vserver, row.member(binding)))
        });
        let crew = Crew {
            serving: each.collect(),
            records: record.instances.iter().map(|row| row.id).collect(),
        };
        self.hands.looks.serving(record.id, crew);
    }

    /// Writes the intents; a lease that is about to end begins nothing. A launch that found no place gives the growth it
    /// would have covered back.
    async fn intend(
        &self,
        look: Look<'_>,
        passed: &mut engine::Passed,
        machines: &MachineView,
        kept: &mut Kept,
    ) -> Result<Intended, StoreError> {
        let Look { record, moment, .. } = look;
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
        kept.open = Open::after(record, &intents, &places, moment.now);
        let intended = Intended::of(intents, &places, moment.now);
        let growth = &mut passed.plan.memory.durable.growth;
        *growth = growth.saturating_add(intended.growth_missed);
        Ok(intended)
    }

    /// Carries out those steps of the plan that `may` be.
    pub(super) async fn apply(
        &self,
        look: Look<'_>,
        passed: &engine::Passed,
        intended: &Intended,
        may: impl Fn(&Step) -> bool + Send,
    ) -> Applied {
        let orders = Orders {
            members: &look.seen.members,
            departures: &passed.plan.memory.durable.departures,
            now: look.moment.now,
        };
        let mut applied = self.hands.launch(look.record, &intended.minted).await;
        for step in &passed.plan.steps {
            if may(step) {
                applied = applied.join(self.hands.carry_out(look.record, orders, step).await);
            }
        }
        applied
    }
}

/// Whether calls about it may be repeated in any pass.
fn is_leaving(phase: &Phase) -> bool {
    !matches!(phase, Phase::Launching | Phase::Serving)
}

/// What a pass works on.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) record: &'a GroupRecord,
    pub(super) seen: &'a Observation,
    pub(super) moment: Moment,
}

fn fence(record: &GroupRecord, moment: Moment) -> Fence {
    Fence {
        group: record.id,
        lease: moment.lease,
        spec_version: record.spec_version,
        state_rev: record.state_rev,
    }
}

/// What the calls said, for the next pass; what is of members that are no more is dropped.
fn remember(kept: &mut Kept, look: Look<'_>, applied: Applied) {
    kept.answers = applied.answers;
    let new: BTreeSet<_> = applied.words.keys().copied().collect();
    kept.words.extend(applied.words);
    kept.signalled.extend(applied.signalled);
    let lives = |id: &InstanceId| look.record.instances.iter().any(|row| row.id == *id);
    kept.words.retain(|id, _| lives(id) || new.contains(id));
    kept.signalled.retain(lives);
    kept.destroyed.extend(applied.destroyed);
    let strays: BTreeSet<_> = look.seen.strays.iter().map(|stray| stray.id).collect();
    kept.not_adoptable.retain(|id| strays.contains(id));
    kept.destroyed.retain(|id| strays.contains(id));
}
