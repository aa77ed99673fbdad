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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::Woken;
    use tokio::sync::broadcast;

    /// What this server's loop is told of what others say, of which so much may wait.
    async fn heard(waits: usize, said: &[Heard]) -> Woken {
        let (voice, ears) = broadcast::channel(waits);
        for what in said {
            voice.send(*what).expect("somebody listens");
        }
        // The database is gone.
        drop(voice);
        let here = Handle::default();
        hear(ears, here.clone()).await;
        here.woken()
    }

    #[tokio::test]
    async fn what_another_server_says_wakes_the_loop_here() {
        let woken = heard(4, &[Heard::Group(GroupId(7)), Heard::Group(GroupId(8))]).await;
        let groups = [7, 8].map(GroupId).into();
        assert_eq!(
            woken,
            Woken {
                groups,
                ..Woken::default()
            }
        );
        let balancers = heard(4, &[Heard::Balancers]).await;
        let told = Woken {
            balancers: true,
            ..Woken::default()
        };
        assert_eq!(balancers, told);
        let all = heard(4, &[Heard::Everything]).await;
        assert!(all.everything && all.balancers, "{all:?}");
    }

    #[tokio::test]
    async fn whoever_missed_something_looks_at_everything() {
        let woken = heard(1, &[Heard::Group(GroupId(7)), Heard::Group(GroupId(8))]).await;
        let told = Woken {
            groups: [GroupId(8)].into(),
            balancers: true,
            everything: true,
        };
        assert_eq!(woken, told);
    }

    #[tokio::test]
    async fn a_command_wakes_the_loop_of_its_own_server_too() {
        let (here, db) = (Handle::default(), Db::scratch().await.expect("a database"));
        let every = EveryLoop { here: here.clone(), db };
        every.group(GroupId(7));
        let groups = [GroupId(7)].into();
        assert_eq!(
            here.woken(),
            Woken {
                groups,
                ..Woken::default()
            }
        );
        every.balancer(LoadBalancerId(9));
        assert!(here.woken().balancers);
    }
}
