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
use api::parse;
use api::problem::Problem;
use api::texts::groups::Moves;
use api::texts::{format, groups as words, problems, reasons, states};
use engine::model::{GroupSpec, GroupStatus, Reason};
use leptos::prelude::*;

/// The desired size as somebody typed it; none before. It lives outside of what is drawn again.
pub(super) type Desired = RwSignal<Option<String>>;

/// Name, state and actions; then the gauge beside the last decision.
#[component]
pub(super) fn Header(view: GroupView, typed: Desired, acts: Acts) -> impl IntoView {
    let texts = use_texts();
    let row = view.row.clone();
    let above = vec![("/groups".to_owned(), texts.groups.title.to_owned())];
    let price = price(&view);
    let remark = (!row.remark.is_empty()).then(|| view! { <p class="quiet remark">{row.remark.clone()}</p> });
    let shown = row.clone();
    let actions = view.clone();
    let last = last_judged(&view.decisions).cloned();
    let said = if row.status == GroupStatus::Deleted {
        view! { <Gone/> }.into_any()
    } else {
        view! { <h2>{texts.groups.last_decision}</h2><LastDecision decision=last/> }.into_any()
    };
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
                <Resize view=view.clone() typed acts/>
            </section>
            <section class="card">
                {said}
                <Strays view=view.clone() acts/>
                <Rearm view acts/>
            </section>
        </div>
    }
    .into_any()
}

/// What there is to say of a group that is no more.
#[component]
fn Gone() -> impl IntoView {
    let texts = &use_texts().groups;
    view! {
        <h2>{states::group(use_lang(), GroupStatus::Deleted)}</h2>
        <p class="sentence">{texts.deleted}</p>
        <p class="quiet">
            {texts.deleted_rest}" "<a href="?tab=log" data-noscroll="">{texts.tab_log}</a>" · "
            <a href="?tab=why" data-noscroll="">{texts.tab_why}</a>
        </p>
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

/// What is wrong with a desired size as typed.
fn wrong(spec: &GroupSpec, typed: &str) -> Option<Problem> {
    let read = parse::desired(typed).and_then(|desired| parse::group::desired_within(spec, desired));
    read.err().and_then(|problems| problems.0.into_iter().next())
}

/// Who may move desired next.
fn moves(view: &GroupView) -> Moves {
    let by_rule = view.row.status == GroupStatus::Enabled && !view.spec.rules.is_empty() && view.row.min < view.row.max;
    if by_rule { Moves::ByRule } else { Moves::ByHand }
}

/// Sets desired by hand.
#[component]
fn Resize(view: GroupView, typed: Desired, acts: Acts) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    let help = words::desired_help(lang, (view.row.min, view.row.max), moves(&view));
    let (row, spec) = (view.row, view.spec);
    let alive = matches!(row.status, GroupStatus::Enabled | GroupStatus::Disabled);
    // Not the memo's: while the group is read again the form still stands, and what was made with it is gone already.
    let limits = spec.clone();
    let is_wrong =
        move || typed.with_untracked(|typed| typed.as_deref().and_then(|typed| wrong(&limits, typed)).is_some());
    let problem = Memo::new(move |_| typed.with(|typed| typed.as_deref().and_then(|typed| wrong(&spec, typed))));
    let said = move || problem.get().map(|problem| problems::problem(lang, &problem));
    let invalid = move || problem.get().map(|_| "true");
    let submit = move |event: leptos::ev::SubmitEvent| {
        if is_wrong() {
            event.prevent_default();
        }
    };
    alive.then(|| {
        view! {
            <div class="inline-form">
                <ActionForm action=acts.resize on:submit:capture=submit>
                    <input type="hidden" name="id" value=row.id.to_string()/>
                    <label for="desired">{texts.set_desired}</label>
                    <input
                        type="text"
                        id="desired"
                        name="desired"
                        inputmode="numeric"
                        autocomplete="off"
                        aria-describedby="desired-help desired-error"
                        aria-invalid=invalid
                        value=row.desired.to_string()
                        on:change=move |event| typed.set(Some(event_target_value(&event)))
                    />
                    <button type="submit" class="button">{texts.set}</button>
                </ActionForm>
                <p class="help" id="desired-help">{help}</p>
                <p class="error" id="desired-error" aria-live="polite">{said}</p>
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
