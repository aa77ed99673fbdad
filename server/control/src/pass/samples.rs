//! Samples: what each member used over one closed cycle.
//!
//! The driver counts (CPU nanoseconds so far); a sample is the difference between two readings, one at each end of the
//! cycle. Without the earlier one there is none: missing, never zero. Rates are per *real* second (design 2).

use crate::drivers::Usage;
use crate::store::Launch;
use engine::model::{Cycle, InstanceId, Metric, Missing, Reading};
use std::collections::BTreeMap;

/// Thousandths of a percent in a whole.
const WHOLE: u128 = 100_000;

/// How large a machine is: what percentages are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capacity {
    pub(super) vcpu_milli: u32,
    pub(super) memory_bytes: u64,
}

impl From<&Launch> for Capacity {
    fn from(launch: &Launch) -> Self {
        Self {
            vcpu_milli: launch.vcpu_milli,
            memory_bytes: launch.memory_bytes,
        }
    }
}

/// The last closed cycle's samples of one group's members.
pub(super) type Samples = BTreeMap<InstanceId, [Reading; Metric::ALL.len()]>;

/// One group's counters between cycles.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter {
    cycle: Option<Cycle>,
    counters: BTreeMap<InstanceId, Usage>,
    samples: Samples,
    /// The cycle for which the driver gave no usage, if that was the last one.
    silent: Option<Cycle>,
}

impl Meter {
    /// Whether this closed cycle's samples are still to be read.
    pub(super) fn wants(&self, cycle: Cycle) -> bool {
        self.cycle != Some(cycle)
    }

    /// Takes the counters read at the end of `cycle`. If the cycle before was not read, there is nothing to compare
    /// with: a difference over several cycles would hide the peak in it.
    pub(super) fn read(
        &mut self,
        cycle: Cycle,
        usages: Vec<(InstanceId, Usage)>,
        size: impl Fn(InstanceId) -> Capacity,
    ) {
        let follows = self.cycle.is_some_and(|last| last.0 + 1 == cycle.0);
        let before = std::mem::take(&mut self.counters);
        self.samples = usages
            .iter()
            .map(|(id, usage)| {
                let earlier = before.get(id).filter(|_| follows);
                (*id, sample(earlier, usage, size(*id)))
            })
            .collect();
        self.counters = usages.into_iter().collect();
        self.cycle = Some(cycle);
    }

    /// The driver gave no usage for this cycle.
    pub(super) fn silent(&mut self, cycle: Cycle) {
        *self = Self {
            cycle: Some(cycle),
            silent: Some(cycle),
            ..Self::default()
        };
    }

    /// One member's samples of that cycle.
    pub(super) fn of(&self, id: InstanceId, cycle: Cycle) -> [Reading; Metric::ALL.len()] {
        let read = self.cycle == Some(cycle);
        let sample = self.samples.get(&id).filter(|_| read);
        let why = if self.silent == Some(cycle) {
            Missing::SourceSilent
        } else {
            Missing::NotRead
        };
        sample.copied().unwrap_or([Err(why); Metric::ALL.len()])
    }

    /// Every member's samples of that cycle.
    pub(super) fn all(&self) -> Vec<(InstanceId, [Reading; Metric::ALL.len()])> {
        self.samples.iter().map(|(id, sample)| (*id, *sample)).collect()
    }
}

fn sample(before: Option<&Usage>, now: &Usage, size: Capacity) -> [Reading; Metric::ALL.len()] {
    let mut sample = [Err(Missing::NotRead); Metric::ALL.len()];
    sample[Metric::Cpu.index()] = before.map_or(Err(Missing::NotRead), |before| cpu(before, now, size));
    sample[Metric::Memory.index()] = share(u128::from(now.memory_bytes), u128::from(size.memory_bytes));
    sample
}

fn cpu(before: &Usage, now: &Usage, size: Capacity) -> Reading {
    let used = now.cpu_ns.checked_sub(before.cpu_ns).ok_or(Missing::CounterWentBack)?;
    let span = now
        .read_at_ns
        .checked_sub(before.read_at_ns)
        .ok_or(Missing::CounterWentBack)?;
    share(u128::from(used) * 1_000, u128::from(span) * u128::from(size.vcpu_milli))
}

/// A part of a whole in thousandths of a percent.
fn share(part: u128, whole: u128) -> Reading {
    let share = (part * WHOLE).checked_div(whole).ok_or(Missing::Nonsense)?;
    u64::try_from(share).map_err(|_| Missing::Nonsense)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: Capacity = Capacity {
        vcpu_milli: 250,
        memory_bytes: 1_000,
    };
    const SECOND_NS: u64 = 1_000_000_000;

    fn usage(cpu_ns: u64, read_at_ns: u64) -> Usage {
        Usage {
            cpu_ns,
            memory_bytes: 250,
            read_at_ns,
        }
    }

    fn cpu_after(readings: &[(u64, u64, u64)]) -> Reading {
        let (mut meter, id) = (Meter::default(), InstanceId(1));
        for (cycle, cpu_ns, at_ns) in readings {
            meter.read(Cycle(*cycle), vec![(id, usage(*cpu_ns, *at_ns))], |_| QUARTER);
        }
        let (last, ..) = readings[readings.len() - 1];
        meter.of(id, Cycle(last))[Metric::Cpu.index()]
    }

    #[test]
    fn cpu_is_the_share_of_its_vcpus_between_two_cycle_ends_and_may_pass_100() {
        // 0.27 core for a second on a quarter of a vCPU: 108 %.
        assert_eq!(cpu_after(&[(7, 0, 0), (8, 270_000_000, SECOND_NS)]), Ok(108_000));
    }

    #[test]
    fn cpu_is_missing_without_the_reading_before_or_with_a_gap_between() {
        assert_eq!(cpu_after(&[(7, 5, 5)]), Err(Missing::NotRead));
        assert_eq!(cpu_after(&[(7, 0, 0), (9, 5, SECOND_NS)]), Err(Missing::NotRead));
    }

    #[test]
    fn a_counter_that_went_back_is_missing() {
        assert_eq!(
            cpu_after(&[(7, 9, 0), (8, 5, SECOND_NS)]),
            Err(Missing::CounterWentBack)
        );
    }

    #[test]
    fn two_readings_of_one_instant_are_nonsense_not_infinite() {
        assert_eq!(cpu_after(&[(7, 1, 5), (8, 2, 5)]), Err(Missing::Nonsense));
    }

    #[test]
    fn memory_needs_no_earlier_reading() {
        let (mut meter, id) = (Meter::default(), InstanceId(1));
        meter.read(Cycle(3), vec![(id, usage(0, 0))], |_| QUARTER);
        assert_eq!(meter.of(id, Cycle(3))[Metric::Memory.index()], Ok(25_000));
        assert_eq!(meter.of(id, Cycle(4))[Metric::Memory.index()], Err(Missing::NotRead));
    }

    #[test]
    fn a_driver_that_did_not_answer_is_why_everything_of_that_cycle_is_missing_and_of_no_other() {
        let (mut meter, id) = (Meter::default(), InstanceId(1));
        meter.silent(Cycle(3));
        assert_eq!(meter.of(id, Cycle(3)), [Err(Missing::SourceSilent); Metric::ALL.len()]);
        assert_eq!(meter.of(id, Cycle(4)), [Err(Missing::NotRead); Metric::ALL.len()]);
        meter.read(Cycle(4), vec![(id, usage(0, 0))], |_| QUARTER);
        assert_eq!(meter.of(id, Cycle(4))[Metric::Cpu.index()], Err(Missing::NotRead));
    }
}
