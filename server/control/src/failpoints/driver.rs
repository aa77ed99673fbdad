//! A driver with crash points around its calls.

use super::{Act, around};
use crate::drivers::{Driver, DriverError, Machine, MachineSpec, Removal, Usage};
use async_trait::async_trait;
use engine::model::InstanceId;
use std::sync::Arc;
use std::time::Duration;

pub(super) struct Failing(pub(super) Arc<dyn Driver>);

#[async_trait]
impl Driver for Failing {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        around(Act::List, self.0.list()).await
    }
    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        around(Act::Describe, self.0.describe(id)).await
    }
    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        around(Act::Usage, self.0.usage(ids)).await
    }
    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        around(Act::Create, self.0.create(spec)).await
    }
    async fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError> {
        around(Act::Stop, self.0.stop(id, grace)).await
    }
    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        around(Act::Delete, self.0.delete(id)).await
    }
    /// Pages ask for it, no pass does: it changes nothing.
    async fn logs(&self, id: InstanceId, limit_bytes: usize) -> Result<String, DriverError> {
        self.0.logs(id, limit_bytes).await
    }
}
