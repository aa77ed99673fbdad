//! Retention in memory: the same bounds as on a database.

use super::state::{Group, State};
use crate::store::rules::{CYCLES_A_ROW, DECISIONS_MAX, EVENTS_KEPT, EVENTS_MAX, HISTORY_KEPT, first_hour_kept};
use engine::model::{Cycle, Span, Timestamp};

/// Removes at most `limit` of each kind.
pub(super) fn all(state: &mut State, now: Timestamp, limit: u32) {
    let oldest = now.plus(Span(-EVENTS_KEPT.0));
    let mut left = limit;
    for events in state.events.values_mut() {
        let last = events.seq.saturating_sub(EVENTS_MAX);
        while left > 0
            && events
                .kept
                .front()
                .is_some_and(|(event, at)| *at < oldest || event.seq <= last)
        {
            events.kept.pop_front();
            left -= 1;
        }
    }
    for group in state.groups.values_mut() {
        of_group(group, now, limit);
    }
}

fn of_group(group: &mut Group, now: Timestamp, limit: u32) {
    let history = now.plus(Span(-HISTORY_KEPT.0));
    let kept_from = Cycle(first_hour_kept(now) * CYCLES_A_ROW);
    let mut left = limit;
    group.series.retain(|cycle, _| *cycle >= kept_from);
    group
        .activities
        .retain(|_, activity| keep(activity.ended_at.is_some_and(|at| at < history), &mut left));
    group
        .ended
        .retain(|_, instance| keep(instance.terminated_at.is_some_and(|at| at < history), &mut left));
    while left > 0 && i64::try_from(group.decisions.len()).unwrap_or(i64::MAX) > DECISIONS_MAX {
        group.decisions.pop_front();
        left -= 1;
    }
}

/// Whether to keep something; takes one from what may still be removed if not.
const fn keep(is_over: bool, left: &mut u32) -> bool {
    if !is_over || *left == 0 {
        return true;
    }
    *left -= 1;
    false
}
