//! From steps to intents: what is written before anything is done.
//!
//! Only steps that begin or move something need intent; registering and the like are desired states that the next pass
//! sees and asks for again.

use super::group::Moment;
use super::views::MachineView;
use super::{DRAIN_MAX, GRACE_MAX};
use crate::clock::Clock;
use crate::ids::Ids;
use crate::store::{GroupRecord, Intent, NewActivity};
use api::groups::{ActivityKind, Cause};
use engine::Passed;
use engine::model::{
    ActivityId, Flags, InstanceId, LaunchWhy, LeaveCause, Phase, Reason, Step, SubnetId, Timestamp, encode,
};
use std::collections::BTreeMap;

/// Reasons one activity keeps. The whole trail is with the decision; a log row needs those that say why.
const CAUSE_REASONS_MAX: usize = 4;
/// Random characters of an instance's name (design 4.12).
const NAME_RANDOM: usize = 6;

/// Turns a plan into intents; minted ids come back in the order of the launches.
pub(super) struct Intending<'a> {
    pub(super) record: &'a GroupRecord,
    pub(super) passed: &'a Passed,
    pub(super) machines: &'a MachineView,
    pub(super) clock: &'a dyn Clock,
    pub(super) ids: &'a dyn Ids,
    pub(super) moment: Moment,
}

impl Intending<'_> {
    /// Every intent of the plan, in its order.
    pub(super) fn intents(&self) -> Vec<Intent> {
        let mut crowd = self.crowd();
        self.passed
            .plan
            .steps
            .iter()
            .filter_map(|step| self.intent(step, &mut crowd))
            .collect()
    }

    fn intent(&self, step: &Step, crowd: &mut BTreeMap<SubnetId, usize>) -> Option<Intent> {
        match step {
            Step::Launch { why } => Some(self.launch(*why, crowd)),
            Step::Adopt { id } => self.adopt(*id),
            Step::Drain { id, cause } => {
                let until = self.deadline(DRAIN_MAX);
                self.leave(*id, *cause, Phase::Draining { cause: *cause, until })
            }
            Step::Signal { id, cause } => {
                let until = self.deadline(GRACE_MAX);
                self.leave(*id, *cause, Phase::Stopping { cause: *cause, until })
            }
            Step::Delete { id, cause } => self.leave(*id, *cause, Phase::Deleting { cause: *cause }),
            Step::DestroyStray { id } => Some(Intent::Destroy { id: *id }),
            Step::TakeBack { id } => self.moved(*id, Phase::Serving, None),
            _ => None,
        }
    }

    fn deadline(&self, span: std::time::Duration) -> Timestamp {
        deadline(self.clock, self.moment.now, span)
    }

    /// Members by subnet: the next launch goes where the fewest are, so that zones stay balanced.
    fn crowd(&self) -> BTreeMap<SubnetId, usize> {
        let count = |subnet| self.record.instances.iter().filter(|row| row.subnet == subnet).count();
        self.record
            .launch
            .subnets
            .iter()
            .map(|(subnet, _)| (*subnet, count(*subnet)))
            .collect()
    }

    fn launch(&self, why: LaunchWhy, crowd: &mut BTreeMap<SubnetId, usize>) -> Intent {
        let id = InstanceId(self.ids.mint());
        Intent::Launch {
            id,
            name: instance_name(&self.record.name, self.ids.mint()),
            subnets: next_places(crowd),
            flags: Flags {
                replacement: why != LaunchWhy::Growth,
                ..Flags::default()
            },
            warm_up_ms: self.record.spec.warm_up.0,
            activity: self.activity(
                ActivityKind::Launch,
                Cause::Engine {
                    reasons: self.launch_reasons(),
                },
            ),
        }
    }

    /// A stray becomes a member: its record is written anew from what its machine says of its making.
    fn adopt(&self, id: InstanceId) -> Option<Intent> {
        let made = self.machines.machines.as_ref()?.one(self.record.id, id)?.made.clone()?;
        let reasons = vec![Reason::StrayAdopted { id }];
        Some(Intent::Adopt {
            id,
            made,
            flags: Flags::default(),
            activity: self.activity(ActivityKind::Launch, Cause::Engine { reasons }),
        })
    }

    /// A removal's first move brings its activity; the later ones go on with it. A launch that never came to be is told
    /// by its own activity.
    fn leave(&self, id: InstanceId, why: LeaveCause, to: Phase) -> Option<Intent> {
        let row = self.record.row(id)?;
        if matches!((row.phase, to), (Phase::Deleting { .. }, Phase::Deleting { .. })) {
            return None;
        }
        let begins = matches!(row.phase, Phase::Launching | Phase::Serving) && why != LeaveCause::LaunchFailed;
        let activity = begins.then(|| {
            let reasons = self.leave_reasons(id, why);
            self.activity(ActivityKind::Removal, Cause::Leave { why, reasons })
        });
        self.moved(id, to, activity)
    }

    fn moved(&self, id: InstanceId, to: Phase, activity: Option<NewActivity>) -> Option<Intent> {
        let from = self.record.row(id)?.phase;
        Some(Intent::Move { id, from, to, activity })
    }

    fn activity(&self, kind: ActivityKind, cause: Cause) -> NewActivity {
        let size = (self.record.durable.desired, self.passed.decision.size);
        NewActivity {
            id: ActivityId(self.ids.mint()),
            kind,
            cause,
            size,
        }
    }

    fn launch_reasons(&self) -> Vec<Reason> {
        let sizes = self.passed.decision.trail.iter().filter(|reason| moves_size(reason));
        let launches = self.passed.plan.trail.iter().filter(|reason| launches(reason));
        sizes.chain(launches).take(CAUSE_REASONS_MAX).cloned().collect()
    }

    fn leave_reasons(&self, id: InstanceId, why: LeaveCause) -> Vec<Reason> {
        let sizes = self
            .passed
            .decision
            .trail
            .iter()
            .filter(|reason| why == LeaveCause::Surplus && moves_size(reason));
        let leaves = self.passed.plan.trail.iter().filter(|reason| leaves(reason, id, why));
        sizes.chain(leaves).take(CAUSE_REASONS_MAX).cloned().collect()
    }
}

