//! Intents in memory: everything is checked before anything is written, so that it is all or none.

use super::state::{Group, State, StoredInstance};
use crate::store::rules::{REMOVED_BEFORE_SERVICE, lowest_free, may_begin};
use crate::store::{Fence, InstanceRow, Intent, StoreError};
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{InstanceId, Phase, SubnetId, Timestamp};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// Writes them; answers the launches' addresses.
pub(super) fn all(
    state: &mut State,
    fence: Fence,
    intents: &[Intent],
    now: Timestamp,
) -> Result<Vec<Ipv4Addr>, StoreError> {
    check(state.fenced(fence)?, fence, intents)?;
    let addresses = addresses(state, intents)?;
    let group = state.fenced(fence)?;
    let mut launched = addresses.iter();
    for intent in intents {
        match intent {
            Intent::Launch { .. } => launch(group, intent, launched.next().copied(), now),
            Intent::Move { .. } => move_on(group, intent, now),
        }
    }
    Ok(addresses)
}

fn check(group: &Group, fence: Fence, intents: &[Intent]) -> Result<(), StoreError> {
    let changed = || StoreError::Changed { group: fence.group };
    let begins = intents.iter().any(Intent::begins);
    if group.record.spec_version != fence.spec_version || begins && !may_begin(group.record.status) {
        return Err(changed());
    }
    let mut phases: BTreeMap<InstanceId, Phase> = group
        .instances
        .iter()
        .map(|(id, stored)| (*id, stored.row.phase))
        .collect();
    for intent in intents {
        match intent {
            Intent::Launch { id, .. } if phases.contains_key(id) || group.ended.contains_key(id) => {
                return Err(StoreError::database("write intents", format!("{id} is there already")));
            }
            Intent::Launch { id, .. } => drop(phases.insert(*id, Phase::Launching)),
            Intent::Move { id, from, to, .. } => match phases.insert(*id, *to) {
                Some(stored) if stored == *from => {}
                _ => return Err(changed()),
            },
        }
    }
    Ok(())
}

/// Takes an address for every launch, or none at all.
fn addresses(state: &mut State, intents: &[Intent]) -> Result<Vec<Ipv4Addr>, StoreError> {
    let (mut used, mut taken) = (state.addresses.clone(), Vec::new());
    for intent in intents {
        let Intent::Launch { subnet, .. } = intent else {
            continue;
        };
        let address = address(state, *subnet, &used)?;
        used.insert(address);
        taken.push(address);
    }
    state.addresses = used;
    Ok(taken)
}

fn address(
    state: &State,
    subnet: SubnetId,
    used: &std::collections::BTreeSet<Ipv4Addr>,
) -> Result<Ipv4Addr, StoreError> {
    let cidr = state.subnets.get(&subnet).map(|subnet| subnet.cidr.as_str());
    cidr.and_then(|cidr| lowest_free(cidr, used))
        .ok_or(StoreError::NoAddress { subnet })
}

fn launch(group: &mut Group, intent: &Intent, address: Option<Ipv4Addr>, now: Timestamp) {
    let Intent::Launch {
        id,
        name,
        subnet,
        flags,
        warm_up_ms,
        activity,
    } = intent
    else {
        return;
    };
    let Some(address) = address else { return };
    let row = InstanceRow {
        id: *id,
        name: name.clone(),
        phase: Phase::Launching,
        state: InstanceState::Pending,
        flags: *flags,
        warm_up_ms: *warm_up_ms,
        address,
        subnet: *subnet,
        template: (group.record.launch.template, group.record.launch.template_version),
        activity: Some(activity.id),
        created_at: now,
    };
    group.instances.insert(
        *id,
        StoredInstance {
            row,
            running_at: None,
            terminated_at: None,
        },
    );
    group.begin(activity, Some(*id), ActivityStatus::Running, now);
}

fn move_on(group: &mut Group, intent: &Intent, now: Timestamp) {
    let Intent::Move { id, to, activity, .. } = intent else {
        return;
    };
    let Some(stored) = group.instances.get_mut(id) else {
        return;
    };
    stored.row.phase = *to;
    let Some(activity) = activity else { return };
    let open = stored.row.activity.replace(activity.id);
    if let Some(open) = open {
        group.end(
            open,
            ActivityStatus::Failed,
            Some(REMOVED_BEFORE_SERVICE.to_owned()),
            now,
        );
    }
    group.begin(activity, Some(*id), ActivityStatus::Running, now);
}
