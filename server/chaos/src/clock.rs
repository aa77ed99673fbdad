//! Real time, and the lines that are told as it passes. Only here is the clock read: what is broken is the machine's, so
//! there is no other time to go by.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Now, on a clock that never runs back.
#[expect(
    clippy::disallowed_methods,
    reason = "faults come in real time; no decision of the product hangs on it"
)]
pub fn instant() -> Instant {
    Instant::now()
}

/// Lets real time pass.
#[expect(clippy::disallowed_methods, reason = "between two faults real time has to pass")]
pub async fn wait(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Looks every so often until there is something, or the limit is over: then nothing.
pub async fn until<T>(limit: Duration, every: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let start = instant();
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if start.elapsed() >= limit {
            return None;
        }
        wait(every).await;
    }
}

/// Says what happens, with the seconds since the story began.
#[derive(Debug, Clone, Copy)]
pub struct Teller {
    start: Instant,
}

impl Teller {
    /// A story that begins now.
    pub fn begin() -> Self {
        Self { start: instant() }
    }

    /// How long it has been told.
    pub fn passed(&self) -> Duration {
        self.start.elapsed()
    }

    /// One line.
    pub fn say(&self, line: impl Display) {
        println!("{:8.1}  {line}", self.passed().as_secs_f64());
    }
}
