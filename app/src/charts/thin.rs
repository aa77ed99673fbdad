//! A long range with fewer points: a day has 5 760 cycles, a screen far fewer pixels.

use api::groups::SeriesView;
use engine::memory::CycleRecord;
use engine::model::{CYCLE_MS, Metric};

/// Points a line may have. More would not be seen, and would be sent with the page.
const MOST: u64 = 480;

/// How many cycles stand behind one point of this range.
pub fn stride(from_ms: i64, to_ms: i64) -> u64 {
    let cycles = u64::try_from(to_ms.saturating_sub(from_ms) / CYCLE_MS).unwrap_or(0);
    cycles.div_ceil(MOST).max(1)
}

/// Keeps of every stride the cycle with the highest CPU, so that no peak is lost; marks all stay.
pub fn thin(mut series: SeriesView) -> SeriesView {
    let stride = stride(series.from_ms, series.to_ms);
    if stride == 1 {
        return series;
    }
    let cpu = |cycle: &CycleRecord| cycle.means[Metric::Cpu.index()].ok();
    let mut kept: Vec<CycleRecord> = Vec::new();
    for cycle in std::mem::take(&mut series.cycles) {
        match kept.last_mut() {
            Some(last) if last.cycle.0 / stride == cycle.cycle.0 / stride => {
                if cpu(&cycle) > cpu(last) {
                    *last = cycle;
                }
            }
            _ => kept.push(cycle),
        }
    }
    series.cycles = kept;
    series
}
