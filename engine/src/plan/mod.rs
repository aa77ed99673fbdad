//! Which steps bring a group to its size (design 4.2 to 4.5, 4.9, 4.10, 4.14, 4.15).
//!
//! In this order, so that nothing is created that could be recovered:
//! 1. take back what leaves as surplus, if it is wanted after all;
//! 2. carry on what was begun: marks, registration, the rest of a removal ([`progress`]);
//! 3. begin removals: by hand, for health, surplus, strays;
//! 4. launch what is still missing, within max.
//!
//! While a group is disabled only 2 happens (I5). No launch is planned that lets machines not confirmed gone pass max
//! (I1); a protected or standby member is chosen by nothing but a person and the group's deletion (I2).

mod health;
mod launch;
mod leave;
pub(crate) mod progress;
mod strays;

use crate::census::{Cohorts, Look, Role, leaving_for};
use crate::memory::{Memory, Taken};
use crate::model::{
    GroupSpec, GroupStatus, InstanceId, LaunchFailure, LeaveCause, Member, Observation, Reason, Source, Step,
    Timestamp, Trail,
};

/// Launches one plan may hold. Bounded, so that a wrong desired of a million is not a list of a million intents; the
/// next pass goes on.
pub const LAUNCHES_MAX: u32 = 1_000;
/// What the brake, a hold's trials and stray handling allow at once, in percent of desired (design 4.5, 4.15).
const CAREFUL_PERCENT: u64 = 20;

/// The steps of one pass, and why. Bounded; recovers before it creates.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a plan nobody carries out keeps no group at its size"]
pub struct Plan<T> {
    /// In the order they should begin.
    pub steps: Vec<Step>,
    /// Launches judged failed in this pass: their activities end so.
    pub failed: Vec<(InstanceId, LaunchFailure)>,
    /// Memory with what planning changed of it (growth counter, breaker trial, hold).
    pub memory: Memory,
    /// Why: ordered, no-ops included.
    pub trail: T,
}

/// A plan with its reasons kept.
pub type ExplainedPlan = Plan<Vec<Reason>>;

/// Pure and total. `size` is what `decide` answered; `memory` is what `fold` answered, with that size applied.
pub fn plan<T: Trail>(
    spec: &GroupSpec,
    status: GroupStatus,
    memory: &Memory,
    size: u32,
    seen: &Observation,
    now: Timestamp,
    mut trail: T,
) -> Plan<T> {
    let cohorts = Cohorts::of(spec, memory, seen, now);
    let heard = seen.driver == Source::Answered && seen.orders.is_empty();
    if heard && nothing_to_do(status, memory, &cohorts, size) {
        let (in_service, warming) = (cohorts.in_service, cohorts.coming());
        trail.say(|| Reason::AtDesired {
            desired: size,
            in_service,
            warming,
        });
        let mut memory = memory.clone();
        memory.durable.growth = 0;
        return Plan {
            steps: Vec::new(),
            failed: Vec::new(),
            memory,
            trail,
        };
    }
    let mut draft = Draft::new(spec, status, memory, (size, cohorts), seen, now, trail);
    draft.fill();
    draft.done()
}

/// Whether a plan would be empty: the path of nearly every pass. Reads counts only, allocates nothing.
pub fn nothing_to_do(status: GroupStatus, memory: &Memory, cohorts: &Cohorts, size: u32) -> bool {
    let settled = cohorts.chores == 0 && cohorts.unhealthy == 0 && cohorts.strays == 0 && cohorts.leaving == 0;
    let reported = memory.failed.is_empty() && memory.news == crate::memory::News::default();
    let doubted = memory.hold.is_on() || memory.durable.breaker.is_open();
    status == GroupStatus::Enabled && settled && reported && !doubted && cohorts.have() == size
}

/// `max(1, 20 %)` of something.
pub(crate) fn careful(of: u32) -> u32 {
    u32::try_from(u64::from(of) * CAREFUL_PERCENT / 100)
        .unwrap_or(u32::MAX)
        .max(1)
}

/// A plan in the making.
struct Draft<'a, T> {
    spec: &'a GroupSpec,
    status: GroupStatus,
    seen: &'a Observation,
    now: Timestamp,
    size: u32,
    cohorts: Cohorts,
    /// By the members' places.
    looks: Vec<Look>,
    /// Members that begin to leave or come back in this pass: nothing else is done about them.
    taken: Vec<bool>,
    /// H and W that begin to leave in this pass.
    lost: u32,
    /// What recovers: taken back, adopted.
    recovered: u32,
    steps: Vec<Step>,
    memory: Memory,
    trail: T,
}

