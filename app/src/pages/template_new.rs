//! `/templates/new`: what instances are made from, with its price (seed 14.2.1).

use crate::calls::templates::{CreateTemplate, fetch_catalogue};
use crate::components::list::Skeleton;
use crate::components::refusal::{Problems, Refused, refusal};
use crate::components::title::PageHead;
use crate::forms::check;
use crate::forms::field::{AreaField, SelectField, TextField};
use crate::forms::post::{ActionForm, ServerAction};
use crate::forms::typed::Typed;
use crate::visit::{use_lang, use_texts};
use crate::wire::resource;
use api::catalogue::{Catalogue, ImageView, TypeView, VpcView};
use api::templates::TemplateForm;
use api::texts::{Lang, format, templates as words};
use leptos::prelude::*;

const FIELDS: &[&str] = &[
    "name",
    "remark",
    "image",
    "instance_type",
    "vpc",
    "user_data",
    "environment",
];

/// The page.
#[component]
pub fn TemplateNewPage() -> impl IntoView {
    let texts = use_texts();
    let catalogue = resource(|| (), |()| fetch_catalogue());
    let action = ServerAction::<CreateTemplate>::new();
    let above = vec![("/templates".to_owned(), texts.templates.title.to_owned())];
    let body = move || {
        Suspend::new(async move {
            match catalogue.await {
                Ok(catalogue) => view! { <NewForm catalogue action/> }.into_any(),
                Err(error) => view! { <Refused error/> }.into_any(),
            }
        })
    };
    view! {
        <PageHead title=texts.templates.new above/>
        <Transition fallback=Skeleton>{body}</Transition>
    }
    .into_any()
}

/// Defaults that work: the first of everything, and a name after it.
fn start(catalogue: &Catalogue) -> TemplateForm {
    let first = |name: Option<&String>| name.cloned().unwrap_or_default();
    let image = first(catalogue.images.first().map(|image| &image.name));
    TemplateForm {
        name: image.chars().take(63).collect(),
        image,
        instance_type: first(catalogue.types.first().map(|kind| &kind.name)),
        vpc: first(catalogue.vpcs.first().map(|vpc| &vpc.id)),
        ..TemplateForm::default()
    }
}

#[component]
fn NewForm(catalogue: Catalogue, action: ServerAction<CreateTemplate>) -> impl IntoView {
    let texts = &use_texts().templates;
    let refused = Signal::derive(move || refusal(action.value()));
    let typed = Typed::new(&start(&catalogue), refused, check::template);
    typed.guard();
    view! {
        <Problems problems=typed.rest(FIELDS)/>
        <ActionForm action on:submit:capture=move |_| typed.submitted()>
            <div class="wizard two">
                <div>
                    <Fields typed catalogue=catalogue.clone()/>
                    <div class="step-nav">
                        <button type="submit" class="button primary">{texts.create}</button>
                    </div>
                </div>
                <Summary typed catalogue/>
            </div>
        </ActionForm>
    }
    .into_any()
}

#[component]
fn Fields(typed: Typed, catalogue: Catalogue) -> impl IntoView {
    let texts = &use_texts().templates;
    let lang = use_lang();
    let currency = catalogue.currency.clone();
    let images = catalogue
        .images
        .into_iter()
        .map(|image| (image.name.clone(), image_words(lang, image)))
        .collect::<Vec<_>>();
    let types = catalogue
        .types
        .into_iter()
        .map(|kind| (kind.name.clone(), type_words(lang, &kind, &currency)));
    let vpcs = catalogue.vpcs.into_iter().map(|vpc| (vpc.id.clone(), vpc_words(&vpc)));
    view! {
        <fieldset class="step" data-current="">
            <legend>{texts.step_what}</legend>
            <div>
                <TextField typed field="name" label=texts.name help=texts.name_help/>
                <SelectField typed field="image" label=texts.image help=texts.image_help options=images/>
                <SelectField typed field="instance_type" label=texts.instance_type help=texts.type_help options=types.collect()/>
                <SelectField typed field="vpc" label=texts.vpc help=texts.vpc_help options=vpcs.collect()/>
            </div>
        </fieldset>
        <fieldset class="step" data-current="">
            <legend>{texts.step_more}</legend>
            <div>
                <TextField typed field="remark" label=texts.remark help=texts.remark_help/>
                <TextField typed field="environment" label=texts.environment help=texts.environment_help/>
                <AreaField typed field="user_data" label=texts.user_data help=texts.user_data_help/>
            </div>
        </fieldset>
    }
    .into_any()
}

fn image_words(lang: Lang, image: ImageView) -> String {
    if image.description.is_empty() {
        image.name
    } else {
        format!("{} · {}", image.name, words::image(lang, &image.description))
    }
}

fn type_words(lang: Lang, kind: &TypeView, currency: &str) -> String {
    let price = words::hourly(lang, &format::money(kind.hour_micros, currency));
    format!(
        "{} · {} vCPU · {} · {price}",
        kind.name,
        format::vcpus(kind.vcpu_milli),
        format::memory(kind.memory_mib)
    )
}

fn vpc_words(vpc: &VpcView) -> String {
    let zones: Vec<&str> = vpc.subnets.iter().map(|subnet| subnet.zone.as_str()).collect();
    format!("{} · {}", vpc.name, zones.join(", "))
}

/// What an instance of it is and costs.
#[component]
fn Summary(typed: Typed, catalogue: Catalogue) -> impl IntoView {
    let texts = use_texts();
    let lang = use_lang();
    let own = &texts.templates;
    let body =
        move || {
            let form = typed.form::<TemplateForm>();
            let kind = catalogue.types.iter().find(|kind| kind.name == form.instance_type);
            let image = catalogue.images.iter().find(|image| image.name == form.image);
            let ports = image.map(|image| {
                let ports: Vec<String> = image.ports.iter().map(ToString::to_string).collect();
                view! { <p>{format!("{} {} {}", image.name, own.ports, ports.join(", "))}</p> }
            });
            let price = kind.map(|kind| {
            let config = format!("{} vCPU · {}", format::vcpus(kind.vcpu_milli), format::memory(kind.memory_mib));
            view! {
                <p>{config}</p>
                <h3>{own.price}</h3>
                <p class="price num-left">{words::each(lang, &format::money(kind.hour_micros, &catalogue.currency))}</p>
            }
        });
            view! { {ports}{price} }
        };
    view! {
        <aside class="wizard-summary card" aria-label=texts.wizard.summary>
            <h2>{texts.wizard.summary}</h2>
            {body}
            <p class="help">{own.price_note}</p>
        </aside>
    }
    .into_any()
}
