//! The steps' fields.

use super::{Position, Purpose, Step, bounds, chosen};
use crate::components::icon::{Icon, Shape};
use crate::components::list::use_list_query;
use crate::forms::field::{SelectField, TextField};
use crate::forms::typed::Typed;
use crate::visit::{use_lang, use_texts};
use api::groups::GroupForm;
use api::templates::TemplateRow;
use api::texts::{Lang, format, groups::GroupTexts, reasons, wizard as words};
use engine::model::{Metric, ScaleIn};
use leptos::prelude::*;

fn option(value: &str, words: &str) -> (String, String) {
    (value.to_owned(), words.to_owned())
}

/// What to run.
#[component]
pub(super) fn Base(typed: Typed, position: Position, templates: Vec<TemplateRow>) -> impl IntoView {
    let texts = use_texts();
    let wizard = &texts.wizard;
    let describe = |row: &TemplateRow| format!("{} · {} · {}", row.name, row.image, row.instance_type);
    let options = templates
        .iter()
        .map(|row| (row.id.to_string(), describe(row)))
        .collect::<Vec<_>>();
    let is_filtered = !use_list_query().get_untracked().filter.is_empty();
    let none = options.is_empty().then(|| {
        if is_filtered {
            return view! { <p class="notice busy">{texts.frame.none_match}</p> }.into_any();
        }
        view! {
            <p class="notice busy">
                {wizard.template_none}" "<a href="/templates/new">{wizard.template_make}</a>
            </p>
        }
        .into_any()
    });
    view! {
        <Step position step=0>
            <p class="notice busy"><Icon shape=Shape::Alarm/>" "{wizard.stateless}</p>
            {none}
            <SelectField typed field="template" label=wizard.template help=wizard.template_help options/>
            <TextField typed field="name" label=wizard.name help=wizard.name_help/>
            <TextField typed field="remark" label=wizard.remark help=wizard.remark_help/>
        </Step>
    }
    .into_any()
}

/// How many.
#[component]
pub(super) fn Size(typed: Typed, position: Position) -> impl IntoView {
    let texts = &use_texts().wizard;
    view! {
        <Step position step=1>
            <div class="field-row">
                <TextField typed field="min" label=texts.min help=texts.min_help unit=texts.instances/>
                <TextField typed field="max" label=texts.max help=texts.max_help unit=texts.instances/>
            </div>
            <p class="help">{texts.fixed_hint}</p>
            <TextField typed field="warm_up_s" label=texts.warm_up help=texts.warm_up_help unit=texts.seconds/>
        </Step>
    }
    .into_any()
}

/// When to change.
#[component]
pub(super) fn Rules(typed: Typed, position: Position) -> impl IntoView {
    let texts = &use_texts().wizard;
    let scale_in = vec![
        option("allowed", texts.scale_in_allowed),
        option("forbidden", texts.scale_in_forbidden),
    ];
    let removal = vec![
        option("newest", texts.removal_newest),
        option("oldest", texts.removal_oldest),
    ];
    view! {
        <Step position step=2>
            <div class="field-row">
                <TextField typed field="cpu" label=texts.cpu help=texts.cpu_help unit=texts.percent/>
                <TextField typed field="memory" label=texts.memory help=texts.memory_help unit=texts.percent/>
            </div>
            <div class="field-row">
                <SelectField typed field="scale_in" label=texts.scale_in help=texts.scale_in_help options=scale_in/>
                <SelectField typed field="removal" label=texts.removal help=texts.removal_help options=removal/>
            </div>
            <Guards typed/>
        </Step>
    }
    .into_any()
}

/// The three rules that go beyond the manual.
#[component]
fn Guards(typed: Typed) -> impl IntoView {
    let texts = use_texts();
    let wizard = &texts.wizard;
    let switch = |words: &GroupTexts| vec![option("on", words.on), option("off", words.off)];
    view! {
        <details class="guards">
            <summary>{wizard.guards}</summary>
            <p class="help">{wizard.guards_help}</p>
            <SelectField typed field="brake" label=wizard.brake help=wizard.brake_help options=switch(&texts.groups)/>
            <SelectField typed field="hold" label=wizard.hold help=wizard.hold_help options=switch(&texts.groups)/>
            <SelectField
                typed
                field="projection"
                label=wizard.projection
                help=wizard.projection_help
                options=switch(&texts.groups)
            />
        </details>
    }
    .into_any()
}

