//! How many of each: the counts of design 4.4 and the sums of 4.6 and 4.7, built once a pass from the members.
//!
//! `decide` reads nothing else, so it costs the same for 10 members and for a million, and a replay or an estimator can
//! make cohorts without a list of members.

use super::look::{Look, Moment, Role};
use crate::memory::{Memo, Memory};
use crate::model::{
    Cycle, DriverWord, GroupSpec, LeaveCause, Member, Metric, Milli, Missing, Observation, Phase, Reading, Timestamp,
};
use crate::plan::progress;

/// One metric's samples over the judged members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    /// Sum of the samples there are, in thousandths.
    pub sum: u128,
    /// p: members with a sample.
    pub present: u32,
    /// m: members without.
    pub missing: u32,
    /// Why the first of them has none.
    pub why: Missing,
    /// The highest sample.
    pub highest: Milli,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            sum: 0,
            present: 0,
            missing: 0,
            why: Missing::NothingJudged,
            highest: 0,
        }
    }
}

impl Samples {
    /// Mean of the samples there are, rounded down; why not, if there are none.
    pub fn mean(&self) -> Reading {
        match u128::from(self.present) {
            0 => Err(self.why),
            present => Ok(milli(self.sum / present)),
        }
    }

    /// Mean times `members`, rounded up: what so many carry together.
    pub fn over(&self, members: u32) -> Reading {
        match u128::from(self.present) {
            0 => Err(self.why),
            present => Ok(milli(self.sum.saturating_mul(u128::from(members)).div_ceil(present))),
        }
    }

    fn add(&mut self, sample: Reading) {
        match sample {
            Ok(value) => {
                self.sum = self.sum.saturating_add(u128::from(value));
                self.present += 1;
                self.highest = self.highest.max(value);
            }
            Err(why) => {
                if self.missing == 0 {
                    self.why = why;
                }
                self.missing += 1;
            }
        }
    }
}

/// Thousandths that stop at the end of their range.
pub(crate) fn milli(value: u128) -> Milli {
    Milli::try_from(value).unwrap_or(Milli::MAX)
}

/// How many members of each kind, and what they carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cohorts {
    /// The last closed cycle.
    pub cycle: Cycle,
    /// When it began.
    pub cycle_began: Timestamp,
    /// H: judged healthy, in service at least once.
    pub healthy: u32,
    /// In service at this moment.
    pub in_service: u32,
    /// Not running yet.
    pub pending: u32,
    /// Running, not yet once in service. W = pending + warming.
    pub warming: u32,
    /// U: unhealthy, exited, failed launches; all that is to leave for health.
    pub unhealthy: u32,
    /// Of U, those the checks call DOWN and that still run or stopped: what a hold keeps.
    pub sick: u32,
    /// L: on their way out.
    pub leaving: u32,
    /// Of L, running members that leave for health: what the brake counts.
    pub leaving_for_health: u32,
    /// Of L, those that may be taken back.
    pub recoverable: u32,
    /// S.
    pub standby: u32,
    /// Every record whose machine is not confirmed gone.
    pub members: u32,
    /// Machines with our tag and no record.
    pub strays: u32,
    /// Of W, launched as a replacement or a trial.
    pub replacements: u32,
    /// Not judged yet, but UP in every VServer long enough to carry traffic.
    pub carrying: u32,
    /// Of W, those that do not carry yet.
    pub idle: u32,
    /// |M|: judged by metrics.
    pub judged: u32,
    /// R: everything traffic may reach.
    pub reach: u32,
    /// Samples of the judged, by [`Metric::index`].
    pub samples: [Samples; Metric::ALL.len()],
    /// Past warm-up, not leaving, not set aside, not dead.
    pub warmed: u32,
    /// Of these, passing.
    pub up: u32,
    /// Of these, failing.
    pub down: u32,
    /// Members that need a step whatever the size is: registration, marks, the rest of a removal.
    pub chores: u32,
}

