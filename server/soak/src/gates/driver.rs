//! The gate before the driver.

use super::{Act, Gate};
use async_trait::async_trait;
use control::drivers::simulated::SimulatedDriver;
use control::drivers::{Driver, DriverError, Machine, MachineSpec, Removal, Usage};
use engine::model::InstanceId;
use std::time::Duration;

/// A server's way to the region's machines.
pub struct GatedDriver {
    /// Whose.
    pub gate: Gate,
    /// The region's driver.
    pub inner: SimulatedDriver,
}

#[async_trait]
impl Driver for GatedDriver {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        self.gate.through(Act::List, 0, self.inner.list()).await
    }

    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        self.gate.through(Act::Describe, id.0, self.inner.describe(id)).await
    }

    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        let read = self.gate.through(Act::Usage, 0, self.inner.usage(ids)).await;
        self.gate.witness.usage(ids.len(), read.as_ref().map_or(0, Vec::len));
        read
    }

    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        let call = async {
            self.gate.witness.creates(spec);
            let done = self.inner.create(spec).await;
            self.gate.witness.created(spec.id);
            done
        };
        self.gate.through(Act::Create, spec.id.0, call).await
    }

    async fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError> {
        let call = async {
            self.gate.witness.signals(id);
            self.inner.stop(id, grace).await
        };
        self.gate.through(Act::Stop, id.0, call).await
    }

    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        let call = async {
            self.gate.witness.deletes(id);
            self.inner.delete(id).await
        };
        self.gate.through(Act::Delete, id.0, call).await
    }

    async fn logs(&self, id: InstanceId, limit_bytes: usize) -> Result<String, DriverError> {
        self.inner.logs(id, limit_bytes).await
    }
}
