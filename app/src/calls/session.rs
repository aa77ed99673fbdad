//! Signing in and out, and what every page needs to draw its frame.
#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function is documented"
)]

use super::CallError;
#[cfg(feature = "ssr")]
use super::visit::Visit;
use crate::wire::JsonAnswer;
use api::session::Frame;
#[cfg(feature = "ssr")]
use api::session::own_path;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;
#[cfg(feature = "ssr")]
use std::sync::Arc;

/// The host's session of this request.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait SessionDoor: Send + Sync {
    /// Begins a new session (a new id) for this actor.
    async fn sign_in(&self, actor: &api::actor::Actor);
    /// Ends the session.
    async fn sign_out(&self);
}

/// Provided by the host to pages and server functions.
#[cfg(feature = "ssr")]
pub type SessionHandle = Arc<dyn SessionDoor>;

/// Where the request comes from, for counting failed sign-ins; provided by the host.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct ClientAddress(pub String);

/// The frame of a page; for anybody.
#[server(prefix = "/api", endpoint = "frame", output = JsonAnswer)]
pub async fn fetch_frame() -> Result<Frame, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.frame(visit.maybe_actor()).await;
    visit.answer(answer)
}

/// Signs in and goes to `next`.
#[server(prefix = "/api", endpoint = "session/sign-in", output = JsonAnswer)]
pub async fn sign_in(name: String, password: String, next: String) -> Result<(), CallError> {
    let visit = Visit::here();
    let from = use_context::<ClientAddress>()
        .map(|address| address.0)
        .unwrap_or_default();
    let checked = visit.backend()?.check_password(&name, &password, &from).await;
    // The password is not among what is handed back.
    let typed = api::session::SignInForm {
        name,
        password: String::new(),
    };
    let actor = visit.form(SignIn::PATH, &typed, checked)?;
    visit.session()?.sign_in(&actor).await;
    leptos_axum::redirect(own_path(&next).unwrap_or("/groups"));
    Ok(())
}

/// Ends the session.
#[server(prefix = "/api", endpoint = "session/sign-out", output = JsonAnswer)]
pub async fn sign_out() -> Result<(), CallError> {
    Visit::here().session()?.sign_out().await;
    leptos_axum::redirect("/signin");
    Ok(())
}
