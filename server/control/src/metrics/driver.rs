//! Stands before a driver: counts every call by its answer, times it, and writes its log line.
//!
//! A call that its caller gave up (the deadline is the caller's) is counted as late: nobody will ever know its answer.

use super::label::{One, Two, word};
use super::{Times, since_us};
use crate::clock::Clock;
use crate::drivers::{Driver, DriverError, Machine, MachineSpec, Removal, Usage};
use api::system::{Condition, DriverAnswer, DriverCall, DriverView};
use async_trait::async_trait;
use engine::model::InstanceId;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Before the first list.
const NEVER_LISTED: i64 = -1;
/// The last list was not answered.
const SILENT: i64 = -2;

/// What was counted of a driver; all clones are one.
#[derive(Debug, Clone)]
pub struct DriverCalls {
    pub(super) answers: Family<Two<DriverCall, DriverAnswer>, Counter>,
    pub(super) times: Family<One<DriverCall>, Times>,
    /// Machines of the last list, or one of the two words above.
    machines: Arc<AtomicI64>,
}

impl Default for DriverCalls {
    fn default() -> Self {
        Self {
            answers: Family::default(),
            times: Family::default(),
            machines: Arc::new(AtomicI64::new(NEVER_LISTED)),
        }
    }
}

impl DriverCalls {
    fn ended(&self, call: DriverCall, answer: DriverAnswer, took_us: u64) {
        self.answers.get_or_create(&labels(call, answer)).inc();
        self.times.get_or_create(&One("call", call)).count_us(took_us);
        if call == DriverCall::List && answer != DriverAnswer::Done {
            self.machines.store(SILENT, Ordering::Relaxed);
        }
    }

    /// How many calls were answered so.
    pub fn count(&self, call: DriverCall, answer: DriverAnswer) -> u64 {
        self.answers.get(&labels(call, answer)).map_or(0, |count| count.get())
    }

    /// How the driver does: by its last answer to "which machines are there", which the loop asks every slot.
    pub fn condition(&self) -> Condition {
        match self.machines.load(Ordering::Relaxed) {
            NEVER_LISTED => Condition::Unknown,
            SILENT => Condition::Silent,
            _ => Condition::Well,
        }
    }

    /// All of it.
    pub fn view(&self) -> DriverView {
        let each = DriverCall::ALL
            .into_iter()
            .flat_map(|call| DriverAnswer::ALL.map(|answer| (call, answer)));
        let calls = each.map(|(call, answer)| (call, answer, self.count(call, answer)));
        let times: Vec<_> = DriverCall::ALL
            .iter()
            .filter_map(|call| self.times.get(&One("call", *call)).map(|times| times.clone()))
            .collect();
        DriverView {
            condition: self.condition(),
            machines: u64::try_from(self.machines.load(Ordering::Relaxed)).ok(),
            calls: calls.filter(|(_, _, count)| *count > 0).collect(),
            times: Times::together(&times),
        }
    }
}

fn labels(call: DriverCall, answer: DriverAnswer) -> Two<DriverCall, DriverAnswer> {
    Two(One("call", call), One("answer", answer))
}

fn answer_of<T>(answer: &Result<T, DriverError>) -> DriverAnswer {
    match answer {
        Ok(_) => DriverAnswer::Done,
        Err(DriverError::Refused { .. }) => DriverAnswer::Refused,
        Err(DriverError::OutOfStock { .. }) => DriverAnswer::OutOfStock,
        Err(DriverError::Throttled) => DriverAnswer::Throttled,
        Err(DriverError::Unknown { .. }) => DriverAnswer::Unknown,
    }
}

/// A driver that is counted.
pub struct MeteredDriver {
    pub(super) inner: Arc<dyn Driver>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) calls: DriverCalls,
}

/// A call under way. Dropped without an answer, it was given up.
struct Open<'a> {
    driver: &'a MeteredDriver,
    call: DriverCall,
    instance: Option<InstanceId>,
    begun: u64,
    answer: DriverAnswer,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let took_us = since_us(&*self.driver.clock, self.begun);
        self.driver.calls.ended(self.call, self.answer, took_us);
        let (call, answer) = (word(self.call), word(self.answer));
        match (self.call, self.instance) {
            // What changes something is few and worth a line; looking is every slot.
            (DriverCall::Create | DriverCall::Stop | DriverCall::Delete, Some(instance)) => {
                tracing::info!(call, %instance, answer, took_us, "driver call");
            }
            (_, Some(instance)) => tracing::debug!(call, %instance, answer, took_us, "driver call"),
            (_, None) => tracing::debug!(call, answer, took_us, "driver call"),
        }
    }
}

impl MeteredDriver {
    async fn counted<T>(
        &self,
        call: DriverCall,
        instance: Option<InstanceId>,
        work: impl Future<Output = Result<T, DriverError>> + Send,
    ) -> Result<T, DriverError> {
        let mut open = Open {
            driver: self,
            call,
            instance,
            begun: self.clock.ticks_us(),
            answer: DriverAnswer::Late,
        };
        let answer = work.await;
        open.answer = answer_of(&answer);
        answer
    }
}

#[async_trait]
impl Driver for MeteredDriver {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        let listed = self.counted(DriverCall::List, None, self.inner.list()).await;
        if let Ok(machines) = &listed {
            let count = i64::try_from(machines.len()).unwrap_or(i64::MAX);
            self.calls.machines.store(count, Ordering::Relaxed);
        }
        listed
    }
    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        self.counted(DriverCall::Describe, Some(id), self.inner.describe(id))
            .await
    }
    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        self.counted(DriverCall::Usage, None, self.inner.usage(ids)).await
    }
    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        self.counted(DriverCall::Create, Some(spec.id), self.inner.create(spec))
            .await
    }
    async fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError> {
        self.counted(DriverCall::Stop, Some(id), self.inner.stop(id, grace))
            .await
    }
    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        self.counted(DriverCall::Delete, Some(id), self.inner.delete(id)).await
    }
    async fn logs(&self, id: InstanceId, limit_bytes: usize) -> Result<String, DriverError> {
        self.counted(DriverCall::Logs, Some(id), self.inner.logs(id, limit_bytes))
            .await
    }
}
