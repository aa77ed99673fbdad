//! Refusals: what, why, what to do next.

use super::list::use_here;
use super::title::PageTitle;
use crate::calls::CallError;
use crate::forms::post::ServerAction;
use crate::live::{Link, Live, use_live};
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
    let title = match error.code() {
        Some(Code::NotFound) => texts.not_found_title,
        _ if error.is_unreached() => texts.unreached_title,
        _ => texts.problem_title,
    };
    let lines = error
        .problems
        .0
        .iter()
        .map(|each| view! { <p>{problems::problem(lang, each)}</p> })
        .collect_view();
    let waits = error.is_unreached().then(|| view! { <p>{texts.unreached_waits}</p> });
    let next = match error.code() {
        Some(Code::SignInFirst) => {
            let href = sign_in_and_back();
            view! { <a rel="external" href=href class="button primary">{texts.sign_in}</a> }.into_any()
        }
        Some(Code::Unavailable) => view! { <TryAgain/> }.into_any(),
        _ => view! { <a href="/groups" class="button">{texts.not_found_next}</a> }.into_any(),
    };
    view! {
        <PageTitle text=title/>
        <section class="refused">
            <h1>{title}</h1>
            {lines}
            {waits}
            <p>{next}</p>
        </section>
    }
    .into_any()
}

/// The sign-in page, which leads back here.
pub fn sign_in_and_back() -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let here = use_here();
    move || format!("/signin?next={}", here())
}

/// Asks the server again, when it is pressed and when the connection is back. Without JavaScript it is a link to the same
/// page.
#[component]
fn TryAgain() -> impl IntoView {
    let texts = &use_texts().frame;
    let live = use_live();
    retry_when_back(live);
    let again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        live.retry();
    };
    view! { <a href="" data-noscroll="" class="button primary" on:click=again>{texts.problem_next}</a> }.into_any()
}

/// Tries again when the browser says that it is online, or the event stream is back.
fn retry_when_back(live: Live) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let listening = window_event_listener_untyped("online", move |_| live.retry());
        on_cleanup(move || listening.remove());
    });
    Effect::new(move |before: Option<Link>| {
        let now = live.link();
        if now == Link::Open && before.is_some_and(|before| before != now) {
            live.retry();
        }
        now
    });
}

/// Problems of a whole form or action, above it. Those of a field stand at the field.
#[component]
pub fn Problems(
    /// All that is wrong.
    #[prop(into)]
    problems: Signal<Vec<Problem>>,
) -> impl IntoView {
    let lang = use_lang();
    let texts = &use_texts().frame;
    let sign_in = sign_in_and_back();
    move || {
        let all = problems.get();
        (!all.is_empty()).then(|| {
            let lines = all
                .iter()
                .map(|each| view! { <p>{problems::problem(lang, each)}</p> })
                .collect_view();
            // In a tab of its own: what is typed here stays, to be sent once more.
            let ended = all.iter().any(|each| each.code == Code::SignInFirst).then(|| {
                view! { <p><a rel="external" target="_blank" href=sign_in>{texts.sign_in_beside}</a></p> }
            });
            view! { <div class="notice bad" role="alert">{lines}{ended}</div> }
        })
    }
}
