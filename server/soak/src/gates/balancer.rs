//! The gate before the balancers.

use super::{Act, Gate};
use async_trait::async_trait;
use control::balancer::{Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress, Members};
use control::drivers::simulated::SimulatedBalancer;
use engine::model::{InstanceId, LoadBalancerId, VServerId};

/// A server's way to the region's balancers.
pub struct GatedBalancer {
    /// Whose.
    pub gate: Gate,
    /// The region's balancers.
    pub inner: SimulatedBalancer,
}

#[async_trait]
impl Balancer for GatedBalancer {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        self.gate
            .through(Act::Ensure, spec.id.0, self.inner.ensure(spec, members))
            .await
    }

    async fn ensure_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        self.gate
            .through(Act::Ensure, spec.id.0, self.inner.ensure_of(spec, members))
            .await
    }

    async fn revive_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        self.gate
            .through(Act::Ensure, spec.id.0, self.inner.revive_of(spec, members))
            .await
    }

    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        self.gate.through(Act::Other, id.0, self.inner.remove(id)).await
    }

    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        self.gate.through(Act::Stat, id.0, self.inner.stat(id)).await
    }

    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        self.gate
            .through(Act::Join, member.id.0, self.inner.join(id, vs, member))
            .await
    }

    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        self.gate
            .through(Act::Drain, member.0, self.inner.drain(id, vs, member))
            .await
    }

    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        self.gate
            .through(Act::Undrain, member.0, self.inner.undrain(id, vs, member))
            .await
    }

    async fn until_ended(&self, id: LoadBalancerId) {
        self.inner.until_ended(id).await;
        self.gate.fate.wait_awake().await;
    }

    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        self.gate
            .through(Act::Leave, member.0, self.inner.leave(id, vs, member))
            .await
    }
}
