//! What a pass leaves behind, in one transaction that checks the lease's epoch and nothing else.
//!
//! *Desired*: people write `groups_.durable.desired` and bump `spec_version` in one transaction. So when the stored
//! `spec_version` is not the fence's, the stored desired is what people set after this pass was loaded, and it stays;
//! everything else of the durable memory is the pass's.

use super::intend::insert_activity;
use super::{fenced, minutes, series, sweep};
use crate::store::rules::{kept_flags, variants};
use crate::store::tx::{Tx, json, word};
use crate::store::{Counts, DecisionRow, EndedActivity, Fence, InstanceUpdate, Settlement, StoreError, events};
use crate::values;
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::memory::{CycleRecord, Durable};
use engine::model::{Flags, GroupId, GroupStatus, InstanceId, Reading, Timestamp};
use std::sync::LazyLock;

/// Writes all of it.
pub(super) async fn all(tx: &mut Tx, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let id = fence.group;
    let group = fenced(tx, fence).await?;
    let mut durable = settlement.durable.clone();
    if group.spec_version != fence.spec_version {
        durable.desired = group.durable.desired;
    }
    memory(tx, id, &durable, settlement.counts, group.listed).await?;
    for activity in &settlement.ended {
        end(tx, id, activity, now).await?;
    }
    for activity in &settlement.done {
        insert_activity(tx, (group.tenant, id), None, activity, (ActivityStatus::Succeeded, now)).await?;
    }
    for update in &settlement.instances {
        instance(tx, id, update).await?;
    }
    for order in &settlement.orders {
        tx.execute("DELETE FROM orders WHERE id = $1 AND group_id = $2", values![order, id])
            .await?;
    }
    decision(tx, id, &settlement.decision).await?;
    if let Some(record) = &settlement.cycle {
        series::add(tx, id, record).await?;
        samples(tx, id, record, &settlement.samples).await?;
    }
    if let Some(record) = &settlement.minute {
        minutes::add(tx, id, record).await?;
    }
    if let Some(at) = settlement.deleted {
        delete(tx, id, at).await?;
    }
    events::append(tx, group.tenant, &settlement.changes, now)
        .await
        .map(|_| ())
}

async fn memory(
    tx: &mut Tx,
    group: GroupId,
    durable: &Durable,
    counts: Counts,
    listed: (u32, u32),
) -> Result<(), StoreError> {
    let sql = "UPDATE groups_ SET durable = $2, everything = $3, alarm = $4, state_rev = state_rev + 1 WHERE id = $1";
    let Counts {
        in_service,
        everything,
        alarm,
    } = counts;
    tx.execute(sql, values![group, json(durable), everything, alarm])
        .await?;
    self::listed(tx, group, (durable.desired, in_service), listed).await
}

/// Lists are sorted by desired and in service, so each has an index, which SQLite writes anew whenever the column is set. A
/// quiet pass does not set them.
pub(super) async fn listed(
    tx: &mut Tx,
    group: GroupId,
    shown: (u32, u32),
    before: (u32, u32),
) -> Result<(), StoreError> {
    if shown != before {
        let sql = "UPDATE groups_ SET desired = $2, in_service = $3 WHERE id = $1";
        tx.execute(sql, values![group, shown.0, shown.1]).await?;
    }
    Ok(())
}

async fn end(tx: &mut Tx, group: GroupId, activity: &EndedActivity, now: Timestamp) -> Result<(), StoreError> {
    let EndedActivity { id, status, failure } = activity;
    let sql = "UPDATE activities SET status = $3, failure = $4, ended_at = $5
               WHERE id = $1 AND group_id = $2 AND ended_at IS NULL";
    tx.execute(sql, values![*id, group, word(status), failure.clone(), now])
        .await?;
    let sql = "UPDATE instances SET activity_id = ''
               WHERE group_id = $1 AND activity_id = $2 AND terminated_at IS NULL";
    tx.execute(sql, values![group, *id]).await?;
    Ok(())
}

async fn instance(tx: &mut Tx, group: GroupId, update: &InstanceUpdate) -> Result<(), StoreError> {
    let InstanceUpdate {
        id,
        phase,
        state,
        flags,
        running_at,
        terminated,
    } = update;
    let sql = "SELECT flags, phase FROM instances WHERE id = $1 AND group_id = $2 AND terminated_at IS NULL";
    let Some(row) = tx.first(sql, values![*id, group]).await? else {
        return Ok(());
    };
    let flags = kept_flags(row.json::<Flags>("flags")?, *flags);
    let phase = phase.map_or(row.json("phase"), Ok)?;
    let state = if terminated.is_some() {
        InstanceState::Terminated
    } else {
        *state
    };
    let sql = "UPDATE instances SET phase = $2, state = $3, flags = $4, running_at = COALESCE($5, running_at),
                                    terminated_at = $6
               WHERE id = $1";
    let values = values![*id, json(&phase), word(state), json(&flags), *running_at, *terminated];
    tx.execute(sql, values).await?;
    if terminated.is_some() {
        tx.execute("DELETE FROM instance_samples WHERE instance_id = $1", values![*id])
            .await?;
    }
    Ok(())
}

