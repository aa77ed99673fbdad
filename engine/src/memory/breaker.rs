//! Launches that succeed and fail, and the breaker that stops launching after five failures in a row (design 4.14).
//!
//! A launch *succeeds* when the instance is first in service. It *fails* if refused, not running in 10 minutes, exited in
//! warm-up, judged unhealthy before it was ever in service, or never ready. Out of stock, throttled and lost answers are
//! neither.

use super::{Memo, Memory, Pace};
use crate::census::{CYCLES_TO_UNHEALTHY, Look, Moment, running_since};
use crate::model::{
    DriverWord, GroupSpec, LaunchFailure, Member, Observation, Order, Phase, ReadyCheck, ReadyWord, Source, Span,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// Failures in a row that open the breaker. Fewer and one bad host stops a group; more and a broken template costs
/// more machines before anyone is told.
pub const BREAKER_FAILURES: u32 = 5;
/// How long a machine may take to run. Shorter fails slow images; longer hides a stuck driver.
pub const TIME_TO_RUN: Span = Span::mins(10);
/// How long a ready check may take at least, after running.
pub const TIME_TO_READY: Span = Span::mins(10);

/// Failed launches in a row, and the trials while launching is stopped for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Breaker {
    /// Failed launches in a row.
    pub failures: u32,
    /// Since when launching is stopped.
    pub opened: Option<Timestamp>,
    /// Trials begun since then.
    pub trials: u32,
    /// When the next trial is due.
    pub next_trial: Timestamp,
}

/// Time from one trial to the next: 5, 10, 20, 40, then every 60 minutes.
pub const fn trial_interval(trials: u32) -> Span {
    match trials {
        0 => Span::mins(5),
        1 => Span::mins(10),
        2 => Span::mins(20),
        3 => Span::mins(40),
        _ => Span::mins(60),
    }
}

impl Breaker {
    /// Whether launching is stopped.
    pub const fn is_open(&self) -> bool {
        self.opened.is_some()
    }

    /// Whether a trial launch may begin now.
    pub fn trial_due(&self, now: Timestamp) -> bool {
        self.is_open() && now >= self.next_trial
    }

    /// A trial began.
    pub fn begin_trial(&mut self, now: Timestamp) {
        self.trials = self.trials.saturating_add(1);
        self.next_trial = now.plus(trial_interval(self.trials));
    }

    fn fail(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= BREAKER_FAILURES && self.opened.is_none() {
            self.opened = Some(now);
            self.trials = 0;
            self.next_trial = now.plus(trial_interval(0));
        }
    }
}

/// How one launch ended in this pass.
enum Ended {
    Succeeded,
    Failed(LaunchFailure),
}

/// Judges every launch that is not judged yet, oldest first, and moves the breaker.
pub(super) fn judge(memory: &mut Memory, spec: &GroupSpec, seen: &Observation, moment: Moment) {
    let mut ended: Vec<(&Member, Ended)> = Vec::new();
    for member in seen.members.iter().filter(|member| is_open_launch(member)) {
        if let Some(end) = end_of(memory, spec, seen, member, moment) {
            ended.push((member, end));
        }
    }
    ended.sort_by_key(|(member, _)| (member.created_at, member.id));
    for (member, end) in ended {
        match end {
            Ended::Succeeded => close(memory),
            Ended::Failed(cause) => fail(memory, member, cause, moment.now),
        }
    }
}

/// A person re-arms the breaker by hand.
pub(super) fn obey(memory: &mut Memory, seen: &Observation) {
    if seen.orders.contains(&Order::RearmBreaker) {
        close(memory);
    }
}

fn close(memory: &mut Memory) {
    memory.news.breaker_closed |= memory.durable.breaker.is_open();
    memory.durable.breaker = Breaker::default();
}

fn fail(memory: &mut Memory, member: &Member, cause: LaunchFailure, now: Timestamp) {
    memory.durable.breaker.fail(now);
    if let Ok(at) = memory.memos.binary_search_by_key(&member.id, |memo| memo.id) {
        memory.memos[at].failed = Some(cause);
    }
    if !memory.failed.contains(&(member.id, cause)) {
        memory.failed.push((member.id, cause));
    }
}

/// A launch of ours that has neither succeeded nor begun to leave.
fn is_open_launch(member: &Member) -> bool {
    let stays = matches!(member.phase, Phase::Launching | Phase::Serving);
    stays && !member.flags.was_in_service && !member.flags.attached
}

fn end_of(memory: &Memory, spec: &GroupSpec, seen: &Observation, member: &Member, moment: Moment) -> Option<Ended> {
    let memo = memory.memo(member.id)?;
    if let Some(cause) = memo.failed {
        // Only a refusal first heard in this very pass is still to be counted.
        let heard = memory.failed.contains(&(member.id, cause));
        return heard.then_some(Ended::Failed(cause));
    }
    if let Some(cause) = failure_of(spec, seen, member, (memo, memory.pace), moment.now) {
        return Some(Ended::Failed(cause));
    }
    Look::with(spec, Some(memo), member, moment)
        .in_service
        .then_some(Ended::Succeeded)
}

fn failure_of(
    spec: &GroupSpec,
    seen: &Observation,
    member: &Member,
    (memo, pace): (&Memo, Pace),
    now: Timestamp,
) -> Option<LaunchFailure> {
    match member.driver {
        DriverWord::Gone => Some(LaunchFailure::Vanished),
        DriverWord::Exited(code) => Some(LaunchFailure::ExitedInWarmUp { code }),
        _ if memo.down >= CYCLES_TO_UNHEALTHY => Some(LaunchFailure::UnhealthyBeforeService),
        DriverWord::Running(_) => never_ready(spec, member, memo, now),
        DriverWord::Unknown if seen.driver == Source::Silent => None,
        // Its create is repeated, and while creates are paced that waits for its turn whatever the answer was.
        DriverWord::Unknown => {
            let told = memo.excused.unwrap_or(member.created_at);
            late(member, Some(pace.counts_from(told)), now)
        }
        _ => late(member, memo.excused.map(|told| pace.counts_from(told)), now),
    }
}

/// The ten minutes count from the intent, or from `excused`: a later instant up to which it had no chance.
fn late(member: &Member, excused: Option<Timestamp>, now: Timestamp) -> Option<LaunchFailure> {
    let from = excused.unwrap_or(member.created_at).max(member.created_at);
    let launching = member.phase == Phase::Launching;
    (launching && now.since(from) >= TIME_TO_RUN).then_some(LaunchFailure::NotRunningInTime)
}

/// The design says this of unbound groups; a bound member whose own check never passes would else warm for ever.
fn never_ready(spec: &GroupSpec, member: &Member, memo: &Memo, now: Timestamp) -> Option<LaunchFailure> {
    let waits = spec.ready_check == ReadyCheck::Required && member.ready == ReadyWord::NotYet;
    let since = running_since(member, Some(memo))?;
    let patience = TIME_TO_READY.max(Span(member.warm_up_ms));
    (waits && now.since(since) >= patience).then_some(LaunchFailure::NeverReady)
}
