//! One request: a kept connection or a new one, the whole answer read and dropped, one outcome counted.

use super::aim::Aim;
use super::now;
use super::report::Cause;
use super::tally::Tally;
use crate::locked;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, USER_AGENT};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// How long one request may take before it counts as failed.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// Connections kept for the next request; as many as can be in flight.
const KEPT_MAX: usize = 10_000;

type Connection = SendRequest<Empty<Bytes>>;

/// Sends requests to one aim.
pub(super) struct Client {
    aim: Aim,
    tally: Arc<Tally>,
    kept: Mutex<Vec<Connection>>,
    drivers: TaskTracker,
}

impl Client {
    pub(super) fn new(aim: Aim, tally: Arc<Tally>) -> Self {
        Self {
            aim,
            tally,
            kept: Mutex::default(),
            drivers: TaskTracker::new(),
        }
    }

    /// Sends one request and counts it, its latency from `meant`.
    pub(super) async fn request(&self, meant: Instant) {
        let answer = timeout(REQUEST_LIMIT, self.exchange()).await;
        let latency = now().saturating_duration_since(meant);
        match answer {
            Err(_) => self.tally.failed(Cause::Timeout),
            Ok(Err(cause)) => self.tally.failed(cause),
            Ok(Ok(status)) => self.tally.answered(status, latency),
        }
    }

    async fn exchange(&self) -> Result<u16, Cause> {
        if let Some(mut kept) = self.take() {
            match kept.send_request(self.get()).await {
                Ok(answer) => return self.finish(kept, answer).await,
                Err(_) => self.tally.resent(),
            }
        }
        let mut fresh = self.connect().await.map_err(|why| of_io(&why))?;
        let answer = fresh.send_request(self.get()).await.map_err(|_| Cause::Reset)?;
        self.finish(fresh, answer).await
    }

    async fn finish(&self, connection: Connection, answer: Response<Incoming>) -> Result<u16, Cause> {
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            frame.map_err(|_| Cause::Reset)?;
        }
        self.keep(connection).await;
        Ok(status)
    }

    fn get(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.aim.path.parse().unwrap_or_default();
        if let Ok(host) = self.aim.host.parse() {
            request.headers_mut().insert(HOST, host);
        }
        request
            .headers_mut()
            .insert(USER_AGENT, hyper::header::HeaderValue::from_static("tidegate-load"));
        request
    }

    async fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.aim.addresses.as_slice()).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        self.drivers.spawn(driver);
        Ok(connection)
    }

    fn take(&self) -> Option<Connection> {
        let mut kept = locked(&self.kept);
        while let Some(connection) = kept.pop() {
            if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection once it is ready for another request; one the other side wants closed is dropped.
    async fn keep(&self, mut connection: Connection) {
        if connection.ready().await.is_err() {
            return;
        }
        let mut kept = locked(&self.kept);
        if kept.len() < KEPT_MAX {
            kept.push(connection);
        }
    }
}

fn of_io(why: &io::Error) -> Cause {
    match why.kind() {
        io::ErrorKind::ConnectionRefused => Cause::Refused,
        io::ErrorKind::TimedOut => Cause::Timeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Cause::Reset,
        _ => Cause::Connect,
    }
}
