//! Regret: a scale-in that was taken back soon makes the group more careful for a day (design 4.7).

use super::Moved;
use crate::model::{Cycle, Metric, Reading, Span, Timestamp, WINDOW_CYCLES};
use serde::{Deserialize, Serialize};

/// Longest window: 24 hours of cycles. Longer and a group would never shrink again.
pub const DAY_CYCLES: u64 = 24 * 60 * 4;
/// How long a regret lasts after the last one.
pub const REGRET_LASTS: Span = Span::mins(24 * 60);

/// A scale-in that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regret {
    /// The window now, in cycles.
    pub window_cycles: u64,
    /// The size that was too small.
    pub size: u32,
    /// What the members carried when it was taken back, by [`Metric::index`].
    pub demands: [Reading; Metric::ALL.len()],
    /// When it ends.
    pub until: Timestamp,
}

impl Regret {
    /// The group's window in cycles: 40, or what an unended regret made of it. Without a `now` an ended one counts too.
    pub fn window(regret: Option<&Self>, now: Option<Timestamp>) -> u64 {
        let live = regret.filter(|regret| now.is_none_or(|now| now < regret.until));
        live.map_or(WINDOW_CYCLES, |regret| {
            regret.window_cycles.clamp(WINDOW_CYCLES, DAY_CYCLES)
        })
    }

    /// The regret that a scale-out in `cycle` makes of the last scale-in, if that was within two windows.
    pub fn after(
        last_in: Option<&Moved>,
        window_cycles: u64,
        cycle: Cycle,
        demands: [Reading; Metric::ALL.len()],
        now: Timestamp,
    ) -> Option<Self> {
        let last = last_in.filter(|last| !last.regretted)?;
        let ago = cycle.0.saturating_sub(last.cycle.0);
        (ago <= window_cycles.saturating_mul(2)).then(|| Self {
            window_cycles: window_cycles.saturating_mul(2).min(DAY_CYCLES),
            size: last.to,
            demands,
            until: now.plus(REGRET_LASTS),
        })
    }

    /// Whether a scale-in to `size` is barred: that size, or a smaller one, while demand is at least 90 % of then.
    pub fn bars(&self, size: u32, demands: [Reading; Metric::ALL.len()], now: Timestamp) -> bool {
        let as_much = |(then, now): (&Reading, &Reading)| match (then, now) {
            (Ok(then), Ok(now)) => u128::from(*now) * 10 >= u128::from(*then) * 9 && *then > 0,
            _ => false,
        };
        now < self.until && size <= self.size && self.demands.iter().zip(&demands).any(as_much)
    }
}
