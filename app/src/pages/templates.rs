//! `/templates`: the list (seed 14.2.2).

use crate::calls::templates::{fetch_catalogue, fetch_templates};
use crate::components::list::{EmptyList, Filter, Pages, Skeleton, use_list_query};
use crate::components::refusal::Refused;
use crate::components::title::PageHead;
use crate::live::{is_template, use_live};
use crate::visit::use_texts;
use crate::wire::resource;
use api::groups::{ListQuery, Page};
use api::templates::TemplateRow;
use api::texts::format;
use engine::model::GroupId;
use leptos::prelude::*;

/// The list of templates.
#[component]
pub fn TemplatesPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_list_query();
    let fresh = use_live().of_kind(is_template);
    let templates = resource(
        move || (query.get(), fresh.get()),
        |(query, _)| async move {
            let page = fetch_templates(query).await?;
            let currency = fetch_catalogue().await?.currency;
            Ok::<_, crate::calls::CallError>((page, currency))
        },
    );
    let body = move || {
        Suspend::new(async move {
            match templates.await {
                Ok((page, currency)) => view! { <TemplateTable page currency query=query.get_untracked()/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.templates.title>
            <a href="/templates/new" class="button primary">{texts.templates.new}</a>
        </PageHead>
        <Filter/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

#[component]
fn TemplateTable(page: Page<TemplateRow>, currency: String, query: ListQuery) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.templates;
    if page.rows.is_empty() {
        return view! { <EmptyList query text=words.empty href="/templates/new" make=words.empty_new/> }.into_any();
    }
    let line = move |row| view! { <TemplateLine row currency=currency.clone()/> };
    view! {
        <div class="table-box">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{texts.groups.name_id}</th>
                        <th scope="col">{words.image}</th>
                        <th scope="col">{words.instance_type}</th>
                        <th scope="col" class="wide-only">{words.vpc}</th>
                        <th scope="col">{words.used_by}</th>
                        <th scope="col" class="num">{words.price}</th>
                    </tr>
                </thead>
                <tbody>{page.rows.into_iter().map(line).collect_view()}</tbody>
            </table>
        </div>
        <Pages path="/templates" query next=page.next/>
    }
    .into_any()
}

#[component]
fn TemplateLine(row: TemplateRow, currency: String) -> impl IntoView {
    let config = format!(
        "{} vCPU · {}",
        format::vcpus(row.vcpu_milli),
        format::memory(row.memory_mib)
    );
    view! {
        <tr>
            <td>
                <a href=format!("/templates/{}", row.id) class="row-name">{row.name}</a>
                <span class="id wide-only">{row.id.to_string()}</span>
            </td>
            <td>{row.image}</td>
            <td>{row.instance_type}<br/><span class="quiet">{config}</span></td>
            <td class="wide-only">{row.vpc}</td>
            <td><UsedBy groups=row.groups/></td>
            <td class="num">{format::money(row.hour_micros, &currency)}</td>
        </tr>
    }
    .into_any()
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
    view! { <ul>{groups.into_iter().map(one).collect_view()}</ul> }.into_any()
}
