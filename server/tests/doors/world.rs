//! A host on parts that a test holds in its hands.

use crate::health::{Parts, WELL};
use api::actor::{Actor, Role};
use api::live::{Change, LiveEvent};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use control::auth::sessions::Standing;
use control::clock::{Anchor, Clock, TimeScale, Wall};
use control::ids::Ids;
use engine::model::{GroupId, TenantId, Timestamp, UserId};
use http::Request;
use http_body_util::BodyExt as _;
use server::config::parse::{self, PublicUrl};
use server::doors::live::{Events, EventsError};
use server::doors::session::{SessionRow, SessionRows, SessionsError};
use server::doors::{self, Host, HostParts};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub const TENANT: TenantId = TenantId(1);
pub const PASSWORD: &str = "right";
pub const METRICS_WORD: &str = "0123456789abcdef";

/// Users by id; names sign in with [`PASSWORD`].
#[derive(Default)]
pub struct Users(pub Mutex<BTreeMap<UserId, Actor>>);

/// Sessions in memory, with the rules of the real table.
pub struct Rows(pub Mutex<BTreeMap<String, SessionRow>>, Arc<Users>, pub Mutex<Mood>);

/// What the store does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// What it should.
    #[default]
    Well,
    /// It answers an error.
    Silent,
    /// It does not answer at all.
    Hangs,
    /// It reads and does not write.
    Full,
}

/// Events in memory.
pub struct Log {
    pub events: Mutex<Vec<LiveEvent>>,
    wakes: broadcast::Sender<(TenantId, i64)>,
}

/// A clock that stands until it is moved.
pub struct HandClock {
    wall: AtomicI64,
    moved: Notify,
}

struct Counter(AtomicU64);

/// Everything a test may touch.
pub struct World {
    pub users: Arc<Users>,
    pub rows: Arc<Rows>,
    pub log: Arc<Log>,
    pub clock: Arc<HandClock>,
    pub parts: Arc<Parts>,
    pub shutdown: CancellationToken,
    _site: tempfile::TempDir,
    _watch: JoinSet<()>,
    pub app: Router,
}

impl World {
    pub fn new() -> Self {
        Self::at(None)
    }

