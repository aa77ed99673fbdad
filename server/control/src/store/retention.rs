//! What is kept of the past: every kind of history has an age and a number of bytes, whichever comes first.
//!
//! | kind | the past of | goes by age | what goes first when it is too much |
//! |---|---|---|---|
//! | series | a group's cycles | 15 days | the oldest hour, of all groups |
//! | instance series | an instance's minutes | 48 h | the oldest hour, of all groups |
//! | decisions | what was decided and why | 90 days after it began; the newest 500 of a group, at once | the oldest hour |
//! | activities | the scaling log | 90 days after it ended | those that ended in the oldest hour |
//! | instances | records that ended | 90 days after that | those that ended in the oldest hour |
//! | events | what browsers are told | a day; the newest 10 000 of a tenant | the oldest hour |
//!
//! - What is open is never removed: a running activity, an instance that is not gone, a group's newest decision.
//! - Bytes are of the whole installation, and are those of the stored text and [`ROW_BYTES`] a row. An hour is measured
//!   once, after it is over ([`measurable`]); what is removed later is taken off again. So the sum is of a few hundred
//!   numbers, no sweep weighs every row, and the hour under way is not counted yet.
//! - A sweep removes at most as many rows as it is told for each reason: what is left goes next time, which is at once (see
//!   `pass::chores`).
//! - The audit log and the specs that people made are kept for good: they are what an installation is asked about years
//!   later, and they grow by hand only.

use engine::model::{Span, Timestamp};

/// An hour of product time.
const HOUR_MS: i64 = 3_600_000;
/// What a row takes beside its text, roughly: its keys and its place in the indices. Without it many short rows would
/// count as nothing.
pub const ROW_BYTES: i64 = 128;
/// Events kept of one tenant: the bound when many things happen at once.
pub const EVENTS_MAX: i64 = 10_000;
/// Decision rows kept of one group: one that swings between two answers does not push out those of the others.
pub const DECISIONS_MAX: i64 = 500;
/// Hours measured by one sweep. Fewer, and at the highest time scale hours pass quicker than they are measured; more,
/// and the first sweep after an upgrade takes long.
pub const HOURS_A_SWEEP: usize = 24;

/// What a sweep has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// Nothing.
    Everything,
    /// It removed as much as it may at once: there may be more.
    InPart,
}

impl Swept {
    /// Of a removal of that many rows where at most `limit` may go.
    pub const fn of(removed: usize, limit: u32) -> Self {
        if removed < limit as usize {
            Self::Everything
        } else {
            Self::InPart
        }
    }

    /// Both of these.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match self {
            Self::Everything => other,
            Self::InPart => Self::InPart,
        }
    }
}

/// One kind of history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 15 s demand of groups.
    Series,
    /// One-minute use of instances.
    InstanceSeries,
    /// Decision rows.
    Decisions,
    /// Ended activities.
    Activities,
    /// Ended instances.
    Instances,
    /// What browsers are told.
    Events,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Series,
        Self::InstanceSeries,
        Self::Decisions,
        Self::Activities,
        Self::Instances,
        Self::Events,
    ];
}

/// How much of a kind is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How long.
    pub age: Span,
    /// At most so many bytes in closed hours.
    pub bytes: i64,
}

impl Keep {
    const fn new(age_hours: i64, bytes: i64) -> Self {
        let age = Span::mins(age_hours * 60);
        Self { age, bytes }
    }
}

/// How much of each kind is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of series: the longest chart and the replay's fourteen days need them.
    pub series: Keep,
    /// Of instance series.
    pub instance_series: Keep,
    /// Of decisions.
    pub decisions: Keep,
    /// Of ended activities.
    pub activities: Keep,
    /// Of ended instances.
    pub instances: Keep,
    /// Of events: a browser away for longer reads everything anew.
    pub events: Keep,
}

const GIB: i64 = 1 << 30;
const DAY: i64 = 24;

impl Default for Retention {
    /// Ages by the design; bytes so that all of it fits a disk of 64 GiB with room for the present. 10,000 groups of ten
    /// instances would write 39 GB of series in their fifteen days (45 bytes a cycle), so their bound gives them six; and
    /// 2.6 GB of instance series in two days (8 bytes an instance and minute, and its id a quarter of an hour).
    fn default() -> Self {
        Self {
            series: Keep::new(15 * DAY, 16 * GIB),
            instance_series: Keep::new(48, 8 * GIB),
            decisions: Keep::new(90 * DAY, 4 * GIB),
            activities: Keep::new(90 * DAY, 4 * GIB),
            instances: Keep::new(90 * DAY, 4 * GIB),
            events: Keep::new(DAY, GIB),
        }
    }
}

impl Retention {
    /// Of one kind.
    pub const fn of(&self, kind: Kind) -> Keep {
        match kind {
            Kind::Series => self.series,
            Kind::InstanceSeries => self.instance_series,
            Kind::Decisions => self.decisions,
            Kind::Activities => self.activities,
            Kind::Instances => self.instances,
            Kind::Events => self.events,
        }
    }

    /// What of a kind is older than this goes.
    pub fn cut(&self, kind: Kind, now: Timestamp) -> Timestamp {
        now.plus(Span(-self.of(kind).age.0))
    }
}

/// The hour an instant is in.
pub const fn hour_at(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

/// When an hour begins.
pub const fn begins(hour: i64) -> Timestamp {
    Timestamp(hour.saturating_mul(HOUR_MS))
}

/// The last hour that can be measured: it has been over for a while, cycles that close late are in it.
pub const fn measurable(now: Timestamp) -> i64 {
    hour_at(now) - 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rules::hour_of;
    use engine::model::Cycle;

    #[test]
    fn an_hour_is_measured_when_it_has_been_over_for_a_while() {
        let now = Timestamp(10 * HOUR_MS + 5);
        assert_eq!((hour_at(now), measurable(now)), (10, 8));
        assert_eq!(begins(9).plus(Span(HOUR_MS)), Timestamp(10 * HOUR_MS));
        assert_eq!(hour_at(Timestamp(-1)), -1);
    }

    #[test]
    fn a_cycles_hour_is_that_of_its_instant() {
        let at = Timestamp(1_800_000_000_000);
        assert_eq!(hour_of(Cycle::at(at, Span(0))).cast_signed(), hour_at(at));
    }

    #[test]
    fn every_kind_has_its_own_age() {
        let kept = Retention::default();
        let days = Kind::ALL.map(|kind| kept.of(kind).age.0 / Span::mins(24 * 60).0);
        assert_eq!(days, [15, 2, 90, 90, 90, 1]);
    }
}
