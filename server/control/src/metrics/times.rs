//! How long something takes: counts by bucket, four buckets to each doubling, from a microsecond to two minutes.

use api::system::TimesView;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Up to 2^27 µs, 134 s; what takes longer is in the last one. Everything here has a deadline far below.
const BUCKETS: usize = 104;
/// The bounds that Prometheus is told: powers of two from 64 µs to 67 s. Finer ones would be series nobody looks at.
const SHOWN: std::ops::RangeInclusive<u32> = 6..=26;

#[derive(Debug)]
struct Counts {
    buckets: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
    worst_us: AtomicU64,
}

/// A distribution of spans of real time; cheap to clone, all clones are one.
#[derive(Debug, Clone)]
pub struct Times(Arc<Counts>);

impl Default for Times {
    fn default() -> Self {
        Self(Arc::new(Counts {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            sum_us: AtomicU64::new(0),
            worst_us: AtomicU64::new(0),
        }))
    }
}

impl Times {
    /// Counts one span.
    pub fn count(&self, span: Duration) {
        self.count_us(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts one span of so many microseconds.
    pub fn count_us(&self, us: u64) {
        self.0.buckets[bucket(us)].fetch_add(1, Ordering::Relaxed);
        self.0.sum_us.fetch_add(us, Ordering::Relaxed);
        self.0.worst_us.fetch_max(us, Ordering::Relaxed);
    }

    /// What was counted since the start.
    pub fn view(&self) -> TimesView {
        Self::together(std::slice::from_ref(self))
    }

    /// Several distributions as one.
    pub fn together(all: &[Self]) -> TimesView {
        let mut counts = [0; BUCKETS];
        for one in all {
            for (sum, count) in counts.iter_mut().zip(&one.0.buckets) {
                *sum += count.load(Ordering::Relaxed);
            }
        }
        let worst_us = all.iter().map(|one| one.0.worst_us.load(Ordering::Relaxed)).max();
        let (count, worst_us) = (counts.iter().sum(), worst_us.unwrap_or(0));
        let within = |percent| quantile(&counts, count, percent).min(worst_us);
        TimesView {
            count,
            p50_us: within(50),
            p99_us: within(99),
            worst_us,
        }
    }

    /// Counts up to each shown bound, in seconds; the last is "anything".
    fn shown(&self) -> Vec<(f64, u64)> {
        let mut rest = self.0.buckets.iter().enumerate().peekable();
        let mut up_to = |limit_us: u64| {
            let mut count = 0;
            while let Some((_, bucket)) = rest.next_if(|(at, _)| upper_us(*at) <= limit_us) {
                count += bucket.load(Ordering::Relaxed);
            }
            count
        };
        let bounds = SHOWN.map(|power| 1_u64 << power);
        let mut shown: Vec<_> = bounds.map(|us| (seconds(us), up_to(us))).collect();
        shown.push((f64::INFINITY, up_to(u64::MAX)));
        shown
    }
}

/// Four buckets to each doubling; the first four microseconds have one each.
fn bucket(us: u64) -> usize {
    let octave = us.max(1).ilog2();
    let at = match octave {
        0 | 1 => us,
        _ => u64::from(octave - 1) * 4 + ((us >> (octave - 2)) & 3),
    };
    usize::try_from(at).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The longest span that is counted in a bucket.
fn upper_us(bucket: usize) -> u64 {
    let at = bucket as u64;
    match at {
        0..4 => at,
        _ if bucket == BUCKETS - 1 => u64::MAX,
        _ => ((at % 4 + 5) << (at / 4 - 1)) - 1,
    }
}

/// The upper end of the bucket that so many percent of all fit in.
fn quantile(counts: &[u64; BUCKETS], all: u64, percent: u64) -> u64 {
    let mut seen = 0;
    let at = counts.iter().position(|count| {
        seen += count;
        seen * 100 >= all * percent && seen > 0
    });
    at.map_or(0, upper_us)
}

fn seconds(us: u64) -> f64 {
    Duration::from_micros(us).as_secs_f64()
}

impl EncodeMetric for Times {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        let shown = self.shown();
        let count = shown.iter().map(|(_, count)| count).sum();
        let sum = seconds(self.0.sum_us.load(Ordering::Relaxed));
        encoder.encode_histogram::<[(&str, &str); 0]>(sum, count, &shown, None)
    }
    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Times {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_upper_ends_of_buckets_and_never_past_the_worst() {
        let times = Times::default();
        (0..98).for_each(|_| times.count_us(3_000));
        times.count(Duration::from_millis(900));
        times.count(Duration::from_millis(900));
        let view = times.view();
        assert_eq!((view.count, view.worst_us, view.p99_us), (100, 900_000, 900_000));
        assert!((3_000..3_750).contains(&view.p50_us), "{}", view.p50_us);
    }

    #[test]
    fn nothing_counted_is_nothing_said() {
        assert_eq!(Times::default().view(), TimesView::default());
    }

    proptest! {
        #[test]
        fn every_span_lies_in_its_bucket_and_in_no_lower_one(us in 0_u64..200_000_000) {
            let at = bucket(us);
            prop_assert!(us <= upper_us(at));
            prop_assert!(at == 0 || us > upper_us(at - 1));
        }
        #[test]
        fn everything_counted_is_shown_once(spans in proptest::collection::vec(0_u64..u64::MAX / 64, 0..40)) {
            let times = Times::default();
            spans.iter().for_each(|us| times.count_us(*us));
            prop_assert_eq!(times.shown().iter().map(|(_, count)| count).sum::<u64>(), spans.len() as u64);
        }
    }
}
