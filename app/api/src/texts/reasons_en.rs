//! Reasons in English: short, active, exact.

use super::Lang::En;
use super::causes::{launch_failure, leave, missing};
use super::format::{at, counted, percent};
use super::reasons::{metric, reading};
use engine::model::{Reason, ScaleInWait};

fn instances(count: u32) -> String {
    counted(count.into(), "instance", "instances")
}

/// The sentence.
pub(super) fn reason(reason: &Reason) -> String {
    size(reason)
        .or_else(|| moved(reason))
        .or_else(|| launching(reason))
        .or_else(|| leaving(reason))
        .unwrap_or_else(|| guard(reason))
}

/// What `decide` read.
fn size(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::Disabled => "Disabled: nothing is begun".into(),
        Reason::Deleting => "Being deleted: every instance goes".into(),
        Reason::FixedSize { desired } => format!("No rule: a fixed size of {desired}"),
        Reason::AlreadyJudged { cycle } => format!("Cycle {cycle} was judged before"),
        Reason::NothingToJudge { warming: 0 } => "Nothing to judge yet: no instance is past its warm-up".into(),
        Reason::NothingToJudge { warming } => {
            format!("Nothing to judge yet: {} warming up, none past it", instances(*warming))
        }
        Reason::NoSamples {
            metric: of,
            members,
            why,
        } => {
            format!(
                "No {} sample from {} ({}): the size is held",
                metric(En, *of),
                instances(*members),
                missing(En, *why)
            )
        }
        Reason::SomeSamplesMissing {
            metric: of,
            present,
            missing,
        } => {
            format!(
                "{} samples: {present} there, {missing} missing; the missing never lower the size",
                metric(En, *of)
            )
        }
        Reason::Within {
            metric: of,
            mean,
            threshold,
            members,
        } => {
            format!(
                "{} ≤ {} over 15 s on {}: enough",
                reading(En, *of, *mean),
                percent(En, *threshold),
                instances(*members)
            )
        }
        Reason::AsksFor {
            metric: of,
            mean,
            threshold,
            members,
            ask,
        } => format!(
            "{} > {} over 15 s on {}: asks for {}",
            reading(En, *of, *mean),
            percent(En, *threshold),
            instances(*members),
            instances(*ask)
        ),
        _ => return None,
    })
}

/// How the size moved, or what kept it.
fn moved(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::StepLimited { asked, allowed } => format!("Asked for {asked}, one step allows {allowed}"),
        Reason::Saturated { metric: of, mean, ask } => {
            format!(
                "{}: saturated, the true need is unknown: asks for twice as many, {ask}",
                reading(En, *of, *mean)
            )
        }
        Reason::NoAnswer { metric: of, allowed } => format!(
            "More instances did not lower {}: it may add at most one a window, up to {allowed}",
            metric(En, *of)
        ),
        _ => return moves(reason),
    })
}

/// How `decide` moved the size, or why it did not.
fn moves(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::ScaledOut { metric: of, from, to } => format!("Desired {from} → {to} for {}", metric(En, *of)),
        Reason::ScaledIn { from, to, demand_peak } => format!(
            "Desired {from} → {to}: the busiest minute of the last 10 min needs {} of one instance",
            percent(En, *demand_peak)
        ),
        Reason::ScaleInForbidden => "Scale-in is switched off for this group".into(),
        Reason::ScaleInWaits { why } => wait(why),
        Reason::Clamped { asked, to, min, max } => format!("Asked for {asked}, the limits {min} to {max} make it {to}"),
        Reason::BoundsMoved { from, to, min, max } => {
            format!("The limits are now {min} to {max}: desired {from} → {to}")
        }
        Reason::RegretBegins { size, window_cycles } => format!(
            "Grew again soon after shrinking to {size}: that size is barred for a day, the window is now {} min",
            window_cycles / 4
        ),
        _ => return None,
    })
}

