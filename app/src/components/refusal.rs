//! Refusals: what, why, what to do next.

use super::title::PageTitle;
use crate::calls::CallError;
use crate::forms::post::ServerAction;
use crate::visit::{use_lang, use_texts};
use api::problem::{Code, Problem};
use api::texts::problems;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Why an action was refused, if it was.
pub fn refusal(value: impl Get<Value = Option<Result<(), CallError>>>) -> Option<CallError> {
    value.get().and_then(Result::err)
}

/// All that an action was refused for.
pub fn problems_of<S>(action: ServerAction<S>) -> Signal<Vec<Problem>>
where
    S: ServerFn<Output = (), Error = CallError> + 'static,
{
    Signal::derive(move || {
        refusal(action.value())
            .map(|error| error.problems.0)
            .unwrap_or_default()
    })
}

/// A page that could not be had.
#[component]
pub fn Refused(
    /// Why.
    error: CallError,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let lang = use_lang();
    let title = if error.code() == Some(Code::NotFound) {
        texts.not_found_title
    } else {
        texts.problem_title
    };
    let lines = error
        .problems
        .0
        .iter()
        .map(|each| view! { <p>{problems::problem(lang, each)}</p> })
        .collect_view();
    let (href, next) = match error.code() {
        Some(Code::SignInFirst) => ("/signin", texts.sign_in),
        _ => ("/groups", texts.not_found_next),
    };
    view! {
        <PageTitle text=title/>
        <section class="refused">
            <h1>{title}</h1>
            {lines}
            <p><a href=href class="button">{next}</a></p>
        </section>
    }
    .into_any()
}

/// Problems of a whole form or action, above it. Those of a field stand at the field.
#[component]
pub fn Problems(
    /// All that is wrong.
    #[prop(into)]
    problems: Signal<Vec<Problem>>,
) -> impl IntoView {
    let lang = use_lang();
    move || {
        let all = problems.get();
        (!all.is_empty()).then(|| {
            let lines = all
                .iter()
                .map(|each| view! { <p>{problems::problem(lang, each)}</p> })
                .collect_view();
            view! { <div class="notice bad" role="alert">{lines}</div> }
        })
    }
}
