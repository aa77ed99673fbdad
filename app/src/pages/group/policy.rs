//! What people set (seed 14.3.2.2 items 1 and 2).

use crate::visit::{use_lang, use_texts};
use api::groups::GroupView;
use api::texts::templates::each;
use api::texts::{format, reasons, states};
use engine::model::{Guard, Rule};
use leptos::prelude::*;

/// The policy as a list of words and values.
#[component]
pub(super) fn PolicyPart(view: GroupView) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.groups;
    let lang = use_lang();
    let rule = |rule: &Rule| {
        format!(
            "{} {}",
            reasons::metric(lang, rule.metric),
            format::percent(lang, rule.threshold)
        )
    };
    let rules: Vec<String> = view.spec.rules.iter().map(rule).collect();
    let rules = if rules.is_empty() {
        words.no_rule.to_owned()
    } else {
        rules.join(", ")
    };
    let guard = |name: &'static str, guard: Guard, help: &'static str| {
        let on = if guard == Guard::On { words.on } else { words.off };
        view! { <div><dt>{name}</dt><dd>{on}<p class="help">{help}</p></dd></div> }
    };
    let (wizard, spec) = (&texts.wizard, &view.spec);
    let row = view.row;
    let limits = format!("{}–{}", format::number(row.min.into()), format::number(row.max.into()));
    view! {
        <dl class="facts">
            <div><dt>"ID"</dt><dd class="id">{row.id.to_string()}</dd></div>
            <div><dt>{words.template}</dt><dd><a href=format!("/templates/{}", row.template)>{row.template_name}</a></dd></div>
            <div><dt>{words.limits}</dt><dd class="num-left">{limits}</dd></div>
            <div><dt>{words.rule}</dt><dd>{rules}</dd></div>
            <div><dt>{words.warm_up}</dt><dd>{format::length(lang, view.spec.warm_up.0)}</dd></div>
            <div><dt>{words.scale_in}</dt><dd>{states::scale_in(lang, view.spec.scale_in)}</dd></div>
            <div><dt>{words.removal}</dt><dd>{states::removal(lang, view.spec.removal)}</dd></div>
            {guard(wizard.brake, spec.brake, wizard.brake_help)}
            {guard(wizard.hold, spec.hold, wizard.hold_help)}
            {guard(wizard.projection, spec.projection, wizard.projection_help)}
            <div><dt>{words.hour_price}</dt><dd>{each(lang, &format::money(view.hour_micros, &view.currency))}</dd></div>
            <div><dt>{texts.frame.version}</dt><dd class="num-left">{view.version}</dd></div>
        </dl>
    }
    .into_any()
}
