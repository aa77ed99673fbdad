//! What nobody here asked for: faults that come and go, hosts that fail, other people's hands.

use super::{Fault, SimulatedRegion};
use crate::drivers::MachineSpec;
use engine::model::{InstanceId, LoadBalancerId};
use engine::simulate::Halt;

impl SimulatedRegion {
    /// From now on this goes wrong for so many in a thousand; 0 ends it.
    pub fn fault(&self, fault: Fault, share: u32) {
        self.with(|shared| {
            shared.faults.set(fault, share);
            shared.world.ills = shared.faults.ills();
        });
    }

    /// All is well from now on. What was put off still happens.
    pub fn well(&self) {
        Fault::ALL.into_iter().for_each(|fault| self.fault(fault, 0));
    }

    /// A machine is made by somebody else; whether it was is left open, as everywhere.
    pub fn conjure(&self, spec: &MachineSpec) {
        self.with(|shared| drop(shared.perform(&super::Act::Create(Box::new(spec.clone())))));
    }

    /// A machine is taken away by somebody else: it is gone at once.
    pub fn take_away(&self, id: InstanceId) {
        self.world(|world| world.bury(id));
    }

    /// A machine ends by itself or by somebody else's hand.
    pub fn halt(&self, id: InstanceId, how: Halt) {
        self.world(|world| world.halt(id, how));
    }

    /// A balancer's process ends.
    pub fn kill_balancer(&self, id: LoadBalancerId) {
        self.world(|world| world.end_balancer(id));
        self.ended.notify_waiters();
    }

    /// A balancer forgets some of its members: every one whose place, counted from the first, is a multiple of `each`.
    pub fn forget_members(&self, id: LoadBalancerId, each: usize) {
        self.world(|world| {
            let members = world
                .balancer(id)
                .map(|balancer| balancer.members.keys().copied().collect());
            let members: Vec<_> = members.unwrap_or_default();
            for (vserver, member) in members.into_iter().step_by(each.max(1)) {
                world.leave(id, vserver, member);
            }
        });
    }
}
