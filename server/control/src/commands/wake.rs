//! "Look now": what a command says to the loop once its change is durable. Never what changed: the pass reads that.

use crate::pass::Handle;
use crate::store::{Db, Heard};
use engine::model::{GroupId, LoadBalancerId};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

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

/// The loop of this server, and those of all others on its database: which of them owns the group is nobody's business here.
#[derive(Debug, Clone)]
pub struct EveryLoop {
    /// This server's.
    pub here: Handle,
    /// By which the others are told.
    pub db: Db,
}

impl Wake for EveryLoop {
    fn group(&self, id: GroupId) {
        self.here.wake_group(id);
        self.db.tell_group(id);
    }
    fn balancer(&self, _id: LoadBalancerId) {
        self.here.wake_balancers();
        self.db.tell_balancers();
    }
}

/// Hands on to this server's loop what other servers say, until the database is gone.
pub async fn hear(mut heard: Receiver<Heard>, here: Handle) {
    loop {
        match heard.recv().await {
            Ok(Heard::Group(id)) => here.wake_group(id),
            Ok(Heard::Balancers) => here.wake_balancers(),
            Ok(Heard::Everything) | Err(RecvError::Lagged(_)) => here.wake_all(),
            Err(RecvError::Closed) => return,
        }
    }
}

impl Wake for Handle {
    fn group(&self, id: GroupId) {
        self.wake_group(id);
    }
    fn balancer(&self, _id: LoadBalancerId) {
        self.wake_balancers();
    }
}
