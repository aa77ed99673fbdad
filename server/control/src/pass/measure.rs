//! What the members of a group use: the counters, read once a closed cycle.

use super::group::{Kept, Passing};
use super::observe::has_run;
use super::samples::{Capacity, Meter};
use super::{CALL_DEADLINE, within};
use crate::drivers::DriverError;
use crate::store::{GroupRecord, InstanceRow};
use engine::model::{Cycle, GroupId, InstanceId};
use std::collections::{BTreeMap, BTreeSet};

impl Passing {
    /// Reads the counters once a closed cycle.
    pub(super) async fn measure(&self, record: &GroupRecord, kept: &mut Kept, cycle: Cycle) {
        if kept.meter.wants(cycle) {
            self.read_usage(record, &mut kept.meter, cycle).await;
            kept.minutes.add(cycle, &kept.meter.all());
        }
    }

    async fn read_usage(&self, record: &GroupRecord, meter: &mut Meter, cycle: Cycle) {
        let ids: Vec<_> = record
            .instances
            .iter()
            .filter(|row| has_run(row))
            .map(|row| row.id)
            .collect();
        match within(&*self.clock, CALL_DEADLINE, self.hands.driver.usage(&ids)).await {
            Some(Ok(usages)) => {
                // Each is measured by the type it was made from, not by what the group launches from now.
                let capacity = Capacity::from(&record.launch);
                let others = self.other_sizes(record).await;
                meter.read(cycle, usages, |id| others.get(&id).copied().unwrap_or(capacity));
            }
            Some(Err(why)) => self.unmeasured(record.id, meter, cycle, Some(why)),
            None => self.unmeasured(record.id, meter, cycle, None),
        }
    }

    fn unmeasured(&self, group: GroupId, meter: &mut Meter, cycle: Cycle, why: Option<DriverError>) {
        let why = why.map_or_else(|| format!("no answer within {CALL_DEADLINE:?}"), |why| why.to_string());
        tracing::warn!(%group, why, "no samples in this cycle");
        meter.silent(cycle);
    }

    /// Sizes of instances made from another template version than the group's present one; each version is read once.
    async fn other_sizes(&self, record: &GroupRecord) -> BTreeMap<InstanceId, Capacity> {
        let present = (record.launch.template, record.launch.template_version);
        let others: Vec<_> = record.instances.iter().filter(|row| row.template != present).collect();
        let versions: BTreeSet<_> = others.iter().map(|row| row.template).collect();
        let mut sizes = BTreeMap::new();
        for (template, version) in versions {
            if let Ok(Some(launch)) = self.store.launch_of(template, version).await {
                sizes.insert((template, version), Capacity::from(&launch));
            }
        }
        let of = |row: &InstanceRow| Some((row.id, *sizes.get(&row.template)?));
        others.into_iter().filter_map(of).collect()
    }
}
