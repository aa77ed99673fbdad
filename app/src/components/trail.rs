//! Why: a decision's reasons, and the latest decisions with theirs.

use crate::visit::{use_lang, use_texts};
use api::groups::DecisionView;
use api::texts::{format, reasons};
use engine::model::Reason;
use leptos::prelude::*;

/// The reasons of one decision, in order.
#[component]
pub fn Trail(
    /// The reasons.
    trail: Vec<Reason>,
) -> impl IntoView {
    let lang = use_lang();
    let line = move |reason: &Reason| view! { <li>{reasons::reason(lang, reason)}</li> };
    view! { <ul class="trail">{trail.iter().map(line).collect_view()}</ul> }.into_any()
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
            {decisions.into_iter().map(|decision| view! { <DecisionItem decision/> }).collect_view()}
        </ol>
    }
    .into_any()
}

#[component]
fn DecisionItem(decision: DecisionView) -> impl IntoView {
    let texts = &use_texts().groups;
    let span = (decision.first_ms != decision.last_ms).then(|| format!(" – {}", format::clock(decision.last_ms)));
    view! {
        <li class="decision">
            <div class="decision-head">
                <span><Instant ms=decision.first_ms/>{span}</span>
                <span class="quiet num">{format!("{} {}", decision.passes, texts.why_passes)}</span>
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
    let whole = format::instant(ms);
    view! { <time class="num" datetime=format::machine_instant(ms) title=whole>{format::short_instant(ms)}</time> }
        .into_any()
}
