//! `tidegate load URL`: sends HTTP requests and says what came of each.
//!
//! Two modes. *Concurrency*: so many clients, each sends its next request when the last is answered. *Rate*: so many
//! requests a second whatever the answers do; latency counts from the instant a request was *meant* to start, so a
//! server that stalls cannot hide the requests it held up. Both may rise in steps.
//!
//! Only loopback and our own listeners are loaded unless remote hosts are allowed: a load generator aimed at somebody
//! else is an attack. Everything is bounded. Connections are kept alive; a kept one may have been closed by the other
//! side in the very moment of its next use, and then, as every HTTP client does, the GET is sent once more on a new
//! connection and counted as `resent`.

mod aim;
mod client;
mod pace;
mod report;
mod tally;

pub use report::{Cause, Latency, LoadReport};

use client::Client;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::Tally;
use tokio_util::sync::CancellationToken;

/// What to send, and how much.
#[derive(Debug, Clone, clap::Args)]
pub struct LoadOptions {
    /// Address to send GET requests to, such as http://127.0.0.1:20000/work?ms=5
    pub url: String,
    /// Clients at once, each waiting for its answer: 1 to 10000 (10 if no rate is given)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000), conflicts_with = "rate")]
    pub concurrency: Option<u32>,
    /// Requests a second, whatever the answers do: 1 to 100000
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Per cent of the load to start with
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub start_percent: u32,
    /// Per cent to add after each hold, up to 100
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub step_percent: u32,
    /// How long each step is held: 30s, 5m
    #[arg(long, default_value = "60s", value_parser = parse_span)]
    pub hold: Duration,
    /// How long in all, at most 24h: 30s, 5m, 2h
    #[arg(long, default_value = "10s", value_parser = parse_span)]
    pub duration: Duration,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Allow hosts other than this one
    #[arg(long)]
    pub allow_remote: bool,
    /// Addresses of our own listeners beside loopback.
    #[arg(skip)]
    pub own: Vec<std::net::IpAddr>,
}

impl LoadOptions {
    /// Ten clients for ten seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            concurrency: None,
            rate: None,
            start_percent: 100,
            step_percent: 0,
            hold: Duration::from_secs(60),
            duration: Duration::from_secs(10),
            json: false,
            allow_remote: false,
            own: Vec::new(),
        }
    }

    fn mode(&self) -> Mode {
        match (self.rate, self.concurrency) {
            (Some(rate), _) => Mode::Rate(rate.clamp(1, RATE_MAX)),
            (None, clients) => Mode::Clients(clients.unwrap_or(CLIENTS).clamp(1, CLIENTS_MAX)),
        }
    }
}

/// Clients if nothing is said.
const CLIENTS: u32 = 10;
/// Clients at most: each is a socket here and two in a balancer, and a source address has 28,000 ports.
const CLIENTS_MAX: u32 = 10_000;
/// Requests a second at most: beyond it this program, not the server, would be measured.
const RATE_MAX: u32 = 100_000;
/// Longest run: forgotten in a terminal it must end some day.
const DURATION_MAX: Duration = Duration::from_secs(86_400);

/// How the load is kept up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// So many clients.
    Clients(u32),
    /// So many requests a second.
    Rate(u32),
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not an address.
    #[error("cannot load {url}: {why}; give an address such as http://127.0.0.1:20000/")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody else's host.
    #[error("cannot load {host}: {address} is not this host; add --allow-remote if it is yours to load")]
    Remote {
        /// The host in the URL.
        host: String,
        /// What it stands for.
        address: SocketAddr,
    },
    /// Too long or nothing.
    #[error("cannot load for {seconds} s: a run takes 1 s to 24 h, and a step is held for 1 s at least")]
    Duration {
        /// What was asked.
        seconds: u64,
    },
}

/// Reads a time span: a number with `s`, `m`, `h`, or nothing for seconds.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" | "" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    match digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
    {
        Some(total) if total > 0 => Ok(Duration::from_secs(total)),
        _ => Err("give a number of seconds, minutes or hours above 0, such as 30s, 5m or 2h".to_owned()),
    }
}

/// Loads until the time is over or Ctrl-C; the live line goes to standard error if that is a terminal.
pub async fn run(options: LoadOptions) -> Result<LoadReport, LoadError> {
    let stop = CancellationToken::new();
    let loading = run_until(options, stop.clone());
    tokio::pin!(loading);
    tokio::select! {
        report = &mut loading => return report,
        _ = tokio::signal::ctrl_c() => stop.cancel(),
    }
    loading.await
}

/// Loads until the time is over or `stop` is cancelled; what is under way then is not counted.
pub async fn run_until(options: LoadOptions, stop: CancellationToken) -> Result<LoadReport, LoadError> {
    for span in [options.duration, options.hold] {
        if span < Duration::from_secs(1) || span > DURATION_MAX {
            return Err(LoadError::Duration {
                seconds: span.as_secs(),
            });
        }
    }
    let aim = aim::Aim::take(&options).await?;
    let tally = Arc::new(Tally::new());
    let client = Arc::new(Client::new(aim, tally.clone()));
    let steps = pace::Steps::new(&options, now());
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = report::live(&tally, options.mode()) => {}
        () = async {
            match options.mode() {
                Mode::Clients(clients) => pace::clients(client.clone(), clients, steps).await,
                Mode::Rate(rate) => pace::rate(client.clone(), rate, steps).await,
            }
        } => {}
    }
    Ok(LoadReport::new(
        options.url,
        &tally,
        steps.elapsed(now()),
        steps.duration(),
    ))
}

/// The clock of a stopwatch: nothing is decided by it but when to send.
#[expect(
    clippy::disallowed_methods,
    reason = "measures latency; no decision of the product hangs on it"
)]
fn now() -> Instant {
    Instant::now()
}
