//! Members that leave for health: brake, hold, breaker, and who waits for whom (design 4.4, 4.5, seed 14.1.3).
//!
//! An unhealthy member is never capacity and always leaves, but a running one only as fast as the brake lets it, only
//! with a reading of this very pass that still shows it DOWN, and not while the checks themselves are doubted.

use super::{Draft, careful};
use crate::census::{Health, Look, Role};
use crate::memory::Hold;
use crate::model::{DriverWord, Guard, LeaveCause, Member, Phase, Reason, Span, Trail};

/// After the driver had none left: how long nothing running is killed for health. Shorter trades a sick machine for
/// none; longer keeps sick ones that could be replaced.
const STOCK_REST: Span = Span::mins(10);

impl<T: Trail> Draft<'_, T> {
    /// Removes what is to leave for health, as far as it may.
    pub(super) fn remove_unhealthy(&mut self) {
        self.say_doubts();
        let mut places = self.places(is_broken);
        self.by_urgency(&mut places);
        let limit = self.kill_limit();
        let mut killing = self.cohorts.leaving_for_health.saturating_add(self.braking_launches());
        let mut braked = false;
        for at in places {
            if self.keeps(at) || self.not_yet(at) {
                continue;
            }
            if self.looks[at].running {
                if self.protected_by_doubt() {
                    continue;
                }
                if limit.is_some_and(|limit| killing >= limit) {
                    braked = true;
                    continue;
                }
                killing = killing.saturating_add(1);
            }
            self.remove_for_health(at);
        }
        if let (true, Some(limit)) = (braked, limit) {
            self.trail.say(|| Reason::Braked {
                leaving: killing,
                limit,
            });
        }
    }

    /// Protected and standby members are never chosen for health: alarmed instead (I2).
    fn keeps(&mut self, at: usize) -> bool {
        let (id, flags) = (self.seen.members[at].id, self.seen.members[at].flags);
        let kept = flags.protected || flags.standby;
        if kept {
            self.trail.say(|| Reason::UnhealthyButKept { id });
        }
        kept
    }

    /// Whether a member waits: held, without a reading that still shows it failing, or for its replacement.
    fn not_yet(&mut self, at: usize) -> bool {
        let (id, look) = (self.seen.members[at].id, self.looks[at]);
        if look.role != Role::Unhealthy {
            return false;
        }
        if self.memory.hold.is_on() && !self.memory.hold.timed_out(self.now) {
            return true;
        }
        if look.health != Health::Failing {
            self.trail.say(|| Reason::RemovalWaitsForReading { id });
            return true;
        }
        if look.up_somewhere && self.replacement_comes() {
            self.trail.say(|| Reason::RemovalWaitsForReplacement { id });
            return true;
        }
        if look.up_somewhere && self.cohorts.healthy < self.size {
            let max = self.spec.max;
            self.trail.say(|| Reason::RemovalGoesFirst { id, max });
        }
        false
    }

    /// Fewer healthy than desired, and the missing one is warming or max has room for it.
    fn replacement_comes(&self) -> bool {
        self.cohorts.healthy < self.size && (self.cohorts.coming() > 0 || self.room() > 0)
    }

    fn remove_for_health(&mut self, at: usize) {
        let (id, look) = (self.seen.members[at].id, self.looks[at]);
        let cause = cause_of(look.role);
        self.trail.say(|| Reason::RemovesUnhealthy {
            id,
            cause,
            cycles_down: u32::from(look.down),
        });
        self.begin_removal(at, cause);
    }

    /// How many running members may leave for health or be replaced at once; `None` with the brake off.
    fn kill_limit(&self) -> Option<u32> {
        if self.memory.hold.timed_out(self.now) {
            return Some(1);
        }
        (self.spec.brake == Guard::On).then(|| careful(self.size))
    }

    /// What the brake counts beside those that leave: replacements that warm; after a hold's time, all that comes.
    fn braking_launches(&self) -> u32 {
        if self.memory.hold.timed_out(self.now) {
            self.cohorts.coming()
        } else {
            self.cohorts.replacements
        }
    }

    /// Breaker open or out of stock: nothing running is killed for health, there may be nothing to replace it.
    fn protected_by_doubt(&self) -> bool {
        self.memory.durable.breaker.is_open() || self.stock_rests()
    }

    fn stock_rests(&self) -> bool {
        self.memory
            .durable
            .out_of_stock
            .is_some_and(|since| self.now.since(since) < STOCK_REST)
    }

    fn say_doubts(&mut self) {
        let (down, judged) = (self.cohorts.down, self.cohorts.warmed);
        if let Hold::On { since } = self.memory.hold {
            self.trail.say(|| Reason::Held { down, judged, since });
            if self.memory.hold.timed_out(self.now) {
                self.trail.say(|| Reason::HoldTimedOut { since });
            }
        }
        let breaker = self.memory.durable.breaker;
        if breaker.is_open() {
            self.trail.say(|| Reason::BreakerOpen {
                failures: breaker.failures,
                next_trial: breaker.next_trial,
            });
        }
        if let Some(since) = self.memory.durable.out_of_stock.filter(|_| self.stock_rests()) {
            self.trail.say(|| Reason::OutOfStock { since });
        }
    }
}

/// Why one of that role leaves for health.
pub(super) const fn cause_of(role: Role) -> LeaveCause {
    match role {
        Role::Dead => LeaveCause::Exited,
        Role::LaunchFailed => LeaveCause::LaunchFailed,
        _ => LeaveCause::Unhealthy,
    }
}

/// To leave for health. A standby member is not judged, but one whose program ended is worth an alarm. A refused launch
/// is deleted where launches are carried on.
fn is_broken(member: &Member, look: &Look) -> bool {
    match look.role {
        Role::Dead | Role::Unhealthy => true,
        Role::LaunchFailed => !(look.refused && member.phase == Phase::Launching),
        Role::Standby => matches!(member.driver, DriverWord::Exited(_)),
        _ => false,
    }
}
