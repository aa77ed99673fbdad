//! Who is signed in.
//!
//! A session is a row and a cookie. The id changes at sign-in (a planted cookie is worth nothing) and a session that was ended stays ended: a
//! request that was under way when its session ended cannot write it back.
//!
//! Only the user's id is in a session. Who that is, is asked at every request: a changed role acts at once.

use super::Host;
use super::unavailable::{AGAIN_AFTER_S, StoreSilent};
use api::actor::Actor;
use api::problem::Code;
use app::calls::SessionDoor;
use async_trait::async_trait;
use axum::response::{IntoResponse, Response};
use control::auth::sessions::Standing;
use control::clock::{Clock, Wall};
use engine::model::UserId;
use http::{StatusCode, header};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error as StoreError, Result as StoreResult};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

/// The cookie's name.
pub const COOKIE: &str = "sid";

/// The user's id in the session's data.
const USER: &str = "user";
/// When the session was last written, wall milliseconds.
const SEEN: &str = "seen";
/// A session in use is written again after this long, so that it does not end under the user's hands. Each time costs a
/// transaction, so not at each request.
const SEEN_EVERY_MS: i64 = 10 * 60 * 1000;

/// How long two questions without work in them may take. Longer, and every page hangs with a store that hangs; shorter, and
/// a busy moment is taken for an outage.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Who is signed in, if anybody.
    pub user: Option<UserId>,
    /// JSON.
    pub data: String,
    /// Not valid from then on.
    pub expires: Wall,
}

/// Why a session could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("sessions are not to be had: {0}")]
pub struct SessionsError(pub String);

/// Where sessions are kept, under a hash of their id.
#[async_trait]
pub trait SessionRows: Send + Sync {
    /// A new one.
    async fn create(&self, id: &str, row: SessionRow) -> Result<(), SessionsError>;
    /// Changes one that is there; one that is not stays so.
    async fn save(&self, id: &str, row: SessionRow) -> Result<(), SessionsError>;
    /// The one of that id, unless it is over.
    async fn load(&self, id: &str, now: Wall) -> Result<Option<SessionRow>, SessionsError>;
    /// Ends one.
    async fn delete(&self, id: &str) -> Result<(), SessionsError>;
    /// Which of these stand, whichever process may have ended some: with their user and that user's tenant now.
    async fn standing(&self, ids: &[String], now: Wall) -> Result<BTreeMap<String, Standing>, SessionsError>;
}

/// Says that some session ended here: whoever watches over streams looks at once.
#[derive(Debug, Clone, Default)]
pub struct Ended(Arc<watch::Sender<u64>>);

impl Ended {
    /// Tells all.
    pub fn tell(&self) {
        self.0.send_modify(|count| *count += 1);
    }
    /// To be told.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

/// [`SessionRows`] as the session layer wants it.
#[derive(Clone)]
pub struct Table {
    rows: Arc<dyn SessionRows>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Table")
    }
}

/// The sessions of this host.
pub fn table(host: &Host) -> Table {
    Table {
        rows: Arc::clone(&host.parts.sessions),
        clock: Arc::clone(&host.parts.clock),
    }
}

/// Who is signed in by this record.
fn user_of(record: &Record) -> Option<UserId> {
    record.data.get(USER).and_then(|user| user.as_str()?.parse().ok())
}

