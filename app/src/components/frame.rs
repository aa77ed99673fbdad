//! The frame of every page: rail, top bar, what the server wants everybody to know.

use super::clock::Clock;
use super::icon::{Icon, Shape};
use super::list::use_here;
use super::palette::Palettes;
use super::popover::popover;
use super::refusal::sign_in_and_back;
use crate::calls::CallError;
use crate::calls::session::{SignOut, fetch_frame};
use crate::live::{Link, use_live};
use crate::visit::{Theme, Visitor, use_texts, use_visit};
use crate::wire::Loaded;
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
    close_menus();
    // Not `wire::resource`: what is here stays while a page that could not be had is tried again.
    let frame = Loaded::new_with_options(move || all.get(), |_| fetch_frame(), false);
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

/// A menu of the top bar: a popover of the browser's own, so it opens without JavaScript, and goes by Escape or a click
/// beside it.
#[component]
fn Menu(
    /// Unique on the page.
    id: &'static str,
    /// What it is about. On a phone the word is not shown; the button still says this.
    #[prop(into)]
    label: String,
    /// The button's icon.
    shape: Shape,
    /// The button's word.
    #[prop(into)]
    word: String,
    /// Links and forms, one a line.
    children: Children,
) -> impl IntoView {
    view! {
        <button type="button" class="menu" popovertarget=id aria-label=label.clone()>
            <Icon shape/>
            <span class="menu-word">{word}</span>
        </button>
        <div {..popover()} class="row-menu menu-panel" id=id role="group" aria-label=label>{children()}</div>
    }
    .into_any()
}

/// A menu of the top bar goes when another page comes: one that is opened by the keyboard sees no click beside it.
fn close_menus() {
    #[cfg(feature = "hydrate")]
    {
        let path = use_location().pathname;
        Effect::new(move |before: Option<()>| {
            path.track();
            let open = document().query_selector(".menu-panel:popover-open").ok().flatten();
            if let (Some(()), Some(open)) = (before, open) {
                super::script::call(&open, "hidePopover", &[]);
            }
        });
    }
}

/// The user and the way out.
#[component]
fn Account(name: String) -> impl IntoView {
    let texts = &use_texts().frame;
    view! {
        <Menu id="menu-account" label=name.clone() shape=Shape::User word=name>
            <form method="post" action=SignOut::url()>
                <button type="submit">{texts.sign_out}</button>
            </form>
        </Menu>
    }
    .into_any()
}

/// Language and theme: plain links to the host's door, which sets a cookie and comes back.
#[component]
fn Preferences() -> impl IntoView {
    let texts = use_texts();
    let visit = use_visit();
    let back = use_here();
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
        <Menu id="menu-language" label=texts.frame.language shape=Shape::Globe word=visit.lang.name()>
            {language.into_iter().collect_view()}
        </Menu>
        <Menu id="menu-theme" label=texts.frame.theme shape=Shape::Sun word=texts.frame.theme>
            {theme.into_iter().collect_view()}
        </Menu>
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

/// The quiet strip while the event stream is lost: since when nothing new was heard, or that the session has ended.
#[component]
fn Stale() -> impl IntoView {
    let texts = &use_texts().frame;
    let lang = use_visit().lang;
    let live = use_live();
    let now = super::clock::use_now();
    let sign_in = sign_in_and_back();
    move || match live.link() {
        Link::Open => None,
        Link::Ended => Some(
            view! {
                <div class="notice busy">
                    <p role="status">{texts.session_ended}</p>
                    <p><a rel="external" href=sign_in>{texts.sign_in}</a></p>
                </div>
            }
            .into_any(),
        ),
        Link::Lost(since) => {
            let age = move || format::length(lang, now.get().saturating_sub(since).max(1_000));
            // The age changes every second; only the sentence is announced.
            let strip = view! {
                <div class="notice busy stale">
                    <p role="status">{texts.stale}</p>
                    <p>{texts.stale_since}" "{age}{texts.ago}</p>
                </div>
            };
            Some(strip.into_any())
        }
    }
}
