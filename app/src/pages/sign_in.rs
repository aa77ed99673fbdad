//! `/signin`. A plain form: it works before and without the browser's half, and a new session begins with a new page.

use crate::calls::session::SignIn;
use crate::components::refusal::Problems;
use crate::components::title::PageTitle;
use crate::forms::post::ServerAction;
use crate::visit::use_texts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let texts = &use_texts().frame;
    let action = ServerAction::<SignIn>::new();
    let refusal = action.value().get_untracked().and_then(Result::err);
    let typed = refusal
        .as_ref()
        .and_then(|error| error.typed.get("name").cloned())
        .unwrap_or_default();
    let problems = refusal.map(|error| error.problems.0).unwrap_or_default();
    let next = use_query_map().get_untracked().get("next").unwrap_or_default();
    view! {
        <PageTitle text=texts.sign_in/>
        <section class="sign-in card">
            <h1>{texts.sign_in_title}</h1>
            <p class="quiet">{texts.sign_in_lead}</p>
            <Problems problems=Signal::stored(problems)/>
            <form method="post" action=SignIn::url()>
                <input type="hidden" name="next" value=next/>
                <div class="field">
                    <label for="name">{texts.user_name}</label>
                    <input type="text" id="name" name="name" value=typed autocomplete="username" autocapitalize="none" required/>
                </div>
                <div class="field">
                    <label for="password">{texts.password}</label>
                    <input type="password" id="password" name="password" autocomplete="current-password" required/>
                </div>
                <button type="submit" class="button primary wide">{texts.sign_in}</button>
            </form>
            <p class="help">{texts.sign_in_first_password}</p>
        </section>
    }
    .into_any()
}
