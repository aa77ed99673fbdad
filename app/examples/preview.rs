//! Shows every page with made-up data, without server, store or engine: `cargo run -p app --example preview --features ssr`
//! after `xtask build-site`. Its address is the first argument (127.0.0.1:7099), its site the second (target/site-dev).

#[path = "preview/data.rs"]
mod data;
#[path = "preview/fake.rs"]
mod fake;

use api::actor::Actor;
use api::backend::Backend;
use app::calls::{ClientAddress, SessionDoor, SessionHandle};
use axum::Router;
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use fake::FakeBackend;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list};
use std::collections::HashMap;
use std::sync::Arc;

/// Signs in by a cookie: anybody may.
struct Door;

#[async_trait::async_trait]
impl SessionDoor for Door {
    async fn sign_in(&self, actor: &Actor) {
        set_cookie(&format!("who={}; Path=/; HttpOnly", actor.name));
    }
    async fn sign_out(&self) {
        set_cookie("who=; Path=/; Max-Age=0");
    }
}

fn set_cookie(cookie: &str) {
    let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() else {
        return;
    };
    if let Ok(value) = cookie.parse() {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// What every page and server function finds in its context.
fn contexts(backend: Arc<dyn Backend>) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(backend.clone());
        let signed = leptos::prelude::use_context::<axum::http::request::Parts>()
            .and_then(|parts| {
                parts
                    .headers
                    .get(header::COOKIE)
                    .and_then(|value| value.to_str().ok().map(str::to_owned))
            })
            .is_some_and(|cookies| cookies.contains("who=admin"));
        provide_context(signed.then(data::actor));
        provide_context::<SessionHandle>(Arc::new(Door));
        provide_context(ClientAddress("127.0.0.1".into()));
    }
}

async fn prefs(Query(asked): Query<HashMap<String, String>>) -> Response {
    let mut headers = HeaderMap::new();
    for name in ["lang", "theme"] {
        let cookie = asked
            .get(name)
            .and_then(|value| format!("{name}={value}; Path=/").parse().ok());
        if let Some(cookie) = cookie {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    (headers, Redirect::to(asked.get("back").map_or("/", String::as_str))).into_response()
}

/// Language, theme and sign-in from the address, for screenshots: `/as?lang=zh&theme=dark&back=/groups`.
async fn visit_as(query: Query<HashMap<String, String>>) -> Response {
    let mut response = prefs(query).await;
    if let Ok(value) = "who=admin; Path=/".parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The pages, the calls, and the files.
fn router(options: LeptosOptions, site: &str) -> Router {
    let routes = generate_route_list(app::App);
    let backend: Arc<dyn Backend> = Arc::new(FakeBackend::default());
    let context = contexts(backend);
    let calls = context.clone();
    let unknown = context.clone();
    let document = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let page = document.clone();
    let site = tower_http::services::ServeDir::new(site.to_owned());
    Router::new()
        .route("/prefs", get(prefs))
        .route("/as", get(visit_as))
        .route(
            "/api/{*call}",
            axum::routing::post(move |request: Request| {
                leptos_axum::handle_server_fns_with_context(calls.clone(), request)
            }),
        )
        .leptos_routes_with_context(&options, routes, context, document)
        .fallback(move |request: Request| {
            let page = page.clone();
            let render = leptos_axum::render_app_async_with_context(unknown.clone(), page);
            let files = site.clone();
            async move {
                let path = request.uri().path().to_owned();
                if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
                    let answer = tower::ServiceExt::oneshot(files, request).await;
                    return answer.into_response();
                }
                render(request).await
            }
        })
        .with_state(options)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7099".into());
    let site = arguments.next().unwrap_or_else(|| "target/site-dev".into());
    let options = LeptosOptions::builder()
        .output_name("tidegate")
        .site_root(site.clone())
        .site_pkg_dir("pkg")
        .build();
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{address}");
    axum::serve(listener, router(options, &site)).await?;
    Ok(())
}
