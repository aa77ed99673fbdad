//! What is answered while the store does not answer: a page without anything that would have to be asked for, in the reader's
//! language and colours; to server functions the refusal that they know.
//!
//! It stands around the session layer, which reads and writes the store too. An answer that failed is looked at again here:
//! if the store is silent, that is what is said.

use super::Host;
use api::problem::{Code, Problem, Problems};
use api::system::Condition;
use api::texts::store_silent::store_silent;
use app::calls::CallError;
use app::visit::Visit;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};

/// When to come back, in seconds: the loop asks the store every five, so sooner is mostly in vain.
pub const AGAIN_AFTER_S: &str = "5";

/// What the framework puts on a server function's refusal, with the function's path.
const REFUSAL: HeaderName = HeaderName::from_static("serverfnerror");

/// Marks an answer that failed because the store did not answer.
#[derive(Debug, Clone, Copy)]
pub struct StoreSilent;

/// Says of an answer that failed whether the store is why.
pub async fn explain(State(host): State<Host>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    let explained = asked.wants == Wants::Stream || !response.status().is_server_error();
    if explained || is_refusal(&response) {
        return response;
    }
    // Said by who was asked, or the store is silent now.
    let said = response.extensions().get::<StoreSilent>().is_some();
    if said || host.parts.vitals.health().await.store == Condition::Silent {
        asked.answer()
    } else {
        response
    }
}

/// A server function has said so itself, with what was wrong.
fn is_refusal(response: &Response) -> bool {
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    json && response.status() == StatusCode::SERVICE_UNAVAILABLE
}

/// How an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// A page.
    Page,
    /// The page after a form that was sent without JavaScript.
    Form,
    /// A server function's answer.
    Answer,
    /// An event stream: it says so itself.
    Stream,
}

/// What is known of a request without asking anybody.
struct Asked {
    wants: Wants,
    visit: Visit,
    path: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        Self {
            wants: wants(request.method(), path, request.headers()),
            visit: Visit::asked_by(request.headers()),
            path: path.to_owned(),
        }
    }

    /// 503, when to come back, and what happened.
    fn answer(&self) -> Response {
        let incident = control::request::current().unwrap_or_default();
        let mut response = match self.wants {
            Wants::Answer => self.refusal(&incident),
            Wants::Page | Wants::Form | Wants::Stream => Html(self.page(&incident)).into_response(),
        };
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN_AFTER_S));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn refusal(&self, incident: &str) -> Response {
        let problem = Problem::at("", Code::Unavailable).with("database").with(incident);
        let mut response = axum::Json(CallError::from(Problems::from(problem))).into_response();
        if let Ok(path) = HeaderValue::from_str(&self.path) {
            response.headers_mut().insert(REFUSAL, path);
        }
        response
    }

    /// Every text is of ours, and the id is letters and digits: nothing has to be escaped.
    fn page(&self, incident: &str) -> String {
        let words = store_silent(self.visit.lang);
        let (refresh, advice) = match self.wants {
            Wants::Form => (String::new(), words.send_again),
            _ => (
                format!("<meta http-equiv=\"refresh\" content=\"{AGAIN_AFTER_S}\">"),
                words.by_itself,
            ),
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">{refresh}<title>{title} · Tidegate</title>\
             <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
             <link rel=\"stylesheet\" href=\"/pkg/tidegate.css\"></head>\
             <body><main><section class=\"sign-in card\"><h1>{title}</h1><p>{what}</p><p>{goes_on}</p>\
             <p>{unchanged} {advice}</p><p class=\"quiet\">{label} <code>{incident}</code></p></section></main></body></html>\n",
            lang = self.visit.lang.tag(),
            theme = self.visit.theme.key(),
            title = words.title,
            what = words.what,
            goes_on = words.goes_on,
            unchanged = words.unchanged,
            label = words.incident,
        )
    }
}

fn wants(method: &Method, path: &str, headers: &HeaderMap) -> Wants {
    let html = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    match path {
        "/live" => Wants::Stream,
        path if path.starts_with("/api/") && !html => Wants::Answer,
        _ if *method == Method::GET || *method == Method::HEAD => Wants::Page,
        _ => Wants::Form,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(method: Method, path: &str, accept: &str) -> Wants {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]);
        wants(&method, path, &headers)
    }

    #[test]
    fn an_answer_has_the_form_that_was_asked_for() {
        assert_eq!(wanted(Method::GET, "/groups", "text/html"), Wants::Page);
        assert_eq!(wanted(Method::POST, "/api/groups/create", "text/html,*/*"), Wants::Form);
        assert_eq!(
            wanted(Method::POST, "/api/groups/create", "application/json"),
            Wants::Answer
        );
        assert_eq!(wanted(Method::GET, "/live", "text/event-stream"), Wants::Stream);
    }
}
