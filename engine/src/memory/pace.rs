//! The pace of creates after the driver said "throttled" (design 4.14): they back off, then go by a token bucket.
//!
//! The bucket is empty when the answer comes. A minute later it has one token and gains one every three seconds, ten at
//! most; every create takes one, the first of an instance and a repeated one alike. Ten minutes after the last such answer
//! creates go freely again. Not stored: after a restart the driver says it once more.

use crate::model::{Span, Timestamp};

/// From the answer to the first token. Shorter only feeds what the provider counts.
const BACK_OFF: Span = Span::mins(1);
/// From one token to the next. Quicker, and a provider that throttles goes on doing so; slower, and a hundred launches
/// take longer than the load waits.
const EVERY: Span = Span::secs(3);
/// Tokens there are at most. More are a new rush; with fewer a small group waits for nothing.
const BURST: i64 = 10;
/// How long creates are paced after the last such answer. Shorter, and the next rush meets the same limit.
const PACED_FOR: Span = Span::mins(10);

/// How fast creates may go. One instant is the whole bucket: when its next token is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Until when creates are paced; `None` if the driver never said so.
    until: Option<Timestamp>,
    /// When the next token is there; long ago: there are several.
    next: Timestamp,
}

impl Pace {
    /// The driver said "throttled".
    pub(super) fn throttled(&mut self, now: Timestamp) {
        self.until = Some(now.plus(PACED_FOR));
        self.next = self.next.max(now.plus(BACK_OFF));
    }

    /// How many creates may begin now; `None`: as many as one likes.
    pub fn allowed(&self, now: Timestamp) -> Option<u32> {
        self.until.filter(|until| now < *until)?;
        let waited = now.since(self.next).0;
        let tokens = if waited < 0 {
            0
        } else {
            (1 + waited / EVERY.0).min(BURST)
        };
        u32::try_from(tokens).ok()
    }

    /// One create begins, if it may.
    #[must_use]
    pub(crate) fn take(&mut self, now: Timestamp) -> Taken {
        match self.allowed(now) {
            None => Taken::Yes,
            Some(0) => Taken::No,
            Some(_) => {
                let full = now.plus(Span(-EVERY.0 * (BURST - 1)));
                self.next = self.next.max(full).plus(EVERY);
                Taken::Yes
            }
        }
    }

    /// From when the time to run of a create counts that was told to wait at `told`: while creates are paced its turn may
    /// not have come.
    pub(super) fn counts_from(&self, told: Timestamp) -> Timestamp {
        self.until.map_or(told, |until| until.max(told))
    }
}

/// Whether a create may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It may, and its token is gone.
    Yes,
    /// There is no token: a later pass.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of a thousand creates may begin at that second.
    fn begun(pace: &mut Pace, second: i64) -> usize {
        let now = Timestamp(Span::secs(second).0);
        (0..1_000).filter(|_| pace.take(now) == Taken::Yes).count()
    }

    #[test]
    fn creates_go_freely_until_the_driver_says_throttled_and_ten_minutes_after_it() {
        let mut pace = Pace::default();
        assert_eq!(begun(&mut pace, 0), 1_000);
        pace.throttled(Timestamp(0));
        assert_ne!(begun(&mut pace, 599), 1_000);
        assert_eq!(begun(&mut pace, 600), 1_000);
    }

    #[test]
    fn they_back_off_for_a_minute_then_one_goes_every_three_seconds_and_ten_at_once_at_most() {
        let mut pace = Pace::default();
        pace.throttled(Timestamp(0));
        //  second, creates that begin
        for (second, creates) in [
            (1, 0),
            (59, 0),
            (60, 1),
            (62, 0),
            (63, 1),
            (75, 4),
            (80, 1),
            (590, 10),
            (591, 0),
            (593, 1),
        ] {
            assert_eq!(begun(&mut pace, second), creates, "at {second} s");
        }
    }

    #[test]
    fn another_such_answer_empties_it_again_and_begins_the_ten_minutes_anew() {
        let mut pace = Pace::default();
        pace.throttled(Timestamp(0));
        pace.throttled(Timestamp(Span::secs(300).0));
        for (second, creates) in [(359, 0), (360, 1), (890, 10), (900, 1_000)] {
            assert_eq!(begun(&mut pace, second), creates, "at {second} s");
        }
    }
}
