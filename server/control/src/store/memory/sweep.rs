//! Retention in memory: the same rules as on a database (see [`crate::store::retention`]). Only how many bytes something
//! takes is another number here: what it takes in memory, roughly.

use super::state::{Group, State};
use crate::store::minutes::{CYCLES_A_MINUTE, MINUTES_A_ROW, quarter_of};
use crate::store::retention::{EVENTS_MAX, Kind, Retention, Swept, begins, hour_at, measurable};
use crate::store::rules::{CYCLES_A_ROW, hour_of};
use engine::model::{ActivityId, CYCLE_MS, Cycle, GroupId, InstanceId, TenantId, Timestamp};

/// What one thing takes: a decision with its trail, a record, an hour of cycles a cycle.
const THING_BYTES: i64 = 256;

/// One row of history, as a database would have it.
#[derive(Debug, Clone, Copy)]
struct Past {
    /// Its last instant: what is dated by an hour is past when the hour is.
    at: Timestamp,
    bytes: i64,
    key: Key,
}

#[derive(Debug, Clone, Copy)]
enum Key {
    Hour(GroupId, u64),
    Quarter(GroupId, u64),
    /// The oldest decision of a group: its place from the oldest.
    Decision(GroupId, usize),
    Activity(GroupId, ActivityId),
    Instance(GroupId, InstanceId),
    Event(TenantId, i64),
}

/// Removes at most `limit` of each kind for each reason.
pub(super) fn all(state: &mut State, kept: &Retention, now: Timestamp, limit: u32) -> Swept {
    let (mut swept, mut more) = (Swept::Everything, Swept::Everything);
    let mut go = |state: &mut State, past: Vec<Past>| {
        let past: Vec<_> = past.into_iter().take(limit as usize).collect();
        swept = swept.and(Swept::of(past.len(), limit));
        remove(state, past);
    };
    let too_many = many(state);
    go(state, too_many);
    for kind in Kind::ALL {
        let cut = kept.cut(kind, now);
        let old = oldest(state, kind).filter(|past| past.at < cut).collect();
        go(state, old);
        let closed = begins(measurable(now) + 1);
        let measured: Vec<Past> = oldest(state, kind).filter(|past| past.at < closed).collect();
        let bytes: i64 = measured.iter().map(|past| past.bytes).sum();
        let Some(first) = measured.first().filter(|_| bytes > kept.of(kind).bytes) else {
            continue;
        };
        let hour = hour_at(first.at);
        let much = measured.iter().copied().filter(|past| hour_at(past.at) == hour);
        go(state, much.collect());
        // The next hour may be too much as well.
        more = Swept::InPart;
    }
    swept.and(more)
}

/// Everything of a kind that may go, oldest first.
fn oldest(state: &State, kind: Kind) -> impl Iterator<Item = Past> + use<> {
    let groups = state.groups.iter();
    let mut all: Vec<Past> = match kind {
        Kind::Series => groups.flat_map(|(id, group)| hours(*id, group)).collect(),
        Kind::InstanceSeries => groups.flat_map(|(id, group)| quarters(*id, group)).collect(),
        Kind::Decisions => groups.flat_map(|(id, group)| decisions(*id, group)).collect(),
        Kind::Activities => groups.flat_map(|(id, group)| activities(*id, group)).collect(),
        Kind::Instances => groups.flat_map(|(id, group)| instances(*id, group)).collect(),
        Kind::Events => events(state),
    };
    all.sort_by_key(|past| past.at);
    all.into_iter()
}

/// The events that a tenant has too many of, oldest first.
fn many(state: &State) -> Vec<Past> {
    let over = |past: &Past| match past.key {
        Key::Event(tenant, seq) => state.events.get(&tenant).is_some_and(|all| seq <= all.seq - EVENTS_MAX),
        _ => false,
    };
    events(state).into_iter().filter(over).collect()
}

/// The last instant of the cycles before that one.
fn before(cycle: u64) -> Timestamp {
    Timestamp(i64::try_from(cycle).unwrap_or(0).saturating_mul(CYCLE_MS) - 1)
}

fn hours(id: GroupId, group: &Group) -> impl Iterator<Item = Past> {
    let mut from = Cycle(0);
    std::iter::from_fn(move || {
        let hour = hour_of(*group.series.range(from..).next()?.0);
        from = Cycle((hour + 1) * CYCLES_A_ROW);
        Some(Past {
            at: before(from.0),
            bytes: THING_BYTES * 240,
            key: Key::Hour(id, hour),
        })
    })
}

fn quarters(id: GroupId, group: &Group) -> impl Iterator<Item = Past> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let (minute, uses) = group.minutes.range(from..).next()?;
        let quarter = quarter_of(*minute);
        from = (quarter + 1) * MINUTES_A_ROW;
        Some(Past {
            at: before(from * CYCLES_A_MINUTE),
            bytes: THING_BYTES * i64::try_from(uses.len()).unwrap_or(0),
            key: Key::Quarter(id, quarter),
        })
    })
}

/// All but the newest, which is extended still.
fn decisions(id: GroupId, group: &Group) -> impl Iterator<Item = Past> {
    let ended = group.decisions.len().saturating_sub(1);
    group
        .decisions
        .iter()
        .take(ended)
        .enumerate()
        .map(move |(place, row)| Past {
            at: row.first_at,
            bytes: THING_BYTES,
            key: Key::Decision(id, place),
        })
}

fn activities(id: GroupId, group: &Group) -> impl Iterator<Item = Past> {
    group.activities.iter().filter_map(move |(activity, row)| {
        Some(Past {
            at: row.ended_at?,
            bytes: THING_BYTES,
            key: Key::Activity(id, *activity),
        })
    })
}

fn instances(id: GroupId, group: &Group) -> impl Iterator<Item = Past> {
    group.ended.iter().filter_map(move |(instance, row)| {
        Some(Past {
            at: row.terminated_at?,
            bytes: THING_BYTES,
            key: Key::Instance(id, *instance),
        })
    })
}

fn events(state: &State) -> Vec<Past> {
    let each = state.events.iter().flat_map(|(tenant, events)| {
        events.kept.iter().map(|(event, at)| Past {
            at: *at,
            bytes: THING_BYTES,
            key: Key::Event(*tenant, event.seq),
        })
    });
    each.collect()
}

fn remove(state: &mut State, pasts: Vec<Past>) {
    // Later places first, so that the earlier ones stay what they are.
    for past in pasts.iter().rev() {
        match past.key {
            Key::Event(tenant, seq) => {
                if let Some(events) = state.events.get_mut(&tenant) {
                    events.kept.retain(|(event, _)| event.seq != seq);
                }
            }
            Key::Hour(id, hour) => of(state, id, |group| {
                group.series.retain(|cycle, _| hour_of(*cycle) != hour)
            }),
            Key::Quarter(id, quarter) => {
                of(state, id, |group| {
                    group.minutes.retain(|minute, _| quarter_of(*minute) != quarter)
                });
            }
            Key::Decision(id, place) => of(state, id, |group| drop(group.decisions.remove(place))),
            Key::Activity(id, activity) => of(state, id, |group| drop(group.activities.remove(&activity))),
            Key::Instance(id, instance) => of(state, id, |group| drop(group.ended.remove(&instance))),
        }
    }
}

fn of(state: &mut State, id: GroupId, change: impl FnOnce(&mut Group)) {
    if let Some(group) = state.groups.get_mut(&id) {
        change(group);
    }
}
