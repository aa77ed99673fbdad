//! Scripts, styles and pictures: what the build put into the site's folder.
//!
//! Names do not change from build to build, so the browser asks each time (`no-cache`) and gets "not modified" by date.
//! What lies beside a file as `.br` is sent instead to those who take it.

use super::Host;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{self, HeaderValue};
use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::services::ServeDir;
use tower_http::set_header::{SetResponseHeader, SetResponseHeaderLayer};

/// An axum service of any make.
type Service = BoxCloneSyncService<Request, Response, Infallible>;

/// Scripts and styles, which a page cannot do without: what is missing there is 404 at once, not a page.
pub fn routes(host: &Host) -> Router<Host> {
    let folder = host.parts.site_root.join("pkg");
    Router::new().nest_service("/pkg", revalidated(serve(&folder)))
}

/// The file of that name (pictures, charts' scripts), or else what `other` says.
pub fn or_else<F>(host: &Host, other: impl Fn(Host, Request) -> F + Clone + Send + Sync + 'static) -> Service
where
    F: Future<Output = Response> + Send + 'static,
{
    let files = revalidated(serve(&host.parts.site_root));
    let host = host.clone();
    BoxCloneSyncService::new(service_fn(move |request: Request| {
        let (files, host, other) = (files.clone(), host.clone(), other.clone());
        async move {
            let (parts, body) = request.into_parts();
            let asked = Request::from_parts(parts.clone(), axum::body::Body::empty());
            let found = files.oneshot(asked).await.map(IntoResponse::into_response);
            match found {
                Ok(found) if was_found(found.status()) => Ok(found),
                _ => Ok(other(host, Request::from_parts(parts, body)).await),
            }
        }
    }))
}

fn was_found(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
}

fn serve(folder: &Path) -> ServeDir {
    ServeDir::new(folder)
        .precompressed_br()
        .append_index_html_on_directories(false)
}

fn revalidated<S>(inner: S) -> SetResponseHeader<S, HeaderValue> {
    SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")).layer(inner)
}
