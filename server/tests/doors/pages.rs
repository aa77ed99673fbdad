//! Files, the 404 page, and what a form offers of a long list.

use crate::real::Real;
use crate::world::{World, get, header, text};
use control::ids::{Ids as _, RandomIds};
use control::values;
use engine::model::TemplateId;
use http::StatusCode;

#[tokio::test]
async fn files_have_their_types_and_are_asked_for_each_time() {
    let world = World::new();
    for (name, kind) in [
        ("tidegate.js", "javascript"),
        ("tidegate.wasm", "application/wasm"),
        ("tidegate.css", "text/css"),
    ] {
        let answer = world.get(&format!("/pkg/{name}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(
            header(&answer, "content-type").contains(kind),
            "{name}: {}",
            header(&answer, "content-type")
        );
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        assert!(!header(&answer, "last-modified").is_empty());
    }
}

#[tokio::test]
async fn what_the_browser_has_already_is_not_sent_again() {
    let world = World::new();
    let date = header(&world.get("/pkg/tidegate.js").await, "last-modified").to_owned();
    let mut again = get("/pkg/tidegate.js");
    again.headers_mut().insert("if-modified-since", date.parse().unwrap());
    assert_eq!(world.send(again).await.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_small_copy_is_sent_to_those_who_take_it_under_the_same_type() {
    let world = World::new();
    let mut request = get("/pkg/tidegate.wasm");
    request
        .headers_mut()
        .insert("accept-encoding", "gzip, br".parse().unwrap());
    let answer = world.send(request).await;
    assert_eq!(
        (header(&answer, "content-encoding"), header(&answer, "content-type")),
        ("br", "application/wasm")
    );
    assert_eq!(text(answer).await, "br");
}

#[tokio::test]
async fn a_missing_script_is_no_page() {
    let answer = World::new().get("/pkg/none.js").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(text(answer).await, "");
}

#[tokio::test]
async fn files_beside_the_scripts_are_found_and_none_outside_the_folder() {
    let world = World::new();
    let answer = world.get("/favicon.svg").await;
    assert_eq!(
        (answer.status(), header(&answer, "content-type")),
        (StatusCode::OK, "image/svg+xml")
    );
    for outside in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/pkg/../../etc/passwd",
        "/pkg/%2e%2e/%2e%2e/etc/passwd",
    ] {
        assert_eq!(world.get(outside).await.status(), StatusCode::NOT_FOUND, "{outside}");
    }
}

#[tokio::test]
async fn what_is_no_route_is_the_consoles_404_page() {
    let answer = World::new().get("/no/such/page").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&answer, "cache-control"), "no-store");
    assert!(text(answer).await.contains("<html"));
}

/// Another template like this one.
async fn copy(real: &Real, from: TemplateId, name: &str) {
    let id = TemplateId(RandomIds.mint());
    let sql = "INSERT INTO templates (id, tenant_id, name, version, created_at)
               SELECT $1, tenant_id, $2, version, created_at FROM templates WHERE id = $3";
    real.sql(sql, values![id, name, from]).await;
    let sql = "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, created_at)
               SELECT $1, version, image, instance_type, vpc_id, created_at FROM template_versions
               WHERE template_id = $2";
    real.sql(sql, values![id, from]).await;
}

#[tokio::test]
async fn the_wizard_offers_the_template_of_its_address_and_a_way_to_all_however_many_there_are() {
    let real = Real::new().await;
    let things = real.things().await;
    // As many as a form offers at once stand before it.
    for number in 0..200 {
        copy(&real, things.template, &format!("a{number}")).await;
    }
    let cookie = real.sign_in("owner").await.expect("an owner");
    let page = async |query: String| {
        let mut request = get(&format!("/groups/new{query}"));
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        request.headers_mut().insert("accept-language", "en".parse().unwrap());
        text(real.send(request).await).await
    };
    let option = format!("value=\"{}\"", things.template);
    let first = page(String::new()).await;
    assert!(
        !first.contains(&option) && first.contains("At most 200 are offered"),
        "{first}"
    );
    for query in [
        format!("?template={}", things.template),
        format!("?filter={}", things.name),
        format!("?filter={}", things.template),
    ] {
        assert!(page(query.clone()).await.contains(&option), "{query}");
    }
}
