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
use crate::drivers::{Driver, Machine};
use engine::model::{GroupId, InstanceId, LoadBalancerId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// A place in the order of readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// What the driver said of all machines.
#[derive(Debug, Clone, Default)]
pub(super) struct MachineView {
    /// When the reading began.
    pub(super) began: Mark,
    /// By id; `None` when the driver did not answer.
    pub(super) machines: Option<BTreeMap<InstanceId, Machine>>,
}

impl MachineView {
    /// Machines tagged with this group.
    pub(super) fn of_group(&self, group: GroupId) -> impl Iterator<Item = &Machine> {
        self.machines
            .iter()
            .flat_map(BTreeMap::values)
            .filter(move |machine| machine.group == group)
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
        Mark(self.readings.load(Ordering::SeqCst))
    }

    fn begin(&self) -> Mark {
        Mark(self.readings.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// A reading of the machines begun after `since`.
    pub(super) async fn machines(&self, since: Mark) -> Arc<MachineView> {
        let mut held = self.machines.lock().await;
        if held.began > since {
            return held.clone();
        }
        let began = self.begin();
        let machines = match within(&*self.clock, CALL_DEADLINE, self.driver.list()).await {
            Some(Ok(list)) => Some(list.into_iter().map(|machine| (machine.id, machine)).collect()),
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
    pub(super) async fn balancer(&self, id: LoadBalancerId, since: Mark) -> BalancerLook {
        let turn = self.looks.turn(id);
        let _reading = turn.lock().await;
        if let Some(look) = self.looks.get(id).filter(|look| look.began > since) {
            return look;
        }
        let began = self.begin();
        let answer = within(&*self.clock, CALL_DEADLINE, self.balancer.stat(id)).await;
        let said = answer.unwrap_or_else(|| Err(mute(id)));
        let look = BalancerLook::new(began, said);
        self.looks.put(id, look.clone());
        look
    }
}

fn mute(id: LoadBalancerId) -> BalancerError {
    let why = format!("no answer within {} s", CALL_DEADLINE.as_secs());
    BalancerError::Mute { id, why }
}