/// What scale-in waits for.
fn wait(why: &ScaleInWait) -> String {
    let what = match why {
        ScaleInWait::AtMin { min } => format!("the size is at min ({min})"),
        ScaleInWait::WindowNotFull { present, needed } => {
            format!("{present} of {needed} cycles of the last 10 min are there")
        }
        ScaleInWait::LastCycleMissing => "the last cycle is missing".into(),
        ScaleInWait::AverageNotBelow {
            metric: of,
            average,
            threshold,
        } => {
            format!(
                "the 10-minute average of {} is not below {}",
                reading(En, *of, *average),
                percent(En, *threshold)
            )
        }
        ScaleInWait::PeakMinuteTooHigh { metric: of, peak, fits } => format!(
            "the busiest minute would be {} on fewer instances, {} fits",
            reading(En, *of, *peak),
            percent(En, *fits)
        ),
        ScaleInWait::PeakCycleTooHigh { metric: of, peak, fits } => format!(
            "the busiest 15 s would be {} on fewer instances, {} fits",
            reading(En, *of, *peak),
            percent(En, *fits)
        ),
        ScaleInWait::RecentScaleOut { cycles_ago } => {
            format!("the last scale-out was {} ago", counted(*cycles_ago, "cycle", "cycles"))
        }
        ScaleInWait::RecentScaleIn { cycles_ago } => {
            format!("the last scale-in was {} ago", counted(*cycles_ago, "cycle", "cycles"))
        }
        ScaleInWait::Warming { count } => format!("{} warming up", instances(*count)),
        ScaleInWait::Leaving { count } => format!("{} still leaving", instances(*count)),
        ScaleInWait::Held => "health removals are on hold".into(),
        ScaleInWait::MoreThanDesired { have, desired } => format!("{have} are there, desired is {desired}"),
        ScaleInWait::Regret { until } => format!("the smaller size was too small before; barred until {}", at(*until)),
    };
    format!("Scale-in waits: {what}")
}

/// What `plan` says of launches.
fn launching(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::AtDesired {
            desired,
            in_service,
            warming: 0,
        } => {
            format!("Nothing to do: {in_service} of {desired} in service")
        }
        Reason::AtDesired {
            desired,
            in_service,
            warming,
        } => {
            format!("Nothing to do: {in_service} of {desired} in service, {warming} warming up")
        }
        Reason::Launches {
            count,
            desired,
            healthy,
            warming,
        } => {
            format!(
                "Adds {}: desired {desired}, healthy {healthy}, warming up {warming}",
                instances(*count)
            )
        }
        Reason::NoRoom {
            wanted,
            everything,
            max,
        } => {
            format!("Wants {wanted} more, but {everything} exist and max is {max}")
        }
        Reason::BreakerOpen { failures, next_trial } => {
            format!(
                "{failures} launches in a row failed: launching stopped, next trial {}",
                at(*next_trial)
            )
        }
        Reason::BreakerTrial { attempt } => format!("Trial launch {attempt} while launching is stopped"),
        Reason::BreakerClosed => "Launching goes on".into(),
        Reason::OutOfStock { since } => format!("The driver has had no capacity since {}", at(*since)),
        Reason::Throttled { wanted, allowed } => {
            format!("The driver asks for patience: {allowed} of {wanted} launches may begin now")
        }
        Reason::DriverSilent => "The driver does not answer: nothing is begun that needs its word".into(),
        Reason::LaunchFailed { id, cause } => format!("Launch of {id} failed: {}", launch_failure(En, *cause)),
        Reason::HoldTrial { count, limit } => {
            format!(
                "Trial launch of {} while on hold, at most {limit} at a time",
                instances(*count)
            )
        }
        Reason::TrialMakesRoom { id } => format!("{id} (unhealthy) makes room for a trial launch"),
        Reason::TakenBack { id } => format!("{id} was leaving and is taken back"),
        Reason::StrayAdopted { id } => format!("{id} ran without a record and is taken in"),
        _ => return None,
    })
}

