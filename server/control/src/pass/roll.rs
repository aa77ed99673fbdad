//! Who serves behind a load balancer that is started or reloaded.
//!
//! - A server that holds every shard knows it from its own passes: no store is asked, so a process comes back whatever the
//!   store does.
//! - Otherwise other servers' groups are behind the balancer, too, and the store tells of all. It is asked within the
//!   balancer's turn, and an intent is written before its member is let go of: whoever the store tells as serving then has
//!   been let go of by nobody, and whoever joins is either in the process already or still will be.
//! - While the store does not answer nobody begins to let go of anybody. Then the members of our groups are those of our
//!   passes, and the others' are those that took part when the process was last read.

use super::looks::{Looks, Source};
use super::owner::LoopParts;
use super::within;
use crate::balancer::{Balancer, LoadBalancerSpec, MemberAddress, Members};
use crate::clock::Clock;
use crate::store::LoopStore;
use async_trait::async_trait;
use engine::model::VServerId;
use std::sync::Arc;
use std::time::Duration;

/// How long the store may take to tell. Longer, and a process that was killed is away for longer than a second; shorter, and
/// a busy store counts as silent.
const STORE_MAX: Duration = Duration::from_secs(1);

/// Tells who serves.
#[derive(Clone)]
pub(super) struct Roll {
    store: Arc<dyn LoopStore>,
    balancer: Arc<dyn Balancer>,
    clock: Arc<dyn Clock>,
    looks: Arc<Looks>,
}

#[async_trait]
impl Members for Roll {
    async fn serving(&self, spec: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
        if self.looks.source() == Source::Passes {
            return self.looks.members_of(spec);
        }
        let mut members = self.stored(spec).await.unwrap_or_else(|| self.remembered(spec));
        members.retain(|(vserver, _)| spec.vservers.iter().any(|known| known.id == *vserver));
        members
    }
}

impl Roll {
    pub(super) fn new(parts: &LoopParts, looks: &Arc<Looks>) -> Self {
        Self {
            store: parts.store.clone(),
            balancer: parts.balancer.clone(),
            clock: parts.clock.clone(),
            looks: looks.clone(),
        }
    }

    async fn stored(&self, spec: &LoadBalancerSpec) -> Option<Vec<(VServerId, MemberAddress)>> {
        match within(&*self.clock, STORE_MAX, self.store.serving(spec.id)).await {
            Some(Ok(members)) => Some(members),
            Some(Err(why)) => {
                tracing::warn!(
                    balancer = %spec.id,
                    error = &why as &dyn std::error::Error,
                    "the store does not tell who serves"
                );
                None
            }
            None => {
                tracing::warn!(balancer = %spec.id, "the store did not tell who serves within {STORE_MAX:?}");
                None
            }
        }
    }

    fn remembered(&self, spec: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
        let mut members = self.looks.members_of(spec);
        members.extend(self.looks.strangers(self.balancer.last_seen(spec.id)));
        members
    }
}
