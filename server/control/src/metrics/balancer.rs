//! Stands before a balancer: counts every call by its answer and writes the log line of those that change something.

use super::label::{One, Two, word};
use super::{Times, since_us};
use crate::balancer::{Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress, Members};
use crate::clock::Clock;
use async_trait::async_trait;
use engine::model::{InstanceId, LoadBalancerId, VServerId};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use serde::Serialize;
use std::sync::Arc;

/// A call of a balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the methods of `Balancer`, documented there")]
pub enum BalancerCall {
    Ensure,
    Remove,
    Stat,
    Join,
    Drain,
    Undrain,
    Leave,
}

/// What it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BalancerAnswer {
    /// Done.
    Done,
    /// No HAProxy, or one that is too old.
    NotInstalled,
    /// No process.
    NotRunning,
    /// A process that does not answer.
    Mute,
    /// Another answer than expected.
    Refused,
    /// No answer before the caller's deadline.
    Late,
}

/// What was counted of a balancer; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct BalancerCalls {
    pub(super) answers: Family<Two<BalancerCall, BalancerAnswer>, Counter>,
    pub(super) times: Family<One<BalancerCall>, Times>,
}

fn answer_of<T>(answer: &Result<T, BalancerError>) -> BalancerAnswer {
    match answer {
        Ok(_) => BalancerAnswer::Done,
        Err(BalancerError::NotInstalled | BalancerError::TooOld { .. }) => BalancerAnswer::NotInstalled,
        Err(BalancerError::NotRunning { .. }) => BalancerAnswer::NotRunning,
        Err(BalancerError::Mute { .. }) => BalancerAnswer::Mute,
        Err(BalancerError::Refused { .. }) => BalancerAnswer::Refused,
    }
}

/// A balancer that is counted.
pub struct MeteredBalancer {
    pub(super) inner: Arc<dyn Balancer>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) calls: BalancerCalls,
}

/// A call under way. Dropped without an answer, it was given up.
struct Open<'a> {
    balancer: &'a MeteredBalancer,
    call: BalancerCall,
    of: (LoadBalancerId, Option<InstanceId>),
    begun: u64,
    answer: BalancerAnswer,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let took_us = since_us(&*self.balancer.clock, self.begun);
        let (call, answer) = (One("call", self.call), One("answer", self.answer));
        self.balancer.calls.answers.get_or_create(&Two(call, answer)).inc();
        self.balancer.calls.times.get_or_create(&call).count_us(took_us);
        let (call, answer, (id, instance)) = (word(self.call), word(self.answer), self.of);
        match instance {
            Some(instance) => tracing::info!(call, balancer = %id, %instance, answer, took_us, "balancer call"),
            None => tracing::debug!(call, balancer = %id, answer, took_us, "balancer call"),
        }
    }
}

impl MeteredBalancer {
    async fn counted<T>(
        &self,
        call: BalancerCall,
        of: (LoadBalancerId, Option<InstanceId>),
        work: impl Future<Output = Result<T, BalancerError>> + Send,
    ) -> Result<T, BalancerError> {
        let mut open = Open {
            balancer: self,
            call,
            of,
            begun: self.clock.ticks_us(),
            answer: BalancerAnswer::Late,
        };
        let answer = work.await;
        open.answer = answer_of(&answer);
        answer
    }
}

#[async_trait]
impl Balancer for MeteredBalancer {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        let work = self.inner.ensure(spec, members);
        self.counted(BalancerCall::Ensure, (spec.id, None), work).await
    }
    async fn ensure_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        let work = self.inner.ensure_of(spec, members);
        self.counted(BalancerCall::Ensure, (spec.id, None), work).await
    }
    async fn revive_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        let work = self.inner.revive_of(spec, members);
        self.counted(BalancerCall::Ensure, (spec.id, None), work).await
    }
    /// A memory, not a call.
    fn last_seen(&self, id: LoadBalancerId) -> Vec<(VServerId, MemberAddress)> {
        self.inner.last_seen(id)
    }
    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        self.counted(BalancerCall::Remove, (id, None), self.inner.remove(id))
            .await
    }
    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        self.counted(BalancerCall::Stat, (id, None), self.inner.stat(id)).await
    }
    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        let work = self.inner.join(id, vs, member);
        self.counted(BalancerCall::Join, (id, Some(member.id)), work).await
    }
    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        let work = self.inner.drain(id, vs, member);
        self.counted(BalancerCall::Drain, (id, Some(member)), work).await
    }
    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        let work = self.inner.undrain(id, vs, member);
        self.counted(BalancerCall::Undrain, (id, Some(member)), work).await
    }
    /// A wait, not a call: neither counted nor timed, but handed on, or nobody would notice that a process ended.
    async fn until_ended(&self, id: LoadBalancerId) {
        self.inner.until_ended(id).await;
    }
    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        let work = self.inner.leave(id, vs, member);
        self.counted(BalancerCall::Leave, (id, Some(member)), work).await
    }
}
