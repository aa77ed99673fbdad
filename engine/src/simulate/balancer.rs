//! Balancers: who is a member, what the checks say of them, who has requests in flight.

use super::machine::State;
use super::serve::Checks;
use super::{Lot, World};
use crate::model::{CheckWord, GroupId, InstanceId, LoadBalancerId, Span, Timestamp, VServerId};
use std::collections::BTreeMap;

/// Failed checks in a row until a member is DOWN.
const FALL: i64 = 3;

/// One balancer process that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balancer {
    /// Between two checks.
    pub interval: Span,
    /// Its members.
    pub members: BTreeMap<(VServerId, InstanceId), Membership>,
}

/// How one member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// What the checks say; `None` before the first.
    pub up: Option<bool>,
    /// Since when they say otherwise.
    turning: Option<Timestamp>,
    /// Gets nothing new; its last request in flight ends then.
    draining: Option<Timestamp>,
    /// When it joined.
    since: Timestamp,
}

/// What one check of a member came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Passes,
    Fails,
}

impl Membership {
    /// Whether new requests are sent to it.
    pub const fn is_eligible(&self) -> bool {
        matches!(self.up, Some(true)) && self.draining.is_none()
    }

    /// As `show stat` has it.
    pub fn word(&self, now: Timestamp) -> CheckWord {
        match (self.draining, self.up) {
            (Some(until), _) => CheckWord::Draining(u32::from(now < until)),
            (None, Some(true)) => CheckWord::Up,
            (None, Some(false)) => CheckWord::Down,
            (None, None) => CheckWord::Missing,
        }
    }

    /// One look at it: it is UP at the first check that passes, DOWN after some that fail.
    fn check(&mut self, check: Check, interval: Span, now: Timestamp) {
        let passes = check == Check::Passes;
        if self.up == Some(passes) {
            self.turning = None;
            return;
        }
        let since = *self.turning.get_or_insert(now);
        let wait = match (self.up, passes) {
            (None, _) => interval.0.saturating_sub(now.since(self.since).0),
            (_, true) => 0,
            (_, false) => interval.0.saturating_mul(FALL),
        };
        if now.since(since).0 >= wait {
            (self.up, self.turning) = (Some(passes), None);
        }
    }
}

impl World {
    /// Starts a process with these members, who get requests until a check fails; one that runs stays as it is.
    pub fn start_balancer(
        &mut self,
        id: LoadBalancerId,
        interval: Span,
        members: impl Iterator<Item = (VServerId, InstanceId)>,
    ) {
        let since = self.now;
        self.balancers.entry(id).or_insert_with(|| {
            let up = |key| {
                (
                    key,
                    Membership {
                        up: Some(true),
                        turning: None,
                        draining: None,
                        since,
                    },
                )
            };
            Balancer {
                interval,
                members: members.map(up).collect(),
            }
        });
    }

    /// Its process ends; nobody is a member any more.
    pub fn end_balancer(&mut self, id: LoadBalancerId) {
        self.balancers.remove(&id);
    }

    /// A process that runs.
    pub fn balancer(&self, id: LoadBalancerId) -> Option<&Balancer> {
        self.balancers.get(&id)
    }

    /// Every process that runs.
    pub const fn balancers(&self) -> &BTreeMap<LoadBalancerId, Balancer> {
        &self.balancers
    }

    /// A member joins; one that is there stays as it is. False if no process runs.
    pub fn join(&mut self, id: LoadBalancerId, vserver: VServerId, member: InstanceId) -> bool {
        let since = self.now;
        let Some(balancer) = self.balancers.get_mut(&id) else {
            return false;
        };
        let new = Membership {
            up: None,
            turning: None,
            draining: None,
            since,
        };
        balancer.members.entry((vserver, member)).or_insert(new);
        true
    }

    /// Nothing new is sent to it.
    pub fn drain(&mut self, id: LoadBalancerId, vserver: VServerId, member: InstanceId) {
        // One in ten has a request that takes as long as anybody waits for it.
        let long = self.draw(Lot::InFlight, member.0).is_multiple_of(10);
        let most = if long { Span::secs(45) } else { Span::secs(2) };
        let ends = self.now.plus(self.between(Lot::InFlight, member.0, (Span(0), most)));
        if let Some(found) = self.membership(id, vserver, member) {
            found.draining.get_or_insert(ends);
        }
    }

    /// It is sent requests again.
    pub fn undrain(&mut self, id: LoadBalancerId, vserver: VServerId, member: InstanceId) {
        if let Some(found) = self.membership(id, vserver, member) {
            found.draining = None;
        }
    }

    /// It is out.
    pub fn leave(&mut self, id: LoadBalancerId, vserver: VServerId, member: InstanceId) {
        if let Some(balancer) = self.balancers.get_mut(&id) {
            balancer.members.remove(&(vserver, member));
        }
    }

    /// Whether a process that runs sends it requests.
    pub fn is_eligible(&self, member: InstanceId) -> bool {
        let mut all = self.balancers.values().flat_map(|balancer| &balancer.members);
        all.any(|((_, id), found)| *id == member && found.is_eligible())
    }

    fn membership(&mut self, id: LoadBalancerId, vserver: VServerId, member: InstanceId) -> Option<&mut Membership> {
        self.balancers.get_mut(&id)?.members.get_mut(&(vserver, member))
    }

    /// Every member is checked.
    pub(super) fn check_members(&mut self) {
        let mut balancers = std::mem::take(&mut self.balancers);
        for balancer in balancers.values_mut() {
            for ((_, id), member) in &mut balancer.members {
                let check = if self.passes(*id, member) {
                    Check::Passes
                } else {
                    Check::Fails
                };
                member.check(check, balancer.interval, self.now);
            }
        }
        self.balancers = balancers;
    }

    /// Whether a check of it would pass: it runs, is not sick, and answers in time. Only who gets requests has them waiting.
    fn passes(&self, id: InstanceId, member: &Membership) -> bool {
        let Some(machine) = self.machines.get(&id) else {
            return false;
        };
        let runs = matches!(machine.state, State::Running { .. });
        let slow = member.is_eligible() && self.is_slow(machine.group);
        runs && !slow && !(self.ills.sick > 0 && self.hits(Lot::Sick, id.0, self.ills.sick))
    }

    fn is_slow(&self, group: GroupId) -> bool {
        self.services
            .get(&group)
            .is_some_and(|(service, served)| match service.checks {
                Checks::Patient => false,
                Checks::FailAfter(wait) => served.wait_ms > u64::try_from(wait.0).unwrap_or(u64::MAX),
            })
    }
}
