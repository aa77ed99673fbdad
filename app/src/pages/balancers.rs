//! `/balancers`: the list.

use crate::calls::balancers::fetch_balancers;
use crate::components::list::{EmptyList, Filter, Pages, Skeleton, use_list_query};
use crate::components::refusal::Refused;
use crate::components::state::BalancerBadge;
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::live::{is_balancer, use_live};
use crate::visit::use_texts;
use crate::wire::resource;
use api::balancers::BalancerRow;
use api::groups::{ListQuery, Page};
use leptos::prelude::*;

/// The list of load balancers.
#[component]
pub fn BalancersPage() -> impl IntoView {
    let texts = &use_texts().balancers;
    let query = use_list_query();
    let fresh = use_live().of_kind(is_balancer);
    let balancers = resource(move || (query.get(), fresh.get()), |(query, _)| fetch_balancers(query));
    let body = move || {
        Suspend::new(async move {
            match balancers.await {
                Ok(page) => view! { <BalancerTable page query=query.get_untracked()/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.title>
            <a href="/balancers/new" class="button primary">{texts.new}</a>
        </PageHead>
        <Filter/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

#[component]
fn BalancerTable(page: Page<BalancerRow>, query: ListQuery) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.balancers;
    if page.rows.is_empty() {
        return view! { <EmptyList query text=words.empty href="/balancers/new" make=words.empty_new/> }.into_any();
    }
    view! {
        <div class="table-box">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{texts.groups.name_id}</th>
                        <th scope="col">{texts.frame.status}</th>
                        <th scope="col">{words.vservers}</th>
                        <th scope="col" class="wide-only">{words.address}</th>
                        <th scope="col" class="wide-only">{texts.frame.created}</th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(|row| view! { <BalancerLine row/> }).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="/balancers" query next=page.next/>
    }
    .into_any()
}

#[component]
fn BalancerLine(row: BalancerRow) -> impl IntoView {
    let vservers = row
        .vservers
        .iter()
        .map(|(_, name, port)| format!("{name} :{port}"))
        .collect::<Vec<_>>()
        .join(", ");
    view! {
        <tr>
            <td>
                <a href=format!("/balancers/{}", row.id) class="row-name">{row.name}</a>
                <span class="id wide-only">{row.id.to_string()}</span>
            </td>
            <td><BalancerBadge health=row.health/></td>
            <td>{vservers}</td>
            <td class="wide-only">{row.address}</td>
            <td class="wide-only"><Instant ms=row.created_ms/></td>
        </tr>
    }
    .into_any()
}
