//! Groups: list, page, wizard, actions.
#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function is documented"
)]

use super::CallError;
#[cfg(feature = "ssr")]
use super::visit::Visit;
use crate::wire::JsonAnswer;
use api::backend::Protect;
use api::balancers::BindForm;
use api::groups::{
    ActivityView, DecisionView, GroupForm, GroupRow, GroupView, InstanceView, ListQuery, Overview, Page, SeriesView,
};
use engine::model::{GroupId, InstanceId, VServerId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn;

/// The list.
#[server(prefix = "/api", endpoint = "groups/list", output = JsonAnswer)]
pub async fn fetch_groups(query: ListQuery) -> Result<Page<GroupRow>, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.groups(visit.actor()?, query).await;
    visit.answer(answer)
}

/// How much there is, and which groups need a person.
#[server(prefix = "/api", endpoint = "groups/overview", output = JsonAnswer)]
pub async fn fetch_overview() -> Result<Overview, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.overview(visit.actor()?).await;
    visit.answer(answer)
}

/// One group's page; `id` as it stands in the address.
#[server(prefix = "/api", endpoint = "groups/page", output = JsonAnswer)]
pub async fn fetch_group(id: String) -> Result<GroupView, CallError> {
    let visit = Visit::here();
    let Ok(id) = id.parse::<GroupId>() else {
        return visit.answer(Err(not_found()));
    };
    let answer = visit.backend()?.group(visit.actor()?, id).await;
    visit.answer(answer)
}

/// Its instances that are not gone.
#[server(prefix = "/api", endpoint = "groups/instances", output = JsonAnswer)]
pub async fn fetch_instances(id: GroupId, query: ListQuery) -> Result<Page<InstanceView>, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.instances(visit.actor()?, id, query).await;
    visit.answer(answer)
}

/// Its decisions.
#[server(prefix = "/api", endpoint = "groups/decisions", output = JsonAnswer)]
pub async fn fetch_decisions(id: GroupId, query: ListQuery) -> Result<Page<DecisionView>, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.decisions(visit.actor()?, id, query).await;
    visit.answer(answer)
}

/// Its scaling log.
#[server(prefix = "/api", endpoint = "groups/activities", output = JsonAnswer)]
pub async fn fetch_activities(id: GroupId, query: ListQuery) -> Result<Page<ActivityView>, CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.activities(visit.actor()?, id, query).await;
    visit.answer(answer)
}

/// The last `minutes` of product time of its cycles.
#[server(prefix = "/api", endpoint = "groups/series", output = JsonAnswer)]
pub async fn fetch_series(id: GroupId, minutes: u32) -> Result<SeriesView, CallError> {
    let visit = Visit::here();
    let actor = visit.actor()?;
    let frame = visit.backend()?.frame(Some(actor)).await;
    let now_ms = visit.answer(frame)?.now_ms;
    // A day of cycles is the most a chart gets.
    let from_ms = now_ms.saturating_sub(i64::from(minutes.clamp(1, 1_440)) * 60_000);
    let answer = visit.backend()?.series(actor, id, from_ms, now_ms).await;
    visit.answer(answer).map(crate::charts::thin::thin)
}

/// Creates a group and goes to its page.
#[server(prefix = "/api", endpoint = "groups/create", output = JsonAnswer)]
pub async fn create_group(form: GroupForm) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.create_group(visit.actor()?, form.clone()).await;
    let id = visit.form(CreateGroup::PATH, &form, answer)?;
    leptos_axum::redirect(&format!("/groups/{id}"));
    Ok(())
}

/// Changes a group and goes to its page.
#[server(prefix = "/api", endpoint = "groups/update", output = JsonAnswer)]
pub async fn update_group(id: GroupId, form: GroupForm) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.update_group(visit.actor()?, id, form.clone()).await;
    visit.form(UpdateGroup::PATH, &form, answer)?;
    leptos_axum::redirect(&format!("/groups/{id}"));
    Ok(())
}

/// Sets desired by hand.
#[server(prefix = "/api", endpoint = "groups/resize", output = JsonAnswer)]
pub async fn resize_group(id: GroupId, desired: String) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.resize_group(visit.actor()?, id, desired.clone()).await;
    visit.form(
        ResizeGroup::PATH,
        &super::Values::from([("desired".to_owned(), desired)]),
        answer,
    )
}

