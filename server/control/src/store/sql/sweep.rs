//! Retention (see [`crate::store::retention`] for what goes when).
//!
//! Each kind in transactions of its own and bounded, so that no pass waits long behind a sweep; what is left is for the
//! next one, and the answer says that there is some. Every removal answers what it removed, and that is taken off the sizes of its hours.
//!
//! `CROSS JOIN` keeps SQLite to the written order: one look-up for each tenant, instead of a walk over every event there
//! is.

use crate::clock::Wall;
use crate::store::minutes::{CYCLES_A_MINUTE, MINUTES_A_ROW};
use crate::store::retention::{
    DECISIONS_MAX, EVENTS_MAX, HOURS_A_SWEEP, Kind, ROW_BYTES, Retention, Swept, hour_at, measurable,
};
use crate::store::rules::CYCLES_A_ROW;
use crate::store::tx::{Row, Tx, Value, word};
use crate::store::{Db, StoreError};
use crate::values;
use engine::model::{GroupId, Timestamp};
use std::collections::BTreeMap;

/// The statements of one kind. `at` is the column that dates a row, in parts of an hour.
struct Past {
    kind: Kind,
    /// How many of `at` an hour has.
    an_hour: i64,
    /// Removes at most $2 rows dated before $1, oldest first; answers `at` and `bytes` of each.
    old: &'static str,
    /// The first date from $1 on.
    first: &'static str,
    /// What the rows from $1 to before $2 take: `row_count` and `bytes`.
    weigh: &'static str,
    /// Removes at most $2 rows of those that have more than $1 newer ones in their tenant.
    many: Option<(&'static str, i64)>,
}

/// The statements of a table: its name, its key, its date, the bytes of a row, and which rows may go at all.
macro_rules! past {
    ($table:literal, ($($key:literal),+), $at:literal, $bytes:literal, $over:literal) => {
        (
            concat!(
                "DELETE FROM ", $table, " WHERE (", past!(@list $($key),+), ") IN
                    (SELECT ", past!(@list $($key),+), " FROM ", $table, " WHERE ", $at, " < $1 ", $over, "
                     ORDER BY ", $at, " LIMIT $2)
                 RETURNING ", $at, " AS at, CAST(", $bytes, " AS BIGINT) AS bytes"
            ),
            concat!("SELECT MIN(", $at, ") AS at FROM ", $table, " WHERE ", $at, " >= $1"),
            concat!(
                "SELECT ",
                "COUNT(*) AS row_count, CAST(COALESCE(SUM(", $bytes, "), 0) AS BIGINT) AS bytes
                 FROM ", $table, " WHERE ", $at, " >= $1 AND ", $at, " < $2"
            ),
        )
    };
    (@list $first:literal) => { $first };
    (@list $first:literal, $second:literal) => { concat!($first, ", ", $second) };
    (@list $first:literal, $second:literal, $third:literal) => { concat!($first, ", ", $second, ", ", $third) };
}

const SERIES: (&str, &str, &str) = past!("group_series", ("group_id", "hour"), "hour", "octet_length(cycles)", "");
const INSTANCE_SERIES: (&str, &str, &str) = past!(
    "instance_series",
    ("group_id", "quarter", "part"),
    "quarter",
    "octet_length(members) + octet_length(minutes)",
    ""
);
/// A group's newest decision stays, however long ago it began: it is extended still.
const DECISIONS: (&str, &str, &str) = past!(
    "decisions",
    ("group_id", "number"),
    "first_at",
    "octet_length(variants) + octet_length(trail)",
    "AND number < (SELECT g.decisions FROM groups_ g WHERE g.id = group_id)"
);
const ACTIVITIES: (&str, &str, &str) = past!(
    "activities",
    ("id"),
    "ended_at",
    "octet_length(cause) + COALESCE(octet_length(failure), 0)",
    ""
);
const INSTANCES: (&str, &str, &str) = past!(
    "instances",
    ("id"),
    "terminated_at",
    "octet_length(name) + octet_length(phase) + octet_length(flags)",
    ""
);
const EVENTS: (&str, &str, &str) = past!("events", ("tenant_id", "seq"), "created_at", "octet_length(change)", "");

const MANY_EVENTS: &str = "DELETE FROM events WHERE (tenant_id, seq) IN
    (SELECT e.tenant_id, e.seq FROM tenants t CROSS JOIN events e WHERE e.tenant_id = t.id AND e.seq <= t.seq - $1
     LIMIT $2)
    RETURNING created_at AS at, CAST(octet_length(change) AS BIGINT) AS bytes";
/// A group's decisions up to a number.
const PUSHED_OUT: &str = "DELETE FROM decisions WHERE group_id = $1 AND number <= $2
    RETURNING first_at AS at, CAST(octet_length(variants) + octet_length(trail) AS BIGINT) AS bytes";
const SESSIONS: &str = "DELETE FROM sessions WHERE id_hash IN
    (SELECT id_hash FROM sessions WHERE expires_wall <= $1 LIMIT $2)";

/// Rows of series are dated by hour.
const HOURS: i64 = 1;
/// Rows of instance series are dated by quarter of an hour.
#[expect(clippy::cast_possible_wrap, reason = "4")]
const QUARTERS: i64 = (CYCLES_A_ROW / CYCLES_A_MINUTE / MINUTES_A_ROW) as i64;
/// All others are dated by millisecond.
const MILLISECONDS: i64 = 3_600_000;

fn past(kind: Kind) -> Past {
    let ((old, first, weigh), an_hour, many) = match kind {
        Kind::Series => (SERIES, HOURS, None),
        Kind::InstanceSeries => (INSTANCE_SERIES, QUARTERS, None),
        Kind::Decisions => (DECISIONS, MILLISECONDS, None),
        Kind::Activities => (ACTIVITIES, MILLISECONDS, None),
        Kind::Instances => (INSTANCES, MILLISECONDS, None),
        Kind::Events => (EVENTS, MILLISECONDS, Some((MANY_EVENTS, EVENTS_MAX))),
    };
    Past {
        kind,
        an_hour,
        old,
        first,
        weigh,
        many,
    }
}

/// Removes what is too old, too many or too much: at most `limit` rows of each kind for each reason.
pub(super) async fn all(
    db: &Db,
    kept: &Retention,
    (now, wall): (Timestamp, Wall),
    limit: u32,
) -> Result<Swept, StoreError> {
    let mut swept = Swept::Everything;
    for kind in Kind::ALL {
        let past = past(kind);
        let cut = past.date(kept.cut(kind, now));
        let over = Some(hour_at(kept.cut(kind, now)));
        let old = past.remove(db, "sweep what is old", past.old, (cut, over), limit);
        swept = swept.and(old.await?);
        if let Some((sql, most)) = past.many {
            let many = past.remove(db, "sweep what is many", sql, (most, None), limit);
            swept = swept.and(many.await?);
        }
        past.measure(db, now).await?;
        if let Some(hour) = past.too_much(db, kept.of(kind).bytes).await? {
            let end = past.first_of(hour + 1);
            past.remove(db, "sweep what is much", past.old, (end, Some(hour + 1)), limit)
                .await?;
            // The next hour may be too much as well.
            swept = Swept::InPart;
        }
    }
    Ok(swept.and(sessions(db, wall, limit).await?))
}

/// Those that are over by the wall clock.
async fn sessions(db: &Db, wall: Wall, limit: u32) -> Result<Swept, StoreError> {
    let removed = db.write("sweep sessions", move |tx| {
        Box::pin(async move { tx.execute(SESSIONS, values![wall, limit]).await })
    });
    let removed: u64 = removed.await?;
    Ok(Swept::of(usize::try_from(removed).unwrap_or(usize::MAX), limit))
}

/// Removes what a group's newest decision pushes out; the pass that writes it does this, so that no sweep has to look
/// through all groups for one that has too many.
pub(super) async fn push_out(tx: &mut Tx, group: GroupId, newest: i64) -> Result<(), StoreError> {
    let removed = tx.all(PUSHED_OUT, values![group, newest - DECISIONS_MAX]).await?;
    for (hour, size) in by_hour(&removed, MILLISECONDS)? {
        take_off(tx, Kind::Decisions, hour, size).await?;
    }
    Ok(())
}

impl Past {
    /// The first date of an hour.
    const fn first_of(&self, hour: i64) -> i64 {
        hour.saturating_mul(self.an_hour)
    }

