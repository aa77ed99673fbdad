//! A group's observation outside of a pass, by the pass's own code: for whoever measures what building one costs.

use super::observe::{Seen, VServerSaid};
use super::owner::offset_of;
use super::samples::{Capacity, Meter};
use super::views::Machines;
use crate::balancer::BackendStat;
use crate::clock::Clock;
use crate::drivers::Usage;
use crate::store::GroupRecord;
use engine::model::{Cycle, InstanceId, Observation, VServerId};
use std::collections::{BTreeMap, BTreeSet};

/// What observations of one group need from cycle to cycle: its counters.
#[derive(Debug, Default)]
pub struct Snapshots {
    meter: Meter,
}

impl Snapshots {
    /// Takes the counters read at the end of `cycle`; every instance is of the size the group launches.
    pub fn read(&mut self, record: &GroupRecord, cycle: Cycle, usages: Vec<(InstanceId, Usage)>) {
        let capacity = Capacity::from(&record.launch);
        self.meter.read(cycle, usages, |_| capacity);
    }

    /// What a pass over the group would see, were these the machines and these its members' lines by id.
    pub fn observation(
        &self,
        record: &GroupRecord,
        machines: &Machines,
        lines: &[BackendStat],
        clock: &dyn Clock,
        cycle: Cycle,
    ) -> Observation {
        let of = |vserver: VServerId| lines.iter().filter(move |line| line.vserver == vserver).copied();
        let bound = record.spec.bindings.iter().map(|binding| binding.vserver);
        let vservers: BTreeMap<_, _> = bound
            .map(|vserver| (vserver, VServerSaid::Lines(of(vserver).collect())))
            .collect();
        let seen = Seen {
            record,
            machines: Some(machines.of_group(record.id)),
            described: &BTreeMap::new(),
            vservers: &vservers,
            meter: &self.meter,
            not_adoptable: &BTreeSet::new(),
            clock,
            offset: offset_of(record.id),
            cycle,
        };
        seen.observation(Vec::new())
    }
}
