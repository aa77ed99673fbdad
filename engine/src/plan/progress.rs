//! Carries on what was begun, one member at a time: marks, registration, the rest of a removal.
//!
//! Launching -> running -> registered -> in service; draining -> signalled -> deleted -> forgotten. Each pass looks at
//! where the member stands and says the next step; nothing waits inside a pass. These steps begin nothing, so they go on
//! while a group is disabled (design 4.9).

use crate::census::{Look, Role, leaving_for};
use crate::memory::Memo;
use crate::model::{
    CYCLE_MS, CheckWord, DriverWord, GroupSpec, LaunchFailure, LeaveCause, Observation, Phase, Source, Span, Standing,
    Step, Timestamp,
};

/// How long a create is left alone before it is repeated. Shorter repeats creates whose answer is still under way.
const CREATE_AGAIN_AFTER: Span = Span(CYCLE_MS);
/// How long a create rests after "out of stock" or "throttled". Shorter only feeds the driver's queue.
const CREATE_RESTS: Span = Span::mins(1);

/// One member's turn.
pub(crate) struct Turn<'a> {
    pub(crate) spec: &'a GroupSpec,
    pub(crate) seen: &'a Observation,
    pub(crate) member: &'a crate::model::Member,
    pub(crate) memo: Option<&'a Memo>,
    pub(crate) look: &'a Look,
    pub(crate) now: Timestamp,
}

