//! `/groups/new`: the wizard (seed 14.3.1).

use super::wizard::{FIELDS, GroupWizard, Purpose};
use crate::calls::CallError;
use crate::calls::groups::CreateGroup;
use crate::calls::templates::{fetch_catalogue, fetch_templates};
use crate::components::list::{FindMore, Skeleton, offered, use_list_query};
use crate::components::refusal::{Problems, Refused, refusal};
use crate::components::title::PageHead;
use crate::forms::check;
use crate::forms::post::{ActionForm, ServerAction};
use crate::forms::typed::Typed;
use crate::visit::use_texts;
use crate::wire::resource;
use api::groups::{GroupForm, Page};
use api::templates::TemplateRow;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Templates to choose from and the currency of their prices.
pub(super) type Offer = (Page<TemplateRow>, String);

/// What the wizard offers: the first templates that match, and the one that the address names, wherever in the list it is.
pub(super) async fn fetch_offer(filter: String, named: String) -> Result<Offer, CallError> {
    let mut templates = fetch_templates(offered(filter)).await?;
    let is_named = |row: &TemplateRow| row.id.to_string() == named;
    if !named.is_empty() && !templates.rows.iter().any(is_named) {
        // The list's filter takes an id, too; a template that is not there leaves the offer as it is.
        let found = fetch_templates(offered(named.clone())).await?.rows;
        if let Some(row) = found.into_iter().find(is_named) {
            templates.rows.insert(0, row);
        }
    }
    let catalogue = fetch_catalogue().await?;
    Ok((templates, catalogue.currency))
}

/// The wizard of a new group.
#[component]
pub fn GroupNewPage() -> impl IntoView {
    let texts = use_texts();
    let query = use_query_map();
    let asked = move || query.with_untracked(|query| query.get("template").unwrap_or_default());
    let (filter, named) = (use_list_query().get_untracked().filter, asked());
    // Read once: a list that changes under a form would lose what is typed.
    let offer = resource(|| (), move |()| fetch_offer(filter.clone(), named.clone()));
    let action = ServerAction::<CreateGroup>::new();
    let above = vec![("/groups".to_owned(), texts.groups.title.to_owned())];
    let body = move || {
        Suspend::new(async move {
            match offer.await {
                Ok(offer) => view! { <NewForm offer asked=asked() action/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.wizard.new_title above/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

/// Defaults that work: the template that the address names or the first one, and a name after it.
fn start(templates: &[TemplateRow], asked: &str) -> GroupForm {
    let named = templates.iter().find(|row| row.id.to_string() == asked);
    let Some(first) = named.or_else(|| templates.first()) else {
        return GroupForm::default();
    };
    GroupForm {
        name: format!(
            "{}-{}",
            first.name.chars().take(58).collect::<String>(),
            first.groups.len() + 1
        ),
        template: first.id.to_string(),
        ..GroupForm::default()
    }
}

#[component]
fn NewForm(offer: Offer, asked: String, action: ServerAction<CreateGroup>) -> impl IntoView {
    let (Page { rows, next, .. }, currency) = offer;
    let find = use_texts().wizard.template_find;
    let typed = Typed::new(
        &start(&rows, &asked),
        Signal::derive(move || refusal(action.value())),
        check::group,
    );
    typed.guard();
    view! {
        <Problems problems=typed.rest(FIELDS)/>
        <FindMore more=next.is_some() label=find/>
        <ActionForm action on:submit:capture=move |_| typed.submitted()>
            <GroupWizard typed answers=action.version() templates=rows currency purpose=Purpose::New/>
        </ActionForm>
    }
    .into_any()
}
