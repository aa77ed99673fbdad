//! A balancer with crash points around its calls.

use super::{Act, around};
use crate::balancer::{Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress, Members};
use async_trait::async_trait;
use engine::model::{InstanceId, LoadBalancerId, VServerId};
use std::sync::Arc;

pub(super) struct Failing(pub(super) Arc<dyn Balancer>);

#[async_trait]
impl Balancer for Failing {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        around(Act::Ensure, self.0.ensure(spec, members)).await
    }
    async fn ensure_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        around(Act::Ensure, self.0.ensure_of(spec, members)).await
    }
    async fn revive_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        around(Act::Ensure, self.0.revive_of(spec, members)).await
    }
    fn last_seen(&self, id: LoadBalancerId) -> Vec<(VServerId, MemberAddress)> {
        self.0.last_seen(id)
    }
    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        around(Act::Remove, self.0.remove(id)).await
    }
    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        around(Act::Stat, self.0.stat(id)).await
    }
    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        around(Act::Join, self.0.join(id, vs, member)).await
    }
    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        around(Act::Drain, self.0.drain(id, vs, member)).await
    }
    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        around(Act::Undrain, self.0.undrain(id, vs, member)).await
    }
    /// Waits only.
    async fn until_ended(&self, id: LoadBalancerId) {
        self.0.until_ended(id).await;
    }
    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        around(Act::Leave, self.0.leave(id, vs, member)).await
    }
}
