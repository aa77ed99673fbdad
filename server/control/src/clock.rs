//! Time is a parameter.
//!
//! *Real* time is the wall: SIGTERM grace, drain, deadlines, leases, sessions, rates. *Product* time is scaled by
//! `--time-scale`: cycles, windows, warm-up, cooldown, charts, billing, check intervals (design 2). Product time =
//! anchor.product + (wall - anchor.wall) x scale, and never runs back.

pub mod system;

pub use system::SystemClock;

use async_trait::async_trait;
use engine::model::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An instant of the wall clock in unix milliseconds; a different type from product time so that they never mix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Wall(pub i64);

impl Wall {
    /// This instant and that much later.
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
    /// How long after `earlier` this is; zero if it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// How many product seconds pass in a real one: 1 to 1000 in whole steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimeScale(pub u32);

/// Where product time is anchored; changes only with the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The wall instant of the anchor.
    pub wall: Wall,
    /// The product instant at that wall instant.
    pub product: Timestamp,
    /// Product seconds in a real second from there on.
    pub scale: TimeScale,
}

impl Anchor {
    /// The product instant at `wall`, without the hold of a running clock.
    pub fn product(&self, wall: Wall) -> Timestamp {
        let real = wall.0.saturating_sub(self.wall.0);
        Timestamp(
            self.product
                .0
                .saturating_add(real.saturating_mul(i64::from(self.scale.0))),
        )
    }
    /// A product span in real time.
    pub fn real(&self, span: Span) -> Duration {
        Duration::from_millis(u64::try_from(span.0).unwrap_or(0) / u64::from(self.scale.0.max(1)))
    }
    /// A real span in product time.
    pub fn scaled(&self, span: Duration) -> Span {
        Span(
            i64::try_from(span.as_millis())
                .unwrap_or(i64::MAX)
                .saturating_mul(i64::from(self.scale.0)),
        )
    }
}

/// Tells the time and waits for it. The loop knows no other clock, so a hand-driven one can run it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn wall(&self) -> Wall;
    /// Where product time is anchored.
    fn anchor(&self) -> Anchor;
    /// Product time; never runs back within a run.
    fn now(&self) -> Timestamp;
    /// The product instant of a wall instant (a driver's "running since").
    fn product(&self, wall: Wall) -> Timestamp {
        self.anchor().product(wall)
    }
    /// A reading in microseconds of real time, of which only differences mean something: for measuring how long
    /// something took.
    fn ticks_us(&self) -> u64 {
        u64::try_from(self.wall().0).unwrap_or(0).saturating_mul(1_000)
    }
    /// Waits for a real span.
    async fn wait(&self, span: Duration);
}
