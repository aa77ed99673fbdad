//! Listening, and ending well.

use super::answers::{Answer, Sample};
use super::{SampleError, SampleOptions};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Open connections. Beyond them callers wait in the kernel's queue; without a bound, memory is the bound.
const CONNECTIONS: usize = 1_024;

/// How long a connection may take to send a request's head. Idle ones would hold up places for ever.
const HEAD_WITHIN: Duration = Duration::from_secs(75);

/// For connections in the middle of nothing (half a request) at the end. Longer, and they keep an ending program alive.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs until SIGTERM (or Ctrl-C) and the end of the requests it then has.
pub async fn run(options: SampleOptions) -> Result<(), SampleError> {
    let mut term = signal(SignalKind::terminate()).map_err(SampleError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(SampleError::Signals)?;
    if tokio::time::timeout(options.slow_start, either(&mut term, &mut interrupt))
        .await
        .is_ok()
        && !options.slow_start.is_zero()
    {
        return Ok(());
    }
    let address = options.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| SampleError::Listen { address, source })?;
    tracing::info!(%address, "sample-web listens");
    serve(listener, async { either(&mut term, &mut interrupt).await }).await;
    Ok(())
}

async fn either(term: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// What every connection shares.
#[derive(Clone)]
struct Shared {
    sample: Arc<Sample>,
    in_flight: Arc<watch::Sender<usize>>,
    close: watch::Receiver<bool>,
}

/// Serves until `ended`, then until no request is in flight, answering checks all the while.
async fn serve(listener: TcpListener, ended: impl Future<Output = ()>) {
    let (close, closing) = watch::channel(false);
    let in_flight = Arc::new(watch::Sender::new(0_usize));
    let mut none_left = in_flight.subscribe();
    let shared = Shared {
        sample: Arc::new(Sample::from_environment()),
        in_flight,
        close: closing,
    };
    let mut connections = JoinSet::new();
    let finish = async {
        ended.await;
        shared.sample.end();
        let _sender_lives = none_left.wait_for(|requests| *requests == 0).await;
    };
    let accept = accept(&listener, &shared, &mut connections);
    tokio::select! {
        () = finish => {}
        () = accept => {}
    }
    drop(listener);
    let _some_listen = close.send(true);
    let _late = tokio::time::timeout(LAST_WORDS, async { while connections.join_next().await.is_some() {} }).await;
}

async fn accept(listener: &TcpListener, shared: &Shared, connections: &mut JoinSet<()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _peer)) => {
                let shared = shared.clone();
                connections.spawn(async move {
                    converse(stream, shared).await;
                    drop(place);
                });
            }
            Err(why) => {
                tracing::warn!(%why, "cannot accept a connection");
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Ends when connections shall close.
async fn closing(close: &mut watch::Receiver<bool>) {
    let _sender_lives = close.wait_for(|close| *close).await;
}

/// One connection, until its end or ours.
async fn converse(stream: TcpStream, shared: Shared) {
    let mut close = shared.close.clone();
    let service = service_fn(move |request: Request<Incoming>| answer(shared.clone(), request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let broken = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing(&mut close) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = broken {
        tracing::debug!(%why, "a connection broke");
    }
}

async fn answer(shared: Shared, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let _counted = InFlight::count(&shared, request.uri().path());
    let mut answer = shared.sample.answer(&request).await;
    if shared.sample.is_ending() {
        answer
            .headers_mut()
            .insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    Ok(answer)
}

/// Counts a request while it lives. Checks do not count: they would keep an ending program alive.
struct InFlight(Option<Arc<watch::Sender<usize>>>);

impl InFlight {
    fn count(shared: &Shared, path: &str) -> Self {
        let counted = (path != "/healthz").then(|| Arc::clone(&shared.in_flight));
        if let Some(counted) = &counted {
            counted.send_modify(|requests| *requests += 1);
        }
        Self(counted)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(counted) = &self.0 {
            counted.send_modify(|requests| *requests -= 1);
        }
    }
}
