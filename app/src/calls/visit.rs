//! What the host put into the context of this request, and how an answer becomes a status.

use super::{CallError, SessionHandle, Values};
use crate::components::list::in_address;
use api::actor::Actor;
use api::backend::{Answer, Backend};
use api::problem::{Code, Problems};
use http::{StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_axum::ResponseOptions;
use serde::Serialize;
use std::sync::Arc;

/// One request, read from the context before the first await.
pub(crate) struct Visit {
    backend: Option<Arc<dyn Backend>>,
    actor: Option<Actor>,
    session: Option<SessionHandle>,
    response: Option<ResponseOptions>,
    parts: Option<Parts>,
}

impl Visit {
    /// The request of this context.
    pub(crate) fn here() -> Self {
        Self {
            backend: use_context(),
            actor: use_context::<Option<Actor>>().flatten(),
            session: use_context(),
            response: use_context(),
            parts: use_context(),
        }
    }

    /// The backend.
    pub(crate) fn backend(&self) -> Result<&dyn Backend, CallError> {
        self.backend
            .as_deref()
            .ok_or_else(|| CallError::whole(Code::Unavailable))
    }

    /// The session's door.
    pub(crate) fn session(&self) -> Result<&SessionHandle, CallError> {
        self.session.as_ref().ok_or_else(|| CallError::whole(Code::Unavailable))
    }

    /// Who is signed in, if anybody.
    pub(crate) fn maybe_actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// Who is signed in; nobody is sent to the sign-in page and back again. A script is told by a header where to go, and
    /// by the status (401) why.
    pub(crate) fn actor(&self) -> Result<&Actor, CallError> {
        self.actor.as_ref().ok_or_else(|| {
            leptos_axum::redirect(&format!("/signin?next={}", in_address(&self.page())));
            let refused = CallError::whole(Code::SignInFirst);
            if !self.accepts_html() {
                self.set_status(&refused.problems);
            }
            refused
        })
    }

    /// The answer to a question: a refusal sets the status, of a page before its first byte.
    pub(crate) fn answer<T>(&self, answer: Answer<T>) -> Result<T, CallError> {
        answer.map_err(|problems| {
            self.set_status(&problems);
            CallError::from(problems)
        })
    }

    /// The answer to a form. Posted without JavaScript, a refusal leads back to the form's page with the messages and
    /// the typing in its address, where [`leptos::prelude::ServerAction`] finds them.
    pub(crate) fn form<T>(&self, path: &str, typed: &impl Serialize, answer: Answer<T>) -> Result<T, CallError> {
        answer.map_err(|problems| {
            if !self.is_plain_form() {
                self.set_status(&problems);
                return CallError::from(problems);
            }
            let refusal = CallError {
                problems,
                typed: values(typed),
            };
            let mut back = self.referer().unwrap_or_else(|| "http://localhost/".to_owned());
            ServerFnUrlError::<CallError>::strip_error_info(&mut back);
            if let Ok(url) = ServerFnUrlError::new(path, refusal.clone()).to_url(&back) {
                // Only the path: whatever the referer says, the way leads to a page of ours.
                let path = format!(
                    "/{}?{}",
                    url.path().trim_start_matches('/'),
                    url.query().unwrap_or_default()
                );
                leptos_axum::redirect(&path);
            }
            refusal
        })
    }

    /// Where the visitor is: the page itself, or the page a call came from.
    fn page(&self) -> String {
        let Some(parts) = &self.parts else {
            return "/".to_owned();
        };
        if parts.method == http::Method::GET {
            return parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string);
        }
        let from = self.referer().and_then(|url| url.parse::<http::Uri>().ok());
        from.and_then(|uri| uri.path_and_query().map(ToString::to_string))
            .unwrap_or_else(|| "/".to_owned())
    }

    fn referer(&self) -> Option<String> {
        self.header(header::REFERER)
    }

    fn header(&self, name: header::HeaderName) -> Option<String> {
        let value = self.parts.as_ref()?.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    }

    fn is_plain_form(&self) -> bool {
        let posted = self
            .parts
            .as_ref()
            .is_some_and(|parts| parts.method == http::Method::POST);
        posted && self.accepts_html()
    }

    fn accepts_html(&self) -> bool {
        self.header(header::ACCEPT)
            .is_some_and(|accept| accept.contains("text/html"))
    }

    fn set_status(&self, problems: &Problems) {
        // A plain form is answered by a redirect: its status is not ours to set.
        if self.is_plain_form() {
            return;
        }
        if let (Some(response), Ok(status)) = (&self.response, StatusCode::from_u16(problems.status())) {
            response.set_status(status);
        }
    }
}

/// A form's fields by name.
fn values(form: &impl Serialize) -> Values {
    serde_json::to_value(form)
        .and_then(serde_json::from_value)
        .unwrap_or_default()
}
