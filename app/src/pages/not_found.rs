//! An address that names nothing.

use crate::calls::CallError;
use crate::components::refusal::Refused;
use api::problem::Code;
use leptos::prelude::*;

/// The page of no page, with status 404 before the first byte.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! { <Refused error=CallError::whole(Code::NotFound)/> }.into_any()
}
