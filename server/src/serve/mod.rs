//! `tidegate serve`: puts the parts together, runs them, and ends them well.
//!
//! - [`parts`]: database, clock, driver, balancer, loop, console. [`first`]: what the first start leaves behind.
//! - [`ports`]: the doors' traits on the database. [`stop`]: when to end.
//!
//! Order: the data folder is locked first and the address is taken second, so that whoever cannot serve touches
//! nothing. At the end the doors close first (nothing new comes in), then the loop gives back what it holds, then the
//! database. Instances and load balancers go on by themselves.

pub mod first;
pub mod parts;
pub mod ports;
pub mod stop;

use crate::config::Config;
use crate::doors::{self, Host, HostParts, accept, streams};
use crate::lock;
use anyhow::Context as _;
use control::commands::wake;
use first::Reader;
use parts::Running;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a stop may take in all; supervisors kill after that.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// How a part ended.
type Ended = anyhow::Result<&'static str>;

/// Serves until it is told to stop.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    #[cfg(feature = "failpoints")]
    control::failpoints::arm_from_environment()?;
    let shutdown = stop::on_signal()?;
    let lock = lock::take(&config.data, &format!("tidegate serve at {}", config.listen))?;
    let listener = listen(&config).await?;
    let running = parts::assemble(&config).await?;
    announce(&config, &listener, &running)?;
    let mut tasks = spawn(&config, listener, &running, &shutdown);
    let first = tasks.join_next().await;
    let asked = shutdown.is_cancelled();
    if !asked {
        tracing::error!("a part of the server ended by itself; stopping");
    }
    shutdown.cancel();
    let ended = tokio::time::timeout(STOP_WITHIN, end(tasks, first, &running)).await;
    drop(lock);
    match ended {
        Ok(ended) => ended.map(|()| if asked { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        Err(_elapsed) => anyhow::bail!(
            "stopping took more than {} s: what was under way is left to the next start",
            STOP_WITHIN.as_secs()
        ),
    }
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let advice = "stop what listens there, or give another address (--listen 127.0.0.1:7071)";
    let taken = TcpListener::bind(config.listen).await;
    taken.with_context(|| format!("cannot listen on {}: {advice}", config.listen))
}

/// Two lines for whoever started it; the first is for programs too.
fn announce(config: &Config, listener: &TcpListener, running: &Running) -> anyhow::Result<()> {
    let at = listener
        .local_addr()
        .context("cannot read the address that is listened on")?;
    let url = config
        .public_url
        .as_ref()
        .map_or_else(|| format!("http://{at}"), |url| url.origin().to_owned());
    say(&url, running.first.say(Reader::of_output()).as_deref());
    if !config.site_root.join("pkg").is_dir() {
        let folder = config.site_root.display();
        tracing::warn!("there are no scripts and styles in {folder}: pages work without; `make serve` builds them");
    }
    Ok(())
}

/// Whoever started it may be gone already, its end of the pipe closed: that is no reason to stop serving, as `println!`
/// would.
fn say(url: &str, more: Option<&str>) {
    let mut lines = format!("Tidegate is at {url}\n");
    lines.extend(more.map(|more| format!("{more}\n")));
    let mut out = std::io::stdout().lock();
    if let Err(why) = out.write_all(lines.as_bytes()).and_then(|()| out.flush()) {
        tracing::debug!(%why, "the address was not printed: nobody reads the output");
    }
}

/// Everything that runs until the end.
fn spawn(config: &Config, listener: TcpListener, running: &Running, shutdown: &CancellationToken) -> JoinSet<Ended> {
    let mut tasks = JoinSet::new();
    let host = host(config, running, shutdown);
    let (app, stop) = (doors::router(host.clone()), shutdown.clone());
    tasks.spawn(async move {
        streams::watch(host).await;
        Ok("streams")
    });
    tasks.spawn(async move {
        accept::serve(listener, app, stop).await;
        Ok("doors")
    });
    if let Some(heard) = running.db.heard() {
        let (here, stop) = (running.handle.clone(), shutdown.clone());
        tasks.spawn(async move {
            stop.run_until_cancelled(wake::hear(heard, here)).await;
            Ok("wakes of other servers")
        });
    }
    if let Some(scaling) = running.take_loop() {
        let stop = shutdown.clone();
        tasks.spawn(async move {
            scaling
                .run(stop)
                .await
                .context("the scaling loop ended")
                .map(|()| "loop")
        });
    }
    tasks
}

fn host(config: &Config, running: &Running, shutdown: &CancellationToken) -> Host {
    Host::new(HostParts {
        backend: Arc::clone(&running.backend),
        sessions: Arc::new(ports::Sessions(running.db.clone())),
        events: Arc::new(ports::TenantEvents(running.db.clone())),
        clock: Arc::clone(&running.clock),
        ids: Arc::clone(&running.ids),
        shutdown: shutdown.clone(),
        site_root: config.site_root.clone(),
        public_url: config.public_url.clone(),
        session_hours: config.session_hours,
        vitals: Arc::clone(&running.watch),
        metrics_token: config.metrics_token.clone(),
    })
}

/// Waits for every part, then closes the database; the first failure is the answer.
async fn end(
    mut tasks: JoinSet<Ended>,
    first: Option<Result<Ended, tokio::task::JoinError>>,
    running: &Running,
) -> anyhow::Result<()> {
    let (mut next, mut failure) = (first, None);
    while let Some(joined) = next {
        match joined.context("a part of the server panicked").flatten() {
            Ok(part) => tracing::debug!(part, "ended"),
            Err(why) => failure = failure.or(Some(why)),
        }
        next = tasks.join_next().await;
    }
    running.db.close().await;
    failure.map_or(Ok(()), Err)
}
