//! `/`: what needs a person, how much there is, and what scaled last; before there is anything, what to do first.

use crate::calls::groups::fetch_overview;
use crate::components::list::Skeleton;
use crate::components::refusal::Refused;
use crate::components::state::GroupBadge;
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::live::{is_group, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{GroupRow, Overview, Scaling};
use api::texts::causes;
use api::texts::format::number;
use api::texts::frame::first_of;
use leptos::prelude::*;

/// The overview.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let texts = use_texts();
    let fresh = use_live().of_kind(is_group);
    let seen = resource(move || fresh.get(), |_| fetch_overview());
    let body = move || {
        Suspend::new(async move {
            match seen.await {
                Ok(seen) if seen.groups == 0 => view! { <Start/> }.into_any(),
                Ok(seen) => {
                    let latest = seen.latest.clone();
                    view! { <Totals seen=seen.clone()/><NeedPerson seen/><Latest latest/> }.into_any()
                }
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.frame.overview>
            <a href="/groups/new" class="button primary">{texts.groups.new}</a>
        </PageHead>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

/// What to do first.
#[component]
fn Start() -> impl IntoView {
    let texts = &use_texts().frame;
    let steps = [
        ("/templates/new", texts.start_template, texts.start_template_text),
        ("/groups/new", texts.start_group, texts.start_group_text),
        ("/balancers/new", texts.start_balancer, texts.start_balancer_text),
    ];
    let step = |(href, word, text): (&'static str, &'static str, &'static str)| {
        view! { <li><a href=href>{word}</a>" "<span class="quiet">{text}</span></li> }
    };
    view! {
        <section class="card start">
            <h2>{texts.start_title}</h2>
            <p>{texts.start_text}</p>
            <ol>{steps.map(step).into_iter().collect_view()}</ol>
        </section>
    }
    .into_any()
}

/// How much there is.
#[component]
fn Totals(seen: Overview) -> impl IntoView {
    let texts = &use_texts().frame;
    let note = seen
        .stops_short()
        .then(|| view! { <p class="quiet">{texts.stops_short}</p> });
    let figures = [
        (texts.groups_in_all, u64::from(seen.groups)),
        (texts.desired, seen.desired),
        (texts.in_service, seen.in_service),
        (texts.machines, seen.everything),
    ];
    let figure = |(name, count)| view! { <div class="figure"><dt>{name}</dt><dd>{number(count)}</dd></div> };
    view! {
        <dl class="figures">{figures.map(figure).into_iter().collect_view()}</dl>
        <p class="help">{texts.machines_help}</p>
        {note}
    }
    .into_any()
}

/// Groups that need a person, or that nothing does.
#[component]
fn NeedPerson(seen: Overview) -> impl IntoView {
    let texts = &use_texts().frame;
    let lang = use_lang();
    let (waiting, alarms) = (seen.waiting, seen.alarms);
    if waiting.is_empty() {
        return view! {
            <section class="overview-part calm">
                <h2>{texts.all_calm}</h2>
                <p>{texts.all_calm_text}</p>
            </section>
        }
        .into_any();
    }
    let shown = waiting.len();
    let rest = (shown < alarms as usize).then(|| view! { <p class="quiet">{first_of(lang, shown, alarms)}</p> });
    let item = |row: GroupRow| {
        view! { <li><a href=format!("/groups/{}", row.id)>{row.name.clone()}</a>" "<GroupBadge row/></li> }
    };
    view! {
        <section class="overview-part">
            <h2>{texts.need_person}</h2>
            <ul class="plain-list">{waiting.into_iter().map(item).collect_view()}</ul>
            {rest}
        </section>
    }
    .into_any()
}

/// How desired moved last, whichever group's.
#[component]
fn Latest(latest: Vec<Scaling>) -> impl IntoView {
    let texts = use_texts();
    if latest.is_empty() {
        return view! {
            <section class="overview-part">
                <h2>{texts.frame.latest}</h2>
                <p class="quiet">{texts.frame.latest_none}</p>
            </section>
        }
        .into_any();
    }
    view! {
        <section class="overview-part">
            <h2>{texts.frame.latest}</h2>
            <div class="table-box" tabindex="0">
                <table class="cards log latest">
                    <thead>
                        <tr>
                            <th scope="col">{texts.groups.time}</th>
                            <th scope="col">{texts.frame.kind_group}</th>
                            <th scope="col">{texts.groups.cause}</th>
                            <th scope="col" class="num">{texts.groups.desired}</th>
                        </tr>
                    </thead>
                    <tbody>{latest.into_iter().map(|scaling| view! { <LatestLine scaling/> }).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn LatestLine(scaling: Scaling) -> impl IntoView {
    let Scaling { group, name, gone, .. } = scaling;
    let name = if gone {
        name.into_any()
    } else {
        view! { <a href=format!("/groups/{group}")>{name}</a> }.into_any()
    };
    let moved = format!("{} → {}", number(scaling.from.into()), number(scaling.to.into()));
    view! {
        <tr>
            <td class="nowrap"><Instant ms=scaling.at_ms/></td>
            <td>{name}</td>
            <td class="cause">{causes::cause(use_lang(), &scaling.cause)}</td>
            <td class="num nowrap">{moved}</td>
        </tr>
    }
    .into_any()
}
