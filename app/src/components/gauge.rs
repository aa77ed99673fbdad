//! The water-level gauge: min, desired, actual and max as one bar.

use crate::visit::{use_lang, use_texts};
use api::groups::GroupRow;
use api::texts::format::number;
use api::texts::groups as words;
use leptos::prelude::*;

/// Whether the numbers stand under the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Captions {
    /// They do.
    Shown,
    /// They stand elsewhere (a table's columns).
    Hidden,
}

/// Where on a bar of `full` instances `count` is, in thousandths.
fn place(count: u32, full: u32) -> u64 {
    u64::from(count)
        .saturating_mul(1_000)
        .checked_div(u64::from(full))
        .unwrap_or(0)
        .min(1_000)
}

/// `37.5%`.
fn css(thousandths: u64) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// Below this a mark might be narrower than its three pixels: a table's bar has 120 of them.
const NARROW: u64 = 30;

/// The same, with room for a mark however long the bar is: one instance of a million is still seen.
fn seen(thousandths: u64) -> String {
    let place = css(thousandths);
    if thousandths < NARROW {
        format!("max(3px,{place})")
    } else {
        place
    }
}

/// The bar with its four marks. In service is solid, what exists beyond that hatched, the limits a faint band, desired a
/// line; the same in words for those who do not see it.
#[component]
pub fn Gauge(
    /// The group.
    row: GroupRow,
    /// Captions under the bar?
    #[prop(default = Captions::Shown)]
    captions: Captions,
) -> impl IntoView {
    let texts = &use_texts().groups;
    let full = row.max.max(row.everything).max(row.desired).max(1);
    let at = |count| seen(place(count, full));
    let wide = |count: u32| if count == 0 { css(0) } else { at(count) };
    let width = place(row.max, full).saturating_sub(place(row.min, full));
    let band = format!("left:{};width:{}", css(place(row.min, full)), css(width));
    let words = words::gauge(
        use_lang(),
        row.min,
        row.desired,
        row.in_service,
        row.everything,
        row.max,
    );
    let marks = [
        (texts.in_service, row.in_service),
        (texts.desired, row.desired),
        (texts.min, row.min),
        (texts.max, row.max),
    ];
    let legend = (captions == Captions::Shown).then(|| {
        let each =
            |(name, count): (&'static str, u32)| view! { <div><dt>{name}</dt><dd>{number(count.into())}</dd></div> };
        view! { <dl class="gauge-legend">{marks.map(each).into_iter().collect_view()}</dl> }
    });
    view! {
        <div class="gauge">
            <div class="gauge-bar" role="img" aria-label=words.clone() title=words>
                <div class="gauge-band" style=band></div>
                <div class="gauge-exist" style=format!("width:{}", wide(row.everything))></div>
                <div class="gauge-level" style=format!("width:{}", wide(row.in_service))></div>
                <div class="gauge-mark" style=format!("left:{}", at(row.desired))></div>
            </div>
            {legend}
        </div>
    }
    .into_any()
}
