//! `/`: what needs a person, and how much there is.

use crate::calls::groups::fetch_groups;
use crate::components::list::Skeleton;
use crate::components::refusal::Refused;
use crate::components::state::GroupBadge;
use crate::components::title::PageHead;
use crate::live::{is_group, use_live};
use crate::visit::use_texts;
use crate::wire::resource;
use api::groups::{GroupRow, ListQuery};
use leptos::prelude::*;

/// The overview.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let texts = use_texts();
    let fresh = use_live().of_kind(is_group);
    // The first 200 groups: an overview, not a report.
    let all = || ListQuery {
        limit: 200,
        ..ListQuery::default()
    };
    let groups = resource(move || fresh.get(), move |_| fetch_groups(all()));
    let body = move || {
        Suspend::new(async move {
            match groups.await {
                Ok(page) => {
                    view! { <Totals rows=page.rows.clone() total=page.total/><NeedPerson rows=page.rows/> }.into_any()
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

/// How much there is.
#[component]
fn Totals(rows: Vec<GroupRow>, total: u32) -> impl IntoView {
    let texts = &use_texts().frame;
    let sum = |count: fn(&GroupRow) -> u32| rows.iter().map(|row| u64::from(count(row))).sum::<u64>();
    let figures = [
        (texts.groups_in_all, u64::from(total)),
        (texts.desired, sum(|row| row.desired)),
        (texts.in_service, sum(|row| row.in_service)),
        (texts.machines, sum(|row| row.everything)),
    ];
    let figure = |(name, count)| view! { <div class="figure"><dt>{name}</dt><dd>{count}</dd></div> };
    view! { <dl class="figures">{figures.map(figure).into_iter().collect_view()}</dl> }.into_any()
}

/// Groups that need a person, or that nothing does.
#[component]
fn NeedPerson(rows: Vec<GroupRow>) -> impl IntoView {
    let texts = &use_texts().frame;
    let waiting: Vec<GroupRow> = rows.into_iter().filter(|row| row.alarm).collect();
    if waiting.is_empty() {
        return view! { <section class="calm"><h2>{texts.all_calm}</h2><p>{texts.all_calm_text}</p></section> }
            .into_any();
    }
    let item = |row: GroupRow| {
        view! { <li><a href=format!("/groups/{}", row.id)>{row.name.clone()}</a>" "<GroupBadge row/></li> }
    };
    view! {
        <section>
            <h2>{texts.need_person}</h2>
            <ul class="plain-list">{waiting.into_iter().map(item).collect_view()}</ul>
        </section>
    }
    .into_any()
}
