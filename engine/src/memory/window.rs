//! The demand window: the closed cycles a scale-in looks back on (design 4.7).

use super::CycleRecord;
use crate::census::milli;
use crate::model::{Cycle, Metric, Milli, Reading};
use std::collections::VecDeque;

/// Cycles of one minute: four. A spike shorter than that may pass 90 % of the threshold, not the threshold itself.
const MINUTE_CYCLES: u64 = 4;
/// Cycles a minute must have to speak: a lone cycle is no minute, and the single-cycle rule looks at it anyway.
const MINUTE_PRESENT: u32 = 3;
/// Stands for "missing" in a packed value: half the memory, and no metric reaches it.
const MISSING: Milli = Milli::MAX;

/// One cycle, packed: 40 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    cycle: Cycle,
    means: [Milli; Metric::ALL.len()],
    demands: [Milli; Metric::ALL.len()],
}

/// What the window says of one metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cycles with a demand.
    pub present: u32,
    /// Mean of the cycles' means.
    pub average: Milli,
    /// The highest one-minute demand.
    pub peak_minute: Milli,
    /// The highest single cycle's demand.
    pub peak_cycle: Milli,
    /// Whether the last closed cycle is among them.
    pub last_present: bool,
}

/// The closed cycles of one window, oldest first, and what they say; recomputed when a cycle closes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    slots: VecDeque<Slot>,
    summaries: [Summary; Metric::ALL.len()],
}

impl Window {
    /// The window as the stored series tells it, for `keep` cycles. It begins after the last cycle in which the group was
    /// disabled: enabling started it anew (design 4.9), and a restart since then does not bring back what was before.
    pub fn refilled(series: &[CycleRecord], keep: u64) -> Self {
        let mut window = Self::default();
        for record in series {
            if record.was_disabled() {
                window.clear();
            } else {
                window.push(record, keep);
            }
        }
        window
    }

    /// What it says of a metric.
    pub fn summary(&self, metric: Metric) -> &Summary {
        &self.summaries[metric.index()]
    }

    /// Takes in one closed cycle and forgets what is older than `keep`; one that does not come after the last is left out.
    pub(super) fn push(&mut self, record: &CycleRecord, keep: u64) {
        if self.slots.back().is_some_and(|last| last.cycle >= record.cycle) {
            return;
        }
        while self
            .slots
            .front()
            .is_some_and(|first| record.cycle.0 - first.cycle.0 >= keep)
        {
            self.slots.pop_front();
        }
        let pack = |reading: Reading| reading.unwrap_or(MISSING);
        self.slots.push_back(Slot {
            cycle: record.cycle,
            means: record.means.map(pack),
            demands: record.demands.map(pack),
        });
        self.summaries = Metric::ALL.map(|metric| self.summarize(metric.index()));
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn summarize(&self, metric: usize) -> Summary {
        let mut summary = Summary::default();
        let (mut total, mut counted) = (0_u128, 0_u32);
        for (at, slot) in self.slots.iter().enumerate() {
            let demand = slot.demands[metric];
            summary.last_present = demand != MISSING;
            if demand == MISSING {
                continue;
            }
            summary.present += 1;
            summary.peak_cycle = summary.peak_cycle.max(demand);
            summary.peak_minute = summary.peak_minute.max(self.minute(at, metric));
            if slot.means[metric] != MISSING {
                total += u128::from(slot.means[metric]);
                counted += 1;
            }
        }
        summary.average = total.checked_div(u128::from(counted)).map_or(0, milli);
        summary
    }

    /// Mean demand of the minute that ends with the slot at `end`; 0 if too few of its cycles are present.
    fn minute(&self, end: usize, metric: usize) -> Milli {
        let last = self.slots[end].cycle.0;
        let first = end.saturating_sub(MINUTE_CYCLES as usize - 1);
        let (mut sum, mut present) = (0_u128, 0_u32);
        for slot in self.slots.range(first..=end) {
            if last - slot.cycle.0 < MINUTE_CYCLES && slot.demands[metric] != MISSING {
                sum += u128::from(slot.demands[metric]);
                present += 1;
            }
        }
        if present < MINUTE_PRESENT {
            0
        } else {
            milli(sum.div_ceil(u128::from(present)))
        }
    }
}
