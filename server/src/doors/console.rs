//! Pages and server functions: the same context for both.
//!
//! The actor is looked up here, once a request, and only for these two: files and event streams do without.

use super::{Host, security, session, static_files};
use crate::config::parse::PublicUrl;
use api::actor::Actor;
use app::calls::{ClientAddress, SessionHandle};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Router, extract::FromRef};
use http::header::{self, HeaderValue};
use http::{Extensions, HeaderMap};
use leptos::config::Env;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tower_sessions::Session;

/// How long a page may take: it only reads, in milliseconds. Longer, and whoever waits for a store that hangs gives up before
/// they are told what is wrong; shorter, and a busy host shows no page.
const RENDERED_WITHIN: Duration = Duration::from_secs(6);

/// What the framework wants to know; the names are those the build gives its files.
pub fn options(site_root: &Path) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("tidegate")
        .site_root(site_root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .env(Env::PROD)
        .build()
}

/// The console's own list of routes, made once a process and before anything is rendered: while the framework makes one, a
/// page that is rendered by another thread waits for its data for ever (leptos issue 4773).
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| leptos_axum::generate_route_list(app::App));

/// Pages by the console's own list of routes, server functions, and the console's page for everything unknown.
pub fn routes(host: &Host) -> Router<Host> {
    Router::new()
        .route("/api/{*function}", post(call))
        .leptos_routes_with_handler(ROUTES.clone(), page)
        .fallback_service(static_files::or_else(host, unknown))
}

/// Whose request it is, and what pages and server functions find in their context.
#[derive(Clone)]
struct Visitor {
    host: Host,
    actor: Option<Actor>,
    session: SessionHandle,
    address: ClientAddress,
}

impl Visitor {
    async fn of(host: &Host, extensions: &Extensions, headers: &HeaderMap) -> Result<Self, Response> {
        let session = extensions.get::<Session>().ok_or_else(without_session)?.clone();
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let address = peer.map(|peer| client_address(peer, host.parts.public_url.as_ref(), headers));
        Ok(Self {
            host: host.clone(),
            actor: session::actor(host, &session)
                .await
                .map_err(IntoResponse::into_response)?,
            session: Arc::new(session::Door::new(host.clone(), session)),
            address: ClientAddress(address.map(|address| address.to_string()).unwrap_or_default()),
        })
    }

    fn provide(&self) {
        provide_context(Arc::clone(&self.host.parts.backend));
        provide_context(self.actor.clone());
        provide_context(Arc::clone(&self.session));
        provide_context(self.address.clone());
        let (nonce, response) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>());
        if let (Some(nonce), Some(response)) = (nonce, response) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, security::page_policy(&nonce));
        }
    }
}

/// Where a request comes from. Behind a proxy on this host every peer is the proxy, and one visitor's failures to sign in would
/// be everybody's: there it is what that proxy says, the last entry. Those before it are the visitor's own word.
fn client_address(peer: IpAddr, public_url: Option<&PublicUrl>, headers: &HeaderMap) -> IpAddr {
    if public_url.is_none() || !peer.to_canonical().is_loopback() {
        return peer;
    }
    let said = headers.get_all("x-forwarded-for").iter().next_back();
    let last = said.and_then(|said| said.to_str().ok()?.rsplit(',').next());
    last.and_then(|last| last.trim().parse().ok()).unwrap_or(peer)
}

/// Any route of the console.
async fn page(State(host): State<Host>, request: Request) -> Response {
    render(host, request).await
}

/// What is no route: the console says so in its own words, with 404 unless it chose another status.
async fn unknown(host: Host, request: Request) -> Response {
    let mut response = render(host, request).await;
    if response.status().is_success() {
        *response.status_mut() = http::StatusCode::NOT_FOUND;
    }
    response
}

async fn render(host: Host, request: Request) -> Response {
    let visitor = match Visitor::of(&host, request.extensions(), request.headers()).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let options = LeptosOptions::from_ref(&host);
    let render =
        leptos_axum::render_app_async_with_context(move || visitor.provide(), move || app::shell(options.clone()));
    let Ok(mut response) = tokio::time::timeout(RENDERED_WITHIN, render(request)).await else {
        tracing::error!(deadline = ?RENDERED_WITHIN, "a page was not rendered in time");
        return http::StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    // A page is one user's at one moment.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A server function.
async fn call(State(host): State<Host>, request: Request<Body>) -> Response {
    let visitor = match Visitor::of(&host, request.extensions(), request.headers()).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let answer = leptos_axum::handle_server_fns_with_context(move || visitor.provide(), request).await;
    let mut response = answer.into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The session layer stands before every route here.
fn without_session() -> Response {
    tracing::error!("a request came past the session layer");
    http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse::public_url;

    fn address(peer: &str, url: Option<&PublicUrl>, said: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for &line in said {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        client_address(peer.parse().unwrap(), url, &headers).to_string()
    }

    #[test]
    fn behind_a_proxy_on_this_host_the_client_is_who_the_proxy_says_and_else_it_is_the_peer() {
        let url = public_url("https://console.example").unwrap();
        let cases: [(&str, &[&str], &str); 10] = [
            ("127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::1", &["2001:db8::7"], "2001:db8::7"),
            ("::ffff:127.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["10.9.9.9, 203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &["10.9.9.9", "198.51.100.1 ,203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7, unknown"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.7:4711"], "127.0.0.1"),
            ("198.51.100.9", &["203.0.113.7"], "198.51.100.9"),
        ];
        for (peer, said, client) in cases {
            assert_eq!(address(peer, Some(&url), said), client, "{peer} {said:?}");
        }
        assert_eq!(address("127.0.0.1", None, &["203.0.113.7"]), "127.0.0.1");
    }
}
