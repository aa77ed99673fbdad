//! How the server does, for whoever watches it from outside.
//!
//! - `/healthz`: the process lives and its store answers (200), or what is wrong (503). For what restarts servers.
//! - `/readyz`: it does its work: the store answers, the loop has looked at every group once since the start, holds
//!   shards and goes on (200). For what sends people here, and for whoever waits for a start to be over.
//! - `/metrics`: everything that is counted, for Prometheus: to this host, or with the configured word.
//!
//! All three say one word a part, never a message: they are open to everybody who reaches the console.

use super::Host;
use crate::config::parse::Token;
use api::system::Condition;
use async_trait::async_trait;
use axum::extract::{ConnectInfo, Extension, State};
use axum::response::{IntoResponse, Response};
use control::metrics::Health;
use control::metrics::exposition::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, header};
use std::net::SocketAddr;

/// What a proxy adds: then the peer's address is the proxy's, and says nothing about who asks.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Who knows how the parts do.
#[async_trait]
pub trait Vitals: Send + Sync {
    /// How each part does; the store is asked.
    async fn health(&self) -> Health;
    /// Everything that is counted, as text.
    fn metrics(&self) -> Result<String, std::fmt::Error>;
}

/// `/healthz`.
pub async fn alive(State(host): State<Host>) -> Response {
    let health = host.parts.vitals.health().await;
    said(&host, health, |health| health.store == Condition::Well)
}

/// `/readyz`.
pub async fn ready(State(host): State<Host>) -> Response {
    let health = host.parts.vitals.health().await;
    said(&host, health, Health::is_ready)
}

/// One line a part; well if that holds and the server is not about to stop.
fn said(host: &Host, health: Health, is_good: impl FnOnce(&Health) -> bool) -> Response {
    let stopping = host.parts.shutdown.is_cancelled();
    let status = if is_good(&health) && !stopping {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let server = if stopping { "stopping" } else { "up" };
    let text = format!(
        "server {server}\nstore {}\nloop {}\ndriver {}\nbalancers {}\n",
        word(health.store),
        word(health.scaling),
        word(health.driver),
        word(health.balancers)
    );
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}

const fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::Well => "well",
        Condition::Starting => "starting",
        Condition::Idle => "idle",
        Condition::Stuck => "stuck",
        Condition::Silent => "silent",
        Condition::Unknown => "unknown",
    }
}

/// `/metrics`.
pub async fn metrics(
    State(host): State<Host>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    if !may_read(host.parts.metrics_token.as_ref(), peer, &headers) {
        let said = "Metrics are for this host, or with the word of the setting `metrics_token` (Authorization: Bearer WORD).\n";
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], said).into_response();
    }
    match host.parts.vitals.metrics() {
        Ok(text) => (
            [
                (header::CONTENT_TYPE, CONTENT_TYPE),
                (header::CACHE_CONTROL, "no-store"),
            ],
            text,
        )
            .into_response(),
        Err(why) => {
            tracing::error!(%why, "metrics were not written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Somebody on this host who did not come through a proxy, or somebody who knows the word.
fn may_read(token: Option<&Token>, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let proxied = FORWARDED.iter().any(|name| headers.contains_key(*name));
    let here = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !proxied;
    here || token.is_some_and(|token| bearer(headers).is_some_and(|word| token.is(word)))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse::token;
    use http::{HeaderName, HeaderValue};

    const WORD: &str = "0123456789abcdef";

    fn reads(peer: &str, header: Option<(&'static str, &str)>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        may_read(token(WORD).as_ref(), peer.parse().ok(), &headers)
    }

    #[test]
    fn metrics_are_for_this_host_or_with_the_word() {
        assert!(reads("127.0.0.1:1", None) && reads("[::1]:1", None) && reads("[::ffff:127.0.0.1]:1", None));
        assert!(!reads("10.0.0.1:1", None) && !reads("", None));
        assert!(reads("10.0.0.1:1", Some(("authorization", "Bearer 0123456789abcdef"))));
        for wrong in [
            "Bearer 0123456789abcdeg",
            "Bearer ",
            "Basic 0123456789abcdef",
            "0123456789abcdef",
        ] {
            assert!(!reads("10.0.0.1:1", Some(("authorization", wrong))), "{wrong}");
        }
    }

    #[test]
    fn through_a_proxy_on_this_host_nobody_is_this_host() {
        for name in FORWARDED {
            assert!(!reads("127.0.0.1:1", Some((name, "10.0.0.1"))), "{name}");
        }
    }

    #[test]
    fn without_a_word_no_word_is_right() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer "));
        assert!(!may_read(None, "10.0.0.1:1".parse().ok(), &headers));
    }
}
