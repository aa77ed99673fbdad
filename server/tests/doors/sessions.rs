//! Signing in, staying in, and being out.

use crate::world::{TENANT, World, actor, post, set_cookie};
use engine::model::UserId;
use http::StatusCode;
use server::config::parse::public_url;
use std::time::Duration;

#[tokio::test]
async fn signing_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let world = World::new();
    let (answer, _) = world.sign_in("ann", None).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let set = set_cookie(&answer).unwrap();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(set.contains(flag), "{set}");
    }
    assert!(!set.contains("Secure") && !set.contains("Domain"), "{set}");
}

#[tokio::test]
async fn with_https_the_cookie_is_secure() {
    let world = World::at(public_url("https://scale.example.com"));
    let (answer, _) = world.sign_in("ann", None).await;
    assert!(set_cookie(&answer).unwrap().contains("Secure"));
}

#[tokio::test]
async fn a_visitor_gets_no_session() {
    let world = World::new();
    let answer = world.get("/signin").await;
    assert_eq!(set_cookie(&answer), None);
    assert!(world.rows.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_session_says_who_it_is_and_a_changed_role_acts_at_once() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    assert!(world.who(&cookie).await.contains("\"tenant_owner\""));
    let mut viewer = actor(1, "ann", TENANT);
    viewer.role = api::actor::Role::Viewer;
    world.users.put(viewer);
    assert!(world.who(&cookie).await.contains("\"viewer\""));
    world.users.remove(UserId(1));
    assert!(world.who(&cookie).await.contains("\"actor\":null"));
}

#[tokio::test]
async fn the_id_changes_at_sign_in_and_the_old_one_is_worth_nothing() {
    let world = World::new();
    world.users.put(actor(2, "bob", TENANT));
    let (_, first) = world.sign_in("ann", None).await;
    let (_, second) = world.sign_in("bob", Some(&first)).await;
    assert_ne!(first, second);
    assert!(world.who(&first).await.contains("\"actor\":null"));
    assert!(world.who(&second).await.contains("\"bob\""));
    let (_, planted) = world.sign_in("ann", Some("sid=AAAAAAAAAAAAAAAAAAAAAA")).await;
    assert_ne!(planted, "sid=AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(world.rows.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in() {
    let world = World::new();
    let answer = world
        .send(post("/api/session/sign-in", "name=ann&password=wrong&next=/"))
        .await;
    assert_eq!(set_cookie(&answer), None);
    assert!(world.rows.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    let mut out = post("/api/session/sign-out", "");
    out.headers_mut().insert("cookie", cookie.parse().unwrap());
    let answer = world.send(out).await;
    assert!(set_cookie(&answer).unwrap().contains("Max-Age=0"));
    assert!(world.rows.0.lock().unwrap().is_empty());
    assert!(world.who(&cookie).await.contains("\"actor\":null"));
}

#[tokio::test]
async fn a_session_that_is_over_is_nobodys() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    world.clock.to_the_end();
    assert!(world.who(&cookie).await.contains("\"actor\":null"));
}

#[tokio::test]
async fn a_session_in_use_is_prolonged_but_not_at_each_request() {
    let world = World::new();
    let (_, cookie) = world.sign_in("ann", None).await;
    let data = || world.rows.0.lock().unwrap().values().next().unwrap().data.clone();
    let begun = data();
    world.who(&cookie).await;
    assert_eq!(data(), begun);
    world.clock.advance(Duration::from_secs(11 * 60));
    world.who(&cookie).await;
    assert_ne!(data(), begun);
}
