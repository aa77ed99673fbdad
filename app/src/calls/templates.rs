//! Templates: list, page, wizard; and the catalogue the wizard offers.
#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function is documented"
)]

use super::CallError;
#[cfg(feature = "ssr")]
use super::visit::Visit;
use crate::wire::JsonAnswer;
use api::catalogue::Catalogue;
use api::groups::{ListQuery, Page};
use api::templates::{TemplateForm, TemplateRow, TemplateView};
use engine::model::TemplateId;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;

/// The list.
#[server(prefix = "/api", endpoint = "templates/list", output = JsonAnswer)]
pub async fn fetch_templates(query: ListQuery) -> Result<Page<TemplateRow>, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.templates(visit.actor()?, query).await;
    visit.answer(answer)
}

/// One template's page; `id` as it stands in the address.
#[server(prefix = "/api", endpoint = "templates/page", output = JsonAnswer)]
pub async fn fetch_template(id: String) -> Result<TemplateView, CallError> {
    let visit = Visit::here();
    let Ok(id) = id.parse::<TemplateId>() else {
        return visit.answer(Err(super::groups::not_found()));
    };
    let answer = visit.backend()?.template(visit.actor()?, id).await;
    visit.answer(answer)
}

/// What can be had.
#[server(prefix = "/api", endpoint = "catalogue", output = JsonAnswer)]
pub async fn fetch_catalogue() -> Result<Catalogue, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.catalogue(visit.actor()?).await;
    visit.answer(answer)
}

/// Creates a template and goes to its page.
#[server(prefix = "/api", endpoint = "templates/create", output = JsonAnswer)]
pub async fn create_template(form: TemplateForm) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.create_template(visit.actor()?, form.clone()).await;
    let id = visit.form(CreateTemplate::PATH, &form, answer)?;
    leptos_axum::redirect(&format!("/templates/{id}"));
    Ok(())
}

/// Deletes a template and goes to the list.
#[server(prefix = "/api", endpoint = "templates/delete", output = JsonAnswer)]
pub async fn delete_template(id: TemplateId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.delete_template(visit.actor()?, id).await;
    visit.form(DeleteTemplate::PATH, &super::Values::new(), answer)?;
    leptos_axum::redirect("/templates");
    Ok(())
}
