//! What the store in memory holds.

use crate::clock::Wall;
use crate::store::{
    BalancerRecord, Counts, Fence, GroupRecord, InstanceRow, Launch, Lease, NewActivity, SHARDS, StoreError, rules,
    shard_of,
};
use api::groups::{ActivityStatus, InstanceUse};
use api::live::{Change, LiveEvent};
use engine::memory::CycleRecord;
use engine::model::{
    ActivityId, Cycle, GroupId, GroupStatus, InstanceId, LoadBalancerId, Reading, Reason, SubnetId, TemplateId,
    TenantId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;

/// An instance's record, with what a pass does not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInstance {
    /// What a pass loads.
    pub row: InstanceRow,
    /// Since when it runs.
    pub running_at: Option<Timestamp>,
    /// When its record ended.
    pub terminated_at: Option<Timestamp>,
}

/// A row of the scaling log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredActivity {
    /// What began.
    pub activity: NewActivity,
    /// Which instance it is about.
    pub instance: Option<InstanceId>,
    /// How it stands.
    pub status: ActivityStatus,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Consecutive decisions with the same reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    /// First pass it stood for.
    pub first_at: Timestamp,
    /// Last pass.
    pub last_at: Timestamp,
    /// How many.
    pub passes: u32,
    /// The size last decided.
    pub size: u32,
    /// The names of its reasons.
    pub variants: String,
    /// The latest trail.
    pub trail: Vec<Reason>,
}

/// One group.
#[derive(Debug)]
pub(super) struct Group {
    /// As loaded, but for its instances.
    pub(super) record: GroupRecord,
    pub(super) counts: Counts,
    pub(super) instances: BTreeMap<InstanceId, StoredInstance>,
    pub(super) ended: BTreeMap<InstanceId, StoredInstance>,
    pub(super) activities: BTreeMap<ActivityId, StoredActivity>,
    pub(super) decisions: VecDeque<StoredDecision>,
    pub(super) series: BTreeMap<Cycle, CycleRecord>,
    pub(super) samples: BTreeMap<InstanceId, [Reading; 2]>,
    pub(super) minutes: BTreeMap<u64, Vec<(InstanceId, InstanceUse)>>,
}

impl Group {
    pub(super) const fn new(record: GroupRecord) -> Self {
        Self {
            record,
            counts: Counts {
                in_service: 0,
                everything: 0,
                alarm: false,
            },
            instances: BTreeMap::new(),
            ended: BTreeMap::new(),
            activities: BTreeMap::new(),
            decisions: VecDeque::new(),
            series: BTreeMap::new(),
            samples: BTreeMap::new(),
            minutes: BTreeMap::new(),
        }
    }

    /// A row of the scaling log begins; what is not running has ended at once.
    pub(super) fn begin(
        &mut self,
        activity: &NewActivity,
        instance: Option<InstanceId>,
        status: ActivityStatus,
        now: Timestamp,
    ) {
        let ended_at = (status != ActivityStatus::Running).then_some(now);
        let activity = activity.clone();
        let stored = StoredActivity {
            instance,
            status,
            failure: None,
            started_at: now,
            ended_at,
            activity,
        };
        self.activities.insert(stored.activity.id, stored);
    }

    /// An open activity ends; one that has ended stays as it ended.
    pub(super) fn end(&mut self, id: ActivityId, status: ActivityStatus, failure: Option<String>, now: Timestamp) {
        let open = self
            .activities
            .get_mut(&id)
            .filter(|activity| activity.ended_at.is_none());
        if let Some(activity) = open {
            (activity.status, activity.failure, activity.ended_at) = (status, failure, Some(now));
        }
    }
}

/// A shard's lease and whose it is.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) owner: String,
    pub(super) lease: Lease,
}

/// A subnet.
#[derive(Debug)]
pub(super) struct Subnet {
    pub(super) cidr: String,
}

/// Everything.
#[derive(Debug)]
pub(super) struct State {
    pub(super) leases: Vec<Held>,
    /// Who lives, and until when it has said so.
    pub(super) servers: BTreeMap<String, Wall>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) launches: BTreeMap<(TemplateId, u32), Launch>,
    pub(super) subnets: BTreeMap<SubnetId, Subnet>,
    pub(super) addresses: BTreeSet<Ipv4Addr>,
    pub(super) balancers: BTreeMap<LoadBalancerId, BalancerRecord>,
    pub(super) events: BTreeMap<TenantId, Events>,
    pub(super) mark: Timestamp,
}

/// A tenant's events.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) seq: i64,
    pub(super) kept: VecDeque<(LiveEvent, Timestamp)>,
}

impl Default for State {
    fn default() -> Self {
        let free = |shard| Held {
            owner: String::new(),
            lease: Lease {
                shard,
                epoch: 0,
                until: Wall(0),
            },
        };
        Self {
            leases: (0..SHARDS).map(free).collect(),
            servers: BTreeMap::new(),
            groups: BTreeMap::new(),
            launches: BTreeMap::new(),
            subnets: BTreeMap::new(),
            addresses: BTreeSet::new(),
            balancers: BTreeMap::new(),
            events: BTreeMap::new(),
            mark: Timestamp(0),
        }
    }
}

impl State {
    /// What `owner` holds.
    pub(super) fn held(&self, owner: &str, now: Wall) -> Vec<Lease> {
        let held = self
            .leases
            .iter()
            .filter(|held| held.owner == owner && held.lease.until > now);
        held.map(|held| held.lease).collect()
    }

    /// Notes that `owner` lives, forgets who does not, and answers its share of the shards.
    pub(super) fn share(&mut self, owner: &str, now: Wall) -> usize {
        self.servers.insert(owner.to_owned(), rules::lease_until(now));
        self.servers.retain(|_, until| *until > now);
        let living: Vec<String> = self.servers.keys().cloned().collect();
        rules::share(&living, owner)
    }

    /// A shard changes hands.
    pub(super) fn hand(&mut self, shard: u16, owner: &str, until: Wall) {
        if let Some(held) = self.leases.get_mut(usize::from(shard)) {
            owner.clone_into(&mut held.owner);
            held.lease.epoch += 1;
            held.lease.until = until;
        }
    }

    /// The group, if the lease is still held and the group is still there.
    pub(super) fn fenced(&mut self, fence: Fence) -> Result<&mut Group, StoreError> {
        let Fence { group, lease, .. } = fence;
        let current = self.leases.get(usize::from(shard_of(group))).map(|held| held.lease);
        let mine = current.is_some_and(|held| (held.shard, held.epoch) == (lease.shard, lease.epoch));
        let there = self
            .groups
            .get_mut(&group)
            .filter(|group| group.record.status != GroupStatus::Deleted);
        there.filter(|_| mine).ok_or(StoreError::Fenced { group })
    }

    /// Appends events in the tenant's sequence.
    pub(super) fn announce(&mut self, tenant: TenantId, changes: &[Change], now: Timestamp) {
        let events = self.events.entry(tenant).or_default();
        for change in changes {
            events.seq += 1;
            events.kept.push_back((
                LiveEvent {
                    seq: events.seq,
                    change: *change,
                },
                now,
            ));
        }
    }
}
