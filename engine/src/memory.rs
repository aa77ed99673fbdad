//! What a group remembers between passes. [`Durable`] is stored at settle (DESIGN 4.18); the rest is refilled or begun
//! anew after a restart.

use crate::model::{Cycle, GroupSpec, GroupStatus, Metric, Observation, Reading, Timestamp};
use serde::{Deserialize, Serialize};

/// What survives a restart (DESIGN 4.18).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Durable {
    /// The size the group is kept at.
    pub desired: u32,
}

/// Everything a group remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Stored at settle.
    pub durable: Durable,
    /// The closed cycle this pass folded in, if it folded one: what the loop stores as series.
    pub closed: Option<CycleRecord>,
}

impl Memory {
    /// Memory after a restart: durable part as stored, windows refilled from the stored series (oldest first).
    pub fn restored(durable: Durable, series: &[CycleRecord]) -> Self {
        let _ = series;
        Self { durable, closed: None }
    }
}

/// What one closed cycle of a group was: stored as its series (15 days), drawn as its chart, and what windows are
/// refilled from after a restart; gaps stay gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleRecord {
    /// Which cycle.
    pub cycle: Cycle,
    /// Desired at its end.
    pub desired: u32,
    /// In service at its end.
    pub in_service: u32,
    /// Every machine not confirmed gone.
    pub everything: u32,
    /// Mean over the judged members, by metric, or why there is none.
    pub means: [Reading; Metric::ALL.len()],
    /// Demand (DESIGN 4.7) by metric: what `decide` projects over fewer members, or why there is none.
    pub demands: [Reading; Metric::ALL.len()],
}

/// Pure: folds what was seen into memory: streaks, windows, breaker, hold, regret.
pub fn fold(_spec: &GroupSpec, _status: GroupStatus, memory: &Memory, _seen: &Observation, _now: Timestamp) -> Memory {
    memory.clone()
}
