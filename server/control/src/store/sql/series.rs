//! Group series: one row an hour (see [`crate::store::cycles`] for its form).
//!
//! A new record is appended to the text as it is, so that a pass does not parse an hour to add fifteen seconds; only a
//! cycle that is stored already (the next owner folds it again), and a row of the old form, take the long way.

use crate::store::StoreError;
use crate::store::cycles;
use crate::store::rules::{CYCLES_A_ROW, hour_of};
use crate::store::tx::{Row, Tx};
use crate::values;
use engine::memory::CycleRecord;
use engine::model::GroupId;

/// The last records, oldest first.
pub(super) async fn last(tx: &mut Tx, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
    let sql = "SELECT hour, cycles FROM group_series WHERE group_id = $1 ORDER BY hour DESC LIMIT $2";
    let (mut found, mut hours) = (Vec::new(), 0);
    // A row may hold fewer than its 240: only what is in them says whether there are enough.
    while found.len() < cycles as usize {
        let wanted = u64::from(cycles) / CYCLES_A_ROW + 2 + hours;
        let rows = tx.all(sql, values![group, wanted]).await?;
        if rows.len() as u64 <= hours {
            break;
        }
        hours = rows.len() as u64;
        found = newest(&rows, cycles as usize)?;
    }
    found.reverse();
    Ok(found)
}

/// At most so many records of these rows, which are the newest first, as the records are.
fn newest(rows: &[Row], most: usize) -> Result<Vec<CycleRecord>, StoreError> {
    let mut found = Vec::new();
    for row in rows {
        let text: String = row.get("cycles")?;
        let last = cycles::last(row.get("hour")?, &text, most - found.len());
        let last = last.map_err(|why| StoreError::database("read a group's series", why))?;
        found.extend(last.into_iter().rev());
    }
    Ok(found)
}

/// The records of a row, from its columns `hour` and `cycles`.
pub(crate) fn records(row: &Row) -> Result<Vec<CycleRecord>, StoreError> {
    let text: String = row.get("cycles")?;
    cycles::read(row.get("hour")?, &text).map_err(|why| StoreError::database("read a group's series", why))
}

/// Puts a record into a row that has it already, ends after it, or is of the old form.
pub(super) async fn replace(tx: &mut Tx, group: GroupId, record: &CycleRecord) -> Result<(), StoreError> {
    let sql = "SELECT hour, cycles FROM group_series WHERE group_id = $1 AND hour = $2";
    let row = tx.one(sql, values![group, hour_of(record.cycle)]).await?;
    let mut all = records(&row)?;
    match all.binary_search_by_key(&record.cycle, |stored| stored.cycle) {
        Ok(place) => all[place] = record.clone(),
        Err(place) => all.insert(place, record.clone()),
    }
    let sql = "UPDATE group_series SET last_cycle = CASE WHEN last_cycle < $3 THEN $3 ELSE last_cycle END, cycles = $4
               WHERE group_id = $1 AND hour = $2";
    let values = values![group, hour_of(record.cycle), record.cycle.0, cycles::row(&all)];
    tx.execute(sql, values).await?;
    Ok(())
}