    /// A host that people reach by this address.
    pub fn at(public_url: Option<PublicUrl>) -> Self {
        let site = site();
        let (users, log) = (Arc::new(Users::default()), Arc::new(Log::default()));
        let rows = Arc::new(Rows(Mutex::default(), users.clone(), Mutex::default()));
        let (clock, shutdown) = (Arc::new(HandClock::default()), CancellationToken::new());
        let parts = Arc::new(Parts(Mutex::new(WELL)));
        users.put(actor(1, "ann", TENANT));
        let host = Host::new(HostParts {
            backend: users.clone(),
            sessions: rows.clone(),
            events: log.clone(),
            clock: clock.clone(),
            ids: Arc::new(Counter(AtomicU64::new(1))),
            shutdown: shutdown.clone(),
            site_root: site.path().to_owned(),
            public_url,
            session_hours: 12,
            vitals: parts.clone(),
            metrics_token: parse::token(METRICS_WORD),
        });
        let mut watch = JoinSet::new();
        watch.spawn(doors::streams::watch(host.clone()));
        Self {
            users,
            rows,
            log,
            clock,
            parts,
            shutdown,
            _site: site,
            _watch: watch,
            app: doors::router(host),
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Response {
        self.app.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(get(path)).await
    }

    /// Signs in as a form without JavaScript does; the session's cookie as it is sent back.
    pub async fn sign_in(&self, name: &str, cookie: Option<&str>) -> (Response, String) {
        let form = format!("name={name}&password={PASSWORD}&next=/groups");
        let mut request = post("/api/session/sign-in", &form);
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        let answer = self.send(request).await;
        let set = set_cookie(&answer).unwrap_or_default();
        let cookie = set.split(';').next().unwrap_or_default().to_owned();
        (answer, cookie)
    }

    /// Who the console's frame says is signed in by this cookie.
    pub async fn who(&self, cookie: &str) -> String {
        let mut request = post("/api/frame", "");
        request.headers_mut().remove("accept");
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        text(self.send(request).await).await
    }
}

/// A site as the build leaves it.
pub fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    let pkg = site.path().join("pkg");
    std::fs::create_dir(&pkg).unwrap();
    for (name, text) in [
        ("tidegate.js", "js"),
        ("tidegate.wasm", "wasm"),
        ("tidegate.wasm.br", "br"),
        ("tidegate.css", "css"),
    ] {
        std::fs::write(pkg.join(name), text).unwrap();
    }
    std::fs::write(site.path().join("favicon.svg"), "<svg/>").unwrap();
    site
}

pub fn actor(user: u64, name: &str, tenant: TenantId) -> Actor {
    let (name, tenant_name) = (name.to_owned(), "default".to_owned());
    Actor {
        user: UserId(user),
        name,
        tenant,
        tenant_name,
        role: Role::TenantOwner,
    }
}

pub fn get(path: &str) -> Request<Body> {
    Request::get(path).header("host", "h").body(Body::empty()).unwrap()
}

/// A form of our own page, sent without JavaScript.
pub fn post(path: &str, form: &str) -> Request<Body> {
    Request::post(path)
        .header("host", "h")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html")
        .header("referer", "http://h/signin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

pub fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

pub fn set_cookie(answer: &Response) -> Option<String> {
    let mut set = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap().to_owned());
    set.find(|cookie| cookie.starts_with("sid="))
}

pub async fn text(answer: Response) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

impl Users {
    pub fn put(&self, actor: Actor) {
        self.0.lock().unwrap().insert(actor.user, actor);
    }
    pub fn remove(&self, user: UserId) {
        self.0.lock().unwrap().remove(&user);
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            events: Mutex::default(),
            wakes: broadcast::Sender::new(16),
        }
    }
}

impl Log {
    /// Something changed.
    pub fn push(&self, tenant: TenantId) {
        let seq = {
            let mut events = self.events.lock().unwrap();
            let seq = events.last().map_or(1, |last| last.seq + 1);
            events.push(LiveEvent {
                seq,
                change: Change::Group { id: GroupId(7) },
            });
            seq
        };
        let _nobody_listens = self.wakes.send((tenant, seq));
    }
}

impl Default for HandClock {
    fn default() -> Self {
        // tower-sessions dates cookies by the system's clock; the rows' ends lie beyond this one.
        Self {
            wall: AtomicI64::new(1_700_000_000_000),
            moved: Notify::new(),
        }
    }
}

impl HandClock {
    pub fn advance(&self, span: Duration) {
        self.wall
            .fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
        self.moved.notify_waiters();
    }
    /// To an instant after everything.
    pub fn to_the_end(&self) {
        self.wall.store(i64::MAX / 2, Ordering::SeqCst);
        self.moved.notify_waiters();
    }
}

#[async_trait]
impl Clock for HandClock {
    fn wall(&self) -> Wall {
        Wall(self.wall.load(Ordering::SeqCst))
    }
    fn anchor(&self) -> Anchor {
        Anchor {
            wall: Wall(0),
            product: Timestamp(0),
            scale: TimeScale(1),
        }
    }
    fn now(&self) -> Timestamp {
        Timestamp(self.wall().0)
    }
    async fn wait(&self, span: Duration) {
        let until = self.wall().plus(span);
        loop {
            let moved = self.moved.notified();
            if self.wall() >= until {
                return;
            }
            moved.await;
        }
    }
}

impl Ids for Counter {
    fn mint(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

impl Rows {
    /// From now on the store does this.
    pub fn set(&self, mood: Mood) {
        *self.2.lock().unwrap() = mood;
    }

    async fn reads(&self) -> Result<(), SessionsError> {
        let mood = *self.2.lock().unwrap();
        match mood {
            Mood::Silent => Err(SessionsError("the store is silent".to_owned())),
            Mood::Hangs => std::future::pending().await,
            Mood::Well | Mood::Full => Ok(()),
        }
    }

    async fn writes(&self) -> Result<(), SessionsError> {
        self.reads().await?;
        let full = *self.2.lock().unwrap() == Mood::Full;
        if full {
            return Err(SessionsError("database or disk is full".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl SessionRows for Rows {
    async fn create(&self, id: &str, row: SessionRow) -> Result<(), SessionsError> {
        self.writes().await?;
        self.0.lock().unwrap().insert(id.to_owned(), row);
        Ok(())
    }
    async fn save(&self, id: &str, row: SessionRow) -> Result<(), SessionsError> {
        self.writes().await?;
        if let Some(kept) = self.0.lock().unwrap().get_mut(id) {
            *kept = row;
        }
        Ok(())
    }
    async fn load(&self, id: &str, now: Wall) -> Result<Option<SessionRow>, SessionsError> {
        self.reads().await?;
        Ok(self.0.lock().unwrap().get(id).filter(|row| row.expires > now).cloned())
    }
    async fn delete(&self, id: &str) -> Result<(), SessionsError> {
        self.writes().await?;
        self.0.lock().unwrap().remove(id);
        Ok(())
    }
    async fn standing(&self, ids: &[String], now: Wall) -> Result<BTreeMap<String, Standing>, SessionsError> {
        let (rows, users) = (self.0.lock().unwrap(), self.1.0.lock().unwrap());
        let stands = |id: &String| {
            let row = rows.get(id).filter(|row| row.expires > now)?;
            let actor = users.get(&row.user?)?;
            let (user, tenant) = (actor.user, actor.tenant);
            Some((id.clone(), Standing { user, tenant }))
        };
        Ok(ids.iter().filter_map(stands).collect())
    }
}

#[async_trait]
impl Events for Log {
    async fn latest(&self, _tenant: TenantId) -> Result<i64, EventsError> {
        Ok(self.events.lock().unwrap().last().map_or(0, |last| last.seq))
    }
    async fn after(&self, _tenant: TenantId, seq: i64, limit: u32) -> Result<Vec<LiveEvent>, EventsError> {
        let events = self.events.lock().unwrap();
        Ok(events
            .iter()
            .filter(|event| event.seq > seq)
            .take(limit as usize)
            .copied()
            .collect())
    }
    fn listen(&self) -> broadcast::Receiver<(TenantId, i64)> {
        self.wakes.subscribe()
    }
}
