//! `/balancers/new`.

use crate::calls::balancers::CreateBalancer;
use crate::components::refusal::{Problems, refusal};
use crate::components::title::PageHead;
use crate::forms::check;
use crate::forms::field::TextField;
use crate::forms::post::{ActionForm, ServerAction};
use crate::forms::typed::Typed;
use crate::visit::use_texts;
use api::balancers::BalancerForm;
use leptos::prelude::*;

/// The page.
#[component]
pub fn BalancerNewPage() -> impl IntoView {
    let texts = &use_texts().balancers;
    let action = ServerAction::<CreateBalancer>::new();
    let above = vec![("/balancers".to_owned(), texts.title.to_owned())];
    let refused = Signal::derive(move || refusal(action.value()));
    let typed = Typed::new(&BalancerForm::default(), refused, check::balancer);
    view! {
        <PageHead title=texts.new above/>
        <Problems problems=typed.rest(&["name", "remark"])/>
        <ActionForm action on:submit:capture=move |_| typed.submitted()>
            <section class="card form">
                <TextField typed field="name" label=texts.name help=texts.name_help/>
                <TextField typed field="remark" label=texts.remark help=texts.remark_help/>
                <button type="submit" class="button primary">{texts.create}</button>
            </section>
        </ActionForm>
    }
    .into_any()
}
