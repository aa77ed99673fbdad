//! The running summary: what will exist, what it costs, what happens next.

use super::steps::happens;
use super::{Purpose, bounds, chosen};
use crate::forms::typed::Typed;
use crate::visit::{use_lang, use_texts};
use api::groups::GroupForm;
use api::templates::TemplateRow;
use api::texts::{format, wizard as said};
use leptos::prelude::*;

/// Hours of a mean month: a year's 8 760 by twelve.
const MONTH_HOURS: i64 = 730;

/// Price of so many hours at min and at max.
fn price((min, max): (u32, u32), template: &TemplateRow, currency: &str, hours: i64) -> String {
    let of = |count: u32| {
        let hour = template.hour_micros.saturating_mul(count.into());
        hour.saturating_mul(hours)
    };
    format::money_range(of(min), of(max), currency)
}

/// `2–4`, or one number when both are the same.
fn span((min, max): (u32, u32)) -> String {
    let (from, to) = (format::number(min.into()), format::number(max.into()));
    if min == max { from } else { format!("{from}–{to}") }
}

/// Beside the form.
#[component]
pub(super) fn Summary(typed: Typed, templates: Vec<TemplateRow>, currency: String, purpose: Purpose) -> impl IntoView {
    let texts = use_texts();
    let lang = use_lang();
    let words = &texts.wizard;
    let exists = match purpose {
        Purpose::New => words.will_exist,
        Purpose::Edit => words.will_be,
    };
    let body = move || {
        let form = typed.form::<GroupForm>();
        let template = chosen(&form, &templates);
        // While min and max do not fit there is nothing to say of them.
        let sized = template.as_ref().zip(bounds(&form));
        let exist = sized.map(|(row, bounds)| {
            let each = format!(
                "{} · {} vCPU · {}",
                row.image,
                format::vcpus(row.vcpu_milli),
                format::memory(row.memory_mib)
            );
            view! { <p>{format!("{} × {each}", span(bounds))}</p> }
        });
        let price = sized.map(|(row, bounds)| {
            let month = price(bounds, row, &currency, MONTH_HOURS);
            view! {
                <p class="price num-left">{price(bounds, row, &currency, 1)}</p>
                <p class="quiet">{said::month(lang, &month)}</p>
            }
        });
        let next = happens(&form, lang, purpose)
            .into_iter()
            .map(|line| view! { <li>{line}</li> })
            .collect_view();
        view! {
            <h3>{exists}</h3>
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
            {note}
        </aside>
    }
    .into_any()
}
