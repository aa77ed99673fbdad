//! How the server says that it is well, and to whom it says what it counts.

use crate::world::{METRICS_WORD, World, get, header, text};
use api::system::Condition;
use async_trait::async_trait;
use control::metrics::Health;
use http::StatusCode;
use server::doors::health::Vitals;
use std::sync::Mutex;

/// Every part does what it should.
pub const WELL: Health = Health {
    store: Condition::Well,
    scaling: Condition::Well,
    driver: Condition::Well,
    balancers: Condition::Well,
};

/// Parts that do as a test says.
pub struct Parts(pub Mutex<Health>);

#[async_trait]
impl Vitals for Parts {
    async fn health(&self) -> Health {
        *self.0.lock().unwrap()
    }
    fn metrics(&self) -> Result<String, std::fmt::Error> {
        Ok("# EOF\n".to_owned())
    }
}

/// What `/healthz` and `/readyz` answer, and the text of the first.
async fn asked(world: &World) -> (StatusCode, StatusCode, String) {
    let (alive, ready) = (world.get("/healthz").await, world.get("/readyz").await);
    (alive.status(), ready.status(), text(alive).await)
}

#[tokio::test]
async fn a_server_that_does_its_work_is_alive_and_ready_until_it_stops() {
    let world = World::new();
    let (alive, ready, said) = asked(&world).await;
    assert_eq!((alive, ready), (StatusCode::OK, StatusCode::OK));
    assert_eq!(said, "server up\nstore well\nloop well\ndriver well\nbalancers well\n");
    world.shutdown.cancel();
    let (alive, ready, said) = asked(&world).await;
    assert_eq!(
        (alive, ready),
        (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE)
    );
    assert!(said.starts_with("server stopping\n"), "{said}");
}

#[tokio::test]
async fn a_silent_store_is_said_and_the_server_is_neither_alive_nor_ready() {
    let world = World::new();
    *world.parts.0.lock().unwrap() = Health {
        store: Condition::Silent,
        ..WELL
    };
    let (alive, ready, said) = asked(&world).await;
    assert_eq!(
        (alive, ready),
        (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE)
    );
    assert!(said.contains("store silent\n"), "{said}");
}

#[tokio::test]
async fn a_loop_that_does_not_work_is_alive_and_not_ready() {
    for scaling in [Condition::Starting, Condition::Idle, Condition::Stuck] {
        let world = World::new();
        *world.parts.0.lock().unwrap() = Health { scaling, ..WELL };
        let (alive, ready, said) = asked(&world).await;
        assert_eq!(
            (alive, ready),
            (StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE),
            "{said}"
        );
    }
}

#[tokio::test]
async fn anothers_illness_is_said_and_the_server_goes_on() {
    let world = World::new();
    *world.parts.0.lock().unwrap() = Health {
        driver: Condition::Silent,
        balancers: Condition::Silent,
        ..WELL
    };
    let (alive, ready, said) = asked(&world).await;
    assert_eq!((alive, ready), (StatusCode::OK, StatusCode::OK));
    assert!(said.contains("driver silent\nbalancers silent\n"), "{said}");
}

#[tokio::test]
async fn metrics_are_refused_without_the_word_to_whoever_is_not_known_to_be_here() {
    let world = World::new();
    let refused = world.get("/metrics").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(text(refused).await.contains("metrics_token"));
    let mut request = get("/metrics");
    let word = format!("Bearer {METRICS_WORD}").parse().unwrap();
    request.headers_mut().insert("authorization", word);
    let answer = world.send(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(header(&answer, "content-type").starts_with("application/openmetrics-text"));
    assert_eq!(text(answer).await, "# EOF\n");
}
