//! What a pass leaves behind: records, activities that end, the decision, the closed cycle, what browsers are told.

use super::failure::failure_text;
use super::group::{Kept, Moment};
use super::intend::moves_size;
use crate::ids::Ids;
use crate::store::{
    Counts, DecisionRow, EndedActivity, GroupRecord, InstanceRow, InstanceUpdate, NewActivity, Settlement,
};
use api::groups::{ActivityKind, ActivityStatus, Cause};
use api::live::Change;
use engine::Passed;
use engine::census::{Cohorts, InstanceState, state_of};
use engine::model::{
    ActivityId, DriverWord, Flags, GroupStatus, InstanceId, LeaveCause, LoadBalancerId, Member, Observation, Order,
    Phase, Reason, Step,
};
use std::collections::BTreeSet;

/// Everything a settlement is made from.
pub(super) struct Settling<'a> {
    pub(super) record: &'a GroupRecord,
    pub(super) seen: &'a Observation,
    pub(super) passed: &'a Passed,
    pub(super) kept: &'a Kept,
    /// Strays whose destruction was begun.
    pub(super) destroyed: &'a BTreeSet<InstanceId>,
    pub(super) moment: Moment,
    pub(super) ids: &'a dyn Ids,
    /// The load balancers its group is bound to.
    pub(super) balancers: &'a BTreeSet<LoadBalancerId>,
}

