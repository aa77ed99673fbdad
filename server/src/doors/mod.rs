//! The doors: everything that comes in by HTTP.
//!
//! - [`console`]: pages and server functions. [`live`]: the one event stream a browser. [`prefs`]: language and theme.
//! - [`static_files`]: scripts, styles, pictures. [`health`]: is it up?
//! - [`session`]: who is signed in. [`security`]: what every answer says and what no request may do. [`trace`]: the log.
//! - [`accept`] takes the connections.
//!
//! Rules: nothing here touches the store but through a trait handed in ([`Host`]); every body, queue, wait and number of
//! connections has a bound; a request that changes something passes the origin check whatever door it takes.

pub mod accept;
pub mod console;
pub mod health;
pub mod live;
pub mod prefs;
pub mod security;
pub mod session;
pub mod static_files;
pub mod trace;

use crate::config::parse::PublicUrl;
use api::backend::Backend;
use axum::extract::FromRef;
use axum::routing::get;
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
}

/// The same for every request.
#[derive(Clone)]
pub struct Host {
    /// What was handed in.
    pub parts: Arc<HostParts>,
    /// Bumped when a session ends, so that its streams look.
    pub ended: session::Ended,
    /// Places for event streams.
    pub streams: live::Streams,
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
        let (ended, streams) = (session::Ended::default(), live::Streams::default());
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

/// Everything that is served.
pub fn router(host: Host) -> Router {
    let pages = console::routes(&host)
        .route("/prefs", get(prefs::set))
        .layer(TimeoutLayer::with_status_code(
            http::StatusCode::GATEWAY_TIMEOUT,
            ANSWER_WITHIN,
        ))
        .merge(Router::new().route("/live", get(live::stream)))
        .layer(session::layer(&host));
    Router::new()
        .route("/healthz", get(health::check))
        .merge(static_files::routes(&host))
        .merge(pages)
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn_with_state(host.clone(), security::same_origin))
        .layer(middleware::from_fn(security::headers))
        .layer(middleware::from_fn_with_state(host.clone(), trace::line))
        .with_state(host)
}
