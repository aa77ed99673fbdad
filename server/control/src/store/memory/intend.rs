//! Intents in memory: everything is checked before anything is written, so that it is all or none.

use super::state::{Group, State, StoredInstance};
use crate::drivers::{Birth, Made};
use crate::store::rules::{REMOVED_BEFORE_SERVICE, lowest_free, may_begin};
use crate::store::{Fence, InstanceRow, Intent, NewActivity, Placed, StoreError};
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{Flags, InstanceId, Phase, SubnetId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Writes them; answers the launches' places.
pub(super) fn all(
    state: &mut State,
    fence: Fence,
    intents: &[Intent],
    now: Timestamp,
) -> Result<Vec<Option<Placed>>, StoreError> {
    check(state.fenced(fence)?, fence, intents)?;
    let (places, used) = places(state, intents)?;
    state.addresses = used;
    let group = state.fenced(fence)?;
    group.record.state_rev += 1;
    let mut launched = places.iter().copied();
    for intent in intents {
        match intent {
            Intent::Launch { .. } => launch(group, intent, launched.next().flatten(), now),
            Intent::Adopt { .. } => adopt(group, intent, now),
            Intent::Move { .. } => move_on(group, intent, now),
            Intent::Destroy { .. } => {}
        }
    }
    Ok(places)
}

fn check(group: &Group, fence: Fence, intents: &[Intent]) -> Result<(), StoreError> {
    let changed = || StoreError::Changed { group: fence.group };
    let begins = intents.iter().any(Intent::begins);
    let record = &group.record;
    let planned = (record.spec_version, record.state_rev) == (fence.spec_version, fence.state_rev);
    if !planned || begins && !may_begin(record.status) {
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
            Intent::Adopt { id, .. } if phases.contains_key(id) || group.ended.contains_key(id) => {
                return Err(StoreError::NotAdoptable { id: *id });
            }
            Intent::Launch { id, .. } | Intent::Adopt { id, .. } => drop(phases.insert(*id, Phase::Launching)),
            Intent::Move { id, from, to, .. } => match phases.insert(*id, *to) {
                Some(stored) if stored == *from => {}
                _ => return Err(changed()),
            },
            Intent::Destroy { .. } => {}
        }
    }
    Ok(())
}

/// Every launch's place and every address in use with them; an adopted machine keeps the one it has, which must be free.
fn places(state: &State, intents: &[Intent]) -> Result<(Vec<Option<Placed>>, BTreeSet<Ipv4Addr>), StoreError> {
    let (mut used, mut places) = (state.addresses.clone(), Vec::new());
    for intent in intents {
        if let Intent::Adopt { id, made, .. } = intent
            && !used.insert(made.address)
        {
            return Err(StoreError::NotAdoptable { id: *id });
        }
    }
    for intent in intents {
        if let Intent::Launch { subnets, .. } = intent {
            let place = subnets.iter().find_map(|subnet| place(state, *subnet, &used));
            used.extend(place.map(|place| place.address));
            places.push(place);
        }
    }
    Ok((places, used))
}

fn place(state: &State, id: SubnetId, used: &BTreeSet<Ipv4Addr>) -> Option<Placed> {
    let address = lowest_free(&state.subnets.get(&id)?.cidr, used)?;
    Some(Placed { subnet: id, address })
}

fn launch(group: &mut Group, intent: &Intent, place: Option<Placed>, now: Timestamp) {
    let Intent::Launch {
        id,
        name,
        flags,
        warm_up_ms,
        activity,
        ..
    } = intent
    else {
        return;
    };
    let Some(Placed { subnet, address }) = place else {
        return;
    };
    let (template, template_version) = (group.record.launch.template, group.record.launch.template_version);
    let birth = Birth {
        subnet,
        template,
        template_version,
        warm_up_ms: *warm_up_ms,
        intended_at: now,
    };
    let name = name.clone();
    let made = Made { name, address, birth };
    begin(group, (*id, &made), *flags, activity, now);
}

fn adopt(group: &mut Group, intent: &Intent, now: Timestamp) {
    if let Intent::Adopt {
        id,
        made,
        flags,
        activity,
    } = intent
    {
        begin(group, (*id, made), *flags, activity, now);
    }
}

/// A record begins, and its activity.
fn begin(group: &mut Group, (id, made): (InstanceId, &Made), flags: Flags, activity: &NewActivity, now: Timestamp) {
    let row = InstanceRow {
        id,
        name: made.name.clone(),
        phase: Phase::Launching,
        state: InstanceState::Pending,
        flags,
        warm_up_ms: made.birth.warm_up_ms,
        address: made.address,
        subnet: made.birth.subnet,
        template: (made.birth.template, made.birth.template_version),
        activity: Some(activity.id),
        created_at: made.birth.intended_at,
    };
    let stored = StoredInstance {
        row,
        running_at: None,
        terminated_at: None,
    };
    group.instances.insert(id, stored);
    group.begin(activity, Some(id), ActivityStatus::Running, now);
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
