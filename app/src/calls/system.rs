//! How the installation does, for its administrators.
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

/// Loop, store, driver and load balancers.
#[server(prefix = "/api", endpoint = "system/view", output = JsonAnswer)]
pub async fn fetch_system() -> Result<SystemView, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.system(visit.actor()?).await;
    visit.answer(answer)
}