/// The layer that reads and writes the cookie.
pub fn layer(host: &Host) -> SessionManagerLayer<Table> {
    let hours = time::Duration::hours(i64::from(host.parts.session_hours));
    SessionManagerLayer::new(table(host))
        .with_name(COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_secure(host.is_https())
        .with_expiry(Expiry::OnInactivity(hours))
}

impl Table {
    fn row(record: &Record) -> StoreResult<SessionRow> {
        let user = user_of(record);
        let data = serde_json::to_string(&record.data).map_err(|why| StoreError::Encode(why.to_string()))?;
        let expires = i64::try_from(record.expiry_date.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
        Ok(SessionRow {
            user,
            data,
            expires: Wall(expires),
        })
    }
}

#[async_trait]
impl SessionStore for Table {
    /// Always under a new id: a record whose session was ended still carries its old one.
    async fn create(&self, record: &mut Record) -> StoreResult<()> {
        record.id = Id::default();
        self.rows
            .create(&record.id.to_string(), Self::row(record)?)
            .await
            .map_err(backend)
    }

    /// Prolongs mostly. One that is not prolonged now (a full disk) is by a later request: whoever only looks is not refused
    /// for it. What would change who is signed in has to be written.
    async fn save(&self, record: &Record) -> StoreResult<()> {
        let (id, row) = (record.id.to_string(), Self::row(record)?);
        let user = row.user;
        let Err(why) = self.rows.save(&id, row).await else {
            return Ok(());
        };
        let stored = self.rows.load(&id, self.clock.wall()).await.map_err(backend)?;
        if stored.is_some_and(|stored| stored.user == user) {
            tracing::warn!(%why, "a session was not prolonged");
            return Ok(());
        }
        Err(backend(why))
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<Record>> {
        let row = self
            .rows
            .load(&id.to_string(), self.clock.wall())
            .await
            .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let data = serde_json::from_str(&row.data).map_err(|why| StoreError::Decode(why.to_string()))?;
        let nanos = i128::from(row.expires.0) * 1_000_000;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp_nanos(nanos);
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date: expiry_date.map_err(|why| StoreError::Decode(why.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> StoreResult<()> {
        self.rows.delete(&id.to_string()).await.map_err(backend)
    }
}

fn backend(why: SessionsError) -> StoreError {
    StoreError::Backend(why.to_string())
}

/// The store does not answer: nobody can say who is signed in, and nobody is sent to sign in again for that.
#[derive(Debug)]
pub struct Silent;

impl IntoResponse for Silent {
    fn into_response(self) -> Response {
        let said = "The server's store does not answer. Nothing was changed; try again in a moment.\n";
        let again = [(header::RETRY_AFTER, AGAIN_AFTER_S)];
        let mut response = (StatusCode::SERVICE_UNAVAILABLE, again, said).into_response();
        response.extensions_mut().insert(StoreSilent);
        response
    }
}

/// Who is signed in by this session; `None` when nobody is or the user is gone. A store that hangs is silent.
pub async fn actor(host: &Host, session: &Session) -> Result<Option<Actor>, Silent> {
    let looked = tokio::time::timeout(ANSWERS_WITHIN, look_up(host, session)).await;
    looked.unwrap_or_else(|_elapsed| {
        tracing::error!(deadline = ?ANSWERS_WITHIN, "a session was not read in time");
        Err(Silent)
    })
}

async fn look_up(host: &Host, session: &Session) -> Result<Option<Actor>, Silent> {
    let user = session.get::<UserId>(USER).await.map_err(|why| {
        tracing::error!(%why, "a session was not read");
        Silent
    })?;
    let Some(user) = user else { return Ok(None) };
    match host.parts.backend.actor_by_id(user).await {
        Ok(actor) => {
            touch(host, session).await;
            Ok(Some(actor))
        }
        Err(why) if why.0.iter().any(|problem| problem.code == Code::Unavailable) => Err(Silent),
        Err(why) => {
            tracing::info!(%user, %why, "a session's user is gone");
            Ok(None)
        }
    }
}

/// Writes the session again if that was long ago.
async fn touch(host: &Host, session: &Session) {
    let now = host.parts.clock.wall().0;
    let seen = session.get::<i64>(SEEN).await.ok().flatten().unwrap_or(0);
    if now.saturating_sub(seen) >= SEEN_EVERY_MS {
        log(session.insert(SEEN, now).await, "prolong a session");
    }
}

/// A request's session, as the console sees it.
pub struct Door {
    host: Host,
    session: Session,
}

impl Door {
    /// Of this request.
    pub const fn new(host: Host, session: Session) -> Self {
        Self { host, session }
    }

    async fn end(&self) {
        if self.session.id().is_some() {
            log(self.session.flush().await, "end a session");
            self.host.ended.tell();
        }
    }
}

#[async_trait]
impl SessionDoor for Door {
    async fn sign_in(&self, actor: &Actor) {
        self.end().await;
        log(self.session.insert(USER, actor.user).await, "begin a session");
        log(
            self.session.insert(SEEN, self.host.parts.clock.wall().0).await,
            "begin a session",
        );
    }

    async fn sign_out(&self) {
        self.end().await;
    }
}

fn log(done: Result<(), tower_sessions::session::Error>, what: &'static str) {
    if let Err(why) = done {
        tracing::error!(%why, "could not {what}");
    }
}
