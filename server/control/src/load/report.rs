//! The report: a table for people, JSON for programs, and the line that shows it coming.

use super::Mode;
use super::tally::Tally;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nobody listens there.
    Refused,
    /// No connection for another reason.
    Connect,
    /// No whole answer in 30 s.
    Timeout,
    /// The connection ended before the answer did.
    Reset,
    /// A status below 200.
    Status1xx,
    /// A status of 400 to 499.
    Status4xx,
    /// A status of 500 or more.
    Status5xx,
}

impl Cause {
    /// Whether a status is a failure, and which.
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..400 => None,
            400..500 => Some(Self::Status4xx),
            500.. => Some(Self::Status5xx),
            _ => Some(Self::Status1xx),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refused => "connection refused",
            Self::Connect => "no connection",
            Self::Timeout => "no answer in 30 s",
            Self::Reset => "connection reset",
            Self::Status1xx => "status 1xx",
            Self::Status4xx => "status 4xx",
            Self::Status5xx => "status 5xx",
        })
    }
}

/// Latencies of answered requests in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// Half were faster.
    pub p50: u64,
    /// 95 of 100 were faster.
    pub p95: u64,
    /// 99 of 100 were faster.
    pub p99: u64,
    /// The slowest.
    pub max: u64,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use = "a report nobody reads measured nothing"]
pub struct LoadReport {
    /// Where to.
    pub url: String,
    /// How long requests were sent and waited for.
    pub elapsed_ms: u64,
    /// Requests that came to an end.
    pub requests: u64,
    /// Answered with a status of 200 to 399.
    pub succeeded: u64,
    /// All others.
    pub failed: u64,
    /// Of 100 requests so many succeeded; 0 if there were none.
    pub success_percent: f64,
    /// Requests that came to an end, a second of the run.
    pub per_second: f64,
    /// Latencies in microseconds.
    pub latency_us: Latency,
    /// Failures by cause.
    pub failures: BTreeMap<Cause, u64>,
    /// Sent once more because a kept connection was closed meanwhile.
    pub resent: u64,
}

impl LoadReport {
    /// Waiting for the last answers after the planned time does not count towards the rate.
    pub(super) fn new(url: String, tally: &Tally, elapsed: Duration, planned: Duration) -> Self {
        let counts = tally.counts();
        let (succeeded, failed) = (counts.succeeded, counts.failed());
        let requests = succeeded + failed;
        let at = |quantile| counts.latency.value_at_quantile(quantile);
        let seconds = elapsed.min(planned).as_secs_f64().max(0.001);
        Self {
            url,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            requests,
            succeeded,
            failed,
            success_percent: rounded(succeeded as f64 * 100.0 / requests.max(1) as f64),
            per_second: rounded(requests as f64 / seconds),
            latency_us: Latency {
                p50: at(0.50),
                p95: at(0.95),
                p99: at(0.99),
                max: counts.latency.max(),
            },
            failures: counts.causes.clone(),
            resent: counts.resent,
        }
    }

    /// One line of JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Down to hundredths, so that 100 % means all.
fn rounded(value: f64) -> f64 {
    (value * 100.0).floor() / 100.0
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            elapsed_ms,
            requests,
            succeeded,
            failed,
            success_percent,
            per_second,
            latency_us,
            failures,
            resent,
        } = self;
        let Latency { p50, p95, p99, max } = *latency_us;
        writeln!(f, "{url}")?;
        writeln!(f, "  {:<18} {:>14}", "requests", requests)?;
        writeln!(f, "  {:<18} {:>14}", "succeeded", succeeded)?;
        writeln!(f, "  {:<18} {:>14}", "failed", failed)?;
        for (cause, count) in failures {
            writeln!(f, "    {cause:<16} {count:>14}")?;
        }
        writeln!(f, "  {:<18} {:>12.2} %", "success rate", success_percent)?;
        writeln!(f, "  {:<18} {:>14.2}", "per second", per_second)?;
        for (name, us) in [("p50", p50), ("p95", p95), ("p99", p99), ("slowest", max)] {
            writeln!(f, "  {name:<18} {:>11} ms", milliseconds(us))?;
        }
        if *resent > 0 {
            writeln!(f, "  {:<18} {:>14}", "sent again", resent)?;
        }
        write!(
            f,
            "  {:<18} {:>12}.{} s",
            "took",
            elapsed_ms / 1000,
            elapsed_ms % 1000 / 100
        )
    }
}

fn milliseconds(us: u64) -> String {
    format!("{}.{:02}", us / 1000, us % 1000 / 10)
}

/// Shows a line a second on standard error if that is a terminal. Never ends by itself.
pub(super) async fn live(tally: &Tally, mode: Mode) {
    if !std::io::stderr().is_terminal() {
        return std::future::pending().await;
    }
    let wanted = match mode {
        Mode::Clients(clients) => format!("{clients} clients"),
        Mode::Rate(rate) => format!("{rate} a second"),
    };
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut before = 0;
    loop {
        second.tick().await;
        let line = {
            let counts = tally.counts();
            let done = counts.succeeded + counts.failed();
            let p99 = milliseconds(counts.latency.value_at_quantile(0.99));
            let text = format!(
                "{wanted}: {} req/s, p99 {p99} ms, {} failed",
                done - before,
                counts.failed()
            );
            before = done;
            text
        };
        let _a_closed_terminal_is_fine = write!(std::io::stderr(), "\r{line:<78}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_table() {
        let tally = Tally::new();
        for ms in 1..=100 {
            tally.answered(200, Duration::from_millis(ms));
        }
        let report = LoadReport::new(String::new(), &tally, Duration::from_secs(10), Duration::from_secs(10));
        let near = |got: u64, ms: u64| got.abs_diff(ms * 1000) <= ms;
        let Latency { p50, p95, p99, max } = report.latency_us;
        assert!(
            near(p50, 50) && near(p95, 95) && near(p99, 99) && near(max, 100),
            "{:?}",
            report.latency_us
        );
        assert_eq!(
            (report.requests, report.success_percent, report.per_second),
            (100, 100.0, 10.0)
        );
    }

    #[test]
    fn every_failure_has_its_cause() {
        let tally = Tally::new();
        for status in [100, 200, 301, 404, 404, 500, 503, 599] {
            tally.answered(status, Duration::from_millis(1));
        }
        tally.failed(Cause::Refused);
        tally.failed(Cause::Timeout);
        let report = LoadReport::new(
            "http://x/".to_owned(),
            &tally,
            Duration::from_secs(2),
            Duration::from_secs(1),
        );
        let failures: Vec<(Cause, u64)> = report.failures.iter().map(|(c, n)| (*c, *n)).collect();
        let wanted = [
            (Cause::Refused, 1),
            (Cause::Timeout, 1),
            (Cause::Status1xx, 1),
            (Cause::Status4xx, 2),
            (Cause::Status5xx, 3),
        ];
        assert_eq!(failures, wanted);
        assert_eq!((report.succeeded, report.failed, report.success_percent), (2, 8, 20.0));
        let text = report.to_string();
        assert!(
            text.contains("connection refused              1") && text.contains("20.00 %"),
            "{text}"
        );
        assert!(report.json().contains("\"status5xx\":3"), "{}", report.json());
    }

    #[test]
    fn one_failure_in_a_million_is_not_a_hundred_per_cent() {
        assert_eq!(rounded(999_999.0 * 100.0 / 1_000_000.0), 99.99);
    }
}
