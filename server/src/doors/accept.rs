//! Connections: taken one by one, each with a place of its own and a limit on how long a request's head may take, and
//! ended well when the server stops.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Connections at once; more wait in the kernel's queue. Without a bound, memory is the bound.
const CONNECTIONS: usize = 2_048;
/// How long a request's head may take, idle time between two requests included. Without it, idle connections take up
/// all places.
const HEAD_WITHIN: Duration = Duration::from_secs(75);
/// How long a request's head may be: the longest address and as much again for everything else. Times the connections,
/// this is what heads may take of memory.
const HEAD_BYTES: usize = 2 * super::ADDRESS_LIMIT_BYTES;
/// How long requests may go on when the server stops. The whole stop has 10 s.
const END_WITHIN: Duration = Duration::from_secs(5);
/// How long to wait after the kernel refused a connection (no descriptors left): it would refuse the next at once too.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown`, then lets what is under way end.
pub async fn serve(listener: TcpListener, app: Router, shutdown: CancellationToken) {
    let (places, open) = (Arc::new(Semaphore::new(CONNECTIONS)), TaskTracker::new());
    let (mut last, cut) = (None, CancellationToken::new());
    while let Some(taken) = next(&listener, &places, &shutdown).await {
        match taken {
            Ok((stream, peer, place)) => {
                last = None;
                let life = connection(stream, peer, app.clone(), shutdown.clone(), cut.clone());
                open.spawn(async move {
                    life.await;
                    drop(place);
                });
            }
            Err(why) => pause(&why, &mut last, &shutdown).await,
        }
    }
    drop(listener);
    open.close();
    if tokio::time::timeout(END_WITHIN, open.wait()).await.is_err() {
        tracing::warn!(
            connections = open.len(),
            "stopping: requests that took too long are cut off"
        );
        cut.cancel();
        open.wait().await;
    }
}

type Taken = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, once there is a place for it; `None` when the server stops.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<io::Result<Taken>> {
    let take = async {
        let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = listener.accept().await?;
        Ok((stream, peer, place))
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        taken = take => Some(taken),
    }
}

/// Says what the kernel refuses, once until a connection is taken again, and waits a little.
async fn pause(why: &io::Error, last: &mut Option<io::ErrorKind>, shutdown: &CancellationToken) {
    if last.replace(why.kind()) != Some(why.kind()) {
        tracing::warn!(%why, "cannot take a connection; raise the limit of open files if this goes on");
    }
    let _elapsed = tokio::time::timeout(PAUSE, shutdown.cancelled()).await;
}

/// One connection, to its end.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    shutdown: CancellationToken,
    cut: CancellationToken,
) {
    // Answers are small and complete; waiting to fill a packet only delays them.
    let _only_slower = stream.set_nodelay(true);
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(Request::map(request, axum::body::Body::new))
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    let ended = tokio::select! {
        biased;
        ended = served.as_mut() => ended,
        () = shutdown.cancelled() => {
            served.as_mut().graceful_shutdown();
            tokio::select! {
                ended = served => ended,
                () = cut.cancelled() => Ok(()),
            }
        }
    };
    if let Err(why) = ended {
        tracing::trace!(%peer, %why, "a connection ended early");
    }
}
