//! Intents: what is about to be done, written before it is done, all or none.

use super::{Fenced, fenced};
use crate::drivers::{Birth, Made};
use crate::store::rules::{self, lowest_free, may_begin};
use crate::store::tx::{Tx, json, word};
use crate::store::{Fence, Intent, NewActivity, Placed, StoreError};
use crate::values;
use api::groups::ActivityStatus;
use engine::census::InstanceState;
use engine::model::{ActivityId, Flags, GroupId, InstanceId, Phase, SubnetId, TenantId, Timestamp};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// Addresses in use by subnet, read once for all launches of one call.
type Used = BTreeMap<SubnetId, Subnet>;

#[derive(Default)]
struct Subnet {
    cidr: String,
    used: BTreeSet<Ipv4Addr>,
}

/// Writes them; answers the launches' places.
pub(super) async fn all(
    tx: &mut Tx,
    fence: Fence,
    intents: &[Intent],
    now: Timestamp,
) -> Result<Vec<Option<Placed>>, StoreError> {
    let group = fenced(tx, fence).await?;
    let begins = intents.iter().any(Intent::begins);
    let planned = (group.spec_version, group.state_rev) == (fence.spec_version, fence.state_rev);
    if !planned || begins && !may_begin(group.status) {
        return Err(StoreError::Changed { group: fence.group });
    }
    let sql = "UPDATE groups_ SET state_rev = state_rev + 1 WHERE id = $1";
    tx.execute(sql, values![fence.group]).await?;
    // Adopted machines have their addresses already: no launch may be given one of them.
    for intent in intents {
        adopt(tx, (fence.group, &group), intent, now).await?;
    }
    let (mut subnets, mut places) = (Used::new(), Vec::new());
    for intent in intents {
        match intent {
            Intent::Launch { subnets: wanted, .. } => {
                let place = place(tx, &mut subnets, wanted).await?;
                launch(tx, (fence.group, &group), intent, place, now).await?;
                places.push(place);
            }
            Intent::Adopt { .. } | Intent::Destroy { .. } => {}
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
    Ok(places)
}

/// Takes the lowest free address of the first subnet that has one.
async fn place(tx: &mut Tx, subnets: &mut Used, wanted: &[SubnetId]) -> Result<Option<Placed>, StoreError> {
    for id in wanted {
        let subnet = match subnets.entry(*id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unread) => unread.insert(subnet(tx, *id).await?),
        };
        if let Some(address) = lowest_free(&subnet.cidr, &subnet.used) {
            subnet.used.insert(address);
            return Ok(Some(Placed { subnet: *id, address }));
        }
    }
    Ok(None)
}

/// A subnet that is not there has no address.
async fn subnet(tx: &mut Tx, id: SubnetId) -> Result<Subnet, StoreError> {
    let Some(row) = tx.first("SELECT cidr FROM subnets WHERE id = $1", values![id]).await? else {
        return Ok(Subnet::default());
    };
    let sql = "SELECT address FROM instances WHERE subnet_id = $1 AND terminated_at IS NULL";
    let used = tx.all(sql, values![id]).await?;
    let used = used.iter().map(|row| row.get("address")).collect::<Result<_, _>>()?;
    Ok(Subnet {
        cidr: row.get("cidr")?,
        used,
    })
}

async fn launch(
    tx: &mut Tx,
    group: (GroupId, &Fenced),
    intent: &Intent,
    place: Option<Placed>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Intent::Launch {
        id,
        name,
        flags,
        warm_up_ms,
        activity,
        ..
    } = intent
    else {
        return Ok(());
    };
    let Some(Placed { subnet, address }) = place else {
        return Ok(());
    };
    let (template, template_version) = group.1.template;
    let birth = Birth {
        subnet,
        template,
        template_version,
        warm_up_ms: *warm_up_ms,
        intended_at: now,
    };
    let name = name.clone();
    let made = Made { name, address, birth };
    record(tx, group, (*id, &made), *flags, (activity, now)).await
}

/// A machine without a record gets one, if no record ever had its id and none has its address.
async fn adopt(tx: &mut Tx, group: (GroupId, &Fenced), intent: &Intent, now: Timestamp) -> Result<(), StoreError> {
    let Intent::Adopt {
        id,
        made,
        flags,
        activity,
    } = intent
    else {
        return Ok(());
    };
    let sql = "SELECT id FROM instances WHERE id = $1 UNION ALL
               SELECT id FROM instances WHERE address = $2 AND terminated_at IS NULL";
    if tx.first(sql, values![*id, made.address]).await?.is_some() {
        return Err(StoreError::NotAdoptable { id: *id });
    }
    record(tx, group, (*id, made), *flags, (activity, now)).await
}

/// The record begins, and its activity.
async fn record(
    tx: &mut Tx,
    (id, group): (GroupId, &Fenced),
    (instance, made): (InstanceId, &Made),
    flags: Flags,
    (activity, now): (&NewActivity, Timestamp),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone,
                                      address, phase, state, flags, warm_up_ms, activity_id, created_at)
               SELECT $1, $2, $3, $4, $5, $6, s.id, s.zone, $8, $9, $10, $11, $12, '', $13
               FROM subnets s WHERE s.id = $7";
    let (phase, state) = (json(&Phase::Launching), word(InstanceState::Pending));
    let Birth {
        subnet,
        template,
        template_version,
        warm_up_ms,
        intended_at,
    } = made.birth;
    let owner = values![instance, group.tenant, id, &made.name, template, template_version];
    let standing = values![
        subnet,
        made.address,
        phase,
        state,
        json(&flags),
        warm_up_ms,
        intended_at
    ];
    if tx.execute(sql, [owner, standing].concat()).await? == 0 {
        return Err(StoreError::NotAdoptable { id: instance });
    }
    begin(tx, (group.tenant, id), Some(instance), activity, now).await
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
pub(crate) async fn insert_activity(
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
