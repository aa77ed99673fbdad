//! Brings a balancer back whose process died: at once, from memory, whatever the store does.
//!
//! The [`super::keeper`] looks once a slot and after the owner's other work, and that may wait for the store. The guard
//! waits for nothing but the processes: each one the keeper made is watched, and one that ends is started again as it was
//! last asked for, with the members that the [`super::roll`] tells of.

use super::looks::Looks;
use super::roll::Roll;
use crate::balancer::Balancer;
use crate::clock::Clock;
use engine::model::LoadBalancerId;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Between two starts of one process, real time. Shorter, and a process that dies at once keeps a core busy; longer, and
/// one that is killed twice is not back within a second.
const REVIVE_REST: Duration = Duration::from_millis(250);

/// Watches every balancer's process.
pub(super) struct Guard {
    pub(super) balancer: Arc<dyn Balancer>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) looks: Arc<Looks>,
    pub(super) roll: Roll,
}

impl Guard {
    /// Never ends by itself.
    pub(super) async fn watch(self) {
        let (mut watched, mut ends) = (BTreeSet::new(), FuturesUnordered::new());
        loop {
            for id in self.looks.all_kept() {
                if watched.insert(id) {
                    ends.push(self.one_life(id));
                }
            }
            tokio::select! {
                biased;
                Some(id) = ends.next() => drop(watched.remove(&id)),
                () = self.looks.kept_changed() => {}
            }
        }
    }

    /// Waits until a process ends, and starts the next one.
    async fn one_life(&self, id: LoadBalancerId) -> LoadBalancerId {
        self.balancer.until_ended(id).await;
        self.revive(id).await;
        self.clock.wait(REVIVE_REST).await;
        id
    }

    /// One that was ended on purpose is not kept any more, nor one whose shard is another server's now. One that cannot be
    /// started is the keeper's again, which says why at every slot.
    async fn revive(&self, id: LoadBalancerId) {
        if !self.looks.keeps(id) {
            return self.looks.unkeep(id);
        }
        let Some(mut started) = self.looks.revive(&*self.balancer, id, &self.roll).await else {
            return;
        };
        if started.is_err() {
            // It may have been killed once more while it started: the second try is not put off to the keeper's next slot.
            let Some(again) = self.looks.revive(&*self.balancer, id, &self.roll).await else {
                return;
            };
            started = again;
        }
        match started {
            Ok(()) => tracing::warn!(balancer = %id, "its process had ended; it was started again"),
            Err(why) => {
                tracing::warn!(balancer = %id, error = &why as &dyn std::error::Error, "it ended and does not start");
                self.looks.unkeep(id);
            }
        }
    }
}
