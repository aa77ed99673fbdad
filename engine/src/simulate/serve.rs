//! Who serves the requests, what that costs in CPU, who waits and who gives up: a fluid model in integers.
//!
//! The members that get traffic share it evenly by what CPU they have; what they cannot do waits in one queue, and what
//! has waited too long is given up. CPU is counted in nanoseconds, as a driver does.

use super::machine::{Machine, State};
use super::{WHOLE, World};
use crate::model::{GroupId, InstanceId, Span, Timestamp, VServerId};

/// How long a new machine is busy with itself while that is an ill.
const SPIKE_LASTS: Span = Span::mins(2);

/// Whether checks see that members are slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// They pass however long requests wait.
    Patient,
    /// They fail while requests wait longer than this: overload looks like illness.
    FailAfter(Span),
}

/// What a machine's program does when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spike {
    /// For so long.
    pub lasts: Span,
    /// It takes so many thousandths of the machine's vCPUs.
    pub milli: u32,
}

/// The work of one group's machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// What comes in.
    pub traffic: super::Traffic,
    /// Where from: a VServer's members, or every machine that runs.
    pub vserver: Option<VServerId>,
    /// CPU time of one request, microseconds.
    pub work_us: u64,
    /// After so long in the queue a request is given up.
    pub patience: Span,
    /// What an idle machine takes, thousandths of its vCPUs.
    pub idle_milli: u32,
    /// What a new one takes beside.
    pub spike: Spike,
    /// What the checks see.
    pub checks: Checks,
    /// Memory of an idle machine, and of a busy one, thousandths of what it has.
    pub memory_milli: (u32, u32),
}

/// How a group's requests fare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// CPU time of what waits, microseconds.
    pub queue_us: u64,
    /// How long a new request waits, milliseconds.
    pub wait_ms: u64,
    /// CPU time done, microseconds.
    pub done_us: u64,
    /// CPU time given up or turned away, microseconds.
    pub lost_us: u64,
    /// CPU time that came in a second, thousandths of a vCPU: what the group needs.
    pub needs_milli: u64,
}

impl World {
    /// From now on a group has this to do.
    pub fn serves(&mut self, group: GroupId, service: Service) {
        let served = self.services.get(&group).map(|(_, served)| *served).unwrap_or_default();
        self.services.insert(group, (service, served));
    }

    /// How a group's requests fare.
    pub fn served(&self, group: GroupId) -> Option<&Served> {
        self.services.get(&group).map(|(_, served)| served)
    }

    /// What a group has to do.
    pub fn service(&self, group: GroupId) -> Option<&Service> {
        self.services.get(&group).map(|(service, _)| service)
    }

    /// Memory a machine uses now, bytes.
    pub fn memory_of(&self, machine: &Machine) -> u64 {
        let (idle, busy) = self
            .services
            .get(&machine.group)
            .map_or((100, 100), |(service, _)| service.memory_milli);
        let more = u64::from(busy.saturating_sub(idle)) * u64::from(machine.busy_milli) / WHOLE;
        let share = (u64::from(idle) + more).min(WHOLE);
        u64::try_from(u128::from(machine.memory_bytes) * u128::from(share) / u128::from(WHOLE)).unwrap_or(u64::MAX)
    }

    /// So many milliseconds of everybody's work.
    pub(super) fn serve(&mut self, span_ms: u64) {
        let mut services = std::mem::take(&mut self.services);
        for (group, (service, served)) in &mut services {
            self.serve_one(*group, service, served, span_ms);
        }
        self.services = services;
    }

