//! How the installation does.
#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function is documented"
)]

use super::CallError;
#[cfg(feature = "ssr")]
use super::visit::Visit;
use crate::wire::JsonAnswer;
use api::system::SystemView;
use leptos::prelude::*;

/// The page "System"; for platform administrators.
#[server(prefix = "/api", endpoint = "system", output = JsonAnswer)]
pub async fn fetch_system() -> Result<SystemView, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.system(visit.actor()?).await;
    visit.answer(answer)
}
