//! Pass lag: how long after its slot a pass began, in real time. Design 7 bounds its p99.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets of powers of two: up to 1 ms, 2 ms, 4 ms ... 32 s and more.
const BUCKETS: usize = 16;

/// Counts of passes by lag.
#[derive(Debug, Default)]
pub struct Lag {
    buckets: [AtomicU64; BUCKETS],
    worst_ms: AtomicU64,
}

/// A reading of the lag since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LagReport {
    /// Passes counted.
    pub passes: u64,
    /// 99 of 100 passes began within so many milliseconds (the upper end of a power-of-two bucket).
    pub p99_ms: u64,
    /// The worst, in milliseconds.
    pub worst_ms: u64,
}

impl Lag {
    /// Counts one pass.
    pub fn count(&self, lag: Duration) {
        let ms = u64::try_from(lag.as_millis()).unwrap_or(u64::MAX);
        self.buckets[bucket(ms)].fetch_add(1, Ordering::Relaxed);
        self.worst_ms.fetch_max(ms, Ordering::Relaxed);
    }

    /// Reads the counts.
    pub fn report(&self) -> LagReport {
        let counts = self.buckets.each_ref().map(|count| count.load(Ordering::Relaxed));
        let passes: u64 = counts.iter().sum();
        let mut seen = 0;
        let at = counts.iter().position(|count| {
            seen += count;
            seen * 100 >= passes * 99
        });
        let worst_ms = self.worst_ms.load(Ordering::Relaxed);
        let p99_ms = at.map_or(0, |at| 1 << at);
        LagReport {
            passes,
            p99_ms: p99_ms.min(worst_ms.max(1)),
            worst_ms,
        }
    }
}

fn bucket(ms: u64) -> usize {
    let bits = u64::BITS - ms.saturating_sub(1).leading_zeros();
    (bits as usize).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p99_is_the_bucket_that_99_of_100_passes_fit_in() {
        let lag = Lag::default();
        (0..99).for_each(|_| lag.count(Duration::from_millis(3)));
        lag.count(Duration::from_millis(900));
        assert_eq!(
            lag.report(),
            LagReport {
                passes: 100,
                p99_ms: 4,
                worst_ms: 900
            }
        );
    }

    #[test]
    fn no_pass_yet_is_no_lag() {
        assert_eq!(Lag::default().report().passes, 0);
    }
}
