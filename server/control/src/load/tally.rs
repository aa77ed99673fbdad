//! What came of the requests so far.

use super::report::Cause;
use crate::locked;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Longest latency told apart, in microseconds: an hour; a longer one counts as this.
const LATENCY_US_MAX: u64 = 3_600_000_000;

/// Significant digits kept of a latency: 1,234 us and 1,235 us differ, 12,345 us and 12,346 us do not.
const DIGITS: u8 = 3;

/// Counts and latencies, shared by all that send.
pub(super) struct Tally(Mutex<Counts>);

/// What is counted.
pub(super) struct Counts {
    /// Answers in the status classes 2 and 3.
    pub(super) succeeded: u64,
    /// Everything else.
    pub(super) causes: BTreeMap<Cause, u64>,
    /// Requests sent again because a kept connection was closed meanwhile.
    pub(super) resent: u64,
    /// Latency in microseconds of whatever was answered.
    pub(super) latency: Histogram<u64>,
}

impl Counts {
    /// Requests that failed.
    pub(super) fn failed(&self) -> u64 {
        self.causes.values().sum()
    }
}

impl Tally {
    pub(super) fn new() -> Self {
        let latency = match Histogram::new_with_bounds(1, LATENCY_US_MAX, DIGITS) {
            Ok(histogram) => histogram,
            Err(why) => unreachable!("the bounds are constants: {why}"),
        };
        Self(Mutex::new(Counts {
            succeeded: 0,
            causes: BTreeMap::new(),
            resent: 0,
            latency,
        }))
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        locked(&self.0)
    }

    pub(super) fn answered(&self, status: u16, latency: Duration) {
        let mut counts = self.counts();
        counts
            .latency
            .saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LATENCY_US_MAX));
        match Cause::of_status(status) {
            None => counts.succeeded += 1,
            Some(cause) => *counts.causes.entry(cause).or_insert(0) += 1,
        }
    }

    pub(super) fn failed(&self, cause: Cause) {
        *self.counts().causes.entry(cause).or_insert(0) += 1;
    }

    pub(super) fn resent(&self) {
        self.counts().resent += 1;
    }
}
