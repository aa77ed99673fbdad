//! The frame of every page: rail, top bar, what the server wants everybody to know.

use super::clock::Clock;
use super::icon::{Icon, Shape};
use super::palette::Palettes;
use crate::calls::CallError;
use crate::calls::session::{SignOut, fetch_frame};
use crate::live::{Link, use_live};
use crate::visit::{Theme, Visitor, use_texts, use_visit};
use crate::wire::{Loaded, resource};
use api::actor::Role;
use api::session::Frame;
use api::texts::{Lang, format};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_location;

/// What surrounds a page. A stranger gets no navigation.
#[component]
pub fn PageFrame(
    /// The page.
    children: Children,
) -> impl IntoView {
    let texts = &use_texts().frame;
    let signed = use_visit().visitor == Visitor::Signed;
    // Scale, tenant and what is missing may be others after the server was away.
    let all = use_live().of_all();
    let frame = resource(move || all.get(), |_| fetch_frame());
    let top = move || Suspend::new(async move { frame.await.ok().map(|frame| view! { <TopItems frame/> }) });
    let notice = move || {
        Suspend::new(async move {
            let missing = frame.await.is_ok_and(|frame| frame.balancer_missing);
            missing.then(|| view! { <p class="notice busy" role="status">{texts.balancer_missing}</p> })
        })
    };
    view! {
        <a class="skip" href="#content">{texts.skip_to_content}</a>
        <div class=if signed { "frame" } else { "frame stranger" }>
            <header class="top">
                <a class="brand" href="/"><Icon shape=Shape::Gate/><span class="brand-word">{texts.product}</span></a>
                {signed.then(|| view! { <Palettes/> })}
                <Transition>{top}</Transition>
                <Preferences/>
            </header>
            {signed.then(|| view! { <Rail frame/> })}
            <main id="content" tabindex="-1">
                <Stale/>
                {signed.then(|| view! { <Transition>{notice}</Transition> })}
                {children()}
            </main>
        </div>
    }
    .into_any()
}

/// Tenant, clock and user.
#[component]
fn TopItems(frame: Frame) -> impl IntoView {
    let texts = &use_texts().frame;
    let actor = frame.actor.clone();
    let tenant = actor.as_ref().map(|actor| {
        view! { <span class="tenant" title=texts.tenant>{actor.tenant_name.clone()}</span> }
    });
    let account = actor.map(|actor| view! { <Account name=actor.name/> });
    view! {
        {tenant}
        <Clock frame/>
        {account}
    }
    .into_any()
}

/// The user and the way out.
#[component]
fn Account(name: String) -> impl IntoView {
    let texts = &use_texts().frame;
    // On a phone the word is not shown; the menu still says whose it is.
    let said = name.clone();
    view! {
        <details class="menu account" name="menu">
            <summary aria-label=said><Icon shape=Shape::User/><span class="menu-word">{name}</span></summary>
            <div class="menu-panel">
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="button">{texts.sign_out}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Language and theme: plain links to the host's door, which sets a cookie and comes back.
#[component]
fn Preferences() -> impl IntoView {
    let texts = use_texts();
    let visit = use_visit();
    let location = use_location();
    let back = move || {
        let search = location.search.get();
        let mark = if search.is_empty() { "" } else { "?" };
        super::list::in_address(&format!("{}{mark}{search}", location.pathname.get()))
    };
    let language = Lang::ALL.map(|lang| {
        let current = (lang == visit.lang).then_some("true");
        let href = move || format!("/prefs?lang={}&back={}", lang.key(), back());
        view! { <a rel="external" href=href aria-current=current lang=lang.tag()>{lang.name()}</a> }
    });
    let theme = Theme::ALL.map(|theme| {
        let current = (theme == visit.theme).then_some("true");
        let href = move || format!("/prefs?theme={}&back={}", theme.key(), back());
        view! { <a rel="external" href=href aria-current=current>{theme.name(texts)}</a> }
    });
    view! {
        <details class="menu" name="menu">
            <summary aria-label=texts.frame.language><Icon shape=Shape::Globe/><span class="menu-word">{visit.lang.name()}</span></summary>
            <div class="menu-panel">{language.into_iter().collect_view()}</div>
        </details>
        <details class="menu" name="menu">
            <summary aria-label=texts.frame.theme><Icon shape=Shape::Sun/><span class="menu-word">{texts.frame.theme}</span></summary>
            <div class="menu-panel">{theme.into_iter().collect_view()}</div>
        </details>
    }
    .into_any()
}

/// The left rail; a bottom bar on a narrow screen. What only an administrator of the platform may see stands below a line.
#[component]
fn Rail(frame: Loaded<Result<Frame, CallError>>) -> impl IntoView {
    let texts = &use_texts().frame;
    let system = use_texts().system.title;
    let path = use_location().pathname;
    let items = [
        ("/", texts.overview, Shape::Overview),
        ("/groups", texts.groups, Shape::Groups),
        ("/templates", texts.templates, Shape::Templates),
        ("/balancers", texts.balancers, Shape::Balancers),
    ];
    let item = move |(href, word, shape): (&'static str, &'static str, Shape)| {
        let here = move || {
            let path = path.get();
            let inside = path == href || href != "/" && path.starts_with(href);
            inside.then_some("page")
        };
        view! { <li><a href=href aria-current=here><Icon shape/><span>{word}</span></a></li> }
    };
    let admin = move || {
        Suspend::new(async move {
            let actor = frame.await.ok()?.actor?;
            let sees = actor.role == Role::PlatformAdmin;
            sees.then(|| item(("/system", system, Shape::System)))
        })
    };
    view! {
        <nav class="rail" aria-label=texts.navigation>
            <ul>
                {items.map(item).into_iter().collect_view()}
                <Transition>{admin}</Transition>
            </ul>
        </nav>
    }
    .into_any()
}

/// The quiet strip while the event stream is lost: since when nothing new was heard.
#[component]
fn Stale() -> impl IntoView {
    let texts = &use_texts().frame;
    let lang = use_visit().lang;
    let live = use_live();
    let now = super::clock::use_now();
    move || match live.link() {
        Link::Open => None,
        Link::Lost(since) => {
            let age = move || format::length(lang, now.get().saturating_sub(since).max(1_000));
            // The age changes every second; only the sentence is announced.
            Some(view! {
                <div class="notice busy stale">
                    <p role="status">{texts.stale}</p>
                    <p>{texts.stale_since}" "{age}{texts.ago}</p>
                </div>
            })
        }
    }
}
