//! `GET /prefs?lang=&theme=&back=`: language and theme, kept in cookies.
//!
//! A GET, so that a plain link does it: it changes nothing but those two cookies, and only to one of a few values.

use super::Host;
use api::session::own_path;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};
use serde::Deserialize;

/// Languages there are.
const LANGUAGES: [&str; 2] = ["en", "zh"];
/// Themes there are; `auto` follows the system.
const THEMES: [&str; 3] = ["auto", "light", "dark"];
/// A year: browsers keep none for longer.
const KEPT_S: u32 = 365 * 24 * 3600;

/// What may be set.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    lang: Option<String>,
    theme: Option<String>,
    back: Option<String>,
}

/// Sets what is asked for and goes back.
pub async fn set(State(host): State<Host>, Query(wanted): Query<Wanted>) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value, known) in [
        ("lang", &wanted.lang, &LANGUAGES[..]),
        ("theme", &wanted.theme, &THEMES[..]),
    ] {
        let Some(value) = value else { continue };
        let Some(value) = known.iter().find(|known| *known == value) else {
            return (
                StatusCode::BAD_REQUEST,
                format!("`{name}` is one of: {}\n", known.join(", ")),
            )
                .into_response();
        };
        headers.append(header::SET_COOKIE, cookie(&host, name, value));
    }
    let back = wanted
        .back
        .as_deref()
        .and_then(own_path)
        .and_then(|back| HeaderValue::from_str(back).ok())
        .unwrap_or(HeaderValue::from_static("/"));
    headers.insert(header::LOCATION, back);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Both texts are of ours, so they are fit for a header.
fn cookie(host: &Host, name: &str, value: &str) -> HeaderValue {
    let secure = if host.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; SameSite=Lax; Max-Age={KEPT_S}{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
