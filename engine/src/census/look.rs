//! What one member is in this pass: its role, and what it may be counted as.
//!
//! One classification for `decide`, `plan` and the console. A member DOWN for one or two cycles stays what it was; a
//! source that is silent says nothing (design 4.3 to 4.5).

use crate::memory::{Memo, Memory};
use crate::model::{
    Binding, CheckWord, DriverWord, GroupSpec, LaunchFailure, Member, Observation, Phase, ReadyCheck, ReadyWord, Span,
    Timestamp,
};

/// Closed cycles in a row that make a member unhealthy (seed 14.1.3: three). Fewer would kill for a hiccup.
pub const CYCLES_TO_UNHEALTHY: u16 = 3;
/// Closed cycles UP in every VServer after which a warming member is taken to carry its share of the traffic (design
/// 4.6). Fewer would ask for more before the balancer has spread the load; more would slow every doubling.
pub const CYCLES_TO_CARRY: u16 = 4;

/// The part a member plays in the counts of design 4.4. Each member has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The driver says gone: counts nowhere, its record ends.
    Gone,
    /// On its way out (L).
    Leaving,
    /// Set aside by a person (S).
    Standby,
    /// Its launch failed: not yet confirmed gone, never capacity.
    LaunchFailed,
    /// Its program ended, by the driver's word: unhealthy in this pass (U).
    Dead,
    /// Judged unhealthy (U).
    Unhealthy,
    /// Not running yet (W).
    Pending,
    /// Running, not yet once in service (W).
    Warming,
    /// Judged healthy and in service at least once (H).
    Healthy,
}

/// What the checks say of a member in this pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// UP in every bound VServer, or, unbound, running.
    Passing,
    /// DOWN in at least one, or, unbound, stopped.
    Failing,
    /// No reading: neither adds to nor clears a streak.
    Unread,
}

/// One member as this pass sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its part in the counts.
    pub role: Role,
    /// What the checks say now.
    pub health: Health,
    /// Closed cycles in a row it failed.
    pub down: u16,
    /// Running by the driver's word, or by its last word while the driver is silent about it.
    pub running: bool,
    /// Warm-up is over now.
    pub warm: bool,
    /// Warm-up was over when the closed cycle began.
    pub warm_at_begin: bool,
    /// In service at this moment, every condition of design 4.3.
    pub in_service: bool,
    /// UP in at least one VServer.
    pub up_somewhere: bool,
    /// Not judged by metrics (warming, or in service since the cycle began), but UP in every VServer long enough to carry
    /// its share.
    pub carrying: bool,
    /// Traffic may reach it.
    pub may_carry: bool,
    /// The driver refused to make it.
    pub refused: bool,
}

/// What the balancers together say of one member.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Checks {
    up: u32,
    down: u32,
    absent: u32,
    /// UP, draining, or unknown because the balancer is silent.
    reachable: u32,
}

impl Checks {
    /// Counts a member's standings in the VServers the group is bound to; one that is not listed says nothing.
    pub(crate) fn of(bindings: &[Binding], member: &Member) -> Self {
        let mut checks = Self::default();
        for binding in bindings {
            checks.count(word_in(member, binding));
        }
        checks
    }

    fn count(&mut self, word: CheckWord) {
        match word {
            CheckWord::Up => {
                self.up += 1;
                self.reachable += 1;
            }
            CheckWord::Draining(_) | CheckWord::Missing => self.reachable += 1,
            CheckWord::Down => self.down += 1,
            CheckWord::Absent => self.absent += 1,
        }
    }

    fn all_up(self, bindings: &[Binding]) -> bool {
        self.up as usize == bindings.len()
    }
}

fn word_in(member: &Member, binding: &Binding) -> CheckWord {
    let standing = member
        .standings
        .iter()
        .find(|standing| standing.vserver == binding.vserver);
    standing.map_or(CheckWord::Missing, |standing| standing.word)
}

/// What the checks say of a member in this pass (design 4.5). A bound member that is stopped before it ever joined is
/// failing too: nobody else would ever say so.
pub(crate) fn health(bindings: &[Binding], member: &Member, checks: Checks) -> Health {
    let stopped = member.driver == DriverWord::Stopped;
    if bindings.is_empty() {
        return match member.driver {
            DriverWord::Running(_) => Health::Passing,
            DriverWord::Stopped => Health::Failing,
            _ => Health::Unread,
        };
    }
    if checks.down > 0 || (stopped && checks.absent > 0 && checks.up == 0) {
        Health::Failing
    } else if checks.all_up(bindings) && !stopped {
        Health::Passing
    } else {
        Health::Unread
    }
}

/// Since when a member runs, by the driver's word now or its last one.
pub(crate) fn running_since(member: &Member, memo: Option<&Memo>) -> Option<Timestamp> {
    match member.driver {
        DriverWord::Running(since) => Some(since),
        _ => memo
            .and_then(|memo| memo.running_since)
            .or_else(|| served_since(member)),
    }
}

