//! Size and metrics over time, with every scaling event; its range stands in the address.

use super::use_freshness;
use crate::calls::groups::fetch_series;
use crate::charts::{Palette, choose, event_name, size_option};
use crate::components::chart::{Figure, is_dark};
use crate::components::icon::{Icon, Shape};
use crate::components::trail::Instant;
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{ActivityView, SeriesView};
use api::texts::{causes, format, groups as words};
use engine::memory::CycleRecord;
use engine::model::{ActivityId, CYCLE_MS, GroupId, Metric, Span};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Minutes a chart may show.
const RANGES: [u32; 4] = [15, 60, 360, 1_440];
/// Rows of the table: the newest. More of them nobody reads.
const ROWS: usize = 60;

fn use_range() -> Memo<u32> {
    let query = use_query_map();
    Memo::new(move |_| {
        let asked = query.with(|query| query.get_str("range").and_then(|text| text.parse().ok()));
        asked.filter(|minutes| RANGES.contains(minutes)).unwrap_or(60)
    })
}

/// The figure; nothing for an id that is none.
#[component]
pub(super) fn SizeFigure(id: Memo<String>) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    let range = use_range();
    let fresh = use_freshness(id);
    let palette = if is_dark() { Palette::DARK } else { Palette::LIGHT };
    let source = move || (id.get(), range.get(), fresh.get());
    let series = resource(source, |(id, minutes, _)| async move {
        match id.parse::<GroupId>() {
            Ok(id) => fetch_series(id, minutes).await.ok(),
            Err(_) => None,
        }
    });
    let chosen = RwSignal::new(None::<ActivityId>);
    let option = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(Some(series)) = series.get() {
            let mut drawn = size_option(&series, lang, palette);
            let mark = series.marks.iter().find(|mark| Some(mark.id) == chosen.get());
            if let Some(mark) = mark {
                choose(&mut drawn, mark, lang, palette);
            }
            option.set(Some(drawn.to_string()));
        }
    });
    let events = move || Suspend::new(async move { series.await.map(|series| view! { <Events series chosen/> }) });
    let table = move || Suspend::new(async move { series.await.map(|series| view! { <Table series/> }) });
    view! {
        <Figure
            caption=texts.chart table_word=texts.chart_table option=option
            beside=ViewFn::from(move || view! { <Ranges range/> })
            under=ViewFn::from(move || view! { <Transition>{events}</Transition> })
        >
            <Transition>{table}</Transition>
        </Figure>
    }
    .into_any()
}

/// The events of the chart one by one, the latest first in sight: what a pointer finds by hovering.
#[component]
fn Events(series: SeriesView, chosen: RwSignal<Option<ActivityId>>) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    let marks = series.marks;
    let Some(last) = marks.len().checked_sub(1) else {
        return view! { <p class="events quiet">{texts.events_none}</p> }.into_any();
    };
    let marks = StoredValue::new(marks);
    let at = move || {
        let id = chosen.get();
        let place = |all: &Vec<ActivityView>| all.iter().position(|mark| Some(mark.id) == id);
        marks.try_with_value(place).flatten().unwrap_or(last)
    };
    // While the series is read again its buttons still stand, and these marks are gone.
    let go = move |to: usize| {
        if let Some(mark) = marks.try_with_value(|all| all.get(to).map(|mark| mark.id)) {
            chosen.set(mark);
        }
    };
    let said = move || {
        let here = at();
        let place = words::event_of(lang, here + 1, last + 1);
        marks.with_value(|all| {
            all.get(here).map(|mark| {
                let name = event_name(mark, lang);
                view! { <Instant ms=mark.started_ms/>" "{name}<span class="quiet">" · "{place}</span> }
            })
        })
    };
    view! {
        <div class="events" role="group" aria-label=texts.events>
            <button
                type="button" class="icon-button" aria-label=texts.event_before disabled=move || at() == 0
                on:click=move |_| go(untrack(at).saturating_sub(1))
            ><Icon shape=Shape::Left/></button>
            <button
                type="button" class="icon-button" aria-label=texts.event_after disabled=move || at() == last
                on:click=move |_| go((untrack(at) + 1).min(last))
            ><Icon shape=Shape::Right/></button>
            <p aria-live="polite">{said}</p>
        </div>
    }
    .into_any()
}

/// Links to the other ranges.
#[component]
fn Ranges(range: Memo<u32>) -> impl IntoView {
    let texts = &use_texts().groups;
    let query = use_query_map();
    let link = move |minutes: u32| {
        let word = match minutes {
            15 => texts.range_15,
            60 => texts.range_60,
            360 => texts.range_360,
            _ => texts.range_1440,
        };
        let open = move || query.with(|query| query.get("tab").filter(|tab| !tab.is_empty()));
        let tab = move || open().map(|tab| format!("&tab={tab}")).unwrap_or_default();
        let current = move || (range.get() == minutes).then_some("true");
        view! {
            <li>
                <a href=move || format!("?range={minutes}{}", tab()) data-noscroll="" aria-current=current>{word}</a>
            </li>
        }
    };
    view! { <ul class="ranges" aria-label=texts.range>{RANGES.map(link).into_iter().collect_view()}</ul> }.into_any()
}

/// The same data as a table: cycles newest first, with the events in between.
#[component]
fn Table(series: SeriesView) -> impl IntoView {
    let texts = &use_texts().groups;
    if series.cycles.is_empty() {
        return view! { <p class="quiet">{texts.chart_empty}</p> }.into_any();
    }
    let rows = series
        .cycles
        .iter()
        .rev()
        .take(ROWS)
        .map(|cycle| view! { <Row series=series.clone() cycle=cycle.clone()/> });
    let rows = rows.collect_view();
    view! {
        <div class="table-box" tabindex="0">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{texts.time}</th>
                        <th scope="col" class="num">{texts.chart_actual}</th>
                        <th scope="col" class="num">{texts.chart_desired}</th>
                        <th scope="col" class="num">{texts.chart_exist}</th>
                        <th scope="col" class="num">{texts.cpu}</th>
                        <th scope="col" class="num">{texts.memory}</th>
                        <th scope="col">{texts.tab_log}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(series: SeriesView, cycle: CycleRecord) -> impl IntoView {
    let texts = &use_texts().groups;
    let lang = use_lang();
    let began = cycle.cycle.begins(Span(series.offset_ms)).0;
    let mean = |metric: Metric| match cycle.means.get(metric.index()) {
        Some(Ok(milli)) => format::percent(lang, *milli),
        _ => texts.chart_missing.to_owned(),
    };
    let within = series
        .marks
        .iter()
        .filter(|mark| (began..began + CYCLE_MS).contains(&mark.started_ms));
    let events = within
        .map(|mark| causes::action(lang, mark))
        .collect::<Vec<_>>()
        .join("; ");
    view! {
        <tr>
            <td><Instant ms=began + CYCLE_MS/></td>
            <td class="num">{cycle.in_service}</td>
            <td class="num">{cycle.desired}</td>
            <td class="num">{cycle.everything}</td>
            <td class="num">{mean(Metric::Cpu)}</td>
            <td class="num">{mean(Metric::Memory)}</td>
            <td>{events}</td>
        </tr>
    }
    .into_any()
}