    fn serve_one(&mut self, group: GroupId, service: &Service, served: &mut Served, span_ms: u64) {
        let service = &self.afflicted(service);
        let rate = service.traffic.rate(self.seed ^ group.0, self.now);
        served.needs_milli = wide(rate, service.work_us) / 1_000_000;
        let came_us = wide(rate, service.work_us.saturating_mul(span_ms)) / 1_000_000;
        let who = self.receivers(group, service.vserver);
        let room_us = self.room(&who, service, span_ms);
        let wanted = served.queue_us.saturating_add(came_us);
        let done = wanted.min(room_us);
        let patience = u64::try_from(service.patience.0).unwrap_or(0);
        let most = wide(room_us, patience) / span_ms.max(1);
        let left = wanted - done;
        served.queue_us = left.min(most);
        served.lost_us = served.lost_us.saturating_add(left - served.queue_us);
        served.done_us = served.done_us.saturating_add(done);
        // With nobody there it is turned away, not kept waiting.
        served.wait_ms = wide(served.queue_us, span_ms).checked_div(room_us).unwrap_or(0);
        self.work((group, service), &who, span_ms, (done, room_us));
    }

    /// The service as it is while new machines are busy with themselves.
    fn afflicted(&self, service: &Service) -> Service {
        let spike = match self.ills.spikes {
            0 => service.spike,
            milli => Spike {
                lasts: SPIKE_LASTS,
                milli,
            },
        };
        Service { spike, ..*service }
    }

    /// Machines that get traffic, by id.
    fn receivers(&self, group: GroupId, vserver: Option<VServerId>) -> Vec<InstanceId> {
        let runs = |machine: &Machine| machine.group == group && matches!(machine.state, State::Running { .. });
        let Some(vserver) = vserver else {
            let all = self.machines.values().filter(|machine| runs(machine));
            return all.map(|machine| machine.id).collect();
        };
        let members = self.balancers.values().flat_map(|balancer| &balancer.members);
        let eligible = members.filter(|((at, _), member)| *at == vserver && member.is_eligible());
        let ids = eligible.map(|((_, id), _)| *id);
        ids.filter(|id| self.machines.get(id).is_some_and(runs)).collect()
    }

    /// CPU time that those who get traffic have for it.
    fn room(&self, who: &[InstanceId], service: &Service, span_ms: u64) -> u64 {
        let machines = who.iter().filter_map(|id| self.machines.get(id));
        let free = machines.map(|machine| free_us(machine, service, self.now, span_ms));
        free.fold(0, u64::saturating_add)
    }

    /// Has every running machine of the group do its share of `done` of `room`, and what it does anyway.
    fn work(
        &mut self,
        (group, service): (GroupId, &Service),
        who: &[InstanceId],
        span_ms: u64,
        (done, room): (u64, u64),
    ) {
        let now = self.now;
        for machine in self.machines.values_mut().filter(|machine| machine.group == group) {
            if machine.running_since().is_none() {
                continue;
            }
            let whole = u64::from(machine.vcpu_milli).saturating_mul(span_ms);
            let free = free_us(machine, service, now, span_ms);
            let receives = who.binary_search(&machine.id).is_ok();
            let share = wide(done, free).checked_div(room).filter(|_| receives).unwrap_or(0);
            let used = whole.saturating_sub(free).saturating_add(share);
            machine.cpu_ns = machine.cpu_ns.saturating_add(used.saturating_mul(1_000));
            machine.busy_milli = u32::try_from(used.saturating_mul(WHOLE) / whole.max(1)).unwrap_or(1_000);
        }
    }
}

/// CPU time a machine has for requests; none if it does not run.
fn free_us(machine: &Machine, service: &Service, now: Timestamp, span_ms: u64) -> u64 {
    let Some(since) = machine.running_since() else {
        return 0;
    };
    let free = WHOLE - u64::from(anyway_milli(service, since, now)).min(WHOLE);
    wide(u64::from(machine.vcpu_milli).saturating_mul(free), span_ms) / WHOLE
}

/// What a machine takes without a request: its idle share, and more while it begins.
fn anyway_milli(service: &Service, since: Timestamp, now: Timestamp) -> u32 {
    let begins = now.since(since) < service.spike.lasts;
    service
        .idle_milli
        .saturating_add(if begins { service.spike.milli } else { 0 })
}

/// A product that stops at the end of its range.
fn wide(one: u64, other: u64) -> u64 {
    u64::try_from(u128::from(one) * u128::from(other)).unwrap_or(u64::MAX)
}