impl Turn<'_> {
    /// Whether there is a step to take.
    pub(crate) fn any(&self) -> bool {
        let mut any = false;
        self.each(&mut |_| any = true);
        any
    }

    /// Every step to take now, in order.
    pub(crate) fn each(&self, emit: &mut impl FnMut(Step)) {
        if self.member.driver == DriverWord::Gone {
            return self.forget(emit);
        }
        match self.member.phase {
            Phase::Launching | Phase::Serving if self.member.flags.standby => self.set_aside(emit),
            Phase::Launching => self.launching(emit),
            Phase::Serving => self.serving(emit),
            Phase::Draining { cause, until } => self.draining(cause, until, emit),
            Phase::Stopping { cause, until } => self.stopping(cause, until, emit),
            Phase::Deleting { cause } => emit(Step::Delete {
                id: self.member.id,
                cause,
            }),
        }
    }

    /// Nothing billable is left: out of every VServer, and when it is out of all of them the record ends. Not before:
    /// nobody would take it out any more, and its address would be another's while a balancer still sends there.
    fn forget(&self, emit: &mut impl FnMut(Step)) {
        if self.stands() {
            return self.leave_where(|_| true, emit);
        }
        let launching = self.member.phase == Phase::Launching;
        let unasked = if launching {
            LeaveCause::LaunchFailed
        } else {
            LeaveCause::Exited
        };
        emit(Step::Forget {
            id: self.member.id,
            cause: leaving_for(self.member).unwrap_or(unasked),
        });
    }

    /// Standby: no traffic, whatever is bound.
    fn set_aside(&self, emit: &mut impl FnMut(Step)) {
        if self.member.phase == Phase::Launching && matches!(self.member.driver, DriverWord::Running(_)) {
            emit(Step::MarkRunning { id: self.member.id });
        }
        self.leave_where(|_| true, emit);
    }

    fn launching(&self, emit: &mut impl FnMut(Step)) {
        let id = self.member.id;
        match self.member.driver {
            // Refused: nothing was made, and the tombstone sees to it that nothing will be.
            _ if self.refused() => emit(Step::Delete {
                id,
                cause: LeaveCause::LaunchFailed,
            }),
            DriverWord::Running(_) => {
                emit(Step::MarkRunning { id });
                self.serving(emit);
            }
            DriverWord::Unknown if self.seen.driver == Source::Answered && self.may_repeat() => {
                emit(Step::CreateAgain { id });
            }
            _ => {}
        }
    }

    fn refused(&self) -> bool {
        self.memo
            .is_some_and(|memo| memo.failed == Some(LaunchFailure::Refused))
    }

    fn may_repeat(&self) -> bool {
        let rested = self
            .memo
            .and_then(|memo| memo.excused)
            .is_none_or(|at| self.now.since(at) >= CREATE_RESTS);
        let failed = self.memo.is_some_and(|memo| memo.failed.is_some());
        // One of later than now is of a server whose clock was ahead: nobody waits for that hour to come.
        let age = self.now.since(self.member.created_at);
        let just_told = age >= Span(0) && age < CREATE_AGAIN_AFTER;
        rested && !failed && !just_told
    }

    fn serving(&self, emit: &mut impl FnMut(Step)) {
        let id = self.member.id;
        self.leave_where(|standing| !self.bound(standing), emit);
        if !matches!(self.member.driver, DriverWord::Running(_)) {
            return;
        }
        // One in drain although it stays: a take-back whose word never reached the balancer.
        let outside = |standing: &&Standing| matches!(standing.word, CheckWord::Absent | CheckWord::Draining(_));
        for standing in self.member.standings.iter().filter(outside) {
            if self.bound(standing) {
                emit(Step::Register {
                    id,
                    vserver: standing.vserver,
                });
            }
        }
        if self.look.role == Role::Healthy && self.look.in_service && !self.member.flags.was_in_service {
            emit(Step::MarkInService { id });
        }
    }

    /// Waits until no request is in flight, at most till the deadline; one that was never registered waits for nothing.
    fn draining(&self, cause: LeaveCause, until: Timestamp, emit: &mut impl FnMut(Step)) {
        let id = self.member.id;
        let due = self.now >= until;
        let absent = self
            .member
            .standings
            .iter()
            .all(|standing| standing.word == CheckWord::Absent);
        let dead = matches!(self.member.driver, DriverWord::Exited(_) | DriverWord::Stopped);
        if absent && (dead || self.never_ran()) {
            emit(Step::Delete { id, cause });
        } else if self.eligible() {
            // I7: whatever the deadline, no signal while a balancer may still send it requests.
            if due || dead {
                self.leave_where(|standing| standing.word == CheckWord::Up, emit);
            }
        } else if self.drained() || due || dead {
            emit(Step::Signal { id, cause });
        }
    }

    /// No machine, or one that runs nothing: there is nobody to signal. A silent driver may only have forgotten to say.
    fn never_ran(&self) -> bool {
        let known = self.memo.is_some_and(|memo| memo.running_since.is_some()) || self.member.flags.was_in_service;
        let idle = match self.member.driver {
            DriverWord::Pending => true,
            DriverWord::Unknown => self.seen.driver == Source::Answered,
            _ => false,
        };
        idle && !known
    }

    fn eligible(&self) -> bool {
        self.member
            .standings
            .iter()
            .any(|standing| standing.word == CheckWord::Up)
    }

    /// Whether a balancer sends it requests, or nobody knows. I7 again: a signal that such a balancer kept from being sent
    /// is not made up for by a delete.
    fn may_be_sent_to(&self) -> bool {
        let may = |word| matches!(word, CheckWord::Up | CheckWord::Missing);
        self.member.standings.iter().any(|standing| may(standing.word))
    }

    /// Whether it is a member anywhere, or nobody knows.
    fn stands(&self) -> bool {
        self.member
            .standings
            .iter()
            .any(|standing| standing.word != CheckWord::Absent)
    }

    fn drained(&self) -> bool {
        let done = |word| matches!(word, CheckWord::Absent | CheckWord::Draining(0));
        self.member.standings.iter().all(|standing| done(standing.word))
    }

    fn stopping(&self, cause: LeaveCause, until: Timestamp, emit: &mut impl FnMut(Step)) {
        let over = matches!(
            self.member.driver,
            DriverWord::Exited(_) | DriverWord::Stopped | DriverWord::Pending
        );
        if over || self.now >= until && !self.may_be_sent_to() {
            emit(Step::Delete {
                id: self.member.id,
                cause,
            });
        }
    }

    fn bound(&self, standing: &Standing) -> bool {
        self.spec
            .bindings
            .iter()
            .any(|binding| binding.vserver == standing.vserver)
    }

    /// Leaves the VServers it still stands in, of those a test holds for. A silent balancer is asked when it speaks.
    fn leave_where(&self, test: impl Fn(&Standing) -> bool, emit: &mut impl FnMut(Step)) {
        let stands = |standing: &&Standing| !matches!(standing.word, CheckWord::Absent | CheckWord::Missing);
        for standing in self
            .member
            .standings
            .iter()
            .filter(stands)
            .filter(|standing| test(standing))
        {
            emit(Step::Deregister {
                id: self.member.id,
                vserver: standing.vserver,
            });
        }
    }
}
