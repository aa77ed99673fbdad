//! Group series: one row an hour, the hour's records as a JSON array.
//!
//! A new record is appended to the text as it is, so that a pass does not parse an hour to add fifteen seconds; only a
//! cycle that is stored already (the next owner folds it again) takes the long way and is replaced.

use crate::store::StoreError;
use crate::store::rules::{CYCLES_A_ROW, hour_of};
use crate::store::tx::{Row, Tx, Value, json};
use crate::values;
use engine::memory::CycleRecord;
use engine::model::GroupId;

/// The last records, oldest first.
pub(super) async fn last(tx: &mut Tx, group: GroupId, cycles: u32) -> Result<Vec<CycleRecord>, StoreError> {
    let sql = "SELECT cycles FROM group_series WHERE group_id = $1 ORDER BY hour DESC LIMIT $2";
    let (mut found, mut hours) = (Vec::<Vec<CycleRecord>>::new(), 0);
    // A row may hold fewer than its 240: only what is in them says whether there are enough.
    while found.iter().map(Vec::len).sum::<usize>() < cycles as usize {
        let wanted = u64::from(cycles) / CYCLES_A_ROW + 2 + hours;
        let rows = tx.all(sql, values![group, wanted]).await?;
        if rows.len() as u64 <= hours {
            break;
        }
        hours = rows.len() as u64;
        found = rows.iter().map(|row| row.json("cycles")).collect::<Result<_, _>>()?;
    }
    let mut records: Vec<CycleRecord> = found.into_iter().rev().flatten().collect();
    records.drain(..records.len().saturating_sub(cycles as usize));
    Ok(records)
}

/// Adds a record, or replaces the one of the same cycle.
pub(super) async fn add(tx: &mut Tx, group: GroupId, record: &CycleRecord) -> Result<(), StoreError> {
    let (hour, cycle) = (hour_of(record.cycle), record.cycle.0);
    let sql = "SELECT last_cycle FROM group_series WHERE group_id = $1 AND hour = $2";
    let last = tx
        .first(sql, values![group, hour])
        .await?
        .map(|row| row.get::<u64>("last_cycle"))
        .transpose()?;
    match last {
        None => begin(tx, group, record).await,
        Some(last) if last < cycle => append(tx, group, record).await,
        Some(_) => replace(tx, group, record).await,
    }
}

async fn begin(tx: &mut Tx, group: GroupId, record: &CycleRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO group_series (group_id, hour, last_cycle, cycles) VALUES ($1, $2, $3, $4)";
    let (hour, cycle) = (hour_of(record.cycle), record.cycle.0);
    tx.execute(sql, values![group, hour, cycle, json(&[record])]).await?;
    Ok(())
}

async fn append(tx: &mut Tx, group: GroupId, record: &CycleRecord) -> Result<(), StoreError> {
    let sql =
        "UPDATE group_series SET last_cycle = $3, cycles = substr(cycles, 1, length(cycles) - 1) || ',' || $4 || ']'
               WHERE group_id = $1 AND hour = $2";
    tx.execute(sql, at(group, record, json(record))).await?;
    Ok(())
}

async fn replace(tx: &mut Tx, group: GroupId, record: &CycleRecord) -> Result<(), StoreError> {
    let sql = "SELECT cycles FROM group_series WHERE group_id = $1 AND hour = $2";
    let row: Row = tx.one(sql, values![group, hour_of(record.cycle)]).await?;
    let mut records: Vec<CycleRecord> = row.json("cycles")?;
    match records.binary_search_by_key(&record.cycle, |stored| stored.cycle) {
        Ok(place) => records[place] = record.clone(),
        Err(place) => records.insert(place, record.clone()),
    }
    let sql = "UPDATE group_series SET last_cycle = CASE WHEN last_cycle < $3 THEN $3 ELSE last_cycle END, cycles = $4
               WHERE group_id = $1 AND hour = $2";
    tx.execute(sql, at(group, record, json(&records))).await?;
    Ok(())
}

fn at(group: GroupId, record: &CycleRecord, cycles: Value) -> Vec<Value> {
    values![group, hour_of(record.cycle), record.cycle.0, cycles]
}
