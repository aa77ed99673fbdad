//! What is still missing is launched, within max (design 4.2, 4.4, 4.5, 4.14).

use super::{Draft, LAUNCHES_MAX, careful, health::cause_of};
use crate::census::{Health, Role};
use crate::model::{LaunchWhy, Reason, Step, Trail};

impl<T: Trail> Draft<'_, T> {
    /// launches = min(desired - H - W, max - everything); fewer while breaker or hold say so.
    pub(super) fn launch(&mut self) {
        let missing = self.owed();
        if missing == 0 {
            return;
        }
        let room = self.room();
        if room < missing {
            let (everything, max) = (self.cohorts.everything(), self.spec.max);
            self.trail.say(|| Reason::NoRoom {
                wanted: missing,
                everything,
                max,
            });
        }
        if self.memory.durable.breaker.is_open() {
            self.launch_breaker_trial(room);
        } else if self.memory.hold.is_on() {
            self.launch_hold_trials(missing.min(room));
        } else {
            self.launch_some(missing.min(room));
        }
    }

    /// As many as may begin now, after the driver said "throttled"; said when they are fewer than wanted.
    fn paced(&mut self, wanted: u32) -> u32 {
        let allowed = self.memory.pace.allowed(self.now).unwrap_or(u32::MAX);
        if allowed < wanted {
            self.trail.say(|| Reason::Throttled { wanted, allowed });
        }
        wanted.min(allowed)
    }

    fn launch_some(&mut self, wanted: u32) {
        let wanted = self.paced(wanted);
        let count = wanted.min(LAUNCHES_MAX);
        if count == 0 {
            return;
        }
        let (desired, healthy, warming) = (self.size, self.cohorts.healthy, self.cohorts.coming());
        self.trail.say(|| Reason::Launches {
            count,
            desired,
            healthy,
            warming,
        });
        if count < wanted {
            self.trail.say(|| Reason::PlanCut { kept: count, wanted });
        }
        for _ in 0..count {
            let why = if self.memory.durable.growth > 0 {
                LaunchWhy::Growth
            } else {
                LaunchWhy::Replacement
            };
            self.push_launch(why);
        }
    }

    fn push_launch(&mut self, why: LaunchWhy) {
        self.memory.durable.growth = self.memory.durable.growth.saturating_sub(1);
        self.recovered = self.recovered.saturating_add(1);
        // The breaker's trial begins with a token or without: it is one in five minutes at most.
        let _trials_need_none = self.memory.pace.take(self.now);
        self.steps.push(Step::Launch { why });
    }

    /// Held members count as capacity; a few trials only, to prove or disprove the check.
    fn launch_hold_trials(&mut self, wanted: u32) {
        let limit = careful(self.size);
        let count = self.paced(wanted.min(limit.saturating_sub(self.cohorts.coming())));
        if count == 0 {
            return;
        }
        self.trail.say(|| Reason::HoldTrial { count, limit });
        for _ in 0..count {
            self.push_launch(LaunchWhy::Trial);
        }
    }

    /// One launch when a trial is due; without room an unhealthy member goes first.
    fn launch_breaker_trial(&mut self, room: u32) {
        if !self.memory.durable.breaker.trial_due(self.now) {
            return;
        }
        if room == 0 {
            return self.make_room();
        }
        let now = self.now;
        self.memory.durable.breaker.begin_trial(now);
        let attempt = self.memory.durable.breaker.trials;
        self.trail.say(|| Reason::BreakerTrial { attempt });
        self.push_launch(LaunchWhy::Trial);
    }

    /// One unhealthy member goes for a due trial. Not while the checks themselves are doubted: then nobody knows who is.
    fn make_room(&mut self) {
        let held = self.memory.hold.is_on() && !self.memory.hold.timed_out(self.now);
        if held || self.cohorts.leaving > 0 || self.steps.iter().any(Step::begins) {
            return;
        }
        let mut places = self.places(|member, look| {
            let sick = look.role == Role::Unhealthy && look.health == Health::Failing;
            (sick || look.role == Role::LaunchFailed) && !member.flags.protected && !member.flags.standby
        });
        self.by_urgency(&mut places);
        if let Some(at) = places.first().copied() {
            let id = self.seen.members[at].id;
            self.trail.say(|| Reason::TrialMakesRoom { id });
            self.begin_removal(at, cause_of(self.looks[at].role));
        }
    }
}
