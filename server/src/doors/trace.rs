//! One line a request, at debug; each has an id, which the answer carries too (`x-request-id`), so that a report of a
//! failure leads to its line, and from there to everything that came of it (docs/operations.md, "Following a request").
//! The id is always ours: one that a browser sends along is not believed. Queries are not logged: they hold what people
//! type.

use super::Host;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderName;
use tracing::Instrument;

/// The header of the id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Writes the line.
pub async fn line(State(host): State<Host>, request: Request, next: Next) -> Response {
    let id = engine::model::ids::encode(host.parts.ids.mint());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = host.parts.clock.ticks_us();
    let span = tracing::info_span!("request", %id);
    let mut response = control::request::scope(id.clone(), next.run(request))
        .instrument(span)
        .await;
    let took_us = host.parts.clock.ticks_us().saturating_sub(begun);
    let status = response.status().as_u16();
    tracing::debug!(%id, %method, path, status, took_us, "request");
    if let Ok(value) = http::HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
