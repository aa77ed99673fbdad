//! What a pass leaves behind in which something happened, in one transaction that checks the lease's epoch and nothing else:
//! what every pass leaves behind ([`super::quiet`]), and activities, records and orders.

use super::intend::insert_activity;
use super::quiet::{self, Wish};
use crate::store::rules::{kept_flags, kept_phase};
use crate::store::tx::{Tx, json, word};
use crate::store::{EndedActivity, InstanceUpdate, StoreError};
use crate::values;
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{Flags, GroupId, GroupStatus, Timestamp};

/// Writes all of it: the cycle as of every settlement, then what happened.
pub(super) async fn all(tx: &mut Tx, wish: &Wish) -> Result<(), StoreError> {
    let (settlement, now, id) = (&wish.settlement, wish.now, wish.fence.group);
    let granted = quiet::all(tx, std::slice::from_ref(wish)).await?;
    let Some(Ok(tenant)) = granted.first().copied() else {
        return Err(StoreError::Fenced { group: id });
    };
    for activity in &settlement.ended {
        end(tx, id, activity, now).await?;
    }
    for activity in &settlement.done {
        insert_activity(tx, (tenant, id), None, activity, (ActivityStatus::Succeeded, now)).await?;
    }
    for update in &settlement.instances {
        instance(tx, id, update).await?;
    }
    for order in &settlement.orders {
        tx.execute("DELETE FROM orders WHERE id = $1 AND group_id = $2", values![order, id])
            .await?;
    }
    match settlement.deleted {
        Some(at) => delete(tx, id, at).await,
        None => Ok(()),
    }
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
    let phase = kept_phase(row.json("phase")?, *phase);
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