/// After a restart the last word of a driver that is silent now is lost; the record's phase is what is left of it.
fn served_since(member: &Member) -> Option<Timestamp> {
    let served = member.flags.was_in_service || member.phase == Phase::Serving;
    served.then_some(member.created_at)
}

/// When a member's warm-up ends, if it ever ran: counted from "the driver says running", by the warm-up it was launched
/// under (design 4.3, 4.11).
pub(crate) fn warm_from(member: &Member, memo: Option<&Memo>) -> Option<Timestamp> {
    running_since(member, memo).map(|since| since.plus(Span(member.warm_up_ms)))
}

impl Look {
    /// Classifies one member.
    pub fn at(spec: &GroupSpec, memory: &Memory, seen: &Observation, member: &Member, now: Timestamp) -> Self {
        let memo = memory.memo(member.id);
        Self::with(
            spec,
            memo,
            member,
            Moment {
                cycle_began: seen.cycle_began,
                now,
            },
        )
    }

    /// Classifies one member whose memo is at hand.
    pub(crate) fn with(spec: &GroupSpec, memo: Option<&Memo>, member: &Member, moment: Moment) -> Self {
        let checks = Checks::of(&spec.bindings, member);
        let warm_from = warm_from(member, memo);
        let warm = warm_from.is_some_and(|from| from <= moment.now);
        let warm_at_begin = warm_from.is_some_and(|from| from <= moment.cycle_began);
        let all_up = checks.all_up(&spec.bindings);
        let in_service = serves(spec, member) && warm && all_up;
        let role = match role(member, memo) {
            Role::Pending | Role::Warming if in_service => Role::Healthy,
            role => role,
        };
        let running = runs(member, memo);
        let bound = !spec.bindings.is_empty();
        Self {
            role,
            health: health(&spec.bindings, member, checks),
            down: memo.map_or(0, |memo| memo.down),
            running,
            warm,
            warm_at_begin,
            in_service,
            up_somewhere: checks.up > 0,
            carrying: bound
                && all_up
                && (role == Role::Warming || role == Role::Healthy && !warm_at_begin)
                && memo.is_some_and(|memo| memo.up >= CYCLES_TO_CARRY),
            refused: memo.is_some_and(|memo| memo.failed == Some(LaunchFailure::Refused)),
            may_carry: running && open_to_traffic(member) && (!bound || checks.reachable > 0),
        }
    }

    /// Whether it is judged by metrics: M of design 4.6.
    pub fn judged(&self, member: &Member) -> bool {
        self.role == Role::Healthy && self.warm_at_begin && matches!(member.driver, DriverWord::Running(_))
    }
}

/// The instants a look depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// When it began.
    pub(crate) cycle_began: Timestamp,
    /// Now.
    pub(crate) now: Timestamp,
}

/// Everything of "in service" that is not warm-up and not the balancers.
fn serves(spec: &GroupSpec, member: &Member) -> bool {
    let ready = spec.ready_check == ReadyCheck::None || member.ready == ReadyWord::Passed;
    let stays = matches!(member.phase, Phase::Launching | Phase::Serving) && !member.flags.standby;
    ready && stays && matches!(member.driver, DriverWord::Running(_))
}

fn runs(member: &Member, memo: Option<&Memo>) -> bool {
    match member.driver {
        DriverWord::Running(_) => true,
        DriverWord::Unknown => running_since(member, memo).is_some(),
        _ => false,
    }
}

/// Whether a member's phase lets traffic reach it; after SIGTERM it is out of every VServer.
fn open_to_traffic(member: &Member) -> bool {
    let open = matches!(member.phase, Phase::Launching | Phase::Serving | Phase::Draining { .. });
    open && !member.flags.standby
}

/// Where it belongs by its record and its driver, whatever its checks say now.
fn role(member: &Member, memo: Option<&Memo>) -> Role {
    if member.driver == DriverWord::Gone {
        return Role::Gone;
    }
    if !matches!(member.phase, Phase::Launching | Phase::Serving) {
        return Role::Leaving;
    }
    if member.flags.standby {
        return Role::Standby;
    }
    if let Some(role) = broken(member, memo) {
        return role;
    }
    if member.flags.was_in_service {
        Role::Healthy
    } else if runs(member, memo) || matches!(member.driver, DriverWord::Stopped) && member.phase == Phase::Serving {
        Role::Warming
    } else {
        Role::Pending
    }
}

/// Whether it is one of those that leave for health.
fn broken(member: &Member, memo: Option<&Memo>) -> Option<Role> {
    let failed = memo.and_then(|memo| memo.failed);
    if matches!(member.driver, DriverWord::Exited(_)) {
        Some(Role::Dead)
    } else if memo.is_some_and(|memo| memo.down >= CYCLES_TO_UNHEALTHY) {
        Some(Role::Unhealthy)
    } else {
        // Judged unhealthy before service is no life sentence: should its streak clear, it is what it is now.
        failed
            .filter(|cause| *cause != LaunchFailure::UnhealthyBeforeService)
            .map(|_| Role::LaunchFailed)
    }
}
