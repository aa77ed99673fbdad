//! `/healthz`: is the server up, and does its store answer? For supervisors and tests; it says nothing else.

use super::Host;
use axum::extract::State;
use http::StatusCode;

/// 200 when it serves, 503 when its store does not answer or it is stopping.
pub async fn check(State(host): State<Host>) -> (StatusCode, &'static str) {
    if host.parts.shutdown.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match host.parts.backend.frame(None).await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(why) => {
            tracing::warn!(%why, "health: the store does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}
