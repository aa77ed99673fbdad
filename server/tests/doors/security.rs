//! What no request may do, and what every answer says.

use crate::real::Real;
use crate::world::{World, get, header, post, text};
use axum::body::Body;
use axum::response::Response;
use http::{Request, StatusCode};
use server::config::parse::public_url;
use server::doors::{ADDRESS_LIMIT_BYTES, BODY_LIMIT_BYTES};

/// The whole policy, a page's nonce left out: a directive that goes is a door that opens.
pub const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src-elem 'self'; \
                          style-src-attr 'unsafe-inline'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; \
                          object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// An answer's policy without its nonce, and the nonce; empty where there is none.
fn policy(answer: &Response) -> (String, String) {
    let said = header(answer, "content-security-policy");
    let nonce = said.split(" 'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    let nonce = nonce.unwrap_or_default();
    (said.replace(&format!(" 'nonce-{nonce}'"), ""), nonce.to_owned())
}

#[tokio::test]
async fn a_change_that_another_site_sends_is_refused_and_nothing_happens() {
    let world = World::new();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil"),
    ] {
        let mut request = post("/api/session/sign-in", "name=ann&password=right&next=/");
        request.headers_mut().remove("sec-fetch-site");
        request.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(
            world.send(request).await.status(),
            StatusCode::FORBIDDEN,
            "{name}: {value}"
        );
    }
    let mut silent = post("/api/session/sign-in", "name=ann&password=right&next=/");
    silent.headers_mut().remove("sec-fetch-site");
    assert_eq!(world.send(silent).await.status(), StatusCode::FORBIDDEN);
    assert!(world.rows.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_plain_form_of_ours_passes_by_its_origin_too() {
    let world = World::new();
    let mut request = post("/api/session/sign-in", "name=ann&password=right&next=/groups");
    request.headers_mut().remove("sec-fetch-site");
    request.headers_mut().insert("origin", "http://h".parse().unwrap());
    let answer = world.send(request).await;
    assert_eq!(
        (answer.status(), header(&answer, "location")),
        (StatusCode::FOUND, "/groups")
    );
}

#[tokio::test]
async fn behind_a_proxy_the_origin_is_the_public_one() {
    let world = World::at(public_url("https://scale.example.com"));
    let request = |origin: &str| {
        let mut request = post("/api/session/sign-in", "name=ann&password=right&next=/");
        request.headers_mut().remove("sec-fetch-site");
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request
    };
    assert_eq!(world.send(request("http://h")).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        world.send(request("https://scale.example.com")).await.status(),
        StatusCode::FOUND
    );
}

#[tokio::test]
async fn server_functions_cannot_be_called_by_get() {
    let world = World::new();
    let answer = world.get("/api/session/sign-out").await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_pages_policy_has_a_nonce_of_its_own_that_its_scripts_carry() {
    let world = World::new();
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let answer = world.get("/signin").await;
        let (said, nonce) = policy(&answer);
        assert_eq!(said, POLICY);
        assert!(text(answer).await.contains(&format!("nonce=\"{nonce}\"")));
        nonces.push(nonce);
    }
    assert!(!nonces[0].is_empty());
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn whoever_is_signed_in_gets_the_same_policy() {
    let real = Real::new().await;
    let cookie = real.sign_in("owner").await.expect("an owner");
    let mut request = get("/groups");
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let answer = real.send(request).await;
    assert!(answer.status().is_success(), "{}", answer.status());
    let (said, nonce) = policy(&answer);
    assert_eq!(said, POLICY);
    assert!(!nonce.is_empty());
}

#[tokio::test]
async fn every_answer_says_what_browsers_must_know() {
    let world = World::new();
    for path in [
        "/signin",
        "/no/such/page",
        "/pkg/tidegate.js",
        "/pkg/none.js",
        "/healthz",
        "/readyz",
        "/metrics",
        "/live",
        "/prefs?lang=xx",
    ] {
        let answer = world.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&answer, name), value, "{path}");
        }
        assert_eq!(policy(&answer).0, POLICY, "{path}");
        assert_eq!(header(&answer, "x-request-id").len(), 13, "{path}");
    }
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused() {
    let world = World::new();
    let body = format!("name={}", "x".repeat(BODY_LIMIT_BYTES));
    let mut request = post("/api/session/sign-in", "");
    request.headers_mut().insert("content-length", body.len().into());
    *request.body_mut() = Body::from(body);
    assert_eq!(world.send(request).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_address_past_the_limit_is_refused_and_the_longest_refused_form_is_not() {
    let world = World::new();
    // 16 KiB of user data on its way back to the form's page, grown by base 64 and percent signs.
    let longest = format!("/signin?typed={}", "x".repeat(16 * 1024 * 3 / 2));
    assert_eq!(world.get(&longest).await.status(), StatusCode::OK);
    let longer = format!("/signin?typed={}", "x".repeat(ADDRESS_LIMIT_BYTES));
    assert_eq!(world.get(&longer).await.status(), StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn preferences_change_two_cookies_and_lead_to_an_own_page_only() {
    let world = World::new();
    let answer = world.get("/prefs?lang=zh&theme=dark&back=%2Fgroups%3Fafter%3Dx").await;
    assert_eq!(
        (answer.status(), header(&answer, "location")),
        (StatusCode::SEE_OTHER, "/groups?after=x")
    );
    let set: Vec<_> = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(set.len(), 2);
    assert!(
        set[0].starts_with("lang=zh; Path=/; SameSite=Lax; Max-Age=") && set[1].starts_with("theme=dark;"),
        "{set:?}"
    );
    for foreign in [
        "//evil.example",
        "https://evil.example",
        "%2F%2Fevil",
        "/%5Cevil",
        "/a%0d%0ab",
    ] {
        let answer = world.get(&format!("/prefs?lang=en&back={foreign}")).await;
        assert_eq!(header(&answer, "location"), "/", "{foreign}");
    }
}

#[tokio::test]
async fn a_preference_that_does_not_exist_is_refused() {
    let answer = World::new().get("/prefs?theme=%3Cscript%3E").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert!(answer.headers().get("set-cookie").is_none());
    assert!(text(answer).await.contains("auto, light, dark"));
}

#[tokio::test]
async fn an_unsafe_method_is_checked_whatever_door_it_knocks_at() {
    let world = World::new();
    for path in ["/prefs", "/pkg/tidegate.js", "/healthz", "/live", "/groups", "/none"] {
        let request = Request::post(path).header("host", "h").body(Body::empty()).unwrap();
        assert_eq!(world.send(request).await.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert!(world.send(get("/healthz")).await.status().is_success());
}
