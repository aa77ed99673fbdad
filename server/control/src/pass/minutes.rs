//! Folds the cycles' samples into minutes: what is kept of each instance for 48 hours.
//!
//! The minute under way is in memory only and is written once, by the first pass that settles after its last cycle: a
//! quiet group costs one more statement a minute. A restart loses the part of a minute that it interrupts.

use crate::store::minutes::{CYCLES_A_MINUTE, MinuteRecord, minute_of};
use api::groups::{InstanceUse, MeanMax};
use engine::model::{Cycle, InstanceId, Metric, Reading};
use std::collections::BTreeMap;

/// One metric of one instance in the minute under way.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sum: u64,
    count: u64,
    max: u64,
}

impl Sum {
    fn add(&mut self, reading: Reading) {
        if let Ok(value) = reading {
            self.sum = self.sum.saturating_add(value);
            self.count += 1;
            self.max = self.max.max(value);
        }
    }

    fn folded(self) -> Option<MeanMax> {
        let mean = self.sum.checked_div(self.count)?;
        Some(MeanMax { mean, max: self.max })
    }
}

/// One group's minutes.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    minute: u64,
    /// CPU and memory of the minute under way.
    running: BTreeMap<InstanceId, [Sum; 2]>,
    /// What is to be settled.
    closed: Option<MinuteRecord>,
}

impl Minutes {
    /// Adds a closed cycle's samples, once a cycle. The last cycle of a minute closes it, and so does a later minute.
    pub(super) fn add(&mut self, cycle: Cycle, samples: &[(InstanceId, [Reading; Metric::ALL.len()])]) {
        let minute = minute_of(cycle);
        if minute != self.minute {
            self.close();
            self.minute = minute;
        }
        for (id, sample) in samples {
            let [cpu, memory] = self.running.entry(*id).or_default();
            cpu.add(sample[Metric::Cpu.index()]);
            memory.add(sample[Metric::Memory.index()]);
        }
        if cycle.0 % CYCLES_A_MINUTE == CYCLES_A_MINUTE - 1 {
            self.close();
        }
    }

    fn close(&mut self) {
        let running = std::mem::take(&mut self.running);
        let uses = running.into_iter().map(|(id, [cpu, memory])| {
            let (cpu, memory) = (cpu.folded(), memory.folded());
            (id, InstanceUse { cpu, memory })
        });
        let uses: Vec<_> = uses.filter(|(_, used)| *used != InstanceUse::default()).collect();
        if !uses.is_empty() {
            self.closed = Some(MinuteRecord {
                minute: self.minute,
                uses,
            });
        }
    }

    /// The minute that is to be settled.
    pub(super) const fn closed(&self) -> Option<&MinuteRecord> {
        self.closed.as_ref()
    }

    /// It is.
    pub(super) fn settled(&mut self) {
        self.closed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::model::Missing;

    const ID: InstanceId = InstanceId(7);

    fn closed(minutes: &Minutes) -> Option<(u64, InstanceUse)> {
        minutes.closed().map(|record| (record.minute, record.uses[0].1))
    }

    fn cpu(mean: u64, max: u64) -> InstanceUse {
        InstanceUse {
            cpu: Some(MeanMax { mean, max }),
            memory: None,
        }
    }

    #[test]
    fn a_minute_closes_with_its_fourth_cycle_and_is_settled_once() {
        let mut minutes = Minutes::default();
        for (cycle, value) in [(40, 1_000), (41, 2_000), (42, 6_000)] {
            minutes.add(Cycle(cycle), &[(ID, [Ok(value), Err(Missing::NotRead)])]);
            assert_eq!(closed(&minutes), None);
        }
        minutes.add(Cycle(43), &[(ID, [Ok(3_000), Err(Missing::NotRead)])]);
        assert_eq!(closed(&minutes), Some((10, cpu(3_000, 6_000))));
        minutes.settled();
        minutes.add(Cycle(44), &[]);
        assert_eq!(closed(&minutes), None);
    }

    #[test]
    fn a_minute_whose_last_cycle_was_not_seen_closes_with_the_next() {
        let mut minutes = Minutes::default();
        minutes.add(Cycle(41), &[(ID, [Ok(1_000), Err(Missing::NotRead)])]);
        minutes.add(Cycle(52), &[]);
        assert_eq!(closed(&minutes), Some((10, cpu(1_000, 1_000))));
    }

    #[test]
    fn what_was_not_read_is_not_there() {
        let mut minutes = Minutes::default();
        minutes.add(
            Cycle(42),
            &[(ID, [Err(Missing::NotRead); 2]), (InstanceId(8), [Ok(0), Ok(5)])],
        );
        minutes.add(Cycle(43), &[(ID, [Err(Missing::NotRead); 2])]);
        let record = minutes.closed().expect("a minute");
        let zero = Some(MeanMax { mean: 0, max: 0 });
        let five = Some(MeanMax { mean: 5, max: 5 });
        assert_eq!(
            record.uses,
            [(
                InstanceId(8),
                InstanceUse {
                    cpu: zero,
                    memory: five
                }
            )]
        );
    }
}
