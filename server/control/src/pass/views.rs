//! Readings of the world for *all* groups: machines by the driver, members by each balancer.
//!
//! A view carries a [`Mark`] of when it began: readings are counted, not timed, so two within one millisecond still have
//! an order. A pass asks for one begun after the pass itself, so no reading is older than the last answer of a driver
//! about any of its instances. Passes of one slot share one reading: whoever comes first reads, the others wait for it.

use super::looks::{BalancerLook, Looks};
use super::owner::LoopParts;
use super::{CALL_DEADLINE, within};
use crate::balancer::{Balancer, BalancerError};
use crate::clock::Clock;
use crate::drivers::{Driver, Machine, MachineWord};
use engine::model::{GroupId, InstanceId, LoadBalancerId, ReadyWord};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicU64};
use tokio::sync::Mutex;

/// A place in the order of readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// Machines of a driver, by group and id: a pass reads its group's in one step however many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machines(Vec<Machine>);

impl Machines {
    /// Of a driver's list, in any order.
    pub fn new(mut list: Vec<Machine>) -> Self {
        list.sort_unstable_by_key(|machine| (machine.group, machine.id));
        Self(list)
    }

    /// Machines tagged with this group, by id.
    pub fn of_group(&self, group: GroupId) -> &[Machine] {
        let from = self.0.partition_point(|machine| machine.group < group);
        let rest = &self.0[from..];
        &rest[..rest.partition_point(|machine| machine.group == group)]
    }

    /// One machine of a group.
    pub(super) fn one(&self, group: GroupId, id: InstanceId) -> Option<&Machine> {
        among(self.of_group(group), id)
    }

    /// Every group that has a machine.
    pub(super) fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.0
            .chunk_by(|one, next| one.group == next.group)
            .map(|machines| machines[0].group)
    }

    /// Groups of the machines that only one of the two has, or whose word or ready check differs.
    pub(super) fn differing(&self, other: &Self) -> BTreeSet<GroupId> {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut groups = BTreeSet::new();
        loop {
            let key = |machine: &&&Machine| (machine.group, machine.id);
            let order = match (ours.peek(), theirs.peek()) {
                (None, None) => return groups,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => key(&one).cmp(&key(&other)),
            };
            let one = if order.is_le() { ours.next() } else { None };
            let other = if order.is_ge() { theirs.next() } else { None };
            if word(one) != word(other) {
                groups.extend(one.or(other).map(|machine| machine.group));
            }
        }
    }

    /// The groups of these machines.
    pub(super) fn groups_of<'a>(&'a self, ids: &'a BTreeSet<InstanceId>) -> impl Iterator<Item = GroupId> + 'a {
        let all: &[Machine] = if ids.is_empty() { &[] } else { &self.0 };
        all.iter()
            .filter(|machine| ids.contains(&machine.id))
            .map(|machine| machine.group)
    }
}

/// One of a group's machines, which are by id.
pub(super) fn among(machines: &[Machine], id: InstanceId) -> Option<&Machine> {
    let at = machines.binary_search_by_key(&id, |machine| machine.id).ok()?;
    Some(&machines[at])
}

/// What a change of wakes the machine's group.
fn word(machine: Option<&Machine>) -> Option<(MachineWord, ReadyWord)> {
    machine.map(|machine| (machine.word, machine.ready))
}

/// What the driver said of all machines.
#[derive(Debug, Clone, Default)]
pub(super) struct MachineView {
    /// When the reading began.
    pub(super) began: Mark,
    /// `None` when the driver did not answer.
    pub(super) machines: Option<Machines>,
}

impl MachineView {
    /// Machines tagged with this group; `None` when the driver did not answer.
    pub(super) fn of_group(&self, group: GroupId) -> Option<&[Machine]> {
        self.machines.as_ref().map(|machines| machines.of_group(group))
    }
}

