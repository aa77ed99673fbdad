//! What a pass leaves behind, in memory; the rules are those of `store::sql::settle`.

use super::state::{Group, State, StoredDecision};
use crate::store::retention::DECISIONS_MAX;
use crate::store::rules::{kept_flags, kept_phase, variants};
use crate::store::{DecisionRow, Fence, InstanceUpdate, Settlement, StoreError};
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{GroupStatus, Timestamp};
use std::net::Ipv4Addr;

/// Writes all of it.
pub(super) fn all(state: &mut State, fence: Fence, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let group = state.fenced(fence)?;
    memory(group, fence, settlement);
    for activity in &settlement.ended {
        group.end(activity.id, activity.status, activity.failure.clone(), now);
        for stored in group
            .instances
            .values_mut()
            .filter(|stored| stored.row.activity == Some(activity.id))
        {
            stored.row.activity = None;
        }
    }
    for activity in &settlement.done {
        group.begin(activity, None, ActivityStatus::Succeeded, now);
    }
    let freed: Vec<Ipv4Addr> = settlement
        .instances
        .iter()
        .filter_map(|update| instance(group, update))
        .collect();
    group.record.orders.retain(|(id, _)| !settlement.orders.contains(id));
    decision(group, &settlement.decision);
    if let Some(record) = &settlement.cycle {
        group.series.insert(record.cycle, record.clone());
        group.samples = settlement.samples.iter().copied().collect();
    }
    if let Some(record) = &settlement.minute {
        group.minutes.insert(record.minute, record.uses.clone());
    }
    if settlement.deleted.is_some() && group.record.status == GroupStatus::Deleting && group.instances.is_empty() {
        group.record.status = GroupStatus::Deleted;
        group.record.spec.bindings.clear();
        group.record.orders.clear();
    }
    let tenant = group.record.tenant;
    state.addresses.retain(|address| !freed.contains(address));
    state.announce(tenant, &settlement.changes, now);
    Ok(())
}

fn memory(group: &mut Group, fence: Fence, settlement: &Settlement) {
    let desired = group.record.durable.desired;
    group.record.state_rev += 1;
    group.record.durable = settlement.durable.clone();
    if group.record.spec_version != fence.spec_version {
        group.record.durable.desired = desired;
    }
    group.counts = settlement.counts;
}

/// One record; answers its address if it ended.
fn instance(group: &mut Group, update: &InstanceUpdate) -> Option<Ipv4Addr> {
    let stored = group.instances.get_mut(&update.id)?;
    let row = &mut stored.row;
    row.phase = kept_phase(row.phase, update.phase);
    row.flags = kept_flags(row.flags, update.flags);
    row.state = update.state;
    stored.running_at = update.running_at.or(stored.running_at);
    stored.terminated_at = Some(update.terminated?);
    stored.row.state = InstanceState::Terminated;
    let ended = group.instances.remove(&update.id)?;
    let address = ended.row.address;
    group.samples.remove(&update.id);
    group.ended.insert(update.id, ended);
    Some(address)
}

fn decision(group: &mut Group, decision: &DecisionRow) {
    let DecisionRow { at, size, trail } = decision;
    let names = variants(trail);
    let first_at = match group.decisions.back_mut() {
        Some(last) if last.variants == names => {
            (last.last_at, last.size, last.trail) = (*at, *size, trail.clone());
            last.passes += 1;
            return;
        }
        Some(last) => Timestamp(at.0.max(last.first_at.0 + 1)),
        None => *at,
    };
    let (size, trail) = (*size, trail.clone());
    let row = StoredDecision {
        first_at,
        last_at: first_at,
        passes: 1,
        size,
        variants: names,
        trail,
    };
    group.decisions.push_back(row);
    while i64::try_from(group.decisions.len()).unwrap_or(i64::MAX) > DECISIONS_MAX {
        group.decisions.pop_front();
    }
}
