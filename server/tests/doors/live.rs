//! The event stream.

use crate::world::{TENANT, World, actor, get, header, post};
use axum::body::{Body, BodyDataStream};
use engine::model::{TenantId, UserId};
use futures::StreamExt as _;
use http::StatusCode;
use server::doors::streams::STREAMS_OF_USER_MAX;
use std::time::Duration;

/// Streams that hang fail instead.
const LIMIT: Duration = Duration::from_secs(20);

struct Stream(BodyDataStream);

impl Stream {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        let next = tokio::time::timeout(LIMIT, self.0.next())
            .await
            .expect("the stream hangs");
        next.map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap())
    }
}

async fn open(world: &World, cookie: &str, last: Option<&str>) -> Stream {
    let mut request = get("/live");
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    if let Some(last) = last {
        request.headers_mut().insert("last-event-id", last.parse().unwrap());
    }
    let answer = world.send(request).await;
    assert_eq!(
        (answer.status(), header(&answer, "content-type")),
        (StatusCode::OK, "text/event-stream")
    );
    Stream(Body::into_data_stream(answer.into_body()))
}

async fn signed_in() -> (World, String) {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    (world, cookie)
}

#[tokio::test]
async fn nobody_is_told_anything_without_signing_in() {
    assert_eq!(World::new().get("/live").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_fresh_stream_begins_now_and_says_what_changes() {
    let (world, cookie) = signed_in().await;
    world.log.push(TENANT);
    let mut stream = open(&world, &cookie, None).await;
    let hello = stream.next().await.unwrap();
    assert!(
        hello.contains("id: 1") && hello.contains("retry: ") && !hello.contains("data"),
        "{hello}"
    );
    world.log.push(TENANT);
    let said = stream.next().await.unwrap();
    assert!(
        said.contains("id: 2") && said.contains("\"changed\":\"group\""),
        "{said}"
    );
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_missed_once() {
    let (world, cookie) = signed_in().await;
    (0..3).for_each(|_| world.log.push(TENANT));
    let mut stream = open(&world, &cookie, Some("1")).await;
    assert!(stream.next().await.unwrap().contains("id: 1"));
    assert!(stream.next().await.unwrap().contains("id: 2"));
    assert!(stream.next().await.unwrap().contains("id: 3"));
    world.log.push(TENANT);
    assert!(stream.next().await.unwrap().contains("id: 4"));
}

#[tokio::test]
async fn a_reader_too_far_behind_is_told_to_read_everything() {
    let (world, cookie) = signed_in().await;
    (0..300).for_each(|_| world.log.push(TENANT));
    let mut stream = open(&world, &cookie, Some("1")).await;
    stream.next().await;
    let said = stream.next().await.unwrap();
    assert!(said.contains("event: reset") && said.contains("id: 300"), "{said}");
}

#[tokio::test]
async fn so_is_one_whose_events_are_gone_or_whose_number_is_none() {
    let (world, cookie) = signed_in().await;
    (0..5).for_each(|_| world.log.push(TENANT));
    world.log.events.lock().unwrap().drain(..3);
    for last in ["1", "99", "-1", "x"] {
        let mut stream = open(&world, &cookie, Some(last)).await;
        stream.next().await;
        let said = stream.next().await.unwrap();
        assert!(
            said.contains("event: reset") && said.contains("id: 5"),
            "{last}: {said}"
        );
    }
}

#[tokio::test]
async fn a_stop_ends_it_at_once() {
    let (world, cookie) = signed_in().await;
    let mut stream = open(&world, &cookie, None).await;
    stream.next().await;
    world.shutdown.cancel();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn signing_out_ends_it_at_once() {
    let (world, cookie) = signed_in().await;
    let mut stream = open(&world, &cookie, None).await;
    stream.next().await;
    let mut out = post("/api/session/sign-out", "");
    out.headers_mut().insert("cookie", cookie.parse().unwrap());
    world.send(out).await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn another_sessions_end_does_not() {
    let (world, cookie) = signed_in().await;
    let (_, other) = world.sign_in("ann", None).await;
    let mut stream = open(&world, &cookie, None).await;
    stream.next().await;
    let mut out = post("/api/session/sign-out", "");
    out.headers_mut().insert("cookie", other.parse().unwrap());
    world.send(out).await;
    world.log.push(TENANT);
    assert!(stream.next().await.unwrap().contains("id: 1"));
}

/// Less than a second later, by the doors' own clock.
async fn within_a_second(world: &World) {
    for _ in 0..9 {
        world.clock.advance(Duration::from_millis(100));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn it_ends_within_a_second_after_its_user_is_gone_or_moved_or_another_process_ended_its_session() {
    let gone = |world: &World| world.users.remove(UserId(1));
    let moved = |world: &World| world.users.put(actor(1, "ann", TenantId(2)));
    let revoked = |world: &World| world.rows.0.lock().unwrap().clear();
    let changes: [&dyn Fn(&World); 3] = [&gone, &moved, &revoked];
    for change in changes {
        let (world, cookie) = signed_in().await;
        let mut stream = open(&world, &cookie, None).await;
        stream.next().await;
        change(&world);
        within_a_second(&world).await;
        assert_eq!(stream.next().await, None);
    }
}

#[tokio::test]
async fn it_goes_on_while_its_session_stands() {
    let (world, cookie) = signed_in().await;
    let mut stream = open(&world, &cookie, None).await;
    stream.next().await;
    within_a_second(&world).await;
    world.log.push(TENANT);
    assert!(stream.next().await.unwrap().contains("id: 1"));
}

#[tokio::test]
async fn one_user_cannot_take_every_place() {
    let (world, cookie) = signed_in().await;
    let ask = || {
        let mut request = get("/live");
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        request
    };
    let mut open = Vec::new();
    for _ in 0..STREAMS_OF_USER_MAX {
        let answer = world.send(ask()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        open.push(answer);
    }
    let refused = world.send(ask()).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&refused, "retry-after"), "30");
    open.pop();
    assert_eq!(world.send(ask()).await.status(), StatusCode::OK);
}
