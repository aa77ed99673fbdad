//! `GET /prefs?lang=&theme=&back=`: language and theme, kept in cookies.
//!
//! A GET, so that a plain link does it: it changes nothing but those two cookies, and only to one of a few values.

use super::Host;
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

/// A path of this server: never another host's (`//x`, `/\x`, `https:`), nothing but printable ASCII.
fn own_path(back: &str) -> Option<HeaderValue> {
    let local = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
    let clean = back.len() <= 2_000 && back.bytes().all(|byte| byte.is_ascii_graphic());
    (local && clean).then(|| HeaderValue::from_str(back).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn one_goes_back_to_an_own_path_only() {
        assert!(own_path("/groups?after=x#top").is_some());
        for foreign in [
            "",
            "groups",
            "//evil",
            "/\\evil",
            "https://evil",
            "/a b",
            "/a\r\nX: y",
            "/\u{e9}",
        ] {
            assert!(own_path(foreign).is_none(), "{foreign:?}");
        }
    }
}
