//! `/groups/:id/instances/:instance/logs`: what an instance printed last, as text.

use crate::calls::CallError;
use crate::calls::groups::fetch_logs;
use crate::components::list::Skeleton;
use crate::components::refusal::Refused;
use crate::components::title::PageHead;
use crate::visit::use_texts;
use crate::wire::resource;
use api::problem::Code;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn LogsPage() -> impl IntoView {
    let texts = &use_texts().groups;
    let params = use_params_map();
    let ids = Memo::new(move |_| {
        params.with(|params| {
            (
                params.get("id").unwrap_or_default(),
                params.get("instance").unwrap_or_default(),
            )
        })
    });
    let output = resource(
        move || ids.get(),
        |(group, instance)| async move {
            match (group.parse(), instance.parse()) {
                (Ok(group), Ok(instance)) => fetch_logs(group, instance).await,
                _ => Err(CallError::whole(Code::NotFound)),
            }
        },
    );
    let body = move || {
        let (group, instance) = ids.get();
        Suspend::new(async move {
            let (names, printed) = match output.await {
                Ok((names, text)) => (names, view! { <Printed text/> }.into_any()),
                Err(error) => ([group.clone(), instance], view! { <Refused error/> }.into_any()),
            };
            let [of, own] = names;
            let above = vec![
                ("/groups".to_owned(), texts.title.to_owned()),
                (format!("/groups/{group}"), of),
            ];
            view! {
                <PageHead title=format!("{}{own}", texts.logs_title) above/>
                <p class="quiet">{texts.logs_note}</p>
                {printed}
            }
            .into_any()
        })
    };
    view! { <Transition fallback=Skeleton>{body}</Transition> }.into_any()
}

#[component]
fn Printed(text: String) -> impl IntoView {
    if text.is_empty() {
        return view! { <p class="empty">{use_texts().groups.logs_empty}</p> }.into_any();
    }
    view! { <pre class="output" tabindex="0">{text}</pre> }.into_any()
}
