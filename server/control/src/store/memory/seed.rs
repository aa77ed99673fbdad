//! What people do through commands, and what tests look at.

use super::state::{Group, Subnet};
use super::{MemoryStore, StoredActivity, StoredDecision, StoredInstance};
use crate::store::minutes::MinuteRecord;
use crate::store::{BalancerRecord, Counts, GroupRecord, Launch};
use api::live::LiveEvent;
use engine::model::{ActivityId, GroupId, GroupStatus, InstanceId, Order, Reading, SubnetId, TenantId, Timestamp};
use std::collections::BTreeMap;

impl MemoryStore {
    /// A subnet whose addresses launches take.
    pub fn put_subnet(&self, id: SubnetId, cidr: &str) {
        self.lock().subnets.insert(id, Subnet { cidr: cidr.to_owned() });
    }

    /// A new group; its launch becomes a template version. Records it comes with are taken over.
    pub fn put_group(&self, mut record: GroupRecord) {
        let mut state = self.lock();
        let rows = std::mem::take(&mut record.instances);
        let launch = record.launch.clone();
        state
            .launches
            .insert((launch.template, launch.template_version), launch);
        state.addresses.extend(rows.iter().map(|row| row.address));
        let mut group = Group::new(record);
        let stored = |row: super::super::InstanceRow| StoredInstance {
            row,
            running_at: None,
            terminated_at: None,
        };
        group.instances = rows.into_iter().map(|row| (row.id, stored(row))).collect();
        state.groups.insert(group.record.id, group);
    }

    /// People change a group: its spec version is bumped; a new launch becomes a template version.
    pub fn edit(&self, group: GroupId, change: impl FnOnce(&mut GroupRecord)) {
        let mut state = self.lock();
        let Some(stored) = state.groups.get_mut(&group) else {
            return;
        };
        change(&mut stored.record);
        stored.record.spec_version += 1;
        let launch: Launch = stored.record.launch.clone();
        state
            .launches
            .insert((launch.template, launch.template_version), launch);
    }

    /// People enable, disable or delete it.
    pub fn set_status(&self, group: GroupId, status: GroupStatus) {
        self.edit(group, |record| record.status = status);
    }

    /// People change what is marked on a record (`protected`, `standby`): what a pass has planned without knowing is refused.
    pub fn mark_instance(&self, group: GroupId, id: InstanceId, change: impl FnOnce(&mut engine::model::Flags)) {
        let mut state = self.lock();
        let Some(stored) = state.groups.get_mut(&group) else {
            return;
        };
        if let Some(instance) = stored.instances.get_mut(&id) {
            change(&mut instance.row.flags);
            stored.record.state_rev += 1;
        }
    }

    /// People ask for something.
    pub fn order(&self, group: GroupId, id: &str, order: Order) {
        if let Some(group) = self.lock().groups.get_mut(&group) {
            group.record.orders.push((id.to_owned(), order));
        }
    }

    /// A load balancer as it is now.
    pub fn put_balancer(&self, balancer: BalancerRecord) {
        self.lock().balancers.insert(balancer.id, balancer);
    }

    /// A group's status, deleted ones included.
    pub fn status(&self, group: GroupId) -> Option<GroupStatus> {
        self.lock().groups.get(&group).map(|group| group.record.status)
    }

    /// A group's counts for lists.
    pub fn counts(&self, group: GroupId) -> Counts {
        self.lock()
            .groups
            .get(&group)
            .map(|group| group.counts)
            .unwrap_or_default()
    }

    /// A group's scaling log.
    pub fn activities(&self, group: GroupId) -> BTreeMap<ActivityId, StoredActivity> {
        self.lock()
            .groups
            .get(&group)
            .map(|group| group.activities.clone())
            .unwrap_or_default()
    }

    /// A group's decisions, oldest first.
    pub fn decisions(&self, group: GroupId) -> Vec<StoredDecision> {
        self.lock()
            .groups
            .get(&group)
            .map(|group| group.decisions.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// A record, ended ones included.
    pub fn instance(&self, group: GroupId, id: InstanceId) -> Option<StoredInstance> {
        let state = self.lock();
        let group = state.groups.get(&group)?;
        group.instances.get(&id).or_else(|| group.ended.get(&id)).cloned()
    }

    /// What was stored of its instances' minutes, oldest first.
    pub fn minutes(&self, group: GroupId) -> Vec<MinuteRecord> {
        let state = self.lock();
        let minutes = state
            .groups
            .get(&group)
            .map(|group| group.minutes.clone())
            .unwrap_or_default();
        minutes
            .into_iter()
            .map(|(minute, uses)| MinuteRecord { minute, uses })
            .collect()
    }

    /// The last closed cycle's samples.
    pub fn samples(&self, group: GroupId) -> BTreeMap<InstanceId, [Reading; 2]> {
        self.lock()
            .groups
            .get(&group)
            .map(|group| group.samples.clone())
            .unwrap_or_default()
    }

    /// A tenant's events, oldest first.
    pub fn events(&self, tenant: TenantId) -> Vec<LiveEvent> {
        let state = self.lock();
        let events = state.events.get(&tenant);
        events
            .map(|events| events.kept.iter().map(|(event, _)| *event).collect())
            .unwrap_or_default()
    }

    /// The product clock's mark.
    pub fn marked(&self) -> Timestamp {
        self.lock().mark
    }
}
