//! Instance series (see [`crate::store::minutes`] for the form of a row).

use super::load::{AT_ONCE, by, ids, of_many};
use super::quiet::{SIZES, ask, in_sizes};
use crate::store::StoreError;
use crate::store::minutes::{MinuteRecord, Part, add as place, quarter_of, read};
use crate::store::tx::{Row, Tx, Value};
use crate::values;
use engine::model::{GroupId, InstanceId};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static PARTS: LazyLock<&str> = LazyLock::new(|| {
    let after = AT_ONCE + 1;
    of_many(&format!(
        "SELECT group_id, part, members FROM instance_series WHERE group_id IN (IDS) AND quarter = ${after}
         ORDER BY group_id, part"
    ))
});

static LONGER: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "WITH v (id, quarter, part, members, line) AS (VALUES ROWS)
               UPDATE instance_series SET members = v.members, minutes = minutes || ' ' || v.line
               FROM v WHERE instance_series.group_id = v.id AND instance_series.quarter = CAST(v.quarter AS BIGINT)
                 AND instance_series.part = CAST(v.part AS BIGINT)";
    in_sizes(sql, 5)
});

static NEW: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    in_sizes(
        "INSERT INTO instance_series (group_id, quarter, part, members, minutes) VALUES ROWS",
        5,
    )
});

/// Adds the minute of each of these groups, at most [`AT_ONCE`]: one short read a quarter, and one row for each row of theirs
/// that has something of it.
pub(super) async fn add(tx: &mut Tx, closed: &[(GroupId, &MinuteRecord)]) -> Result<(), StoreError> {
    let mut by_quarter = BTreeMap::<u64, Vec<(GroupId, &MinuteRecord)>>::new();
    for (group, record) in closed {
        by_quarter
            .entry(quarter_of(record.minute))
            .or_default()
            .push((*group, *record));
    }
    for (quarter, closed) in by_quarter {
        let groups: Vec<GroupId> = closed.iter().map(|(group, _)| *group).collect();
        let mut values = ids(&groups);
        values.push(Value::from(quarter));
        let rows = tx.all(*PARTS, values).await?;
        let stored = |row: &Row| Ok(Part::stored(row.get("part")?, &row.get::<String>("members")?));
        let mut parts: BTreeMap<GroupId, Vec<Part>> = by(&rows, "group_id", stored)?;
        let (mut longer, mut new) = (Vec::new(), Vec::new());
        for (group, record) in closed {
            let mut parts = parts.remove(&group).unwrap_or_default();
            let stored = parts.len();
            place(&mut parts, record);
            for (nth, part) in parts.iter().enumerate().filter(|(_, part)| !part.line.is_empty()) {
                let row = values![group, quarter, part.number, part.members_text(), &part.line];
                if nth < stored { longer.push(row) } else { new.push(row) }
            }
        }
        ask(tx, &LONGER, &longer).await?;
        ask(tx, &NEW, &new).await?;
    }
    Ok(())
}

/// Rows of one answer at most: 48 h of one instance, and the rows in which it changed its place.
const ROWS_MAX: u32 = 400;

/// One instance's minutes in these quarters of an hour, both included, as far as they are stored.
///
/// # Errors
/// The database's answer.
pub async fn of_instance(
    tx: &mut Tx,
    group: GroupId,
    id: InstanceId,
    (from, to): (u64, u64),
) -> Result<Vec<MinuteRecord>, StoreError> {
    let sql = "SELECT quarter, members, minutes FROM instance_series
               WHERE group_id = $1 AND quarter >= $2 AND quarter <= $3 AND members LIKE $4 ORDER BY quarter, part LIMIT $5";
    let rows = tx
        .all(sql, values![group, from, to, format!("%{id}%"), ROWS_MAX])
        .await?;
    let mut records = records(&rows)?;
    for record in &mut records {
        record.uses.retain(|(other, _)| *other == id);
    }
    Ok(records)
}

/// The minutes of every instance of a group in these quarters, both included; of the first `parts` rows of each.
///
/// # Errors
/// The database's answer.
pub async fn of_group(
    tx: &mut Tx,
    group: GroupId,
    (from, to): (u64, u64),
    parts: u64,
) -> Result<Vec<MinuteRecord>, StoreError> {
    let sql = "SELECT quarter, members, minutes FROM instance_series
               WHERE group_id = $1 AND quarter >= $2 AND quarter <= $3 AND part < $4 ORDER BY quarter, part LIMIT $5";
    let rows = tx.all(sql, values![group, from, to, parts, ROWS_MAX]).await?;
    records(&rows)
}

fn records(rows: &[Row]) -> Result<Vec<MinuteRecord>, StoreError> {
    let mut records = Vec::new();
    for row in rows {
        let (members, minutes): (String, String) = (row.get("members")?, row.get("minutes")?);
        records.extend(read(row.get("quarter")?, &members, &minutes));
    }
    Ok(records)
}