/// Everything once more, before it is done.
#[component]
pub(super) fn Review(typed: Typed, position: Position, templates: Vec<TemplateRow>) -> impl IntoView {
    let facts = move || {
        let form = typed.form::<GroupForm>();
        let template = chosen(&form, &templates).map(|row| row.name).unwrap_or_default();
        view! { <Facts form template/> }
    };
    view! { <Step position step=3>{facts}</Step> }.into_any()
}

#[component]
fn Facts(form: GroupForm, template: String) -> impl IntoView {
    let texts = &use_texts().wizard;
    let groups = &use_texts().groups;
    let lang = use_lang();
    let or_none = |text: String| {
        Some(text)
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| texts.none.to_owned())
    };
    let switch = |text: &str| if text == "on" { groups.on } else { groups.off }.to_owned();
    let has_rule = !(form.cpu.trim().is_empty() && form.memory.trim().is_empty());
    let scale_in = match (has_rule, form.scale_in.as_str()) {
        (false, _) => texts.scale_in_unused,
        (true, "allowed") => texts.scale_in_allowed,
        (true, _) => texts.scale_in_forbidden,
    };
    let removal = if form.removal == "newest" {
        texts.removal_newest
    } else {
        texts.removal_oldest
    };
    let seconds: i64 = form.warm_up_s.trim().parse().unwrap_or(0);
    let facts = [
        (
            texts.name,
            if form.name.is_empty() {
                texts.unnamed.to_owned()
            } else {
                form.name
            },
        ),
        (texts.remark, or_none(form.remark)),
        (texts.template, template),
        (texts.min, grouped(form.min)),
        (texts.max, grouped(form.max)),
        (texts.warm_up, format::length(lang, seconds.saturating_mul(1_000))),
        (texts.cpu, or_none(percent(lang, &form.cpu))),
        (texts.memory, or_none(percent(lang, &form.memory))),
        (texts.scale_in, scale_in.to_owned()),
        (texts.removal, removal.to_owned()),
        (texts.brake, switch(&form.brake)),
        (texts.hold, switch(&form.hold)),
        (texts.projection, switch(&form.projection)),
    ];
    let fact = |(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    view! {
        <dl class="facts">{facts.map(fact).into_iter().collect_view()}</dl>
    }
    .into_any()
}

/// A count as typed with its thousands apart; what is no count stays as it is.
fn grouped(typed: String) -> String {
    let read = typed.trim().parse::<u64>().map(format::number);
    read.unwrap_or(typed)
}

/// A percentage as typed, as the language writes it; what is no number stays as it is.
fn percent(lang: Lang, typed: &str) -> String {
    let typed = typed.trim();
    let read = typed
        .parse::<u64>()
        .map(|whole| format::percent(lang, whole.saturating_mul(1_000)));
    read.unwrap_or_else(|_| typed.to_owned())
}

/// What happens next, in words; nothing while min and max do not fit.
pub(super) fn happens(form: &GroupForm, lang: Lang, purpose: Purpose) -> Vec<String> {
    let Some(bounds) = bounds(form) else {
        return Vec::new();
    };
    let rule = |name: &str, text: &str| (!text.trim().is_empty()).then(|| format!("{name} {}", percent(lang, text)));
    let memory = reasons::metric(lang, Metric::Memory);
    let rules: Vec<String> = [rule("CPU", &form.cpu), rule(memory, &form.memory)]
        .into_iter()
        .flatten()
        .collect();
    let scale_in = if form.scale_in == "allowed" {
        ScaleIn::Allowed
    } else {
        ScaleIn::Forbidden
    };
    let mut said = match purpose {
        Purpose::New => words::begins(lang, bounds.0, form.warm_up_s.trim().parse().unwrap_or(0)),
        Purpose::Edit => words::changes(lang, bounds),
    };
    said.extend(words::goes_on(lang, bounds, &rules, scale_in));
    said
}
