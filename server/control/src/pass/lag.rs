//! Pass lag: how long after its slot a pass began, in real time. Design 7 bounds its p99.

use api::system::TimesView;

/// A reading of the lag since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LagReport {
    /// Passes counted.
    pub passes: u64,
    /// Half of the passes began within so many milliseconds.
    pub p50_ms: u64,
    /// 99 of 100 passes began within so many milliseconds (the upper end of a bucket a quarter wide).
    pub p99_ms: u64,
    /// The worst, in milliseconds.
    pub worst_ms: u64,
}

impl From<TimesView> for LagReport {
    fn from(times: TimesView) -> Self {
        Self {
            passes: times.count,
            p50_ms: times.p50_us.div_ceil(1_000),
            p99_ms: times.p99_us.div_ceil(1_000),
            worst_ms: times.worst_us.div_ceil(1_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Times;
    use std::time::Duration;

    #[test]
    fn the_p99_is_the_bucket_that_99_of_100_passes_fit_in() {
        let lag = Times::default();
        (0..99).for_each(|_| lag.count(Duration::from_millis(3)));
        lag.count(Duration::from_millis(900));
        let report = LagReport::from(lag.view());
        assert_eq!((report.passes, report.worst_ms), (100, 900));
        assert!((3..=4).contains(&report.p99_ms), "{report:?}");
    }
}