/// Reads machines and balancers, each at most once at a time.
pub(super) struct Views {
    clock: Arc<dyn Clock>,
    driver: Arc<dyn Driver>,
    balancer: Arc<dyn Balancer>,
    looks: Arc<Looks>,
    readings: AtomicU64,
    // Held across the reading on purpose: that is what makes the second asker wait for the first one's answer.
    machines: Mutex<Arc<MachineView>>,
}

impl Views {
    pub(super) fn new(parts: &LoopParts, looks: Arc<Looks>) -> Self {
        Self {
            clock: parts.clock.clone(),
            driver: parts.driver.clone(),
            balancer: parts.balancer.clone(),
            looks,
            readings: AtomicU64::new(0),
            machines: Mutex::default(),
        }
    }

    /// Every reading that begins from here on is after this mark.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.readings.load(atomic::Ordering::SeqCst))
    }

    fn begin(&self) -> Mark {
        Mark(self.readings.fetch_add(1, atomic::Ordering::SeqCst) + 1)
    }

    /// A reading of the machines begun after `since`.
    pub(super) async fn machines(&self, since: Mark) -> Arc<MachineView> {
        let mut held = self.machines.lock().await;
        if held.began > since {
            return held.clone();
        }
        let began = self.begin();
        let machines = match within(&*self.clock, CALL_DEADLINE, self.driver.list()).await {
            Some(Ok(list)) => Some(Machines::new(list)),
            Some(Err(why)) => {
                tracing::warn!(
                    error = &why as &dyn std::error::Error,
                    "the driver did not list its machines"
                );
                None
            }
            None => {
                tracing::warn!(deadline = ?CALL_DEADLINE, "the driver did not list its machines in time");
                None
            }
        };
        *held = Arc::new(MachineView { began, machines });
        held.clone()
    }

    /// A reading of one balancer begun after `since`.
    pub(super) async fn balancer(&self, id: LoadBalancerId, since: Mark) -> Arc<BalancerLook> {
        let turn = self.looks.turn(id);
        let _reading = turn.lock().await;
        if let Some(look) = self.looks.get(id).filter(|look| look.began > since) {
            return look;
        }
        let began = self.begin();
        let answer = within(&*self.clock, CALL_DEADLINE, self.balancer.stat(id)).await;
        let said = answer.unwrap_or_else(|| Err(mute(id)));
        self.looks.put(id, BalancerLook::new(began, said))
    }
}

/// What a balancer that did not answer in time has said.
pub(super) fn mute(id: LoadBalancerId) -> BalancerError {
    let why = format!("no answer within {} s", CALL_DEADLINE.as_secs());
    BalancerError::Mute { id, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machines(each: &[(u64, u64, MachineWord)]) -> Machines {
        let machine = |(group, id, word): &(u64, u64, MachineWord)| Machine {
            id: InstanceId(*id),
            group: GroupId(*group),
            word: *word,
            ready: ReadyWord::NotYet,
            made: None,
        };
        Machines::new(each.iter().map(machine).collect())
    }

    #[test]
    fn a_group_sees_its_own_machines_by_id_and_no_others() {
        let all = machines(&[
            (2, 5, MachineWord::Pending),
            (1, 9, MachineWord::Pending),
            (2, 3, MachineWord::Pending),
        ]);
        let ids = |group| {
            all.of_group(GroupId(group))
                .iter()
                .map(|machine| machine.id.0)
                .collect::<Vec<_>>()
        };
        assert_eq!((ids(1), ids(2), ids(3)), (vec![9], vec![3, 5], vec![]));
    }

    #[test]
    fn groups_differ_whose_machine_came_went_or_changed_its_word() {
        let (up, down) = (MachineWord::Pending, MachineWord::Stopped);
        let before = machines(&[(1, 1, up), (2, 2, up), (3, 3, up), (4, 4, up)]);
        let after = machines(&[(1, 1, up), (2, 2, down), (4, 4, up), (5, 5, up)]);
        let groups = [2, 3, 5].map(GroupId);
        assert_eq!(before.differing(&after), BTreeSet::from(groups));
        assert_eq!(after.differing(&before), BTreeSet::from(groups));
        assert_eq!(before.differing(&before), BTreeSet::new());
    }
}
