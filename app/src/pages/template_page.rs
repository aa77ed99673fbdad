//! `/templates/:id`: one template.

use super::templates::UsedBy;
use crate::calls::CallError;
use crate::calls::templates::{DeleteTemplate, fetch_catalogue, fetch_template};
use crate::components::confirm::Confirm;
use crate::components::list::Skeleton;
use crate::components::refusal::{Problems, Refused};
use crate::components::title::PageHead;
use crate::forms::post::{AnyAction, ServerAction};
use crate::live::{is_template, use_live};
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::templates::TemplateView;
use api::texts::format;
use api::texts::templates::each;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn TemplatePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let delete = ServerAction::<DeleteTemplate>::new();
    let gone = AnyAction::from(delete);
    let fresh = gone.spares(use_live().of_kind(is_template));
    let template = resource(
        move || (id.get(), fresh.get()),
        |(id, _)| async move {
            let view = fetch_template(id).await?;
            let currency = fetch_catalogue().await?.currency;
            Ok::<_, CallError>((view, currency))
        },
    );
    let problems = Signal::derive(move || gone.plain_problems());
    let body = move || {
        Suspend::new(async move {
            match template.await {
                Ok((view, currency)) => view! { <Body view currency delete/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <Problems problems/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

#[component]
fn Body(view: TemplateView, currency: String, delete: ServerAction<DeleteTemplate>) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.templates;
    let id = view.row.id;
    let above = vec![("/templates".to_owned(), words.title.to_owned())];
    let remark = (!view.row.remark.is_empty()).then(|| view! { <p class="quiet remark">{view.row.remark.clone()}</p> });
    view! {
        <PageHead title=view.row.name.clone() above>
            <Confirm
                id="delete-template" word=texts.frame.delete title=words.delete_title text=words.delete_text
                class="button danger" action=delete
            >
                <input type="hidden" name="id" value=id.to_string()/>
            </Confirm>
            <a href=format!("/groups/new?template={id}") class="button primary">{words.new_group}</a>
        </PageHead>
        {remark}
        <Facts view currency/>
    }
    .into_any()
}

#[component]
fn Facts(view: TemplateView, currency: String) -> impl IntoView {
    let texts = use_texts();
    let words = &texts.templates;
    let row = view.row;
    let price = each(use_lang(), &format::money(row.hour_micros, &currency));
    let config = format!(
        "{} · {} vCPU · {}",
        row.instance_type,
        format::vcpus(row.vcpu_milli),
        format::memory(row.memory_mib)
    );
    let none = || words.none.to_owned();
    let pairs = view
        .environment
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join("\n");
    let environment = if pairs.is_empty() { none() } else { pairs };
    let user_data = if view.user_data.is_empty() {
        none()
    } else {
        view.user_data
    };
    let subnets = view
        .subnets
        .iter()
        .map(|(zone, cidr)| format!("{zone} {cidr}"))
        .collect::<Vec<_>>()
        .join("\n");
    view! {
        <dl class="facts">
            <div><dt>"ID"</dt><dd class="id">{row.id.to_string()}</dd></div>
            <div><dt>{texts.frame.version}</dt><dd>{row.version}</dd></div>
            <div><dt>{words.image}</dt><dd>{row.image}</dd></div>
            <div><dt>{words.config}</dt><dd>{config}</dd></div>
            <div><dt>{words.price}</dt><dd>{price}</dd></div>
            <div><dt>{words.vpc}</dt><dd>{row.vpc}</dd></div>
            <div><dt>{words.subnets}</dt><dd><pre>{subnets}</pre></dd></div>
            <div><dt>{words.used_by}</dt><dd><UsedBy groups=row.groups/></dd></div>
            <div><dt>{texts.frame.created}</dt><dd>{format::date_time(row.created_ms)}</dd></div>
            <div><dt>{words.environment}</dt><dd><pre>{environment}</pre></dd></div>
            <div><dt>{words.user_data}</dt><dd><pre>{user_data}</pre></dd></div>
        </dl>
    }
    .into_any()
}
