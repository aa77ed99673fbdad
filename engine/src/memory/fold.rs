//! [`fold`]: one observation into memory.

use super::streaks::{Closing, follow};
use super::{CycleRecord, Hold, Memory, News, Regret, StrayDoubt, breaker, hold};
use crate::census::{Cohorts, Moment};
use crate::model::{
    Cycle, DriverWord, GroupSpec, GroupStatus, Guard, Metric, Missing, Observation, Order, Reading, Source, Timestamp,
    WINDOW_CYCLES,
};

/// Pure: folds what was seen into memory: streaks, windows, breaker, hold, regret.
pub fn fold(spec: &GroupSpec, status: GroupStatus, memory: &Memory, seen: &Observation, now: Timestamp) -> Memory {
    let mut next = begin(memory);
    let closing = closing(&mut next, seen.cycle);
    let moment = Moment {
        cycle_began: seen.cycle_began,
        now,
    };
    account(&mut next);
    follow(&mut next, spec, status, seen, moment, closing);
    obey(&mut next, seen);
    doubt(&mut next, seen, now);
    if status == GroupStatus::Enabled {
        breaker::judge(&mut next, spec, seen, moment);
        hold::prove(&mut next, spec, seen, moment);
    } else {
        rest(&mut next);
    }
    if closing == Closing::Fresh {
        close(&mut next, spec, status, seen, now);
    }
    next
}

/// The memory of the last pass, without what was that pass's own.
fn begin(memory: &Memory) -> Memory {
    Memory {
        closed: None,
        failed: Vec::new(),
        news: News::default(),
        ..memory.clone()
    }
}

/// Whether the cycle is new. Product time never runs back; should it, by more than a window, counting begins anew.
fn closing(memory: &mut Memory, cycle: Cycle) -> Closing {
    match memory.folded {
        Some(last) if cycle == last => return Closing::Seen,
        Some(last) if cycle < last => {
            if last.0 - cycle.0 <= WINDOW_CYCLES {
                return Closing::Seen;
            }
            memory.window.clear();
            memory.judged = None;
            memory.strays_handled = None;
        }
        _ => {}
    }
    memory.folded = Some(cycle);
    Closing::Fresh
}

/// The growth counter (design 4.5): whoever moved desired since the last pass, people included, moved it.
fn account(memory: &mut Memory) {
    let durable = &mut memory.durable;
    let rise = durable.desired.saturating_sub(durable.accounted);
    let fall = durable.accounted.saturating_sub(durable.desired);
    durable.growth = durable.growth.saturating_add(rise).saturating_sub(fall);
    durable.accounted = durable.desired;
}

fn obey(memory: &mut Memory, seen: &Observation) {
    breaker::obey(memory, seen);
    if seen.orders.contains(&Order::ConfirmStrays) {
        memory.durable.strays_confirmed = true;
    }
}

/// Whether the strays look like a lost store. Every intent is written before the pass that made it is settled, so a
/// machine that was intended after the last pass this store knows of, and has no record, was made by a server whose
/// store is lost (design 4.15). One that cannot say when it was intended counts as such: somebody must look. A silent
/// driver says nothing of strays.
fn doubt(memory: &mut Memory, seen: &Observation, now: Timestamp) {
    let durable = &mut memory.durable;
    let known = durable.passed_at;
    durable.passed_at = Some(known.map_or(now, |known| known.max(now)));
    if seen.driver == Source::Silent {
        return;
    }
    let unknown = |at: Option<Timestamp>| at.is_none_or(|at| known.is_none_or(|known| at > known));
    let older = seen.strays.iter().any(|stray| unknown(stray.intended_at));
    let members = seen.members.iter().filter(|member| member.driver != DriverWord::Gone);
    let most = seen.strays.len() > members.count();
    let seen_now = match (older, most) {
        (true, _) => Some(StrayDoubt::StoreIsOlder),
        (false, true) => Some(StrayDoubt::MostAreStrays),
        (false, false) => None,
    };
    durable.stray_doubt = durable.stray_doubt.max(seen_now).filter(|_| !seen.strays.is_empty());
    durable.strays_confirmed &= !seen.strays.is_empty();
}

/// Disabled or deleting: nothing is judged, and what was counted is forgotten (design 4.9).
fn rest(memory: &mut Memory) {
    memory.hold = Hold::Off;
    memory.window.clear();
    for answering in &mut memory.durable.answering {
        answering.asked = None;
    }
}

/// A cycle closed: hold, record, window, answers.
fn close(memory: &mut Memory, spec: &GroupSpec, status: GroupStatus, seen: &Observation, now: Timestamp) {
    let cohorts = Cohorts::of(spec, memory, seen, now);
    let enabled = status == GroupStatus::Enabled;
    if enabled && spec.hold == Guard::On {
        memory.hold = memory.hold.judged(&cohorts, now);
    }
    let silence = match (enabled, memory.hold.is_on()) {
        (false, _) => Some(Missing::Disabled),
        (true, true) => Some(Missing::Held),
        (true, false) => None,
    };
    let record = CycleRecord {
        cycle: seen.cycle,
        desired: memory.durable.desired,
        in_service: cohorts.in_service,
        everything: cohorts.everything(),
        means: cohorts.samples.map(|samples| samples.mean()),
        demands: Metric::ALL.map(|metric| silence.map_or_else(|| demand(spec, &cohorts, metric), Err)),
    };
    if enabled {
        let keep = Regret::window(memory.durable.regret.as_ref(), Some(now));
        memory.window.push(&record, keep);
        for metric in Metric::ALL {
            memory.durable.answering[metric.index()].judge(metric, &cohorts);
        }
    }
    memory.closed = Some(record);
}

/// The demand of a cycle (design 4.7): the mean of the samples times everything traffic may reach.
fn demand(spec: &GroupSpec, cohorts: &Cohorts, metric: Metric) -> Reading {
    let samples = &cohorts.samples[metric.index()];
    if cohorts.judged == 0 {
        return Err(Missing::NothingJudged);
    }
    if u64::from(samples.present) * 5 < u64::from(cohorts.judged) * 4 {
        return Err(if samples.present == 0 {
            samples.why
        } else {
            Missing::TooFewSamples
        });
    }
    if !spec.bindings.is_empty() && u64::from(cohorts.up) * 2 < u64::from(cohorts.warmed) {
        return Err(Missing::FewUp);
    }
    samples.over(cohorts.reach)
}
