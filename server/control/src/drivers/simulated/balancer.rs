//! [`Balancer`] on the region.

use super::{Fault, Shared, SimulatedRegion};
use crate::balancer::{
    BackendStat, Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress, Members, VServerSpec,
};
use async_trait::async_trait;
use engine::model::{InstanceId, LoadBalancerId, Span, VServerId};
use std::time::Duration;

/// Between two checks where a balancer has no listener.
const CHECK: Duration = Duration::from_secs(2);

/// Its balancers.
#[derive(Debug, Clone)]
pub struct SimulatedBalancer(pub(super) SimulatedRegion);

#[async_trait]
impl Balancer for SimulatedBalancer {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        let interval = spec
            .vservers
            .iter()
            .map(|vserver: &VServerSpec| vserver.check_interval)
            .min();
        let interval = i64::try_from(interval.unwrap_or(CHECK).as_millis()).unwrap_or(i64::MAX);
        let members = members.iter().map(|(vserver, member)| (*vserver, member.id));
        self.0
            .world(|world| world.start_balancer(spec.id, Span(interval), members));
        Ok(())
    }

    async fn ensure_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        let _turn = self.0.turn.lock().await;
        self.ensure(spec, &members.serving(spec).await).await
    }

    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        self.0.kill_balancer(id);
        Ok(())
    }

    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        self.ask(id, |shared| shared.stat(id)).await
    }

    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        self.change(id, |shared| {
            shared.world.join(id, vs, member.id);
        })
        .await
    }

    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        self.change(id, |shared| shared.world.drain(id, vs, member)).await
    }

    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        self.change(id, |shared| shared.world.undrain(id, vs, member)).await
    }

    async fn until_ended(&self, id: LoadBalancerId) {
        loop {
            let ended = self.0.ended.notified();
            if self.0.world(|world| world.balancer(id).is_none()) {
                return;
            }
            ended.await;
        }
    }

    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        self.change(id, |shared| shared.world.leave(id, vs, member)).await?;
        Ok(Leave::Left)
    }
}

impl SimulatedBalancer {
    async fn change(&self, id: LoadBalancerId, act: impl FnOnce(&mut Shared)) -> Result<(), BalancerError> {
        let lost = self.ask(id, |shared| {
            act(shared);
            shared.faults.hits(Fault::BalancerAnswerLost)
        });
        if lost.await? { Err(mute(id)) } else { Ok(()) }
    }

    async fn ask<T>(&self, id: LoadBalancerId, look: impl FnOnce(&mut Shared) -> T) -> Result<T, BalancerError> {
        // Somebody is just starting one: what is said before that is over is not true any more when it is heard.
        if self.0.turn.try_lock().is_err() {
            drop(self.0.turn.lock().await);
        }
        let answer = self.0.with(|shared| {
            if shared.faults.hits(Fault::BalancerMute) {
                return Err(mute(id));
            }
            if shared.world.balancer(id).is_none() {
                return Err(BalancerError::NotRunning { id });
            }
            Ok(look(shared))
        });
        if matches!(answer, Err(BalancerError::Mute { .. }))
            && self.0.with(|shared| shared.faults.draw(2)).is_multiple_of(2)
        {
            std::future::pending::<()>().await;
        }
        answer
    }
}

impl Shared {
    fn stat(&self, id: LoadBalancerId) -> BalancerStat {
        let now = self.world.now();
        let members = self
            .world
            .balancer(id)
            .into_iter()
            .flat_map(|balancer| &balancer.members);
        let lines = members.map(|((vserver, id), member)| BackendStat {
            vserver: *vserver,
            id: *id,
            word: member.word(now),
            requests: 0,
            sessions: 0,
        });
        BalancerStat {
            backends: lines.collect(),
        }
    }
}

fn mute(id: LoadBalancerId) -> BalancerError {
    let why = "it does not answer".to_owned();
    BalancerError::Mute { id, why }
}