impl Settling<'_> {
    /// The settlement.
    pub(super) fn settlement(&self) -> Settlement {
        let instances = self.instances();
        let (done, ended) = (self.done(), self.ended());
        let decision = self.decision();
        let quiet = instances.is_empty() && done.is_empty() && ended.is_empty() && !self.begins();
        let same = self
            .kept
            .last
            .as_ref()
            .is_some_and(|last| same_reasons(last, &decision));
        let cycle = self.passed.plan.memory.closed.clone();
        let news = !quiet || !same || cycle.is_some();
        Settlement {
            durable: self.passed.plan.memory.durable.clone(),
            deleted: self.is_over().then_some(self.moment.now),
            counts: self.counts(),
            instances,
            done,
            ended,
            orders: self.orders(),
            decision,
            samples: if cycle.is_some() {
                self.kept.meter.all()
            } else {
                Vec::new()
            },
            cycle,
            minute: self.kept.minutes.closed().cloned(),
            changes: if news { self.changes() } else { Vec::new() },
        }
    }

    /// A load balancer's page lists the records of the groups behind it: one that begins or ends changes that, too.
    fn changes(&self) -> Vec<Change> {
        let lists = |step: &Step| matches!(step, Step::Launch { .. } | Step::Adopt { .. } | Step::Forget { .. });
        let mut changes = vec![Change::Group { id: self.record.id }];
        if self.passed.plan.steps.iter().any(lists) {
            changes.extend(self.balancers.iter().map(|id| Change::Balancer { id: *id }));
        }
        changes
    }

    fn begins(&self) -> bool {
        self.passed.plan.steps.iter().any(Step::begins)
    }

    fn forgotten(&self, id: InstanceId) -> Option<LeaveCause> {
        self.passed.plan.steps.iter().find_map(|step| match step {
            Step::Forget { id: gone, cause } if *gone == id => Some(*cause),
            _ => None,
        })
    }

    fn says(&self, wanted: &Step) -> bool {
        self.passed.plan.steps.contains(wanted)
    }

    /// A deleting group whose last machine is gone is deleted.
    fn is_over(&self) -> bool {
        let all_gone = self.record.instances.iter().all(|row| self.forgotten(row.id).is_some());
        self.record.status == GroupStatus::Deleting && all_gone && self.seen.strays.is_empty()
    }

    fn counts(&self) -> Counts {
        let (spec, memory) = (&self.record.spec, &self.passed.plan.memory);
        let cohorts = Cohorts::of(spec, memory, self.seen, self.moment.now);
        Counts {
            in_service: cohorts.in_service,
            everything: cohorts.everything(),
            alarm: self.passed.plan.trail.iter().any(needs_a_person),
        }
    }

    /// Records that changed: their phase, state, marks or end.
    fn instances(&self) -> Vec<InstanceUpdate> {
        self.seen
            .members
            .iter()
            .filter_map(|member| self.update(member))
            .collect()
    }

    fn update(&self, member: &Member) -> Option<InstanceUpdate> {
        let row = self.record.row(member.id)?;
        let runs = self.says(&Step::MarkRunning { id: member.id });
        let serves = self.says(&Step::MarkInService { id: member.id });
        let ends = self.forgotten(member.id).is_some();
        let flags = Flags {
            was_in_service: row.flags.was_in_service || serves,
            ..row.flags
        };
        let state = if ends {
            InstanceState::Terminated
        } else {
            self.state(member)
        };
        let running_at = match member.driver {
            DriverWord::Running(since) if runs => Some(since),
            _ => None,
        };
        let changed = runs || ends || flags != row.flags || state != row.state;
        changed.then_some(InstanceUpdate {
            id: member.id,
            phase: runs.then_some(Phase::Serving),
            state,
            flags,
            running_at,
            terminated: ends.then_some(self.moment.now),
        })
    }

    /// The state after this pass: what it moved counts already.
    fn state(&self, member: &Member) -> InstanceState {
        let moved = self.passed.plan.steps.iter().find_map(|step| match step {
            Step::Drain { id, .. } if *id == member.id => Some(InstanceState::Draining),
            Step::Signal { id, .. } if *id == member.id => Some(InstanceState::Stopping),
            Step::Delete { id, .. } if *id == member.id => Some(InstanceState::Terminating),
            _ => None,
        });
        let (spec, memory) = (&self.record.spec, &self.passed.plan.memory);
        moved.unwrap_or_else(|| state_of(spec, memory, self.seen, member, self.moment.now))
    }

    /// Activities without intent: desired moved by a rule, a machine that vanished.
    fn done(&self) -> Vec<NewActivity> {
        let resized = self.resized();
        let vanished = self.seen.members.iter().filter_map(|member| self.vanished(member));
        resized.into_iter().chain(vanished).chain(self.destroyed()).collect()
    }

    fn resized(&self) -> Option<NewActivity> {
        let size = (self.record.durable.desired, self.passed.decision.size);
        let reasons: Vec<_> = self
            .passed
            .decision
            .trail
            .iter()
            .filter(|reason| moves_size(reason))
            .cloned()
            .collect();
        (size.0 != size.1).then(|| self.activity(ActivityKind::Resize, Cause::Engine { reasons }, size))
    }

    /// Strays that begin to be destroyed: no record tells of them, so the log does, once.
    fn destroyed(&self) -> impl Iterator<Item = NewActivity> {
        let size = self.passed.decision.size;
        let new = self.destroyed.difference(&self.kept.destroyed).copied();
        new.map(move |id| {
            let reasons = vec![Reason::StrayDestroyed { id }];
            self.activity(ActivityKind::Removal, Cause::Engine { reasons }, (size, size))
        })
    }

    fn vanished(&self, member: &Member) -> Option<NewActivity> {
        let why = self.forgotten(member.id)?;
        let unasked = member.phase == Phase::Serving;
        let reasons = vec![Reason::Vanished { id: member.id }];
        let size = self.passed.decision.size;
        unasked.then(|| self.activity(ActivityKind::Removal, Cause::Leave { why, reasons }, (size, size)))
    }

    fn activity(&self, kind: ActivityKind, cause: Cause, size: (u32, u32)) -> NewActivity {
        NewActivity {
            id: ActivityId(self.ids.mint()),
            kind,
            cause,
            size,
        }
    }

    /// Open activities that end: launches that came into service or failed, removals whose machine is gone, and removals
    /// taken back.
    fn ended(&self) -> Vec<EndedActivity> {
        self.record
            .instances
            .iter()
            .filter_map(|row| self.end_of(row))
            .collect()
    }

    fn end_of(&self, row: &InstanceRow) -> Option<EndedActivity> {
        let id = row.activity?;
        let leaving = !matches!(row.phase, Phase::Launching | Phase::Serving);
        let failure = self
            .passed
            .plan
            .failed
            .iter()
            .find(|(failed, _)| *failed == row.id)
            .map(|(_, why)| *why);
        if let Some(why) = failure.filter(|_| !leaving) {
            let failure = Some(failure_text(why, self.kept.words.get(&row.id).cloned()));
            return Some(EndedActivity {
                id,
                status: ActivityStatus::Failed,
                failure,
            });
        }
        // One that serves and was in service before has no launch under way: what is open is a removal that was taken back
        // by a pass that never came to settle.
        let taken_back =
            self.says(&Step::TakeBack { id: row.id }) || row.phase == Phase::Serving && row.flags.was_in_service;
        let succeeded =
            self.says(&Step::MarkInService { id: row.id }) || self.forgotten(row.id).is_some() || taken_back;
        succeeded.then_some(EndedActivity {
            id,
            status: ActivityStatus::Succeeded,
            failure: None,
        })
    }

    /// Orders that were carried out, or whose instance is no more.
    fn orders(&self) -> Vec<String> {
        let done = self.record.orders.iter().filter(|(_, order)| self.is_done(order));
        done.map(|(id, _)| id.clone()).collect()
    }

    fn is_done(&self, order: &Order) -> bool {
        match order {
            Order::RearmBreaker | Order::ConfirmStrays => true,
            Order::Remove { id } => {
                let stays = self
                    .record
                    .row(*id)
                    .is_some_and(|row| matches!(row.phase, Phase::Launching | Phase::Serving));
                !stays
                    || self.says(&Step::Drain {
                        id: *id,
                        cause: LeaveCause::ByHand,
                    })
            }
        }
    }

    fn decision(&self) -> DecisionRow {
        let trail = self
            .passed
            .decision
            .trail
            .iter()
            .chain(&self.passed.plan.trail)
            .cloned()
            .collect();
        DecisionRow {
            at: self.moment.now,
            size: self.passed.decision.size,
            trail,
        }
    }
}

/// The same reasons, whatever their numbers.
fn same_reasons(one: &DecisionRow, other: &DecisionRow) -> bool {
    let kinds = |row: &DecisionRow| row.trail.iter().map(std::mem::discriminant).collect::<Vec<_>>();
    one.size == other.size && kinds(one) == kinds(other)
}

fn needs_a_person(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::BreakerOpen { .. }
            | Reason::Held { .. }
            | Reason::UnhealthyButKept { .. }
            | Reason::Strays { .. }
            | Reason::StraysNeedAPerson { .. }
            | Reason::StoreIsOlder { .. }
            | Reason::NoAnswer { .. }
    )
}
