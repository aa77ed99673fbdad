//! Instance series (see [`crate::store::minutes`] for the form of a row).

use crate::store::StoreError;
use crate::store::minutes::{MinuteRecord, Part, add as place, quarter_of, read};
use crate::store::tx::{Row, Tx};
use crate::values;
use engine::model::{GroupId, InstanceId};

/// Adds a group's minute: one short read, and one write a row that has something of it.
pub(super) async fn add(tx: &mut Tx, group: GroupId, record: &MinuteRecord) -> Result<(), StoreError> {
    let quarter = quarter_of(record.minute);
    let sql = "SELECT part, members FROM instance_series WHERE group_id = $1 AND quarter = $2 ORDER BY part";
    let rows = tx.all(sql, values![group, quarter]).await?;
    let mut parts = rows
        .iter()
        .map(|row| Ok(Part::stored(row.get("part")?, &row.get::<String>("members")?)))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let stored = parts.len();
    place(&mut parts, record);
    for (nth, part) in parts.iter().enumerate().filter(|(_, part)| !part.line.is_empty()) {
        let sql = if nth < stored {
            "UPDATE instance_series SET members = $4, minutes = minutes || ' ' || $5
             WHERE group_id = $1 AND quarter = $2 AND part = $3"
        } else {
            "INSERT INTO instance_series (group_id, quarter, part, members, minutes) VALUES ($1, $2, $3, $4, $5)"
        };
        let values = values![group, quarter, part.number, part.members_text(), &part.line];
        tx.execute(sql, values).await?;
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
