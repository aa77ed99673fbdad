//! What is counted and timed: for `/metrics`, the page "System" and the health doors.
//!
//! - [`Times`]: how long something takes, as counts by bucket. [`Passes`]: the loop's own figures, kept by the loop.
//! - [`MeteredDriver`], [`MeteredBalancer`], [`MeteredStore`]: stand before the real ones and count every call, so that
//!   no driver, balancer or store has to know that it is watched. They also write the log line of each call.
//! - [`Vitals`]: how the parts do right now. [`exposition`]: all of it as Prometheus text.
//!
//! Rules: a label is a variant of an enum, never a message or an id, so that the number of series is bounded by the
//! program's text; counting never waits and never fails.

mod balancer;
mod driver;
pub mod exposition;
mod label;
mod passes;
mod store;
mod times;
mod vitals;

pub use balancer::{BalancerAnswer, BalancerCall, MeteredBalancer};
pub use driver::{DriverCalls, MeteredDriver};
pub use passes::Passes;
pub use store::{MeteredStore, StoreCall, StoreTimes};
pub use times::Times;
pub use vitals::{Health, Vitals, VitalsParts};

use crate::balancer::Balancer;
use crate::clock::Clock;
use crate::drivers::Driver;
use crate::store::LoopStore;
use std::fmt;
use std::sync::Arc;

/// What stands before store, driver and balancer.
#[derive(Clone)]
pub struct Meters {
    clock: Arc<dyn Clock>,
    /// The loop's store.
    pub store: StoreTimes,
    /// The driver.
    pub driver: DriverCalls,
    /// The balancer.
    pub balancer: balancer::BalancerCalls,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl Meters {
    /// Meters at zero.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            store: StoreTimes::default(),
            driver: DriverCalls::default(),
            balancer: balancer::BalancerCalls::default(),
        }
    }

    /// The store, every transaction of the loop timed.
    pub fn before_store(&self, inner: Arc<dyn LoopStore>) -> Arc<dyn LoopStore> {
        let (clock, times) = (self.clock.clone(), self.store.clone());
        Arc::new(MeteredStore { inner, clock, times })
    }

    /// The driver, every call counted, timed and logged.
    pub fn before_driver(&self, inner: Arc<dyn Driver>) -> Arc<dyn Driver> {
        let (clock, calls) = (self.clock.clone(), self.driver.clone());
        Arc::new(MeteredDriver { inner, clock, calls })
    }

    /// The balancer, every call counted and logged.
    pub fn before_balancer(&self, inner: Arc<dyn Balancer>) -> Arc<dyn Balancer> {
        let (clock, calls) = (self.clock.clone(), self.balancer.clone());
        Arc::new(MeteredBalancer { inner, clock, calls })
    }
}

/// How long since a reading of [`Clock::ticks_us`].
fn since_us(clock: &dyn Clock, begun: u64) -> u64 {
    clock.ticks_us().saturating_sub(begun)
}
