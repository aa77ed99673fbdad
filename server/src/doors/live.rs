//! `GET /live`: what changed for a tenant, as it happens; one stream a browser.
//!
//! Events are read from the tenant's sequence after the last one the browser has (`Last-Event-ID`), or from now on. They
//! say *what* changed, never how: the page asks again, past the gate. Nothing is queued for a reader: it reads the table at
//! its own pace, and one that is too far behind is told to read everything again (event `reset`).
//!
//! A stream ends when its session does, whichever process ended it, when the user is gone or moved to another tenant
//! ([`super::streams`] watches that), and when the server stops.

use super::streams::{Full, Listener, Place};
use super::{Host, session};
use api::live::LiveEvent;
use async_trait::async_trait;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use engine::model::TenantId;
use futures::Stream;
use futures::stream::unfold;
use http::{HeaderMap, StatusCode};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tower_sessions::Session;

/// Events read at once; a reader further behind reads its pages again, which costs less than so many events.
const BATCH: u32 = 200;
/// So that proxies and browsers know that the stream lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How often a stream looks by itself: a wake that crosses servers may get lost.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How soon a browser comes back after the end.
const RETRY: Duration = Duration::from_secs(2);

/// Why events could not be read.
#[derive(Debug, thiserror::Error)]
#[error("events cannot be read: {0}")]
pub struct EventsError(pub String);

/// What changed, by tenant.
#[async_trait]
pub trait Events: Send + Sync {
    /// The last sequence number of a tenant; 0 before its first event.
    async fn latest(&self, tenant: TenantId) -> Result<i64, EventsError>;
    /// The events after `seq`, oldest first, at most `limit`.
    async fn after(&self, tenant: TenantId, seq: i64, limit: u32) -> Result<Vec<LiveEvent>, EventsError>;
    /// Says whose sequence grew, and to where.
    fn listen(&self) -> broadcast::Receiver<(TenantId, i64)>;
}

/// Opens a stream for whoever is signed in.
pub async fn stream(State(host): State<Host>, session: Session, headers: HeaderMap) -> Response {
    let actor = match session::actor(&host, &session).await {
        Ok(Some(actor)) => actor,
        Ok(None) => return (StatusCode::UNAUTHORIZED, "sign in first\n").into_response(),
        Err(silent) => return silent.into_response(),
    };
    let Some(id) = session.id() else {
        return (StatusCode::UNAUTHORIZED, "sign in first\n").into_response();
    };
    let listener = Listener {
        session: id.to_string(),
        user: actor.user,
        tenant: actor.tenant,
    };
    let place = match host.streams.open(listener) {
        Ok(place) => place,
        Err(full) => return refused(full),
    };
    match Reader::open(host, actor.tenant, &headers, place).await {
        Ok(reader) => {
            let body = Sse::new(events(reader)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
            ([("cache-control", "no-store"), ("x-accel-buffering", "no")], body).into_response()
        }
        Err(why) => {
            tracing::error!(%why, "a live stream was not opened");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                [("retry-after", "5")],
                "the store does not answer\n",
            )
                .into_response()
        }
    }
}

fn refused(full: Full) -> Response {
    let (status, said) = match full {
        Full::User => (
            StatusCode::TOO_MANY_REQUESTS,
            "too many streams of this user: close some pages\n",
        ),
        Full::Server => (StatusCode::SERVICE_UNAVAILABLE, "too many streams\n"),
    };
    (status, [("retry-after", "30")], said).into_response()
}

/// What one stream remembers.
struct Reader {
    host: Host,
    tenant: TenantId,
    last: i64,
    ready: VecDeque<Event>,
    changed: broadcast::Receiver<(TenantId, i64)>,
    place: Place,
}

/// Why a reader woke.
enum Woken {
    /// There may be events.
    Changed,
    /// The server stops, or its user may not listen any more.
    Stop,
}

impl Reader {
    async fn open(host: Host, tenant: TenantId, headers: &HeaderMap, place: Place) -> Result<Self, EventsError> {
        let changed = host.parts.events.listen();
        let latest = host.parts.events.latest(tenant).await?;
        let last = last_seen(headers);
        let mut reader = Self {
            host,
            tenant,
            last: latest,
            ready: VecDeque::new(),
            changed,
            place,
        };
        // The id without data fires nothing in the browser, but it is what it comes back with.
        reader
            .ready
            .push_back(Event::default().retry(RETRY).id(latest.to_string()));
        match last {
            LastSeen::Nothing => {}
            LastSeen::Event(seq) if seq <= latest => {
                reader.last = seq;
                reader.ready.clear();
                reader
                    .ready
                    .push_back(Event::default().retry(RETRY).id(seq.to_string()));
                reader.read().await?;
            }
            // Another installation's number, or one from before a restore.
            LastSeen::Event(_) | LastSeen::Nonsense => reader.reset(latest),
        }
        Ok(reader)
    }

    /// Reads what there is; too much, or a gap, is a reset.
    async fn read(&mut self) -> Result<(), EventsError> {
        let events = self.host.parts.events.after(self.tenant, self.last, BATCH + 1).await?;
        let gap = events.first().is_some_and(|first| first.seq > self.last + 1);
        if gap || events.len() > BATCH as usize {
            let latest = self.host.parts.events.latest(self.tenant).await?;
            self.reset(latest);
            return Ok(());
        }
        for event in events {
            self.last = event.seq;
            let sent = Event::default().id(event.seq.to_string()).json_data(event);
            self.ready.extend(
                sent.inspect_err(|why| tracing::error!(%why, "an event is not sent"))
                    .ok(),
            );
        }
        Ok(())
    }

    fn reset(&mut self, latest: i64) {
        self.last = latest;
        self.ready
            .push_back(Event::default().event("reset").id(latest.to_string()).data("{}"));
    }

    async fn woken(&mut self) -> Woken {
        tokio::select! {
            biased;
            () = self.host.parts.shutdown.cancelled() => Woken::Stop,
            () = self.place.cut() => Woken::Stop,
            woken = grown(&mut self.changed, self.tenant, self.last) => woken,
            () = self.host.parts.clock.wait(LOOK_EVERY) => Woken::Changed,
        }
    }

    /// Waits until something can be sent; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.host.parts.shutdown.is_cancelled() || self.place.is_cut() {
                return None;
            }
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            match self.woken().await {
                Woken::Stop => return None,
                Woken::Changed => {}
            }
            if let Err(why) = self.read().await {
                tracing::warn!(%why, "a live stream ends; the browser comes back");
                return None;
            }
        }
    }
}

/// Waits until this tenant's sequence is past `last`, or may be.
async fn grown(changed: &mut broadcast::Receiver<(TenantId, i64)>, tenant: TenantId, last: i64) -> Woken {
    loop {
        match changed.recv().await {
            Ok((whose, seq)) if whose == tenant && seq > last => return Woken::Changed,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return Woken::Changed,
            Err(RecvError::Closed) => return Woken::Stop,
        }
    }
}

fn events(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(reader, |mut reader| async move {
        reader.next().await.map(|event| (Ok(event), reader))
    })
}

/// What the browser had when its last stream ended.
enum LastSeen {
    Nothing,
    Event(i64),
    Nonsense,
}

fn last_seen(headers: &HeaderMap) -> LastSeen {
    let Some(value) = headers.get("last-event-id") else {
        return LastSeen::Nothing;
    };
    let seq = value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|seq| *seq >= 0);
    seq.map_or(LastSeen::Nonsense, LastSeen::Event)
}
