//! Stopwatches. Only here is real time read; the loop under measurement has its own clock.

use std::time::{Duration, Instant};

/// Batches of a repeated measurement. More takes longer; fewer and no batch may run without a neighbour's work.
const BATCHES: u32 = 60;
/// How long one batch runs.
const BATCH: Duration = Duration::from_millis(20);

/// Now, on a clock that never runs back.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures real time; nothing is decided by it"
)]
pub fn instant() -> Instant {
    Instant::now()
}

/// Waits; a bench has to let real time pass.
#[expect(clippy::disallowed_methods, reason = "a bench lets real time pass")]
pub async fn wait(span: Duration) {
    tokio::time::sleep(span).await;
}

/// The same where nothing else runs.
#[expect(clippy::disallowed_methods, reason = "a bench lets real time pass")]
pub fn pause(span: Duration) {
    std::thread::sleep(span);
}

/// Nanoseconds one call takes: the fastest of many batches, which is what it costs when no neighbour disturbs it.
pub fn fastest_ns(mut act: impl FnMut()) -> f64 {
    let count = calls_a_batch(&mut act);
    let mut fastest = f64::INFINITY;
    for _ in 0..BATCHES {
        let start = instant();
        (0..count).for_each(|_| act());
        fastest = fastest.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(count));
    }
    fastest
}

fn calls_a_batch(act: &mut impl FnMut()) -> u32 {
    let mut count = 1_u32;
    loop {
        let start = instant();
        (0..count).for_each(|_| act());
        if start.elapsed() >= BATCH || count >= 1 << 26 {
            return count;
        }
        count *= 2;
    }
}
