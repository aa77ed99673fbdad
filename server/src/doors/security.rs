//! What every answer says to the browser, and what no request may do.
//!
//! - The content security policy. A page's has a nonce, made by the framework while it renders ([`page_policy`]); every
//!   other answer gets the same without one, scripts of workers included.
//! - The origin check: a request that may change something must come from one of our own pages. Cookies alone do not
//!   say that, and server functions have no check of their own.

use super::{ADDRESS_LIMIT_BYTES, Host};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

/// Said with every answer. `same-origin`, not `no-referrer`: a form posted without JavaScript is sent back to where it
/// came from by its `Referer`.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The policy of a page whose own scripts carry this nonce.
pub fn page_policy(nonce: &str) -> HeaderValue {
    HeaderValue::try_from(policy(&format!(" 'nonce-{nonce}'"))).unwrap_or_else(|_not_ascii| bare_policy())
}

/// The policy of everything else.
fn bare_policy() -> HeaderValue {
    HeaderValue::try_from(policy("")).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src-elem 'self'; \
         style-src-attr 'unsafe-inline'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; \
         object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
}

/// Adds what every answer says.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert_with(bare_policy);
    response
}

/// Lets a request that may change something pass only if one of our own pages sent it.
pub async fn same_origin(State(host): State<Host>, request: Request, next: Next) -> Response {
    let ours = host.parts.public_url.as_ref().map(|url| url.origin());
    if is_safe(request.method()) || is_ours(request.headers(), ours) {
        return next.run(request).await;
    }
    let said = "This request did not come from a page of this server, so nothing was changed. Open the console and try \
                again there.\n";
    (StatusCode::FORBIDDEN, said).into_response()
}

/// Refuses an address that no page of ours leads to.
pub async fn short_address(request: Request, next: Next) -> Response {
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |address| address.as_str().len());
    if length <= ADDRESS_LIMIT_BYTES {
        return next.run(request).await;
    }
    (StatusCode::URI_TOO_LONG, "This address is too long.\n").into_response()
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What the browser says of where a request comes from; without `Sec-Fetch-Site` (old browsers, plain http on other
/// hosts than this one) the origin decides, and without that nothing does.
fn is_ours(headers: &HeaderMap, public: Option<&str>) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => text(header::ORIGIN).is_some_and(|origin| match public {
            Some(public) => origin == public,
            None => text(header::HOST).is_some_and(|host| origin == format!("http://{host}")),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(list: &[(&'static str, &'static str)], public: Option<&str>) -> bool {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        is_ours(&list.iter().map(pair).collect(), public)
    }

    #[test]
    fn the_browsers_word_decides() {
        assert!(ours(&[("sec-fetch-site", "same-origin")], None));
        assert!(ours(&[("sec-fetch-site", "none")], None));
        for site in ["cross-site", "same-site", "nonsense"] {
            assert!(
                !ours(&[("sec-fetch-site", site), ("origin", "http://h"), ("host", "h")], None),
                "{site}"
            );
        }
    }

    #[test]
    fn without_it_the_origin_must_be_ours() {
        assert!(ours(&[("origin", "http://h:1"), ("host", "h:1")], None));
        assert!(!ours(&[("origin", "http://h:2"), ("host", "h:1")], None));
        assert!(!ours(&[("origin", "null"), ("host", "h:1")], None));
        assert!(!ours(&[("host", "h:1")], None));
        assert!(ours(&[("origin", "https://p"), ("host", "h:1")], Some("https://p")));
        assert!(!ours(&[("origin", "http://h:1"), ("host", "h:1")], Some("https://p")));
    }
}
