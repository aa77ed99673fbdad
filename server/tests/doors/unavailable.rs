//! A store that does not answer, or does not write: what people and programs are told.

use crate::health::WELL;
use crate::security::POLICY;
use crate::world::{Mood, World, get, header, post, text};
use api::problem::Code;
use api::system::Condition;
use app::calls::CallError;
use axum::body::Body;
use control::metrics::Health;
use http::{Request, StatusCode};
use std::time::Duration;

/// More than a page may take while the store hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// The store does this from now on, and the server's health says so.
fn falls(world: &World, mood: Mood) {
    world.rows.set(mood);
    *world.parts.0.lock().unwrap() = Health {
        store: Condition::Silent,
        ..WELL
    };
}

fn with(mut request: Request<Body>, headers: &[(&'static str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_page_says_in_the_readers_language_what_happened_and_comes_back_by_itself() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Silent);
    let wanted = [
        (
            format!("{cookie}; lang=zh; theme=dark"),
            "en",
            "zh-CN",
            "数据库没有应答",
        ),
        (cookie.clone(), "zh-CN,zh;q=0.9", "zh-CN", "照常运行"),
        (cookie, "en", "en", "Instances and load balancers go on"),
    ];
    for (cookie, accepts, lang, words) in wanted {
        let request = with(
            get("/groups"),
            &[("cookie", cookie.as_str()), ("accept-language", accepts)],
        );
        let answer = world.send(request).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            (header(&answer, "retry-after"), header(&answer, "cache-control")),
            ("5", "no-store")
        );
        assert!(header(&answer, "content-type").starts_with("text/html"));
        assert_eq!(header(&answer, "content-security-policy"), POLICY);
        let id = header(&answer, "x-request-id").to_owned();
        let page = text(answer).await;
        let document = format!("<html lang=\"{lang}\"");
        for part in [
            document.as_str(),
            words,
            "http-equiv=\"refresh\"",
            "/pkg/tidegate.css",
            id.as_str(),
        ] {
            assert!(!part.is_empty() && page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("<script"), "nothing runs in it: {page}");
    }
}

#[tokio::test]
async fn a_server_function_answers_the_refusal_it_knows() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Silent);
    let request = with(
        post("/api/groups/resize", "id=asg-1&desired=2"),
        &[("cookie", cookie.as_str()), ("accept", "application/json")],
    );
    let answer = world.send(request).await;
    assert_eq!(
        (answer.status(), header(&answer, "retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "5")
    );
    let id = header(&answer, "x-request-id").to_owned();
    let refused: CallError = serde_json::from_str(&text(answer).await).unwrap();
    assert_eq!(refused.code(), Some(Code::Unavailable));
    assert_eq!(refused.problems.0[0].numbers, ["database".to_owned(), id]);
}

#[tokio::test]
async fn a_form_without_javascript_is_told_to_be_sent_again_and_sends_nothing_by_itself() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Silent);
    let answer = world
        .send(with(
            post("/api/groups/resize", "id=asg-1&desired=2"),
            &[("cookie", cookie.as_str())],
        ))
        .await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = text(answer).await;
    assert!(page.contains("send it again") && !page.contains("refresh"), "{page}");
}

#[tokio::test]
async fn a_store_that_hangs_holds_nobody_for_more_than_seconds() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Hangs);
    let ask = async |request| {
        let answer = tokio::time::timeout(LIMIT, world.send(request)).await;
        answer.expect("an answer in time").status()
    };
    let cookie = [("cookie", cookie.as_str())];
    let (page, call, live) = futures::join!(
        ask(with(get("/groups"), &cookie)),
        ask(with(post("/api/frame", ""), &cookie)),
        ask(with(get("/live"), &cookie)),
    );
    let silent = StatusCode::SERVICE_UNAVAILABLE;
    assert_eq!((page, call, live), (silent, silent, silent));
}

#[tokio::test]
async fn the_event_stream_says_when_to_come_back() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Silent);
    let answer = world.send(with(get("/live"), &[("cookie", cookie.as_str())])).await;
    assert_eq!(
        (answer.status(), header(&answer, "retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "5")
    );
}

#[tokio::test]
async fn on_a_full_disk_a_session_that_cannot_be_prolonged_is_still_let_in() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Full);
    world.clock.advance(Duration::from_secs(11 * 60));
    assert!(world.who(&cookie).await.contains("\"ann\""));
}

#[tokio::test]
async fn on_a_full_disk_nobody_is_told_to_be_signed_in_who_is_not() {
    let world = World::new();
    falls(&world, Mood::Full);
    let (answer, cookie) = world.sign_in("ann", None).await;
    assert_eq!(
        (answer.status(), cookie.as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "")
    );
    assert!(text(answer).await.contains("send it again"));
}

#[tokio::test]
async fn scripts_styles_and_a_page_that_is_not_there_are_not_the_stores() {
    let world = World::new();
    falls(&world, Mood::Silent);
    assert_eq!(world.get("/pkg/tidegate.css").await.status(), StatusCode::OK);
    assert_eq!(world.get("/no/such/page").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn when_the_store_is_back_so_is_everything() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    falls(&world, Mood::Silent);
    let silent = world.send(with(get("/groups"), &[("cookie", cookie.as_str())])).await;
    assert_eq!(silent.status(), StatusCode::SERVICE_UNAVAILABLE);
    world.rows.set(Mood::Well);
    *world.parts.0.lock().unwrap() = WELL;
    assert!(world.who(&cookie).await.contains("\"ann\""), "still signed in");
}
