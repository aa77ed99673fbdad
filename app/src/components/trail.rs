//! Why: a decision's reasons, and the latest decisions with theirs.

use crate::visit::{use_lang, use_texts};
use api::groups::DecisionView;
use api::texts::{format, groups, reasons};
use engine::model::Reason;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// The reasons of one decision, in order, none twice.
#[component]
pub fn Trail(
    /// The reasons.
    trail: Vec<Reason>,
) -> impl IntoView {
    let lang = use_lang();
    let line = |reason: &Reason| view! { <li>{reasons::reason(lang, reason)}</li> };
    let lines = reasons::said_once(&trail).into_iter().map(line).collect_view();
    view! { <ul class="trail">{lines}</ul> }.into_any()
}

/// The latest decisions, newest first.
#[component]
pub fn Decisions(
    /// The decisions.
    decisions: Vec<DecisionView>,
) -> impl IntoView {
    let texts = &use_texts().groups;
    let empty = decisions
        .is_empty()
        .then(|| view! { <p class="quiet">{texts.no_decision}</p> });
    view! {
        <p class="quiet">{texts.why_lead}</p>
        {empty}
        <ol class="decisions">
            {folded(decisions).into_iter().map(|part| view! { <Entry part/> }).collect_view()}
        </ol>
    }
    .into_any()
}

/// Decisions as a reader wants them: passes that judged nothing new, in a row, are one folded entry.
fn folded(decisions: Vec<DecisionView>) -> Vec<Vec<DecisionView>> {
    let mut parts: Vec<Vec<DecisionView>> = Vec::new();
    for decision in decisions {
        let is_repeat = reasons::is_repeat(&decision.trail);
        match parts.last_mut() {
            Some(part) if is_repeat && part.iter().all(|each| reasons::is_repeat(&each.trail)) => part.push(decision),
            _ => parts.push(vec![decision]),
        }
    }
    parts
}

/// One decision, or a fold of several that judged nothing new.
#[component]
fn Entry(part: Vec<DecisionView>) -> impl IntoView {
    let is_fold = part.iter().all(|decision| reasons::is_repeat(&decision.trail));
    let passes = part.iter().map(|decision| u64::from(decision.passes)).sum();
    let items = part
        .into_iter()
        .map(|decision| view! { <DecisionItem decision/> })
        .collect_view();
    if !is_fold {
        return items.into_any();
    }
    view! {
        <li class="fold">
            <details>
                <summary>{groups::folded(use_lang(), passes)}</summary>
                <ol class="decisions">{items}</ol>
            </details>
        </li>
    }
    .into_any()
}

#[component]
fn DecisionItem(decision: DecisionView) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    let span = (decision.first_ms != decision.last_ms).then(|| format!(" – {}", format::clock(decision.last_ms)));
    view! {
        <li class="decision">
            <div class="decision-head">
                <span><Instant ms=decision.first_ms/>{span}</span>
                <span class="quiet num">{format::passes(lang, decision.passes.into())}</span>
                <span class="decision-size">{texts.why_size}" "<b>{decision.size}</b></span>
            </div>
            <Trail trail=decision.trail/>
        </li>
    }
    .into_any()
}

/// An instant of a row: short, with the whole of it for machines and on hover.
#[component]
pub fn Instant(
    /// Product time, unix milliseconds.
    ms: i64,
) -> impl IntoView {
    let (machine, whole, short) = (
        format::machine_instant(ms),
        format::instant(ms),
        format::short_instant(ms),
    );
    InertElement::new(format!(
        "<time datetime=\"{machine}\" title=\"{whole}\" class=\"num\">{short}</time>"
    ))
}