/// A real span from now on, in product time.
pub(super) fn deadline(clock: &dyn Clock, now: Timestamp, span: std::time::Duration) -> Timestamp {
    now.plus(clock.anchor().scaled(span))
}

/// Every subnet, the emptiest first (ties by id): a full one is passed over for the next. The first counts one more.
fn next_places(crowd: &mut BTreeMap<SubnetId, usize>) -> Vec<SubnetId> {
    let mut subnets: Vec<_> = crowd.keys().copied().collect();
    subnets.sort_by_key(|subnet| (crowd.get(subnet).copied(), *subnet));
    if let Some(count) = subnets.first().and_then(|first| crowd.get_mut(first)) {
        *count += 1;
    }
    subnets
}

/// Group name, dash, 6 random base-32 characters (design 4.12).
fn instance_name(group: &str, bits: u64) -> String {
    let text = encode(bits);
    format!("{group}-{}", &text[text.len() - NAME_RANDOM..])
}

/// Reasons that say why desired moved.
pub(super) fn moves_size(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::AsksFor { .. }
            | Reason::Saturated { .. }
            | Reason::StepLimited { .. }
            | Reason::ScaledOut { .. }
            | Reason::ScaledIn { .. }
            | Reason::Clamped { .. }
            | Reason::BoundsMoved { .. }
            | Reason::RegretBegins { .. }
    )
}

fn launches(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Launches { .. } | Reason::HoldTrial { .. } | Reason::BreakerTrial { .. }
    )
}

fn leaves(reason: &Reason, member: InstanceId, why: LeaveCause) -> bool {
    match reason {
        Reason::Surplus { .. } => why == LeaveCause::Surplus,
        Reason::Deleting => why == LeaveCause::GroupDeleted,
        Reason::RemovesUnhealthy { id, .. }
        | Reason::RemovedByHand { id }
        | Reason::RemovalGoesFirst { id, .. }
        | Reason::TrialMakesRoom { id }
        | Reason::LaunchFailed { id, .. } => *id == member,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emptiest_subnet_comes_first_and_the_others_are_there_should_it_be_full() {
        let [a, b, c] = [1, 2, 3].map(SubnetId);
        let mut crowd = BTreeMap::from([(a, 2), (b, 0), (c, 1)]);
        let places: Vec<_> = (0..4).map(|_| next_places(&mut crowd)).collect();
        assert_eq!(places, [[b, c, a], [b, c, a], [c, a, b], [a, b, c]]);
        assert_eq!(next_places(&mut BTreeMap::new()), []);
    }

    #[test]
    fn an_instance_is_named_after_its_group_with_six_random_characters() {
        let name = instance_name("web", u64::MAX);
        assert_eq!(name, "web-zzzzzz");
    }
}
