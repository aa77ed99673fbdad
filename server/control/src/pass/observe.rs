//! One group's observation, made from its records and the views.
//!
//! Absence from a list is a question, not an answer: a record whose machine is not in the list is asked about by id, and
//! only the driver's `Gone` ends it.

use super::samples::Meter;
use super::views::among;
use super::{CALL_DEADLINE, within};
use crate::balancer::BackendStat;
use crate::clock::Clock;
use crate::drivers::{Driver, Machine, MachineWord, Made};
use crate::store::{GroupRecord, InstanceRow};
use engine::model::{
    Answer, CheckWord, Cycle, DriverWord, Fit, InstanceId, Member, Observation, Phase, ReadyWord, Source, Span,
    Standing, Stray, VServerId,
};
use std::collections::{BTreeMap, BTreeSet};

/// What one VServer's balancer said: its lines of this group's members, or nothing.
#[derive(Debug, Clone)]
pub(super) enum VServerSaid {
    /// Every member it lists, by id.
    Lines(Vec<BackendStat>),
    /// It runs and does not answer.
    Nothing,
}

/// Everything an observation is made from.
pub(super) struct Seen<'a> {
    pub(super) record: &'a GroupRecord,
    /// Machines tagged with the group, by id; `None` when the driver did not answer.
    pub(super) machines: Option<&'a [Machine]>,
    /// Asked by id because the list did not have them.
    pub(super) described: &'a BTreeMap<InstanceId, Machine>,
    pub(super) vservers: &'a BTreeMap<VServerId, VServerSaid>,
    pub(super) meter: &'a Meter,
    /// Strays the store would not take in.
    pub(super) not_adoptable: &'a BTreeSet<InstanceId>,
    pub(super) clock: &'a dyn Clock,
    pub(super) offset: Span,
    pub(super) cycle: Cycle,
}

impl Seen<'_> {
    /// The observation.
    pub(super) fn observation(&self, answers: Vec<Answer>) -> Observation {
        let driver = if self.machines.is_some() {
            Source::Answered
        } else {
            Source::Silent
        };
        Observation {
            cycle: self.cycle,
            cycle_began: self.cycle.begins(self.offset),
            driver,
            members: self.record.instances.iter().map(|row| self.member(row)).collect(),
            strays: self.strays(),
            orders: self.record.orders.iter().map(|(_, order)| *order).collect(),
            answers,
        }
    }

    fn member(&self, row: &InstanceRow) -> Member {
        let machine = self.machine(row.id);
        Member {
            id: row.id,
            created_at: row.created_at,
            phase: row.phase,
            flags: row.flags,
            warm_up_ms: row.warm_up_ms,
            driver: machine.map_or(DriverWord::Unknown, |machine| self.word(machine)),
            ready: machine.map_or(ReadyWord::NotYet, |machine| machine.ready),
            standings: self.standings(row.id),
            samples: self.meter.of(row.id, self.cycle),
        }
    }

    fn machine(&self, id: InstanceId) -> Option<&Machine> {
        let listed = self.machines.and_then(|machines| among(machines, id));
        listed.or_else(|| self.described.get(&id))
    }

    fn word(&self, machine: &Machine) -> DriverWord {
        match machine.word {
            MachineWord::Pending => DriverWord::Pending,
            MachineWord::Running { since } => DriverWord::Running(self.clock.product(since)),
            MachineWord::Stopped => DriverWord::Stopped,
            MachineWord::Exited { code } => DriverWord::Exited(code),
            MachineWord::Gone => DriverWord::Gone,
            MachineWord::NeverSeen => DriverWord::Unknown,
        }
    }

    /// Every bound VServer, and every other that still lists the member.
    fn standings(&self, id: InstanceId) -> Vec<Standing> {
        let bound = |vserver| {
            self.record
                .spec
                .bindings
                .iter()
                .any(|binding| binding.vserver == vserver)
        };
        let each = self.vservers.iter().map(|(vserver, said)| Standing {
            vserver: *vserver,
            word: word_in(said, id),
        });
        each.filter(|standing| bound(standing.vserver) || standing.word != CheckWord::Absent)
            .collect()
    }

    fn strays(&self) -> Vec<Stray> {
        let mut known: Vec<_> = self.record.instances.iter().map(|row| row.id).collect();
        known.sort_unstable();
        let ours = self.machines.unwrap_or_default().iter();
        let exists = ours.filter(|machine| machine.word != MachineWord::Gone);
        let strays = exists.filter(|machine| known.binary_search(&machine.id).is_err());
        strays
            .map(|machine| Stray {
                id: machine.id,
                fit: self.fit(machine),
                intended_at: machine.made.as_ref().map(|made| made.birth.intended_at),
            })
            .collect()
    }

    /// Whether a machine could be a member: it runs, is made of what the group launches now, and its address is in one of
    /// the group's subnets and no member's. What only the store can tell (another group's record) it has told before.
    fn fit(&self, machine: &Machine) -> Fit {
        let runs = matches!(machine.word, MachineWord::Running { .. });
        let fits = machine.made.as_ref().is_some_and(|Made { address, birth, .. }| {
            let launch = &self.record.launch;
            let same = (birth.template, birth.template_version) == (launch.template, launch.template_version);
            let taken = self.record.instances.iter().any(|row| row.address == *address);
            same && !taken && launch.subnets.iter().any(|(subnet, _)| *subnet == birth.subnet)
        });
        if runs && fits && !self.not_adoptable.contains(&machine.id) {
            Fit::Matches
        } else {
            Fit::Differs
        }
    }
}

fn word_in(said: &VServerSaid, id: InstanceId) -> CheckWord {
    match said {
        VServerSaid::Nothing => CheckWord::Missing,
        VServerSaid::Lines(lines) => {
            let found = lines.binary_search_by_key(&id, |line| line.id);
            found.map_or(CheckWord::Absent, |at| lines[at].word)
        }
    }
}

/// Asks about every record that the list does not have. One that does not answer stays unknown.
pub(super) async fn describe_absent(
    clock: &dyn Clock,
    driver: &dyn Driver,
    record: &GroupRecord,
    machines: Option<&[Machine]>,
) -> BTreeMap<InstanceId, Machine> {
    let Some(listed) = machines else {
        return BTreeMap::new();
    };
    let absent = record.instances.iter().filter(|row| among(listed, row.id).is_none());
    let asked = absent.map(|row| async {
        let answer = within(clock, CALL_DEADLINE, driver.describe(row.id)).await;
        answer.and_then(Result::ok).map(|machine| (row.id, machine))
    });
    futures::future::join_all(asked).await.into_iter().flatten().collect()
}

/// Whether a record is past its launch: only those have counters worth reading.
pub(super) fn has_run(row: &InstanceRow) -> bool {
    !matches!(row.phase, Phase::Launching | Phase::Deleting { .. })
}
