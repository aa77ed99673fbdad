//! What the loop sees and nobody stores.

use crate::balancer::BackendStat;
use crate::pass::{Handle, Trouble};
use api::balancers::{BalancerFault, BalancerHealth};
use engine::model::LoadBalancerId;

/// What a load balancer last said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancerLive {
    /// How its process does.
    pub health: BalancerHealth,
    /// Its members' lines.
    pub backends: Vec<BackendStat>,
}

/// Live numbers for pages; answers at once from memory.
pub trait LiveView: Send + Sync {
    /// What a load balancer last said; none before the first look, and while it is started for the first time.
    fn balancer(&self, id: LoadBalancerId) -> Option<BalancerLive>;
    /// Whether any load balancer with a listener, of whichever tenant, does not do what it should.
    fn any_in_trouble(&self) -> bool;
}

/// Nothing was seen yet, or the loop runs in another process.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingLive;

impl LiveView for NothingLive {
    fn balancer(&self, _id: LoadBalancerId) -> Option<BalancerLive> {
        None
    }
    fn any_in_trouble(&self) -> bool {
        false
    }
}

impl LiveView for Handle {
    fn balancer(&self, id: LoadBalancerId) -> Option<BalancerLive> {
        let look = self.balancer(id)?;
        let health = match &look.trouble {
            None => BalancerHealth::Running,
            Some(Trouble::NotInstalled) => BalancerHealth::NotInstalled,
            Some(Trouble::NotRunning) => BalancerHealth::Failing(BalancerFault::NotRunning),
            Some(Trouble::Mute(why)) => BalancerHealth::Failing(BalancerFault::Mute(why.clone())),
        };
        Some(BalancerLive {
            health,
            backends: look.backends.clone(),
        })
    }
    fn any_in_trouble(&self) -> bool {
        self.any_balancer_in_trouble()
    }
}
