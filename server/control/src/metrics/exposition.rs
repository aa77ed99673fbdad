//! Everything that is counted, as Prometheus text (OpenMetrics 1.0).

use super::{Meters, Passes};
use crate::clock::Clock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;

/// The type of the answer.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is written at each scrape.
#[derive(Debug)]
pub struct Exposition(Registry);

/// Levels that are read at the scrape.
struct Levels {
    passes: Arc<Passes>,
    meters: Meters,
    clock: Arc<dyn Clock>,
}

impl Exposition {
    /// Of one server's meters.
    pub fn new(meters: &Meters, passes: &Arc<Passes>, clock: Arc<dyn Clock>) -> Self {
        let mut registry = Registry::with_prefix("tidegate");
        registry.register(
            "pass_lag_seconds",
            "How late passes begin after they are due",
            passes.lag.clone(),
        );
        registry.register("passes", "Passes by what they came to", passes.outcomes.clone());
        registry.register(
            "driver_calls",
            "Calls of the driver by answer",
            meters.driver.answers.clone(),
        );
        registry.register(
            "driver_call_seconds",
            "How long calls of the driver take",
            meters.driver.times.clone(),
        );
        registry.register(
            "balancer_calls",
            "Calls of load balancers by answer",
            meters.balancer.answers.clone(),
        );
        let times = meters.balancer.times.clone();
        registry.register("balancer_call_seconds", "How long calls of load balancers take", times);
        let times = meters.store.times.clone();
        registry.register(
            "store_seconds",
            "How long transactions of the loop take, by operation",
            times,
        );
        let failures = meters.store.failures.clone();
        registry.register(
            "store_failures",
            "Transactions of the loop that the database failed",
            failures,
        );
        registry.register_collector(Box::new(Levels {
            passes: passes.clone(),
            meters: meters.clone(),
            clock,
        }));
        Self(registry)
    }

    /// The text.
    ///
    /// # Errors
    /// Never in practice: writing into a text does not fail.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(16 * 1024);
        encode(&mut text, &self.0)?;
        Ok(text)
    }
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Levels")
    }
}

impl Collector for Levels {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let (scaling, driver) = (self.passes.view(&*self.clock), self.meters.driver.view());
        let machines = driver
            .machines
            .map_or(-1, |count| i64::try_from(count).unwrap_or(i64::MAX));
        for (name, help, value) in [
            ("groups", "Groups that this server keeps", i64::from(scaling.groups)),
            (
                "leases",
                "Shards that this server holds, of 64",
                i64::from(scaling.leases),
            ),
            (
                "machines",
                "Machines the driver listed last; -1 while it is silent",
                machines,
            ),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(descriptor)?;
        }
        Ok(())
    }
}