impl Cohorts {
    /// Counts everything once.
    pub fn of(spec: &GroupSpec, memory: &Memory, seen: &Observation, now: Timestamp) -> Self {
        let moment = Moment {
            cycle_began: seen.cycle_began,
            now,
        };
        let strays = u32::try_from(seen.strays.len()).unwrap_or(u32::MAX);
        let mut counts = Self {
            cycle: seen.cycle,
            cycle_began: seen.cycle_began,
            strays,
            ..Self::default()
        };
        for (at, member) in seen.members.iter().enumerate() {
            let memo = memo_near(&memory.memos, at, member);
            let look = Look::with(spec, memo, member, moment);
            counts.add(member, &look);
            let due = progress::Turn {
                spec,
                seen,
                member,
                memo,
                look: &look,
                now,
            };
            counts.chores += u32::from(due.any());
        }
        counts
    }

    /// Every machine that counts against max (design 4.2).
    pub fn everything(&self) -> u32 {
        self.members.saturating_add(self.strays)
    }

    /// W: coming, not yet once in service.
    pub fn coming(&self) -> u32 {
        self.pending.saturating_add(self.warming)
    }

    /// H + W.
    pub fn have(&self) -> u32 {
        self.healthy.saturating_add(self.coming())
    }

    fn add(&mut self, member: &Member, look: &Look) {
        if look.role == Role::Gone {
            return;
        }
        self.members += 1;
        self.in_service += u32::from(look.in_service);
        self.reach += u32::from(look.may_carry);
        self.carrying += u32::from(look.carrying);
        match look.role {
            Role::Gone => {}
            Role::Leaving => self.add_leaving(member, look),
            Role::Standby => self.standby += 1,
            Role::Healthy => self.healthy += 1,
            Role::Pending | Role::Warming => self.add_coming(member, look),
            Role::Dead | Role::LaunchFailed | Role::Unhealthy => {
                self.unhealthy += 1;
                self.sick += u32::from(look.role == Role::Unhealthy);
            }
        }
        self.add_health(look);
        if look.judged(member) {
            self.judged += 1;
            // Judged is running past warm-up: it carries, whatever the balancers say in this very pass.
            self.reach += u32::from(!look.may_carry);
            for (samples, sample) in self.samples.iter_mut().zip(member.samples) {
                samples.add(sample);
            }
        }
    }

    fn add_coming(&mut self, member: &Member, look: &Look) {
        match look.role {
            Role::Pending => self.pending += 1,
            _ => self.warming += 1,
        }
        self.replacements += u32::from(member.flags.replacement);
        self.idle += u32::from(!look.carrying);
    }

    fn add_leaving(&mut self, member: &Member, look: &Look) {
        self.leaving += 1;
        let cause = leaving_for(member);
        let for_health = matches!(cause, Some(LeaveCause::Unhealthy | LeaveCause::LaunchFailed));
        self.leaving_for_health += u32::from(for_health && look.running);
        self.recoverable += u32::from(recoverable(member, look));
    }

    /// Warmed members and what the checks say of them: what a hold is judged by.
    fn add_health(&mut self, look: &Look) {
        let counted = matches!(look.role, Role::Healthy | Role::Unhealthy | Role::Warming) && look.warm;
        self.warmed += u32::from(counted);
        self.up += u32::from(counted && look.health == super::Health::Passing);
        self.down += u32::from(counted && look.health == super::Health::Failing);
    }
}

/// A member's memo; both lists are by id, so it is nearly always at the same place.
fn memo_near<'a>(memos: &'a [Memo], at: usize, member: &Member) -> Option<&'a Memo> {
    match memos.get(at) {
        Some(memo) if memo.id == member.id => Some(memo),
        _ => memos
            .binary_search_by_key(&member.id, |memo| memo.id)
            .ok()
            .map(|found| &memos[found]),
    }
}

/// Why a member is on its way out, if it is.
pub(crate) fn leaving_for(member: &Member) -> Option<LeaveCause> {
    match member.phase {
        Phase::Launching | Phase::Serving => None,
        Phase::Draining { cause, .. } | Phase::Stopping { cause, .. } | Phase::Deleting { cause } => Some(cause),
    }
}

/// Only a member that leaves as surplus, is healthy and not yet signalled is taken back (design 4.10).
pub(crate) fn recoverable(member: &Member, look: &Look) -> bool {
    let surplus = matches!(
        member.phase,
        Phase::Draining {
            cause: LeaveCause::Surplus,
            ..
        }
    );
    let healthy = member.flags.was_in_service && look.down < super::CYCLES_TO_UNHEALTHY;
    surplus && healthy && matches!(member.driver, DriverWord::Running(_)) && !member.flags.standby
}
