//! Intents: what is about to be done, written before it is done, all or none.

use super::{Fenced, fenced};
use crate::store::rules::{self, lowest_free, may_begin};
use crate::store::tx::{Tx, json, word};
use crate::store::{Fence, Intent, NewActivity, StoreError};
use crate::values;
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{ActivityId, GroupId, InstanceId, Phase, SubnetId, TenantId, Timestamp};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Addresses in use by subnet, read once for all launches of one call.
type Used = BTreeMap<SubnetId, Subnet>;

struct Subnet {
    zone: String,
    cidr: String,
    used: BTreeSet<Ipv4Addr>,
}

/// Writes them; answers the launches' addresses.
pub(super) async fn all(
    tx: &mut Tx,
    fence: Fence,
    intents: &[Intent],
    now: Timestamp,
) -> Result<Vec<Ipv4Addr>, StoreError> {
    let group = fenced(tx, fence).await?;
    let begins = intents.iter().any(Intent::begins);
    if group.spec_version != fence.spec_version || begins && !may_begin(group.status) {
        return Err(StoreError::Changed { group: fence.group });
    }
    let (mut subnets, mut addresses) = (Used::new(), Vec::new());
    for intent in intents {
        match intent {
            Intent::Launch { subnet, .. } => {
                let (zone, address) = address(tx, &mut subnets, *subnet).await?;
                launch(tx, fence.group, &group, intent, (&zone, address), now).await?;
                addresses.push(address);
            }
            Intent::Move { id, from, to, activity } => {
                let open = standing(tx, fence.group, *id, *from).await?;
                move_on(tx, *id, *to).await?;
                if let Some(activity) = activity {
                    fail_open(tx, open, now).await?;
                    begin(tx, (group.tenant, fence.group), Some(*id), activity, now).await?;
                }
            }
        }
    }
    Ok(addresses)
}

/// Takes the lowest free address of a subnet.
async fn address(tx: &mut Tx, subnets: &mut Used, id: SubnetId) -> Result<(String, Ipv4Addr), StoreError> {
    let subnet = match subnets.entry(id) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unread) => unread.insert(subnet(tx, id).await?),
    };
    let address = lowest_free(&subnet.cidr, &subnet.used).ok_or(StoreError::NoAddress { subnet: id })?;
    subnet.used.insert(address);
    Ok((subnet.zone.clone(), address))
}

async fn subnet(tx: &mut Tx, id: SubnetId) -> Result<Subnet, StoreError> {
    let row = tx
        .first("SELECT zone, cidr FROM subnets WHERE id = $1", values![id])
        .await?;
    let row = row.ok_or(StoreError::NoAddress { subnet: id })?;
    let sql = "SELECT address FROM instances WHERE subnet_id = $1 AND terminated_at IS NULL";
    let used = tx.all(sql, values![id]).await?;
    let used = used.iter().map(|row| row.get("address")).collect::<Result<_, _>>()?;
    Ok(Subnet {
        zone: row.get("zone")?,
        cidr: row.get("cidr")?,
        used,
    })
}

/// The record begins, and its activity.
async fn launch(
    tx: &mut Tx,
    id: GroupId,
    group: &Fenced,
    intent: &Intent,
    (zone, address): (&str, Ipv4Addr),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Intent::Launch {
        id: instance,
        name,
        subnet,
        flags,
        warm_up_ms,
        activity,
    } = intent
    else {
        return Ok(());
    };
    let sql = "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone,
                                      address, phase, state, flags, warm_up_ms, activity_id, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14)";
    let (template, version) = group.template;
    let (phase, state) = (json(&Phase::Launching), word(InstanceState::Pending));
    let owner = values![*instance, group.tenant, id, name, template, version];
    let place = values![*subnet, zone, address];
    let standing = values![phase, state, json(flags), *warm_up_ms, now];
    tx.execute(sql, [owner, place, standing].concat()).await?;
    begin(tx, (group.tenant, id), Some(*instance), activity, now).await
}

/// The record's open activity, if its phase is still the one it was loaded with.
async fn standing(tx: &mut Tx, group: GroupId, id: InstanceId, from: Phase) -> Result<Option<ActivityId>, StoreError> {
    let sql = "SELECT phase, activity_id FROM instances WHERE id = $1 AND group_id = $2 AND terminated_at IS NULL";
    let row = tx.first(sql, values![id, group]).await?;
    let changed = StoreError::Changed { group };
    let Some(row) = row else { return Err(changed) };
    let stored: Phase = row.json("phase")?;
    if stored == from {
        row.get("activity_id")
    } else {
        Err(changed)
    }
}

async fn move_on(tx: &mut Tx, id: InstanceId, to: Phase) -> Result<(), StoreError> {
    tx.execute("UPDATE instances SET phase = $2 WHERE id = $1", values![id, json(&to)])
        .await?;
    Ok(())
}

/// A removal begins while its launch has not succeeded: that launch has failed.
async fn fail_open(tx: &mut Tx, open: Option<ActivityId>, now: Timestamp) -> Result<(), StoreError> {
    let Some(open) = open else { return Ok(()) };
    let sql = "UPDATE activities SET status = $2, failure = $3, ended_at = $4 WHERE id = $1 AND status = $5";
    let (failed, running) = (word(ActivityStatus::Failed), word(ActivityStatus::Running));
    tx.execute(sql, values![open, failed, rules::REMOVED_BEFORE_SERVICE, now, running])
        .await?;
    Ok(())
}

/// An activity begins, and is its instance's open one.
async fn begin(
    tx: &mut Tx,
    owner: (TenantId, GroupId),
    instance: Option<InstanceId>,
    activity: &NewActivity,
    now: Timestamp,
) -> Result<(), StoreError> {
    insert_activity(tx, owner, instance, activity, (ActivityStatus::Running, now)).await?;
    let sql = "UPDATE instances SET activity_id = $2 WHERE id = $1";
    tx.execute(sql, values![instance, activity.id]).await?;
    Ok(())
}

/// A row of the scaling log.
pub(super) async fn insert_activity(
    tx: &mut Tx,
    (tenant, group): (TenantId, GroupId),
    instance: Option<InstanceId>,
    activity: &NewActivity,
    (status, now): (ActivityStatus, Timestamp),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO activities (id, tenant_id, group_id, kind, status, cause, instance_id, size_before,
                                       size_after, started_at, ended_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let NewActivity {
        id,
        kind,
        cause,
        size: (before, after),
    } = activity;
    let instance = instance.map(|id| id.to_string()).unwrap_or_default();
    let ended = (status != ActivityStatus::Running).then_some(now);
    let what = values![*id, tenant, group, word(kind), word(status), json(cause), instance];
    let numbers = values![*before, *after, now, ended];
    tx.execute(sql, [what, numbers].concat()).await?;
    Ok(())
}