    /// The date of an instant. A row of series is dated by its beginning: it is too old when all of it is.
    fn date(&self, at: Timestamp) -> i64 {
        let part = MILLISECONDS / self.an_hour;
        at.0.div_euclid(part)
    }

    /// Removes rows by `sql` with $1 and takes them off the sizes of their hours. When none is left, the hours before
    /// `over` have no size any more.
    async fn remove(
        &self,
        db: &Db,
        operation: &'static str,
        sql: &'static str,
        (first, over): (i64, Option<i64>),
        limit: u32,
    ) -> Result<Swept, StoreError> {
        let (kind, an_hour) = (self.kind, self.an_hour);
        let work = async move |tx: &mut Tx| {
            let removed = tx.all(sql, values![first, limit]).await?;
            for (hour, (rows, bytes)) in by_hour(&removed, an_hour)? {
                take_off(tx, kind, hour, (rows, bytes)).await?;
            }
            let swept = Swept::of(removed.len(), limit);
            if let Some(over) = over.filter(|_| swept == Swept::Everything) {
                forget(tx, kind, over).await?;
            }
            Ok(swept)
        };
        db.write(operation, move |tx| Box::pin(async move { work(tx).await }))
            .await
    }

    /// Measures the hours that are over and not measured yet; a bounded number, the next sweep the rest.
    async fn measure(&self, db: &Db, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..HOURS_A_SWEEP {
            let mut tx = db.read("find an hour to measure").await?;
            let Some(hour) = self.unmeasured(&mut tx, now).await? else {
                return Ok(());
            };
            let between = values![self.first_of(hour), self.first_of(hour + 1)];
            let weight = tx.one(self.weigh, between).await?;
            drop(tx);
            let size = sized(weight.get("row_count")?, weight.get("bytes")?);
            put(db, self.kind, hour, size).await?;
        }
        Ok(())
    }

