//! One sentence a reason, with its numbers. The matches are exhaustive: a new variant does not compile without its words.

use super::{Lang, format, reasons_en, reasons_zh};
use engine::model::{Metric, Milli, Reason};

/// The sentence.
pub fn reason(lang: Lang, reason: &Reason) -> String {
    match lang {
        Lang::En => reasons_en::reason(reason),
        Lang::Zh => reasons_zh::reason(reason),
    }
}

/// The reasons in order, each said once: `decide` and `plan` may both give the same one.
pub fn said_once<'a>(trail: impl IntoIterator<Item = &'a Reason>) -> Vec<&'a Reason> {
    let mut said: Vec<&Reason> = Vec::new();
    for each in trail {
        if !said.contains(&each) {
            said.push(each);
        }
    }
    said
}

/// A trail as one line; empty when there is nothing to say.
pub fn sentence(lang: Lang, trail: &[Reason]) -> String {
    joined(lang, &said_once(trail))
}

fn joined(lang: Lang, reasons: &[&Reason]) -> String {
    let parts: Vec<String> = reasons.iter().map(|each| reason(lang, each)).collect();
    parts.join(match lang {
        Lang::En => ". ",
        Lang::Zh => "；",
    })
}

/// How much a reason matters to someone who reads one line: a change first, then what stands in its way, then the
/// readings, then "nothing to do".
fn weight(reason: &Reason) -> u8 {
    use Reason as R;
    match reason {
        R::ScaledOut { .. } | R::ScaledIn { .. } | R::BoundsMoved { .. } | R::BreakerOpen { .. } | R::Held { .. } => 0,
        R::RemovesUnhealthy { .. }
        | R::LaunchFailed { .. }
        | R::UnhealthyButKept { .. }
        | R::StraysNeedAPerson { .. }
        | R::StoreIsOlder { .. }
        | R::OutOfStock { .. }
        | R::Throttled { .. }
        | R::DriverSilent
        | R::Vanished { .. }
        | R::RemovedByHand { .. } => 1,
        R::AsksFor { .. }
        | R::Saturated { .. }
        | R::Clamped { .. }
        | R::NoRoom { .. }
        | R::Disabled
        | R::Deleting
        | R::Launches { .. }
        | R::Surplus { .. }
        | R::NoSamples { .. } => 2,
        R::Within { .. } | R::FixedSize { .. } | R::NothingToJudge { .. } => 3,
        R::ScaleInWaits { .. } | R::ScaleInForbidden | R::StillLeaving { .. } => 4,
        R::AtDesired { .. } => 5,
        _ => 6,
    }
}

/// Did this pass judge nothing and begin nothing? A wake looks at a cycle that was judged before, and finds all as it was.
pub fn is_repeat(trail: &[Reason]) -> bool {
    let quiet = |reason: &Reason| {
        matches!(
            reason,
            Reason::AlreadyJudged { .. } | Reason::AtDesired { .. } | Reason::StillLeaving { .. }
        )
    };
    trail
        .iter()
        .any(|reason| matches!(reason, Reason::AlreadyJudged { .. }))
        && trail.iter().all(quiet)
}

/// The two reasons that say most, most important first: the last decision in one sentence. That a cycle was judged before
/// is said only when there is nothing else to say.
pub fn headline(lang: Lang, trail: &[Reason]) -> String {
    let told = |reason: &&Reason| !matches!(reason, Reason::AlreadyJudged { .. });
    let mut order = said_once(trail.iter().filter(told));
    if order.is_empty() {
        order = said_once(trail);
    }
    order.sort_by_key(|each| weight(each));
    order.truncate(2);
    joined(lang, &order)
}

/// A metric's name.
pub const fn metric(lang: Lang, metric: Metric) -> &'static str {
    match (lang, metric) {
        (_, Metric::Cpu) => "CPU",
        (Lang::En, Metric::Memory) => "memory",
        (Lang::Zh, Metric::Memory) => "内存",
    }
}

/// `CPU 98 %`.
pub(super) fn reading(lang: Lang, of: Metric, value: Milli) -> String {
    format!("{} {}", metric(lang, of), format::percent(lang, value))
}
