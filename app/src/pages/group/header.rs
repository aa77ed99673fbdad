//! The first screen of a group: state, water level, last decision, actions.

use super::acts::Acts;
use crate::components::confirm::{Confirm, TypedName};
use crate::components::gauge::Gauge;
use crate::components::state::GroupBadge;
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::forms::post::ActionForm;
use crate::visit::{use_lang, use_texts};
use api::groups::{DecisionView, GroupView};
use api::texts::{format, groups as words, reasons};
use engine::model::{GroupStatus, Reason};
use leptos::prelude::*;

/// Name, state and actions; then the gauge beside the last decision.
#[component]
pub(super) fn Header(view: GroupView, acts: Acts) -> impl IntoView {
    let texts = use_texts();
    let row = view.row.clone();
    let above = vec![("/groups".to_owned(), texts.groups.title.to_owned())];
    let price = price(&view);
    let remark = (!row.remark.is_empty()).then(|| view! { <p class="quiet remark">{row.remark.clone()}</p> });
    let shown = row.clone();
    let actions = view.clone();
    let last = last_judged(&view.decisions).cloned();
    view! {
        <PageHead title=row.name.clone() above beside=move || view! { <GroupBadge row=shown.clone()/> }>
            <Actions view=actions acts/>
        </PageHead>
        {remark}
        <div class="first-screen">
            <section class="card">
                <h2>{texts.groups.gauge}</h2>
                <Gauge row=row.clone()/>
                <p class="quiet">{price}</p>
                <Resize row=row.clone() acts/>
            </section>
            <section class="card">
                <h2>{texts.groups.last_decision}</h2>
                <LastDecision decision=last/>
                <Strays view=view.clone() acts/>
                <Rearm view acts/>
            </section>
        </div>
    }
    .into_any()
}

/// The last decision that judged or began something; a wake that found all as it was is not worth the first screen.
fn last_judged(decisions: &[DecisionView]) -> Option<&DecisionView> {
    let judged = decisions.iter().find(|decision| !reasons::is_repeat(&decision.trail));
    judged.or_else(|| decisions.first())
}

fn price(view: &GroupView) -> String {
    let micros = view.hour_micros.saturating_mul(view.row.everything.into());
    words::price_now(use_lang(), view.row.everything, &format::money(micros, &view.currency))
}

/// The last decision in one sentence with its numbers.
#[component]
fn LastDecision(decision: Option<DecisionView>) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    match decision {
        None => view! { <p class="quiet">{texts.no_decision}</p> }.into_any(),
        Some(decision) => view! {
            <p class="sentence">{reasons::headline(lang, &decision.trail)}</p>
            <p class="quiet"><Instant ms=decision.last_ms/>" UTC · "<a href="?tab=why" data-noscroll="">{texts.tab_why}</a></p>
        }
        .into_any(),
    }
}

/// The open breaker's button.
#[component]
fn Rearm(view: GroupView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let last = view.decisions.first();
    let open = last.is_some_and(|last| {
        last.trail
            .iter()
            .any(|reason| matches!(reason, Reason::BreakerOpen { .. }))
    });
    open.then(|| {
        view! {
            <div class="notice busy">
                <ActionForm action=acts.rearm>
                    <input type="hidden" name="id" value=view.row.id.to_string()/>
                    <p>{texts.rearm_text}</p>
                    <button type="submit" class="button">{texts.rearm}</button>
                </ActionForm>
            </div>
        }
    })
}

/// The button that lets machines without a record be destroyed, while they wait for a person.
#[component]
fn Strays(view: GroupView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let waits = |reason: &Reason| matches!(reason, Reason::StraysNeedAPerson { .. } | Reason::StoreIsOlder { .. });
    let wait = view.decisions.first().is_some_and(|last| last.trail.iter().any(waits));
    wait.then(|| {
        view! {
            <div class="notice busy">
                <ActionForm action=acts.confirm_strays>
                    <input type="hidden" name="id" value=view.row.id.to_string()/>
                    <p>{texts.strays_text}</p>
                    <button type="submit" class="button danger">{texts.strays}</button>
                </ActionForm>
            </div>
        }
    })
}

/// Sets desired by hand.
#[component]
fn Resize(row: api::groups::GroupRow, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let alive = matches!(row.status, GroupStatus::Enabled | GroupStatus::Disabled);
    alive.then(|| {
        view! {
            <div class="inline-form">
                <ActionForm action=acts.resize>
                    <input type="hidden" name="id" value=row.id.to_string()/>
                    <label for="desired">{texts.set_desired}</label>
                    <input
                        type="number"
                        id="desired"
                        name="desired"
                        inputmode="numeric"
                        required
                        min=row.min
                        max=row.max
                        value=row.desired
                    />
                    <button type="submit" class="button">{texts.set}</button>
                </ActionForm>
            </div>
        }
    })
}

/// Edit, enable or disable, delete.
#[component]
fn Actions(view: GroupView, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let row = view.row;
    if matches!(row.status, GroupStatus::Deleting | GroupStatus::Deleted) {
        return ().into_any();
    }
    let id = row.id;
    let switch = match row.status {
        GroupStatus::Disabled => view! {
            <ActionForm action=acts.enable>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="button">{texts.enable}</button>
            </ActionForm>
        }
        .into_any(),
        _ => view! {
            <ActionForm action=acts.disable>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="button">{texts.disable}</button>
            </ActionForm>
        }
        .into_any(),
    };
    view! {
        {switch}
        <Confirm
            id="delete-group" word=texts.delete title=texts.delete_title text=texts.delete_text class="button danger"
            action=acts.delete act=texts.delete_do
        >
            <input type="hidden" name="id" value=id.to_string()/>
            <TypedName id="delete-typed" name=row.name/>
        </Confirm>
        <a href=format!("/groups/{id}/edit") class="button primary">{texts.edit}</a>
    }
    .into_any()
}
