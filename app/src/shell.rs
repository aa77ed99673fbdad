//! The HTML document and the root component.

use crate::components::frame::PageFrame;
use crate::live::Live;
use crate::pages::{
    balancer_new::BalancerNewPage, balancer_page::BalancerPage, balancers::BalancersPage, group::GroupPage,
    group_edit::GroupEditPage, group_new::GroupNewPage, groups::GroupsPage, logs::LogsPage, not_found::NotFoundPage,
    overview::OverviewPage, search::SearchPage, sign_in::SignInPage, system::SystemPage, template_new::TemplateNewPage,
    template_page::TemplatePage, templates::TemplatesPage,
};
use crate::visit::{Visit, Visitor};
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

/// The whole document. What the browser must know before it renders stands on `<html>`.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let visit = Visit::here();
    let visitor = match visit.visitor {
        Visitor::Stranger => "stranger",
        Visitor::Signed => "signed",
    };
    view! {
        <!DOCTYPE html>
        <html lang=visit.lang.tag() data-theme=visit.theme.key() data-visitor=visitor>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href="/pkg/tidegate.css"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The root of every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(Visit::here());
    provide_context(Live::new());
    wake_up();
    view! {
        <Router>
            <PageFrame>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/signin") view=SignInPage ssr=SsrMode::Async/>
                    <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async/>
                    <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async/>
                    <Route path=path!("/system") view=SystemPage ssr=SsrMode::Async/>
                    <Route path=path!("/groups") view=GroupsPage ssr=SsrMode::Async/>
                    <Route path=path!("/groups/new") view=GroupNewPage ssr=SsrMode::Async/>
                    <Route path=path!("/groups/:id") view=GroupPage ssr=SsrMode::Async/>
                    <Route path=path!("/groups/:id/edit") view=GroupEditPage ssr=SsrMode::Async/>
                    <Route path=path!("/groups/:id/instances/:instance/logs") view=LogsPage ssr=SsrMode::Async/>
                    <Route path=path!("/templates") view=TemplatesPage ssr=SsrMode::Async/>
                    <Route path=path!("/templates/new") view=TemplateNewPage ssr=SsrMode::Async/>
                    <Route path=path!("/templates/:id") view=TemplatePage ssr=SsrMode::Async/>
                    <Route path=path!("/balancers") view=BalancersPage ssr=SsrMode::Async/>
                    <Route path=path!("/balancers/new") view=BalancerNewPage ssr=SsrMode::Async/>
                    <Route path=path!("/balancers/:id") view=BalancerPage ssr=SsrMode::Async/>
                </FlatRoutes>
            </PageFrame>
        </Router>
    }
    .into_any()
}

/// What only the browser does: say that it has taken over (tests wait for it), and listen for changes.
fn wake_up() {
    #[cfg(feature = "hydrate")]
    {
        let live = crate::live::use_live();
        let signed = crate::visit::use_visit().visitor == Visitor::Signed;
        Effect::new(move |_| {
            if let Some(html) = document().document_element() {
                // Setting an attribute of an element that exists does not fail.
                let _ = html.set_attribute("data-hydrated", "");
            }
            if signed {
                live.connect();
            }
        });
    }
}
