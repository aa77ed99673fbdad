//! When to end: SIGTERM and SIGINT, once politely, twice at once.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a process ends with that was told twice: 128 + SIGINT, as shells say it.
const TOLD_TWICE: i32 = 130;

/// A token that is cancelled by the first signal; the second ends the process where it stands, which the next start
/// makes good as it does a crash.
pub fn on_signal() -> anyhow::Result<CancellationToken> {
    let listen = |kind| signal(kind).context("cannot listen for signals");
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let stop = token.clone();
    TaskTracker::new().spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping; instances and load balancers go on");
        stop.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("told twice to stop: ending at once");
        std::process::exit(TOLD_TWICE);
    });
    Ok(token)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
