//! Load balancers and their VServers.
#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function is documented"
)]

use super::CallError;
#[cfg(feature = "ssr")]
use super::visit::Visit;
use crate::wire::JsonAnswer;
use api::balancers::{BalancerForm, BalancerRow, BalancerView, VServerForm};
use api::groups::{ListQuery, Page};
use engine::model::{LoadBalancerId, VServerId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;

/// The list.
#[server(prefix = "/api", endpoint = "balancers/list", output = JsonAnswer)]
pub async fn fetch_balancers(query: ListQuery) -> Result<Page<BalancerRow>, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.balancers(visit.actor()?, query).await;
    visit.answer(answer)
}

/// One's page; `id` as it stands in the address.
#[server(prefix = "/api", endpoint = "balancers/page", output = JsonAnswer)]
pub async fn fetch_balancer(id: String) -> Result<BalancerView, CallError> {
    let visit = Visit::here();
    let Ok(id) = id.parse::<LoadBalancerId>() else {
        return visit.answer(Err(super::groups::not_found()));
    };
    let answer = visit.backend()?.balancer(visit.actor()?, id).await;
    visit.answer(answer)
}

/// Creates one and goes to its page.
#[server(prefix = "/api", endpoint = "balancers/create", output = JsonAnswer)]
pub async fn create_balancer(form: BalancerForm) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.create_balancer(visit.actor()?, form.clone()).await;
    let id = visit.form(CreateBalancer::PATH, &form, answer)?;
    leptos_axum::redirect(&format!("/balancers/{id}"));
    Ok(())
}

/// Deletes one and goes to the list.
#[server(prefix = "/api", endpoint = "balancers/delete", output = JsonAnswer)]
pub async fn delete_balancer(id: LoadBalancerId, typed: String) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit
        .backend()?
        .delete_balancer(visit.actor()?, id, typed.clone())
        .await;
    visit.form(
        DeleteBalancer::PATH,
        &super::Values::from([("typed".to_owned(), typed)]),
        answer,
    )?;
    leptos_axum::redirect("/balancers");
    Ok(())
}

/// Adds a VServer.
#[server(prefix = "/api", endpoint = "balancers/create-vserver", output = JsonAnswer)]
pub async fn create_vserver(id: LoadBalancerId, form: VServerForm) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.create_vserver(visit.actor()?, id, form.clone()).await;
    visit.form(CreateVserver::PATH, &form, answer)?;
    leptos_axum::redirect(&format!("/balancers/{id}"));
    Ok(())
}

/// Deletes a VServer.
#[server(prefix = "/api", endpoint = "balancers/delete-vserver", output = JsonAnswer)]
pub async fn delete_vserver(id: LoadBalancerId, vserver: VServerId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.delete_vserver(visit.actor()?, id, vserver).await;
    visit.form(DeleteVserver::PATH, &super::Values::new(), answer)
}
