//! The running summary: what will exist, what it costs, what happens next.

use super::steps::happens;
use super::{Purpose, chosen};
use crate::forms::typed::Typed;
use crate::visit::{use_lang, use_texts};
use api::groups::GroupForm;
use api::templates::TemplateRow;
use api::texts::format;
use leptos::prelude::*;

/// Hours of a mean month: a year's 8 760 by twelve.
const MONTH_HOURS: i64 = 730;

/// Price of so many hours at min and at max.
fn price(form: &GroupForm, template: &TemplateRow, currency: &str, hours: i64) -> String {
    let of = |text: &str| {
        let count: i64 = text.trim().parse().unwrap_or(0);
        let micros = template.hour_micros.saturating_mul(count).saturating_mul(hours);
        format::money(micros, currency)
    };
    if form.min.trim() == form.max.trim() {
        of(&form.min)
    } else {
        format!("{} – {}", of(&form.min), of(&form.max))
    }
}

/// Beside the form.
#[component]
pub(super) fn Summary(typed: Typed, templates: Vec<TemplateRow>, currency: String, purpose: Purpose) -> impl IntoView {
    let texts = use_texts();
    let lang = use_lang();
    let words = &texts.wizard;
    let body = move || {
        let form = typed.form::<GroupForm>();
        let template = chosen(&form, &templates);
        let exist = template.as_ref().map(|row| {
            let each = format!(
                "{} · {} vCPU · {}",
                row.image,
                format::vcpus(row.vcpu_milli),
                format::memory(row.memory_mib)
            );
            view! { <p>{format!("{}–{} × {each}", form.min, form.max)}</p> }
        });
        let price = template.as_ref().map(|row| {
            let month = price(&form, row, &currency, MONTH_HOURS);
            view! {
                <p class="price num-left">{price(&form, row, &currency, 1)}</p>
                <p class="quiet">{month}" "{words.price_month}</p>
            }
        });
        let next = happens(&form, lang, purpose)
            .into_iter()
            .map(|line| view! { <li>{line}</li> })
            .collect_view();
        view! {
            <h3>{words.will_exist}</h3>
            {exist}
            <h3>{words.price}</h3>
            {price}
            <h3>{words.happens}</h3>
            <ul>{next}</ul>
        }
    };
    let note = (purpose == Purpose::Edit).then(|| view! { <p class="help">{words.edit_note}</p> });
    view! {
        <aside class="wizard-summary card" aria-label=words.summary>
            <h2>{words.summary}</h2>
            {body}
            <p class="help">{words.stateless}</p>
            {note}
        </aside>
    }
    .into_any()
}
