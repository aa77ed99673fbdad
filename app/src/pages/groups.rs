//! `/groups`: the list (seed 14.3.2.1).

use crate::calls::groups::fetch_groups;
use crate::components::gauge::{Captions, Gauge};
use crate::components::list::{EmptyList, Filter, Pages, Skeleton, use_list_query};
use crate::components::refusal::Refused;
use crate::components::state::GroupBadge;
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::live::{is_group, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{GroupRow, ListQuery, Page};
use api::texts::groups::counted;
use leptos::prelude::*;

/// The list of groups.
#[component]
pub fn GroupsPage() -> impl IntoView {
    let texts = use_texts();
    let lang = use_lang();
    let query = use_list_query();
    let fresh = use_live().of_kind(is_group);
    let groups = resource(move || (query.get(), fresh.get()), |(query, _)| fetch_groups(query));
    let count = move || Suspend::new(async move { groups.await.ok().map(|page| counted(lang, page.total)) });
    let body = move || {
        Suspend::new(async move {
            match groups.await {
                Ok(page) => view! { <GroupTable page query=query.get_untracked()/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.groups.title beside=move || view! { <Transition>{count}</Transition> }>
            <a href="/groups/new" class="button primary">{texts.groups.new}</a>
        </PageHead>
        <Filter/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

/// The table, or what a group is for.
#[component]
fn GroupTable(page: Page<GroupRow>, query: ListQuery) -> impl IntoView {
    let texts = use_texts();
    let (words, frame) = (&texts.groups, &texts.frame);
    if page.rows.is_empty() {
        return view! { <EmptyList query text=words.empty href="/groups/new" make=words.empty_new/> }.into_any();
    }
    view! {
        <div class="table-box">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{words.name_id}</th>
                        <th scope="col">{frame.status}</th>
                        <th scope="col" class="wide-only">{words.gauge}</th>
                        <th scope="col" class="num">{words.in_service}</th>
                        <th scope="col" class="num">{words.desired}</th>
                        <th scope="col" class="num wide-only">{words.limits}</th>
                        <th scope="col" class="wide-only">{words.template}</th>
                        <th scope="col" class="wide-only">{frame.created}</th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(|row| view! { <GroupLine row/> }).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="/groups" query next=page.next/>
    }
    .into_any()
}

#[component]
fn GroupLine(row: GroupRow) -> impl IntoView {
    view! {
        <tr>
            <td>
                <a href=format!("/groups/{}", row.id) class="row-name">{row.name.clone()}</a>
                <span class="id wide-only">{row.id.to_string()}</span>
            </td>
            <td><GroupBadge row=row.clone()/></td>
            <td class="wide-only"><Gauge row=row.clone() captions=Captions::Hidden/></td>
            <td class="num">{row.in_service}</td>
            <td class="num">{row.desired}</td>
            <td class="num wide-only">{format!("{}–{}", row.min, row.max)}</td>
            <td class="wide-only nowrap"><a href=format!("/templates/{}", row.template)>{row.template_name}</a></td>
            <td class="wide-only"><Instant ms=row.created_ms/></td>
        </tr>
    }
    .into_any()
}
