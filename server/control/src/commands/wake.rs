//! "Look now": what a command says to the loop once its change is durable. Never what changed: the pass reads that.

use engine::model::{GroupId, LoadBalancerId};

/// Who wants to know that something was changed by people.
pub trait Wake: Send + Sync {
    /// A group was changed.
    fn group(&self, id: GroupId);
    /// A load balancer was made, changed or deleted, or a group was bound to it or unbound.
    fn balancer(&self, id: LoadBalancerId);
}

/// Nobody: the loop does not run in this process and finds out at its next pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWake;

impl Wake for NoWake {
    fn group(&self, _id: GroupId) {}
    fn balancer(&self, _id: LoadBalancerId) {}
}

impl Wake for crate::pass::Handle {
    fn group(&self, id: GroupId) {
        self.wake_group(id);
    }
    fn balancer(&self, _id: LoadBalancerId) {
        self.wake_balancers();
    }
}
