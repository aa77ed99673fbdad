//! Scale in (design 4.7, seed 14.1.4): by a tenth or the rule's step, and only when every metric says that fewer would do.

use super::{Case, ask::fits};
use crate::census::milli;
use crate::memory::Moved;
use crate::model::{Guard, Metric, Reason, Rule, ScaleIn, ScaleInWait, Trail};
use std::num::NonZeroU32;

/// One part in so many leaves at once: 10 % of the judged. More and a wrong reading costs a group its capacity before
/// the next one corrects it; fewer and a night is over before it is small.
const STEP_PART: u32 = 10;
/// Cycles between two scale-ins of a group: one minute, so that a step's effect is seen before the next.
const STEP_CYCLES: u64 = 4;

/// Moves desired in, or says what it waits for.
pub(super) fn shrink(case: &Case<'_>, trail: &mut impl Trail) -> Option<Moved> {
    if case.spec.scale_in == ScaleIn::Forbidden {
        trail.say(|| Reason::ScaleInForbidden);
        return None;
    }
    match judged(case) {
        Ok(moved) => {
            let demand_peak = peak(case);
            trail.say(|| Reason::ScaledIn {
                from: moved.from,
                to: moved.to,
                demand_peak,
            });
            Some(moved)
        }
        Err(why) => {
            trail.say(|| Reason::ScaleInWaits { why });
            None
        }
    }
}

fn judged(case: &Case<'_>) -> Result<Moved, ScaleInWait> {
    let cut = step(case)?;
    settled(case)?;
    recent(case)?;
    // What is left to carry is counted from the judged; what is kept, from the healthy: a member whose sample is late
    // does not make the step larger.
    let left = case.cohorts.judged.saturating_sub(cut);
    let to = case.cohorts.judged.max(case.cohorts.healthy).saturating_sub(cut);
    for rule in &case.spec.rules {
        below(case, *rule, left)?;
    }
    let demands = Metric::ALL.map(|metric| crate::memory::load(metric, case.cohorts));
    if let Some(regret) = &case.memory.durable.regret
        && regret.bars(to, demands, case.now)
    {
        return Err(ScaleInWait::Regret { until: regret.until });
    }
    if to >= case.size {
        return Err(ScaleInWait::MoreThanDesired {
            have: case.cohorts.have(),
            desired: case.size,
        });
    }
    Ok(Moved {
        cycle: case.cohorts.cycle,
        from: case.size,
        to,
        demands,
        regretted: false,
    })
}

/// k: a tenth of the judged or the rule's step, at least one, never below min. Of several rules the smallest counts: all
/// have to agree. A metric rule never empties a group.
fn step(case: &Case<'_>) -> Result<u32, ScaleInWait> {
    let min = case.spec.min.max(1);
    if case.size <= min {
        return Err(ScaleInWait::AtMin { min });
    }
    let have = case.cohorts.judged.max(case.cohorts.healthy);
    let tenth = (case.cohorts.judged / STEP_PART).max(1);
    let steps = case
        .spec
        .rules
        .iter()
        .map(|rule| rule.step.map_or(tenth, NonZeroU32::get));
    let cut = steps.min().unwrap_or(tenth).min(have.saturating_sub(min));
    if cut == 0 {
        Err(ScaleInWait::AtMin { min })
    } else {
        Ok(cut)
    }
}

/// Nothing warming, leaving or held, and no more than desired.
fn settled(case: &Case<'_>) -> Result<(), ScaleInWait> {
    let cohorts = case.cohorts;
    if case.memory.hold.is_on() {
        Err(ScaleInWait::Held)
    } else if cohorts.coming() > 0 {
        Err(ScaleInWait::Warming {
            count: cohorts.coming(),
        })
    } else if cohorts.leaving > 0 {
        Err(ScaleInWait::Leaving { count: cohorts.leaving })
    } else if cohorts.have() > case.size {
        Err(ScaleInWait::MoreThanDesired {
            have: cohorts.have(),
            desired: case.size,
        })
    } else {
        Ok(())
    }
}

/// No scale-out in the window; own scale-ins four cycles apart.
fn recent(case: &Case<'_>) -> Result<(), ScaleInWait> {
    let durable = &case.memory.durable;
    let ago = |moved: &Moved| case.cohorts.cycle.0.saturating_sub(moved.cycle.0);
    if let Some(cycles_ago) = durable
        .last_out
        .as_ref()
        .map(ago)
        .filter(|ago| *ago < case.window_cycles())
    {
        return Err(ScaleInWait::RecentScaleOut { cycles_ago });
    }
    match durable.last_in.as_ref().map(ago).filter(|ago| *ago < STEP_CYCLES) {
        Some(cycles_ago) => Err(ScaleInWait::RecentScaleIn { cycles_ago }),
        None => Ok(()),
    }
}

/// Whether one metric's window allows `left` members.
fn below(case: &Case<'_>, rule: Rule, left: u32) -> Result<(), ScaleInWait> {
    let (metric, threshold) = (rule.metric, rule.threshold);
    let window = case.memory.window.summary(metric);
    if !window.last_present {
        return Err(ScaleInWait::LastCycleMissing);
    }
    let needed = u32::try_from((case.window_cycles() * 4).div_ceil(5)).unwrap_or(u32::MAX);
    if window.present < needed {
        return Err(ScaleInWait::WindowNotFull {
            present: window.present,
            needed,
        });
    }
    if window.average >= threshold {
        return Err(ScaleInWait::AverageNotBelow {
            metric,
            average: window.average,
            threshold,
        });
    }
    if case.spec.projection == Guard::Off {
        return Ok(());
    }
    let room = fits(threshold, left);
    if u128::from(window.peak_minute) * 10 > room * 9 {
        return Err(ScaleInWait::PeakMinuteTooHigh {
            metric,
            peak: window.peak_minute,
            fits: milli(room * 9 / 10),
        });
    }
    if u128::from(window.peak_cycle) > room {
        return Err(ScaleInWait::PeakCycleTooHigh {
            metric,
            peak: window.peak_cycle,
            fits: milli(room),
        });
    }
    Ok(())
}

/// The highest minute of the first rule's metric: what the trail shows.
fn peak(case: &Case<'_>) -> u64 {
    case.spec
        .rules
        .first()
        .map_or(0, |rule| case.memory.window.summary(rule.metric).peak_minute)
}
