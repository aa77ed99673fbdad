//! What the rules ask for, once a closed cycle (design 4.6). The largest ask wins; it never lowers desired.

use super::{Case, Out, bounds};
use crate::census::milli;
use crate::memory::{Moved, Regret, SATURATED, carrying, load};
use crate::model::{Metric, Milli, Reason, Rule, Trail};

/// One metric's ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    metric: Metric,
    /// The size it asks for, before the bounds.
    size: u32,
    /// Members that share its load.
    counted: u32,
    mean: Milli,
}

/// The largest ask of all rules; of equal ones the first metric's.
pub(super) fn largest(case: &Case<'_>, trail: &mut impl Trail) -> Option<Asked> {
    let mut largest: Option<Asked> = None;
    for rule in &case.spec.rules {
        if let Some(asked) = ask(case, *rule, trail)
            && largest.is_none_or(|so_far| asked.size > so_far.size)
        {
            largest = Some(asked);
        }
    }
    largest
}

/// Moves desired out if the ask is above it, within the bounds.
pub(super) fn grow(case: &Case<'_>, asked: Asked, trail: &mut impl Trail) -> Option<Out> {
    let (spec, cohorts, durable) = (case.spec, case.cohorts, &case.memory.durable);
    let to = bounds::clamp(spec, asked.size.max(case.size));
    if to < asked.size {
        trail.say(|| Reason::Clamped {
            asked: asked.size,
            to,
            min: spec.min,
            max: spec.max,
        });
    }
    if to <= case.size {
        return None;
    }
    let demands = Metric::ALL.map(|metric| load(metric, cohorts));
    let window_cycles = case.window_cycles();
    let regret = Regret::after(
        durable.last_in.as_ref(),
        window_cycles,
        cohorts.cycle,
        demands,
        case.now,
    );
    trail.say(|| Reason::ScaledOut {
        metric: asked.metric,
        from: case.size,
        to,
    });
    if let Some(regret) = regret {
        trail.say(|| Reason::RegretBegins {
            size: regret.size,
            window_cycles: regret.window_cycles,
        });
    }
    let moved = Moved {
        cycle: cohorts.cycle,
        from: case.size,
        to,
        demands,
        regretted: false,
    };
    Some(Out {
        moved,
        metric: asked.metric,
        counted: asked.counted,
        mean: asked.mean,
        regret,
    })
}

fn ask(case: &Case<'_>, rule: Rule, trail: &mut impl Trail) -> Option<Asked> {
    let (metric, threshold) = (rule.metric, rule.threshold);
    let samples = &case.cohorts.samples[metric.index()];
    let members = case.cohorts.judged;
    let Ok(mean) = samples.mean() else {
        trail.say(|| Reason::NoSamples {
            metric,
            members,
            why: samples.why,
        });
        return None;
    };
    if samples.missing > 0 {
        let (present, missing) = (samples.present, samples.missing);
        trail.say(|| Reason::SomeSamplesMissing {
            metric,
            present,
            missing,
        });
    }
    if samples.sum <= u128::from(threshold).saturating_mul(u128::from(samples.present)) {
        trail.say(|| Reason::Within {
            metric,
            mean,
            threshold,
            members,
        });
        return None;
    }
    let counted = members.saturating_add(carrying(metric, case.cohorts));
    let wanted = wanted(case, rule, counted);
    trail.say(|| Reason::AsksFor {
        metric,
        mean,
        threshold,
        members: counted,
        ask: wanted,
    });
    let wanted = saturate(case, metric, (mean, counted), wanted, trail);
    let size = limit(case, metric, (mean, counted), wanted, trail);
    Some(Asked {
        metric,
        size,
        counted,
        mean,
    })
}

/// Members at which every one would be at the threshold. Those without a sample are taken to need themselves; those
/// that carry without being judged are taken to be like the others.
fn wanted(case: &Case<'_>, rule: Rule, counted: u32) -> u32 {
    let samples = &case.cohorts.samples[rule.metric.index()];
    let threshold = u128::from(rule.threshold).max(1);
    let size = if counted > case.cohorts.judged {
        let share = threshold.saturating_mul(u128::from(samples.present)).max(1);
        samples.sum.saturating_mul(u128::from(counted)).div_ceil(share)
    } else {
        samples
            .sum
            .div_ceil(threshold)
            .saturating_add(u128::from(samples.missing))
    };
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// Above this a driver's samples evidently do not end at 100 %: they say themselves how much is wanted and are used as
/// they are. One percent for rounding; at exactly 100 a VM measured a hair too high would never be taken for saturated.
const END_STOP: Milli = 101_000;

/// At 98 % CPU a sample cannot say how much more is wanted: twice the count, once those that come carry.
fn saturate(
    case: &Case<'_>,
    metric: Metric,
    (mean, counted): (Milli, u32),
    wanted: u32,
    trail: &mut impl Trail,
) -> u32 {
    let twice = counted.saturating_mul(2);
    let ends = case.cohorts.samples[metric.index()].highest <= END_STOP;
    if metric == Metric::Cpu && mean >= SATURATED && ends && case.cohorts.idle == 0 && twice > wanted {
        trail.say(|| Reason::Saturated {
            metric,
            mean,
            ask: twice,
        });
        return twice;
    }
    wanted
}

/// At most twice the count at once; a metric that does not answer adds at most one a window. Below saturation only: at
/// 98 % CPU a mean cannot fall, so its silence proves nothing.
fn limit(case: &Case<'_>, metric: Metric, (mean, counted): (Milli, u32), wanted: u32, trail: &mut impl Trail) -> u32 {
    let cap = counted.saturating_mul(2).max(1);
    let capped = wanted.min(cap);
    if capped < wanted {
        trail.say(|| Reason::StepLimited {
            asked: wanted,
            allowed: cap,
        });
    }
    let answering = &case.memory.durable.answering[metric.index()];
    let tellable = !(metric == Metric::Cpu && mean >= SATURATED);
    if answering.limited() && tellable && capped > case.size {
        let allowed = case.size.saturating_add(answering.allowed(case.cohorts.cycle));
        trail.say(|| Reason::NoAnswer { metric, allowed });
        return capped.min(allowed);
    }
    capped
}

/// Threshold times members, in thousandths that stop at the end of their range.
pub(super) fn fits(threshold: Milli, members: u32) -> u128 {
    u128::from(milli(u128::from(threshold).saturating_mul(u128::from(members))))
}