/// Enables a group.
#[server(prefix = "/api", endpoint = "groups/enable", output = JsonAnswer)]
pub async fn enable_group(id: GroupId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.enable_group(visit.actor()?, id).await;
    visit.form(EnableGroup::PATH, &super::Values::new(), answer)
}

/// Disables a group.
#[server(prefix = "/api", endpoint = "groups/disable", output = JsonAnswer)]
pub async fn disable_group(id: GroupId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.disable_group(visit.actor()?, id).await;
    visit.form(DisableGroup::PATH, &super::Values::new(), answer)
}

/// Begins a group's deletion and stays on its page, which shows it going.
#[server(prefix = "/api", endpoint = "groups/delete", output = JsonAnswer)]
pub async fn delete_group(id: GroupId, typed: String) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.delete_group(visit.actor()?, id, typed.clone()).await;
    visit.form(
        DeleteGroup::PATH,
        &super::Values::from([("typed".to_owned(), typed)]),
        answer,
    )
}

/// Binds a group to a VServer.
#[server(prefix = "/api", endpoint = "groups/bind", output = JsonAnswer)]
pub async fn bind_group(id: GroupId, form: BindForm) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.bind_group(visit.actor()?, id, form.clone()).await;
    visit.form(BindGroup::PATH, &form, answer)
}

/// Unbinds it.
#[server(prefix = "/api", endpoint = "groups/unbind", output = JsonAnswer)]
pub async fn unbind_group(id: GroupId, vserver: VServerId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.unbind_group(visit.actor()?, id, vserver).await;
    visit.form(UnbindGroup::PATH, &super::Values::new(), answer)?;
    leptos_axum::redirect(&format!("/groups/{id}?tab=balancing"));
    Ok(())
}

/// Removes, that is destroys, one instance.
#[server(prefix = "/api", endpoint = "groups/remove-instance", output = JsonAnswer)]
pub async fn remove_instance(group: GroupId, id: InstanceId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.remove_instance(visit.actor()?, group, id).await;
    visit.form(RemoveInstance::PATH, &super::Values::new(), answer)?;
    // The question is answered: its address goes.
    leptos_axum::redirect(&format!("/groups/{group}?tab=instances"));
    Ok(())
}

/// Protects an instance, or lifts that.
#[server(prefix = "/api", endpoint = "groups/protect-instance", output = JsonAnswer)]
pub async fn protect_instance(group: GroupId, id: InstanceId, protect: Protect) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit
        .backend()?
        .protect_instance(visit.actor()?, group, id, protect)
        .await;
    visit.form(ProtectInstance::PATH, &super::Values::new(), answer)
}

/// The names of a group and of an instance, and what the instance printed last. Where a name cannot be had, its id stands:
/// who has left the list has none.
#[server(prefix = "/api", endpoint = "groups/instance-logs", output = JsonAnswer)]
pub async fn fetch_logs(group: GroupId, id: InstanceId) -> Result<([String; 2], String), CallError> {
    let visit = Visit::here();
    let (backend, actor) = (visit.backend()?, visit.actor()?);
    let answer = backend.instance_logs(actor, group, id).await;
    let text = visit.answer(answer)?;
    let query = ListQuery {
        filter: id.to_string(),
        ..ListQuery::default()
    };
    let listed = backend.instances(actor, group, query).await.ok();
    let own = listed.and_then(|page| page.rows.into_iter().find(|row| row.id == id));
    let of = backend.group(actor, group).await.ok();
    let names = [
        of.map_or_else(|| group.to_string(), |view| view.row.name),
        own.map_or_else(|| id.to_string(), |row| row.name),
    ];
    Ok((names, text))
}

/// Re-arms an open breaker.
#[server(prefix = "/api", endpoint = "groups/rearm", output = JsonAnswer)]
pub async fn rearm_breaker(id: GroupId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.rearm_breaker(visit.actor()?, id).await;
    visit.form(RearmBreaker::PATH, &super::Values::new(), answer)
}

/// Lets machines without a record be destroyed.
#[server(prefix = "/api", endpoint = "groups/confirm-strays", output = JsonAnswer)]
pub async fn confirm_strays(id: GroupId) -> Result<(), CallError> {
    let visit = Visit::here();
    let answer = visit.backend()?.confirm_strays(visit.actor()?, id).await;
    visit.form(ConfirmStrays::PATH, &super::Values::new(), answer)
}

/// An id that is none names nothing.
#[cfg(feature = "ssr")]
pub(crate) fn not_found() -> api::problem::Problems {
    api::problem::Problem::at("", api::problem::Code::NotFound).into()
}
