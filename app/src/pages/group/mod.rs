//! `/groups/:id`: is it well, what is it doing, why, what next (seed 14.3.2.2).
//!
//! The page is read again whenever the group changes. Resources and actions live outside of what is drawn again, so that
//! nothing is fetched twice, nothing blinks, and a refusal stays until the next try.

mod acts;
mod balancing;
mod chart;
mod header;
mod instances;
mod log;
mod paged;
mod policy;
mod tabs;
mod why;

use crate::calls::CallError;
use crate::calls::groups::fetch_group;
use crate::components::list::Skeleton;
use crate::components::refusal::{Problems, Refused};
use crate::live::{Freshness, use_live};
use crate::wire::{Loaded, resource};
use acts::Acts;
use api::groups::GroupView;
use api::live::Change;
use balancing::Balancing;
use chart::SizeFigure;
use header::{Desired, Header};
use instances::Instances;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use log::Log;
use policy::PolicyPart;
use tabs::{Tab, Tabs};
use why::Why;

/// The group as read last.
pub(super) type Group = Loaded<Result<GroupView, CallError>>;

/// The id as it stands in the address.
pub(crate) fn use_group_id() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()))
}

/// Differs after each change of this group.
pub(crate) fn use_freshness(id: Memo<String>) -> Memo<Freshness> {
    use_live().of(move || id.get().parse().ok().map(|id| Change::Group { id }))
}

/// A group's page.
#[component]
pub fn GroupPage() -> impl IntoView {
    let id = use_group_id();
    let acts = Acts::new();
    let typed = Desired::new(None);
    let fresh = use_freshness(id);
    let group: Group = resource(
        move || (id.get(), fresh.get(), acts.version()),
        |(id, ..)| fetch_group(id),
    );
    let tab = use_tab();
    let head = move || {
        Suspend::new(async move {
            match group.await {
                Ok(view) => view! { <Header view typed acts/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    let tabs = move || {
        let tab = tab.get();
        Suspend::new(async move { group.await.ok().map(|view| view! { <Tabs tab view/> }) })
    };
    view! {
        <Problems problems=acts.problems()/>
        <Transition fallback=Skeleton>{head}</Transition>
        <SizeFigure id/>
        <Transition>{tabs}</Transition>
        {move || view! { <Part tab=tab.get() id group acts/> }}
    }
    .into_any()
}

fn use_tab() -> Memo<Tab> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| Tab::of_key(query.get_str("tab").unwrap_or_default())))
}

/// The part that is open. It is made anew when another is opened, not when the group changes.
#[component]
fn Part(tab: Tab, id: Memo<String>, group: Group, acts: Acts) -> impl IntoView {
    let part = match tab {
        Tab::Instances => view! { <Instances id group acts/> }.into_any(),
        Tab::Log => view! { <Log id acts/> }.into_any(),
        Tab::Why => view! { <Why id acts/> }.into_any(),
        Tab::Balancing => view! { <Balancing group acts/> }.into_any(),
        Tab::Policy => policy_part(group),
    };
    view! { <section class="part" aria-labelledby=format!("tab-{}", tab.key())>{part}</section> }.into_any()
}

/// What people set comes with the group. When there is no such group the head says so.
fn policy_part(group: Group) -> AnyView {
    let body = move || Suspend::new(async move { group.await.ok().map(|view| view! { <PolicyPart view/> }) });
    view! { <Transition>{body}</Transition> }.into_any()
}
