//! `/`: what needs a person, and how much there is.

use crate::calls::groups::fetch_overview;
use crate::components::list::Skeleton;
use crate::components::refusal::Refused;
use crate::components::state::GroupBadge;
use crate::components::title::PageHead;
use crate::live::{is_group, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{GroupRow, Overview};
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
                Ok(seen) => view! { <Totals seen=seen.clone()/><NeedPerson seen/> }.into_any(),
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
    let figure = |(name, count)| view! { <div class="figure"><dt>{name}</dt><dd>{count}</dd></div> };
    view! {
        <dl class="figures">{figures.map(figure).into_iter().collect_view()}</dl>
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
        return view! { <section class="calm"><h2>{texts.all_calm}</h2><p>{texts.all_calm_text}</p></section> }
            .into_any();
    }
    let shown = waiting.len();
    let rest = (shown < alarms as usize).then(|| view! { <p class="quiet">{first_of(lang, shown, alarms)}</p> });
    let item = |row: GroupRow| {
        view! { <li><a href=format!("/groups/{}", row.id)>{row.name.clone()}</a>" "<GroupBadge row/></li> }
    };
    view! {
        <section>
            <h2>{texts.need_person}</h2>
            <ul class="plain-list">{waiting.into_iter().map(item).collect_view()}</ul>
            {rest}
        </section>
    }
    .into_any()
}
