//! `/balancers`: the list.

use crate::calls::balancers::{DeleteBalancer, fetch_balancers};
use crate::components::confirm::{AskCard, TypedName, asked, use_address};
use crate::components::list::{EmptyList, Filter, Pages, Skeleton, SortHead, use_list_query};
use crate::components::menu::{Item, RowMenu, in_list};
use crate::components::refusal::{Problems, Refused, problems_of};
use crate::components::state::BalancerBadge;
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::forms::post::{ActionForm, ServerAction};
use crate::live::{is_balancer, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::balancers::{BalancerRow, LISTED_MAX};
use api::groups::{ListQuery, Page};
use api::texts::format;
use leptos::prelude::*;

/// The list of load balancers.
#[component]
pub fn BalancersPage() -> impl IntoView {
    let texts = &use_texts().balancers;
    let lang = use_lang();
    let query = use_list_query();
    let delete = ServerAction::<DeleteBalancer>::new();
    let fresh = use_live().of_kind(is_balancer);
    let balancers = resource(move || (query.get(), fresh.get()), |(query, _)| fetch_balancers(query));
    let count = move || {
        Suspend::new(async move {
            let total = balancers.await.ok()?.total;
            Some(format::total(lang, total, "load balancer", "load balancers"))
        })
    };
    let problems = problems_of(delete);
    let address = use_address();
    let body = move || {
        address();
        Suspend::new(async move {
            match balancers.await {
                Ok(page) => view! { <BalancerTable page query=query.get_untracked() delete/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.title beside=move || view! { <Transition>{count}</Transition> }>
            <a href="/balancers/new" class="button primary">{texts.new}</a>
        </PageHead>
        <Problems problems/>
        <Filter/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

#[component]
fn BalancerTable(page: Page<BalancerRow>, query: ListQuery, delete: ServerAction<DeleteBalancer>) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.balancers;
    if page.rows.is_empty() {
        return view! { <EmptyList query text=words.empty href="/balancers/new" make=words.empty_new/> }.into_any();
    }
    let head = |key, word, class| view! { <SortHead path="/balancers" query=query.clone() key word class/> };
    view! {
        <Delete rows=page.rows.clone() delete/>
        <div class="table-box list" on:click=move |event| in_list(&event)>
            <table class="cards rows">
                <thead>
                    <tr>
                        {head("name", texts.groups.name_id, "")}
                        <th scope="col">{texts.frame.status}</th>
                        <th scope="col">{words.vservers}</th>
                        <th scope="col" class="wide-only">{words.address}</th>
                        {head("created", texts.frame.created, "wide-only")}
                        <th scope="col" class="row-end"><span class="sr-only">{texts.frame.actions}</span></th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(|row| view! { <BalancerLine row/> }).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="/balancers" query next=page.next total=page.total/>
    }
    .into_any()
}

#[component]
fn BalancerLine(row: BalancerRow) -> impl IntoView {
    let texts = use_texts();
    let (id, about) = (row.id, row.name.clone());
    let named = row.vservers.iter().take(LISTED_MAX);
    let mut vservers = named
        .map(|(_, name, port)| format!("{name} :{port}"))
        .collect::<Vec<_>>()
        .join(", ");
    if row.vservers.len() > LISTED_MAX {
        vservers.push_str(", …");
    }
    let items = vec![
        Item::Open(format!("/balancers/{id}"), texts.frame.open),
        Item::Ask(format!("/balancers?delete={id}"), texts.balancers.delete),
    ];
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
            <td class="row-end">
                <RowMenu id=format!("menu-{id}") about items/>
            </td>
        </tr>
    }
    .into_any()
}

/// Asks before the load balancer in the address goes.
#[component]
fn Delete(rows: Vec<BalancerRow>, delete: ServerAction<DeleteBalancer>) -> impl IntoView {
    let texts = &use_texts().balancers;
    let asked = asked("delete");
    let row = rows.iter().find(|row| row.id.to_string() == asked)?;
    let (id, name) = (row.id, row.name.clone());
    Some(view! {
        <AskCard title=format!("{} {name}", texts.delete_title) text=texts.delete_text back="/balancers">
            <ActionForm action=delete>
                <input type="hidden" name="id" value=id.to_string()/>
                <TypedName id="delete-typed" name/>
                <button type="submit" class="button danger">{texts.delete}</button>
            </ActionForm>
        </AskCard>
    })
}