/// What `plan` says of removals.
fn leaving(reason: &Reason) -> Option<String> {
    Some(match reason {
        Reason::Surplus { count, desired, have } => {
            format!("Removes {}: {have} are there, desired is {desired}", instances(*count))
        }
        Reason::RemovesUnhealthy {
            id,
            cause,
            cycles_down: 0,
        } => format!("Removes {id}: {}", leave(En, *cause)),
        Reason::RemovesUnhealthy { id, cause, cycles_down } => format!(
            "Removes {id}: {}, {} in a row",
            leave(En, *cause),
            counted((*cycles_down).into(), "failed cycle", "failed cycles")
        ),
        Reason::UnhealthyButKept { id } => format!("{id} is unhealthy but protected or on standby: look at it"),
        Reason::RemovalWaitsForReplacement { id } => {
            format!("{id} stays until its replacement is there: it still serves")
        }
        Reason::RemovalGoesFirst { id, max } => format!("{id} goes before its replacement: max {max} leaves no room"),
        Reason::RemovalWaitsForReading { id } => format!("{id} stays until a fresh reading still shows it down"),
        Reason::RemovedByHand { id } => format!("{id} is removed by hand"),
        Reason::SurplusProtected { wanted, leaving } => {
            format!("{wanted} should leave, {leaving} may: the others are protected")
        }
        Reason::StrayDestroyed { id } => format!("{id} ran without a record and is destroyed"),
        Reason::Detached { id } => format!("{id} leaves the group and lives on"),
        Reason::Vanished { id } => format!("{id} is gone, and nobody here asked for it"),
        Reason::StillLeaving { count } => format!("{} still leaving", instances(*count)),
        _ => return None,
    })
}

/// Machines without a record (design 4.15).
fn strays(reason: &Reason) -> Option<String> {
    use Reason as R;
    Some(match reason {
        R::Strays { count } => format!("{} without a record", counted((*count).into(), "machine", "machines")),
        R::StraysNeedAPerson { count } => {
            format!(
                "{} without a record: nothing is destroyed until somebody says so",
                counted((*count).into(), "machine", "machines")
            )
        }
        R::StoreIsOlder { count } => {
            format!(
                "{} made after all this server remembers, as if a backup was put back: nothing is destroyed until somebody \
                 says so",
                counted((*count).into(), "machine", "machines")
            )
        }
        _ => return None,
    })
}

/// Brakes, holds and what needs a person. Names every variant the others render, so that a new one does not compile.
fn guard(reason: &Reason) -> String {
    use Reason as R;
    match reason {
        R::Braked { leaving, limit } => {
            format!("Brake: {leaving} leaving for health, at most {limit} at a time")
        }
        R::Held { down, judged, since } => {
            format!(
                "Hold: {down} of {judged} down since {}; the check itself is suspect, nothing is killed",
                at(*since)
            )
        }
        R::HoldEnded => "Hold ended: a new instance passed the check".into(),
        R::HoldTimedOut { since } => format!("On hold since {} without proof: one at a time", at(*since)),
        R::PlanCut { kept, wanted } => format!("{kept} of {wanted} steps now, the rest in the next pass"),
        R::Disabled
        | R::Deleting
        | R::FixedSize { .. }
        | R::AlreadyJudged { .. }
        | R::NothingToJudge { .. }
        | R::NoSamples { .. }
        | R::SomeSamplesMissing { .. }
        | R::Within { .. }
        | R::AsksFor { .. }
        | R::StepLimited { .. }
        | R::Saturated { .. }
        | R::NoAnswer { .. }
        | R::ScaledOut { .. }
        | R::ScaledIn { .. }
        | R::ScaleInForbidden
        | R::ScaleInWaits { .. }
        | R::Clamped { .. }
        | R::BoundsMoved { .. }
        | R::RegretBegins { .. } => size(reason).or_else(|| moved(reason)).unwrap_or_default(),
        R::AtDesired { .. }
        | R::Launches { .. }
        | R::NoRoom { .. }
        | R::BreakerOpen { .. }
        | R::BreakerTrial { .. }
        | R::BreakerClosed
        | R::OutOfStock { .. }
        | R::Throttled { .. }
        | R::DriverSilent
        | R::LaunchFailed { .. }
        | R::HoldTrial { .. }
        | R::TrialMakesRoom { .. }
        | R::TakenBack { .. }
        | R::StrayAdopted { .. } => launching(reason).unwrap_or_default(),
        R::Surplus { .. }
        | R::RemovesUnhealthy { .. }
        | R::UnhealthyButKept { .. }
        | R::RemovalWaitsForReplacement { .. }
        | R::RemovalGoesFirst { .. }
        | R::RemovalWaitsForReading { .. }
        | R::RemovedByHand { .. }
        | R::SurplusProtected { .. }
        | R::StrayDestroyed { .. }
        | R::Detached { .. }
        | R::Vanished { .. }
        | R::StillLeaving { .. } => leaving(reason).unwrap_or_default(),
        R::Strays { .. } | R::StraysNeedAPerson { .. } | R::StoreIsOlder { .. } => strays(reason).unwrap_or_default(),
    }
}
