//! An address that names nothing.

use crate::components::title::PageTitle;
use crate::visit::use_texts;
use leptos::prelude::*;

/// The page of no page, with status 404 before the first byte.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    let texts = &use_texts().frame;
    view! {
        <PageTitle text=texts.not_found_title/>
        <section class="refused">
            <h1>{texts.not_found_title}</h1>
            <p>{texts.no_page}</p>
            <p><a href="/groups" class="button">{texts.not_found_next}</a></p>
        </section>
    }
    .into_any()
}
