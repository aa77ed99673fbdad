//! `/templates`: the list (seed 14.2.2).

use crate::calls::templates::{DeleteTemplate, fetch_catalogue, fetch_templates};
use crate::components::confirm::{AskCard, asked, use_address};
use crate::components::list::{EmptyList, Filter, Pages, Skeleton, SortHead, cut, use_list_query};
use crate::components::menu::{Item, RowMenu, in_list};
use crate::components::refusal::{Problems, Refused, problems_of};
use crate::components::title::PageHead;
use crate::components::trail::Instant;
use crate::forms::post::{ActionForm, ServerAction};
use crate::live::{is_template, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::groups::{ListQuery, Page};
use api::templates::{TemplateRow, USED_BY_MAX};
use api::texts::format;
use engine::model::GroupId;
use leptos::prelude::*;

/// The list of templates.
#[component]
pub fn TemplatesPage() -> impl IntoView {
    let texts = use_texts();
    let lang = use_lang();
    let query = use_list_query();
    let delete = ServerAction::<DeleteTemplate>::new();
    let fresh = use_live().of_kind(is_template);
    let templates = resource(
        move || (query.get(), fresh.get()),
        |(query, _)| async move {
            let page = fetch_templates(query).await?;
            let currency = fetch_catalogue().await?.currency;
            Ok::<_, crate::calls::CallError>((page, currency))
        },
    );
    let count = move || {
        Suspend::new(async move {
            let total = templates.await.ok()?.0.total;
            Some(format::total(lang, total, "template", "templates"))
        })
    };
    let problems = problems_of(delete);
    let address = use_address();
    let body = move || {
        address();
        Suspend::new(async move {
            match templates.await {
                Ok((page, currency)) => {
                    view! { <TemplateTable page currency query=query.get_untracked() delete/> }.into_any()
                }
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.templates.title beside=move || view! { <Transition>{count}</Transition> }>
            <a href="/templates/new" class="button primary">{texts.templates.new}</a>
        </PageHead>
        <Problems problems/>
        <Filter/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

#[component]
fn TemplateTable(
    page: Page<TemplateRow>,
    currency: String,
    query: ListQuery,
    delete: ServerAction<DeleteTemplate>,
) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.templates;
    if page.rows.is_empty() {
        return view! { <EmptyList query text=words.empty href="/templates/new" make=words.empty_new/> }.into_any();
    }
    let line = move |row| view! { <TemplateLine row currency=currency.clone()/> };
    let head = |key, word, class| view! { <SortHead path="/templates" query=query.clone() key word class/> };
    view! {
        <Delete rows=page.rows.clone() delete/>
        <div class="table-box list" on:click=move |event| in_list(&event)>
            <table class="cards rows">
                <thead>
                    <tr>
                        {head("name", texts.groups.name_id, "")}
                        <th scope="col">{words.image}</th>
                        <th scope="col">{words.instance_type}</th>
                        <th scope="col" class="wide-only">{words.vpc}</th>
                        <th scope="col">{words.used_by}</th>
                        <th scope="col" class="num">{words.price}</th>
                        {head("created", texts.frame.created, "wide-only")}
                        <th scope="col" class="row-end"><span class="sr-only">{texts.frame.actions}</span></th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="/templates" query next=page.next total=page.total/>
    }
    .into_any()
}

#[component]
fn TemplateLine(row: TemplateRow, currency: String) -> impl IntoView {
    let texts = use_texts();
    let (id, about) = (row.id, row.name.clone());
    let config = format!(
        "{} vCPU · {}",
        format::vcpus(row.vcpu_milli),
        format::memory(row.memory_mib)
    );
    let items = vec![
        Item::Open(format!("/templates/{id}"), texts.frame.open),
        Item::Ask(format!("/templates?delete={id}"), texts.frame.delete),
    ];
    view! {
        <tr>
            <td>
                <a href=format!("/templates/{}", row.id) class="row-name">{row.name}</a>
                <span class="id wide-only">{row.id.to_string()}</span>
            </td>
            <td>{row.image}</td>
            <td>{row.instance_type}<br/><span class="quiet">{config}</span></td>
            <td class="wide-only">{row.vpc}</td>
            <td data-label=texts.templates.used_by><UsedBy groups=row.groups/></td>
            <td class="num" data-label=texts.templates.price>{format::money(row.hour_micros, &currency)}</td>
            <td class="wide-only"><Instant ms=row.created_ms/></td>
            <td class="row-end">
                <RowMenu id=format!("menu-{id}") about items/>
            </td>
        </tr>
    }
    .into_any()
}

/// Asks before the template in the address goes.
#[component]
fn Delete(rows: Vec<TemplateRow>, delete: ServerAction<DeleteTemplate>) -> impl IntoView {
    let texts = use_texts();
    let asked = asked("delete");
    let row = rows.iter().find(|row| row.id.to_string() == asked)?;
    let (id, title) = (row.id, format!("{} {}", texts.templates.delete_title, row.name));
    Some(view! {
        <AskCard title text=texts.templates.delete_text back="/templates">
            <ActionForm action=delete>
                <input type="hidden" name="id" value=id.to_string()/>
                <button type="submit" class="button danger">{texts.frame.delete}</button>
            </ActionForm>
        </AskCard>
    })
}

/// Groups that launch from it.
#[component]
pub fn UsedBy(
    /// Their ids and names.
    groups: Vec<(GroupId, String)>,
) -> impl IntoView {
    let texts = &use_texts().templates;
    if groups.is_empty() {
        return view! { <span class="quiet">{texts.unused}</span> }.into_any();
    }
    let one = |(id, name): (GroupId, String)| view! { <li><a href=format!("/groups/{id}")>{name}</a></li> };
    let mut groups = groups;
    let rest = cut(&mut groups, USED_BY_MAX);
    view! { <ul>{groups.into_iter().map(one).collect_view()}</ul>{rest} }.into_any()
}
