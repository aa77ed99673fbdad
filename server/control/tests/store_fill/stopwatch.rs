//! Times of what was asked, for the table at the end.

use std::time::{Duration, Instant};

/// What a request may take of the server's time.
const BOUND: Duration = Duration::from_millis(50);
/// Each question is asked so many times: the first also compiles its statements.
pub const TIMES: usize = 5;

/// Named times.
pub struct Stopwatch {
    began: Instant,
    rows: Vec<(String, Vec<Duration>)>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch measures this machine, not the product's time"
)]
fn now() -> Instant {
    Instant::now()
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self {
            began: now(),
            rows: Vec::new(),
        }
    }
}

impl Stopwatch {
    /// Says what has been done since the beginning.
    pub fn lap(&self, what: &str) {
        println!("{what} after {:.1} s", now().duration_since(self.began).as_secs_f64());
    }

    /// Does `act` once and keeps its time under `name`.
    pub async fn time<T>(&mut self, name: &str, act: impl Future<Output = T>) -> T {
        let began = now();
        let done = act.await;
        let took = now().duration_since(began);
        match self.rows.iter_mut().find(|(known, _)| known == name) {
            Some((_, times)) => times.push(took),
            None => self.rows.push((name.to_owned(), vec![took])),
        }
        done
    }

    /// The table: the middle and the longest time of each, and whether it is within the bound.
    pub fn print(&self) {
        println!(
            "{:<44} {:>5} {:>10} {:>10}  bound {} ms",
            "",
            "times",
            "middle ms",
            "longest ms",
            BOUND.as_millis()
        );
        for (name, times) in &self.rows {
            let mut times = times.clone();
            times.sort_unstable();
            let (middle, longest) = (times[times.len() / 2], times[times.len() - 1]);
            let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
            let verdict = if middle > BOUND { "OVER" } else { "" };
            println!(
                "{name:<44} {:>5} {:>10.2} {:>10.2}  {verdict}",
                times.len(),
                ms(middle),
                ms(longest)
            );
        }
        self.lap("all of it");
    }
}
