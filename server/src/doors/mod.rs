//! The doors: everything that comes in by HTTP.
//!
//! - [`console`]: pages and server functions. [`live`]: the one event stream a browser. [`prefs`]: language and theme.
//! - [`static_files`]: scripts, styles, pictures. [`health`]: how it does, and what it counts. [`streams`]: who listens.
//! - [`session`]: who is signed in. [`security`]: what every answer says and what no request may do. [`trace`]: the log.
//! - [`unavailable`]: what is said while the store does not answer. [`accept`] takes the connections.
//!
//! Rules: nothing here touches the store but through a trait handed in ([`Host`]); every body, queue, wait and number of
//! connections has a bound; a request that changes something passes the origin check whatever door it takes; a door that
//! is neither page nor server function stands in [`BARE`], [`QUICK`] or [`LONG`], so that a test can walk through all.

pub mod accept;
pub mod console;
pub mod health;
pub mod live;
pub mod prefs;
pub mod security;
pub mod session;
pub mod static_files;
pub mod streams;
pub mod trace;
pub mod unavailable;

use crate::config::parse::{PublicUrl, Token};
use api::backend::Backend;
use axum::extract::FromRef;
use axum::routing::{MethodRouter, get};
use axum::{Router, middleware};
use control::clock::Clock;
use control::ids::Ids;
use leptos::prelude::LeptosOptions;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// The largest body anyone may send. The largest form has 16 KiB of user data; a server that takes more is a place to
/// fill its memory.
pub const BODY_LIMIT_BYTES: usize = 256 * 1024;

/// The longest address anyone may ask for. A form that was refused without JavaScript comes back with what was typed in
/// its address, and the largest has 16 KiB of user data, which grows by half on the way.
pub const ADDRESS_LIMIT_BYTES: usize = 32 * 1024;

/// How long an answer may take (the event stream aside). Longer than any of the deadlines inside.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What the doors need, handed in.
pub struct HostParts {
    /// What can be asked.
    pub backend: Arc<dyn Backend>,
    /// Where sessions are kept.
    pub sessions: Arc<dyn session::SessionRows>,
    /// What changed, by tenant.
    pub events: Arc<dyn live::Events>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of requests.
    pub ids: Arc<dyn Ids>,
    /// Cancelled when the server is to stop: streams end.
    pub shutdown: CancellationToken,
    /// What the browser gets.
    pub site_root: PathBuf,
    /// The address people use, if it is not the one that is asked for.
    pub public_url: Option<PublicUrl>,
    /// Hours without activity after which one has to sign in again.
    pub session_hours: u32,
    /// How the parts do.
    pub vitals: Arc<dyn health::Vitals>,
    /// With what `/metrics` can be read from other hosts.
    pub metrics_token: Option<Token>,
}

/// The same for every request.
#[derive(Clone)]
pub struct Host {
    /// What was handed in.
    pub parts: Arc<HostParts>,
    /// Bumped when a session ends, so that its streams look.
    pub ended: session::Ended,
    /// Places for event streams.
    pub streams: streams::Streams,
    options: LeptosOptions,
}

impl FromRef<Host> for LeptosOptions {
    fn from_ref(host: &Host) -> Self {
        host.options.clone()
    }
}

impl Host {
    /// Ready to serve.
    pub fn new(parts: HostParts) -> Self {
        let options = console::options(&parts.site_root);
        let (ended, streams) = (session::Ended::default(), streams::Streams::default());
        Self {
            parts: Arc::new(parts),
            ended,
            streams,
            options,
        }
    }

    /// Whether browsers reach this server by https.
    pub fn is_https(&self) -> bool {
        self.parts.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }
}

/// A door: its path, and who answers a GET there.
type Door = (&'static str, fn() -> MethodRouter<Host>);

/// Without a session: they answer whoever asks.
const BARE: [Door; 3] = [
    ("/healthz", || get(health::alive)),
    ("/readyz", || get(health::ready)),
    ("/metrics", || get(health::metrics)),
];
/// With a session, and done soon.
const QUICK: [Door; 1] = [("/prefs", || get(prefs::set))];
/// With a session, and open as long as somebody listens.
const LONG: [Door; 1] = [("/live", || get(live::stream))];

/// The doors that are neither pages nor server functions nor files.
pub fn paths() -> Vec<&'static str> {
    BARE.iter().chain(&QUICK).chain(&LONG).map(|(path, _)| *path).collect()
}

fn through(router: Router<Host>, doors: &[Door]) -> Router<Host> {
    doors
        .iter()
        .fold(router, |router, (path, answers)| router.route(path, answers()))
}

/// Everything that is served.
pub fn router(host: Host) -> Router {
    let pages = through(console::routes(&host), &QUICK)
        .layer(TimeoutLayer::with_status_code(
            http::StatusCode::GATEWAY_TIMEOUT,
            ANSWER_WITHIN,
        ))
        .merge(through(Router::new(), &LONG))
        .layer(session::layer(&host))
        .layer(middleware::from_fn_with_state(host.clone(), unavailable::explain));
    through(Router::new(), &BARE)
        .merge(static_files::routes(&host))
        .merge(pages)
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn(security::short_address))
        .layer(middleware::from_fn_with_state(host.clone(), security::same_origin))
        .layer(middleware::from_fn(security::headers))
        .layer(middleware::from_fn_with_state(host.clone(), trace::line))
        .with_state(host)
}
