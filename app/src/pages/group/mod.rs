//! `/groups/:id`: is it well, what is it doing, why, what next (seed 14.3.2.2).
//!
//! The page is read again whenever the group changes; the forms' actions live outside of what is drawn again, so a
//! refusal stays until the next try.

mod acts;
mod balancing;
mod chart;
mod header;
mod instances;
mod log;
mod policy;
mod tabs;

use crate::calls::groups::fetch_group;
use crate::components::list::Skeleton;
use crate::components::refusal::{Problems, Refused};
use crate::components::trail::Decisions;
use crate::live::use_live;
use acts::Acts;
pub(crate) use acts::refusal;
use api::groups::GroupView;
use api::live::Change;
use balancing::Balancing;
use chart::SizeFigure;
use header::Header;
use instances::Instances;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use log::Log;
use policy::PolicyPart;
use tabs::{Tab, Tabs};

/// The id as it stands in the address.
pub(crate) fn use_group_id() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()))
}

/// What changed about this group, as a number that differs after each change.
pub(crate) fn use_freshness(id: Memo<String>) -> Memo<crate::live::Freshness> {
    let live = use_live();
    let change = id.get_untracked().parse().ok().map(|id| Change::Group { id });
    live.of(change)
}

/// A group's page.
#[component]
pub fn GroupPage() -> impl IntoView {
    let id = use_group_id();
    let acts = Acts::new();
    let fresh = use_freshness(id);
    let group = Resource::new(
        move || (id.get(), fresh.get(), acts.version()),
        |(id, ..)| fetch_group(id),
    );
    let tab = use_tab();
    let head = move || {
        Suspend::new(async move {
            match group.await {
                Ok(view) => view! { <Header view acts/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    let body = move || {
        let tab = tab.get();
        Suspend::new(async move { group.await.ok().map(|view| view! { <Part tab view acts/> }) })
    };
    view! {
        <Problems problems=acts.problems()/>
        <Transition fallback=Skeleton>{head}</Transition>
        <SizeFigure id/>
        <Transition>{body}</Transition>
    }
    .into_any()
}

fn use_tab() -> Memo<Tab> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| Tab::of_key(query.get_str("tab").unwrap_or_default())))
}

/// The tabs and the one that is open.
#[component]
fn Part(tab: Tab, view: GroupView, acts: Acts) -> impl IntoView {
    let id = view.row.id;
    let part = match tab {
        Tab::Instances => view! { <Instances view=view.clone() acts/> }.into_any(),
        Tab::Log => view! { <Log id/> }.into_any(),
        Tab::Why => view! { <Decisions decisions=view.decisions.clone()/> }.into_any(),
        Tab::Balancing => view! { <Balancing view=view.clone() acts/> }.into_any(),
        Tab::Policy => view! { <PolicyPart view=view.clone()/> }.into_any(),
    };
    view! {
        <Tabs tab view/>
        <section class="part" aria-labelledby=format!("tab-{}", tab.key())>{part}</section>
    }
    .into_any()
}