impl<'a, T: Trail> Draft<'a, T> {
    fn new(
        spec: &'a GroupSpec,
        status: GroupStatus,
        memory: &Memory,
        (size, cohorts): (u32, Cohorts),
        seen: &'a Observation,
        now: Timestamp,
        trail: T,
    ) -> Self {
        let looks: Vec<Look> = seen
            .members
            .iter()
            .map(|member| Look::at(spec, memory, seen, member, now))
            .collect();
        let taken = vec![false; looks.len()];
        let memory = memory.clone();
        let (lost, recovered, steps) = (0, 0, Vec::new());
        Self {
            spec,
            status,
            seen,
            now,
            size,
            cohorts,
            looks,
            taken,
            lost,
            recovered,
            steps,
            memory,
            trail,
        }
    }

    fn fill(&mut self) {
        self.report();
        match self.status {
            GroupStatus::Disabled => {
                self.trail.say(|| Reason::Disabled);
                self.say_strays();
                self.progress();
            }
            GroupStatus::Deleting | GroupStatus::Deleted => self.delete_group(),
            GroupStatus::Enabled if self.seen.driver == Source::Silent => {
                self.trail.say(|| Reason::DriverSilent);
                self.progress();
            }
            GroupStatus::Enabled => self.keep(),
        }
    }

    /// An enabled group with a driver that answers.
    fn keep(&mut self) {
        self.remove_by_hand();
        self.take_back();
        self.progress();
        self.remove_unhealthy();
        self.handle_strays();
        self.remove_surplus();
        self.launch();
        // What is owed and cannot begin now has said why.
        if self.steps.is_empty() && self.owed() == 0 {
            let (in_service, warming) = (self.cohorts.in_service, self.cohorts.coming());
            let desired = self.size;
            self.trail.say(|| Reason::AtDesired {
                desired,
                in_service,
                warming,
            });
        }
    }

    /// What ended since the last pass.
    fn report(&mut self) {
        for (id, cause) in self.memory.failed.clone() {
            self.trail.say(|| Reason::LaunchFailed { id, cause });
        }
        if self.memory.news.breaker_closed {
            self.trail.say(|| Reason::BreakerClosed);
        }
        if self.memory.news.hold_ended {
            self.trail.say(|| Reason::HoldEnded);
        }
        if self.cohorts.leaving > 0 {
            let count = self.cohorts.leaving;
            self.trail.say(|| Reason::StillLeaving { count });
        }
    }

    /// Carries on what was begun, for every member nothing else is done about.
    fn progress(&mut self) {
        for (at, member) in self.seen.members.iter().enumerate() {
            let look = &self.looks[at];
            if look.role == Role::Gone && leaving_for(member).is_none() {
                self.trail.say(|| Reason::Vanished { id: member.id });
            }
            if self.taken[at] {
                continue;
            }
            let memo = self.memory.memo(member.id).copied();
            let turn = progress::Turn {
                spec: self.spec,
                seen: self.seen,
                member,
                memo: memo.as_ref(),
                look,
                now: self.now,
            };
            let (steps, pace, now) = (&mut self.steps, &mut self.memory.pace, self.now);
            turn.each(&mut |step| {
                let waits = matches!(step, Step::CreateAgain { .. }) && pace.take(now) == Taken::No;
                if !waits {
                    steps.push(step);
                }
            });
        }
    }

    /// Begins the removal of the member at `at`.
    fn begin_removal(&mut self, at: usize, cause: LeaveCause) {
        let member = &self.seen.members[at];
        self.taken[at] = true;
        if matches!(self.looks[at].role, Role::Healthy | Role::Pending | Role::Warming) {
            self.lost = self.lost.saturating_add(1);
        }
        self.steps.push(Step::Drain { id: member.id, cause });
    }

    /// Places of the members a test holds for that nothing is done about yet.
    fn places(&self, test: impl Fn(&Member, &Look) -> bool) -> Vec<usize> {
        let free = (0..self.looks.len()).filter(|at| !self.taken[*at]);
        free.filter(|at| test(&self.seen.members[*at], &self.looks[*at]))
            .collect()
    }

    /// H + W as they will be when the steps so far are done.
    fn have(&self) -> u32 {
        self.cohorts
            .have()
            .saturating_sub(self.lost)
            .saturating_add(self.recovered)
    }

    /// Launches that are still missing when the steps so far are done.
    fn owed(&self) -> u32 {
        self.size.saturating_sub(self.have())
    }

    /// What max leaves room for. Leaving ones count until the driver says gone.
    fn room(&self) -> u32 {
        self.spec.max.saturating_sub(self.cohorts.everything())
    }

    fn done(mut self) -> Plan<T> {
        // A rise that something else covered (a member taken back, a stray taken in) is no longer owed a launch.
        self.memory.durable.growth = self.memory.durable.growth.min(self.owed());
        let failed = self.memory.failed.clone();
        Plan {
            steps: self.steps,
            failed,
            memory: self.memory,
            trail: self.trail,
        }
    }
}
