//! What browsers are told: "this changed, read it again".
//!
//! Rules: a tenant's sequence is taken in the transaction that makes the change, so an event is there if and only if its
//! change is, and the sequence has no gap and no double. After the commit [`super::Db::events`] is woken, at every server on
//! the database ([`super::voice`]); a listener then reads by (tenant, sequence). A wake that crosses servers may get lost:
//! listeners look by themselves now and then, too.

use super::StoreError;
use super::db::Db;
use super::sql::quiet::{SIZES, ask, in_sizes};
use super::tx::{Tx, json};
use crate::values;
use api::live::{Change, LiveEvent};
use engine::model::{TenantId, Timestamp};
use std::sync::LazyLock;

static EVENTS: LazyLock<[&str; SIZES.len()]> =
    LazyLock::new(|| in_sizes("INSERT INTO events (tenant_id, seq, change, created_at) VALUES ROWS", 4));

/// Appends changes to a tenant's events; answers the last sequence, or none when there was nothing to append.
///
/// # Errors
/// The database's answer; there is no such tenant.
pub async fn append(
    tx: &mut Tx,
    tenant: TenantId,
    changes: &[Change],
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    if changes.is_empty() {
        return Ok(None);
    }
    let sql = "UPDATE tenants SET seq = seq + $2 WHERE id = $1 RETURNING seq";
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let last: i64 = tx.one(sql, values![tenant, count]).await?.get("seq")?;
    let numbered = (last - count + 1..).zip(changes);
    let rows: Vec<_> = numbered
        .map(|(seq, change)| values![tenant, seq, json(change), now])
        .collect();
    ask(tx, &EVENTS, &rows).await?;
    tx.wakes.push((tenant, last));
    Ok(Some(last))
}

/// A tenant's events after `seq`, oldest first, at most `limit`.
///
/// # Errors
/// The database's answer.
pub async fn after(db: &Db, tenant: TenantId, seq: i64, limit: u32) -> Result<Vec<LiveEvent>, StoreError> {
    let sql = "SELECT seq, change FROM events WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    let rows = db.all("read events", sql, values![tenant, seq, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(LiveEvent {
                seq: row.get("seq")?,
                change: row.json("change")?,
            })
        })
        .collect()
}

/// The last sequence of a tenant: where a fresh listener begins.
///
/// # Errors
/// The database's answer; there is no such tenant.
pub async fn last(db: &Db, tenant: TenantId) -> Result<i64, StoreError> {
    const OPERATION: &str = "read the last event's number";
    let sql = "SELECT seq FROM tenants WHERE id = $1";
    let found = db.first(OPERATION, sql, values![tenant]).await?;
    let found = found.ok_or_else(|| StoreError::database(OPERATION, format!("there is no tenant {tenant}")))?;
    found.get("seq")
}
