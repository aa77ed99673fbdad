//! When to send: clients that wait for their answers, or a rate that does not; both in steps.

use super::client::Client;
use super::{LoadOptions, now};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// Requests in flight at most at a fixed rate. Beyond it sending waits, and the wait counts as latency.
const IN_FLIGHT_MAX: usize = 10_000;

/// How much of the load is on at which instant: a percentage that rises by a step after each hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    from: Instant,
    start_percent: u32,
    step_percent: u32,
    hold: Duration,
    duration: Duration,
}

impl Steps {
    pub(super) fn new(options: &LoadOptions, from: Instant) -> Self {
        Self {
            from,
            start_percent: options.start_percent.clamp(1, 100),
            step_percent: options.step_percent.min(100),
            hold: options.hold,
            duration: options.duration,
        }
    }

    pub(super) fn duration(self) -> Duration {
        self.duration
    }

    pub(super) fn elapsed(self, at: Instant) -> Duration {
        at.saturating_duration_since(self.from)
    }

    fn end(self) -> Instant {
        self.from + self.duration
    }

    /// The percentage of one step.
    fn percent(self, step: u32) -> u32 {
        self.start_percent
            .saturating_add(self.step_percent.saturating_mul(step))
            .min(100)
    }

    /// The step after which the load is whole.
    fn last(self) -> u32 {
        if self.step_percent == 0 {
            0
        } else {
            (100 - self.start_percent).div_ceil(self.step_percent)
        }
    }

    /// When a step begins.
    fn begin(self, step: u32) -> Instant {
        self.from + self.hold.saturating_mul(step)
    }

    /// When a step ends: the last one with the run.
    fn until(self, step: u32) -> Instant {
        if step >= self.last() {
            self.end()
        } else {
            self.begin(step + 1).min(self.end())
        }
    }

    /// How much of `whole` is on in that step, at least 1.
    fn share(self, whole: u32, step: u32) -> u32 {
        let share = u64::from(whole) * u64::from(self.percent(step));
        u32::try_from(share.div_ceil(100)).unwrap_or(whole).max(1)
    }
}

/// So many clients, each sending its next request when the last was answered.
pub(super) async fn clients(client: Arc<Client>, whole: u32, steps: Steps) {
    let mut running = JoinSet::new();
    let mut started = 0;
    for step in 0..=steps.last() {
        if steps.begin(step) >= steps.end() {
            break;
        }
        sleep_until(steps.begin(step).into()).await;
        let wanted = steps.share(whole, step);
        for _ in started..wanted {
            running.spawn(one_client(client.clone(), steps.end()));
        }
        started = wanted;
    }
    while running.join_next().await.is_some() {}
}

async fn one_client(client: Arc<Client>, end: Instant) {
    loop {
        let meant = now();
        if meant >= end {
            return;
        }
        client.request(meant).await;
        // A loopback exchange may never wait: give the others their turn.
        tokio::task::yield_now().await;
    }
}

/// So many requests a second, however the answers come.
pub(super) async fn rate(client: Arc<Client>, whole: u32, steps: Steps) {
    let mut running = JoinSet::new();
    let room = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    for step in 0..=steps.last() {
        let (begin, until) = (steps.begin(step), steps.until(step));
        let a_second = u64::from(steps.share(whole, step));
        for number in 0.. {
            let meant = begin + Duration::from_nanos(nanos(number, a_second));
            if meant >= until {
                break;
            }
            sleep_until(meant.into()).await;
            let Ok(permit) = room.clone().acquire_owned().await else {
                return;
            };
            let client = client.clone();
            running.spawn(async move {
                client.request(meant).await;
                drop(permit);
            });
            while running.try_join_next().is_some() {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// Nanoseconds from a step's begin to its request of that number.
fn nanos(number: u64, a_second: u64) -> u64 {
    let nanos = u128::from(number) * 1_000_000_000 / u128::from(a_second.max(1));
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(start: u32, step: u32, hold: u64, duration: u64) -> Steps {
        let mut options = LoadOptions::new("http://127.0.0.1/");
        (options.start_percent, options.step_percent) = (start, step);
        (options.hold, options.duration) = (Duration::from_secs(hold), Duration::from_secs(duration));
        Steps::new(&options, now())
    }

    #[test]
    fn a_load_rises_by_its_step_after_each_hold_and_stays_at_the_whole() {
        for (start, step, shares) in [
            (100, 0, vec![200]),
            (10, 30, vec![20, 80, 140, 200]),
            (50, 50, vec![100, 200]),
            (50, 40, vec![100, 180, 200]),
            (30, 0, vec![60]),
        ] {
            let steps = steps(start, step, 5, 100);
            let got: Vec<u32> = (0..=steps.last()).map(|n| steps.share(200, n)).collect();
            assert_eq!(got, shares, "start {start} step {step}");
        }
    }

    #[test]
    fn steps_end_with_the_run() {
        let steps = steps(10, 10, 5, 12);
        let ends: Vec<u64> = (0..=steps.last())
            .map(|n| steps.elapsed(steps.until(n)).as_secs())
            .collect();
        assert_eq!(ends, [5, 10, 12, 12, 12, 12, 12, 12, 12, 12]);
    }

    #[test]
    fn requests_of_a_rate_are_evenly_meant() {
        assert_eq!(nanos(0, 3), 0);
        assert_eq!(nanos(1, 3), 333_333_333);
        assert_eq!(nanos(300, 3), 100_000_000_000);
    }
}
