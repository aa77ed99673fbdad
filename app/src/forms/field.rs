//! Fields: label, short help, unit, limits shown before the mistake, the error at the field after leaving it.

use super::typed::Typed;
use crate::components::title::escaped;
use crate::visit::use_lang;
use api::texts::problems;
use leptos::prelude::*;

/// The ids of a field's parts.
struct Ids {
    input: String,
    help: String,
    error: String,
}

impl Ids {
    fn of(field: &str) -> Self {
        Self {
            input: format!("f-{field}"),
            help: format!("f-{field}-help"),
            error: format!("f-{field}-error"),
        }
    }
    fn described(&self) -> String {
        format!("{} {}", self.help, self.error)
    }
}

/// The name under which a plain form posts it.
fn posted(field: &str) -> String {
    format!("form[{field}]")
}

fn is_wrong(typed: Typed, field: &'static str) -> impl Fn() -> Option<&'static str> + Copy {
    move || (!typed.problems(field).is_empty()).then_some("true")
}

/// What is wrong with a field; empty while nothing is.
#[component]
fn FieldError(typed: Typed, field: &'static str, #[prop(into)] id: String) -> impl IntoView {
    let lang = use_lang();
    let said = move || {
        let all = typed.problems(field);
        let said = all.iter().map(|each| problems::problem(lang, each)).collect::<Vec<_>>();
        // None and not an empty text: an empty paragraph takes no room.
        (!said.is_empty()).then(|| said.join(" "))
    };
    view! { <p class="error" id=id aria-live="polite">{said}</p> }.into_any()
}

/// Label above, help below, the input between.
#[component]
fn Field(
    typed: Typed,
    field: &'static str,
    label: &'static str,
    help: &'static str,
    children: Children,
) -> impl IntoView {
    let ids = Ids::of(field);
    let wrong = is_wrong(typed, field);
    view! {
        <div class="field" class:wrong=move || wrong().is_some()>
            <label for=ids.input>{label}</label>
            {children()}
            <p class="help" id=ids.help>{help}</p>
            <FieldError typed field id=ids.error/>
        </div>
    }
    .into_any()
}

/// One line of text, or a number with its unit.
#[component]
pub fn TextField(
    /// The form.
    typed: Typed,
    /// The field's name.
    field: &'static str,
    /// Its label.
    label: &'static str,
    /// Its help: limits before the mistake.
    help: &'static str,
    /// Behind the input; a field with a unit is a number.
    #[prop(optional)]
    unit: &'static str,
) -> impl IntoView {
    let ids = Ids::of(field);
    let mode = if unit.is_empty() { "text" } else { "numeric" };
    let unit = (!unit.is_empty()).then(|| view! { <span class="unit">{unit}</span> });
    let described = ids.described();
    view! {
        <Field typed field label help>
            <div class="control" class:number=mode == "numeric">
                <input
                    type="text"
                    id=ids.input
                    name=posted(field)
                    inputmode=mode
                    autocomplete="off"
                    value=typed.begin(field)
                    aria-describedby=described
                    aria-invalid=is_wrong(typed, field)
                    on:input=move |event| typed.type_in(field, event_target_value(&event))
                    on:blur=move |event| typed.left_for(field, &event)
                />
                {unit}
            </div>
        </Field>
    }
    .into_any()
}

/// Several lines. The text goes in as escaped HTML: the framework does not escape a textarea's children.
#[component]
pub fn AreaField(
    /// The form.
    typed: Typed,
    /// The field's name.
    field: &'static str,
    /// Its label.
    label: &'static str,
    /// Its help.
    help: &'static str,
) -> impl IntoView {
    let ids = Ids::of(field);
    let described = ids.described();
    view! {
        <Field typed field label help>
            <textarea
                id=ids.input
                name=posted(field)
                rows="5"
                spellcheck="false"
                aria-describedby=described
                aria-invalid=is_wrong(typed, field)
                inner_html=escaped(&typed.begin(field))
                on:input=move |event| typed.type_in(field, event_target_value(&event))
                on:blur=move |event| typed.left_for(field, &event)
            ></textarea>
        </Field>
    }
    .into_any()
}

/// The options, the value that the form began with among them: a browser chooses the first option when none is the
/// selected one, and saving would change what nobody touched.
fn with_began(typed: Typed, field: &str, mut options: Vec<(String, String)>) -> Vec<(String, String)> {
    let began = typed.began(field);
    if !began.is_empty() && options.iter().all(|(value, _)| *value != began) {
        options.insert(0, (began.clone(), began));
    }
    options
}

/// One of several: value and words of each.
#[component]
pub fn SelectField(
    /// The form.
    typed: Typed,
    /// The field's name.
    field: &'static str,
    /// Its label.
    label: &'static str,
    /// Its help.
    help: &'static str,
    /// What can be chosen.
    options: Vec<(String, String)>,
) -> impl IntoView {
    let ids = Ids::of(field);
    let chosen = typed.begin(field);
    let described = ids.described();
    let option = move |(value, words): (String, String)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{words}</option> }
    };
    view! {
        <Field typed field label help>
            <select
                id=ids.input
                name=posted(field)
                aria-describedby=described
                aria-invalid=is_wrong(typed, field)
                on:change=move |event| typed.type_in(field, event_target_value(&event))
                on:blur=move |event| {
                    // What the browser chose by itself counts as chosen.
                    typed.type_in(field, event_target_value(&event));
                    typed.left_for(field, &event);
                }
            >
                {with_began(typed, field, options).into_iter().map(option).collect_view()}
            </select>
        </Field>
    }
    .into_any()
}