    /// The first hour with rows after the last measured one, if it is over.
    async fn unmeasured(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT MAX(hour) AS hour FROM history_sizes WHERE kind = $1";
        let last: Option<i64> = tx.one(sql, values![word(self.kind)]).await?.get("hour")?;
        let from = last.map_or(i64::MIN, |last| self.first_of(last + 1));
        let first: Option<i64> = tx.one(self.first, values![from]).await?.get("at")?;
        let hour = first.map(|first| first.div_euclid(self.an_hour));
        Ok(hour.filter(|hour| *hour <= measurable(now)))
    }

    /// The oldest measured hour, if all of them together take more than `most`.
    async fn too_much(&self, db: &Db, most: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT MIN(hour) AS hour, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes
                   FROM history_sizes WHERE kind = $1";
        let row = db
            .read("sum up a kind of history")
            .await?
            .one(sql, values![word(self.kind)])
            .await?;
        let bytes: i64 = row.get("bytes")?;
        Ok(row.get::<Option<i64>>("hour")?.filter(|_| bytes > most))
    }
}

/// A size as it is counted: rows, and bytes with what each row takes beside its text.
const fn sized(rows: i64, bytes: i64) -> (i64, i64) {
    (rows, bytes + rows * ROW_BYTES)
}

/// Rows and bytes of removed rows by hour.
fn by_hour(removed: &[Row], an_hour: i64) -> Result<BTreeMap<i64, (i64, i64)>, StoreError> {
    let mut hours = BTreeMap::new();
    for row in removed {
        let (at, bytes): (i64, i64) = (row.get("at")?, row.get("bytes")?);
        let (rows, sum) = hours.entry(at.div_euclid(an_hour)).or_insert((0, 0));
        *rows += 1;
        *sum += bytes + ROW_BYTES;
    }
    Ok(hours)
}

async fn put(db: &Db, kind: Kind, hour: i64, (rows, bytes): (i64, i64)) -> Result<(), StoreError> {
    // Two servers may measure the same hour; they measure the same.
    let sql = "INSERT INTO history_sizes (kind, hour, row_count, bytes) VALUES ($1, $2, $3, $4)
               ON CONFLICT (kind, hour) DO UPDATE SET row_count = excluded.row_count, bytes = excluded.bytes";
    db.write("store an hour's size", move |tx| {
        Box::pin(async move {
            tx.execute(sql, values![word(kind), hour, rows, bytes])
                .await
                .map(|_| ())
        })
    })
    .await
}

/// An hour that is not measured yet has no size to take anything off.
async fn take_off(tx: &mut Tx, kind: Kind, hour: i64, (rows, bytes): (i64, i64)) -> Result<(), StoreError> {
    let sql =
        "UPDATE history_sizes SET row_count = row_count - $3, bytes = CASE WHEN bytes > $4 THEN bytes - $4 ELSE 0 END
               WHERE kind = $1 AND hour = $2";
    let values: Vec<Value> = values![word(kind), hour, rows, bytes];
    tx.execute(sql, values).await.map(|_| ())
}

async fn forget(tx: &mut Tx, kind: Kind, before: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM history_sizes WHERE kind = $1 AND hour < $2";
    tx.execute(sql, values![word(kind), before]).await.map(|_| ())
}