/// Extends the newest decision row while its reasons' names stay the same, else begins the next.
pub(super) async fn decision(tx: &mut Tx, group: GroupId, decision: &DecisionRow) -> Result<(), StoreError> {
    let DecisionRow { at, size, trail } = decision;
    let names = variants(trail);
    let sql = "UPDATE decisions SET last_at = $2, passes = passes + 1, size = $3, trail = $4
               WHERE group_id = $1 AND number = (SELECT MAX(number) FROM decisions WHERE group_id = $1) AND variants = $5";
    let extending = values![group, *at, *size, json(trail), &names];
    if tx.execute(sql, extending).await? > 0 {
        return Ok(());
    }
    let sql = "SELECT number, first_at FROM decisions WHERE group_id = $1 ORDER BY number DESC LIMIT 1";
    let last = tx.first(sql, values![group]).await?;
    let (number, first_at) = match &last {
        // Two decisions of one millisecond keep their order.
        Some(row) => (row.get::<i64>("number")? + 1, at.0.max(row.get::<i64>("first_at")? + 1)),
        None => (1, at.0),
    };
    let sql = "INSERT INTO decisions (group_id, number, first_at, last_at, passes, size, variants, trail)
               VALUES ($1, $2, $3, $3, 1, $4, $5, $6)";
    tx.execute(sql, values![group, number, first_at, *size, names, json(trail)])
        .await?;
    tx.execute(
        "UPDATE groups_ SET decisions = $2 WHERE id = $1",
        values![group, number],
    )
    .await?;
    sweep::push_out(tx, group, number).await
}

/// Samples written by one statement. More saves little and the statement is a longer one to prepare; fewer asks the
/// database once for nearly every instance of every group in every cycle.
const SAMPLES_AT_ONCE: usize = 10;

/// The statement that writes that many samples: $1 group, $2 cycle, then instance, CPU and memory of each.
fn samples_sql(count: usize) -> &'static str {
    let row = |n: usize| format!("(${}, $1, $2, ${}, ${})", 3 * n + 3, 3 * n + 4, 3 * n + 5);
    let rows: Vec<String> = (0..count).map(row).collect();
    let sql = format!(
        "INSERT INTO instance_samples (instance_id, group_id, cycle, cpu_milli, memory_milli) VALUES {}
         ON CONFLICT (instance_id) DO UPDATE
         SET cycle = excluded.cycle, cpu_milli = excluded.cpu_milli, memory_milli = excluded.memory_milli",
        rows.join(", ")
    );
    Box::leak(sql.into_boxed_str())
}

static ONE_SAMPLE: LazyLock<&str> = LazyLock::new(|| samples_sql(1));
static MANY_SAMPLES: LazyLock<&str> = LazyLock::new(|| samples_sql(SAMPLES_AT_ONCE));

/// The closed cycle's samples take the place of the last one's.
async fn samples(
    tx: &mut Tx,
    group: GroupId,
    record: &CycleRecord,
    samples: &[(InstanceId, [Reading; 2])],
) -> Result<(), StoreError> {
    let cycle = record.cycle.0;
    let (many, rest) = samples.as_chunks::<SAMPLES_AT_ONCE>();
    let ones = rest.iter().map(|one| (*ONE_SAMPLE, std::slice::from_ref(one)));
    for (sql, some) in many.iter().map(|many| (*MANY_SAMPLES, &many[..])).chain(ones) {
        let mut values = values![group, cycle];
        values.extend(
            some.iter()
                .flat_map(|(id, [cpu, memory])| values![*id, cpu.ok(), memory.ok()]),
        );
        tx.execute(sql, values).await?;
    }
    let sql = "DELETE FROM instance_samples WHERE group_id = $1 AND cycle <> $2";
    tx.execute(sql, values![group, cycle]).await?;
    Ok(())
}

/// A group that is being deleted and has no record left is deleted; its row stays readable.
async fn delete(tx: &mut Tx, group: GroupId, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE groups_ SET status = $2, deleted_at = $3 WHERE id = $1 AND status = $4
               AND NOT EXISTS (SELECT 1 FROM instances WHERE group_id = $1 AND terminated_at IS NULL)";
    let (deleted, deleting) = (word(GroupStatus::Deleted), word(GroupStatus::Deleting));
    if tx.execute(sql, values![group, deleted, at, deleting]).await? == 0 {
        return Ok(());
    }
    tx.execute("DELETE FROM bindings WHERE group_id = $1", values![group])
        .await?;
    tx.execute("DELETE FROM orders WHERE group_id = $1", values![group])
        .await?;
    Ok(())
}
