//! Signing in: right and wrong, locked out, renewed; and no password where it does not belong.

use super::world::{START_MS, World, actor, wrong};
use api::actor::{Actor, Role};
use api::backend::Common as _;
use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use control::auth::sessions::{self, Session};
use control::auth::users::{ResetError, reset_password};
use control::auth::{Secret, hash};
use control::clock::{Clock as _, Wall};
use control::commands::Options;
use control::values;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const PASSWORD: &str = "correct-horse-battery";
const HERE: &str = "127.0.0.1";

async fn admin(world: &World) -> Actor {
    let admin = actor("admin", world.tenant, Role::PlatformAdmin);
    world
        .user(&admin, &hash(&Secret::new(PASSWORD.to_owned())).expect("a hash"))
        .await;
    admin
}

#[tokio::test]
async fn the_right_password_is_let_in_and_nothing_else() {
    let world = World::new().await;
    let admin = admin(&world).await;
    let check = |name: &'static str, password: &'static str| world.console.check_password(name, password, HERE);
    assert_eq!(check("admin", PASSWORD).await, Ok(admin.clone()));
    assert_eq!(
        check(" admin ", PASSWORD).await,
        Ok(admin.clone()),
        "blanks around a name are dropped"
    );
    let table = [
        ("admin", ""),
        ("admin", "Correct-horse-battery"),
        ("nobody", PASSWORD),
        ("", ""),
        ("olga", "no hash"),
    ];
    for (name, password) in table {
        let problems = check(name, password).await.expect_err("refused");
        assert_eq!(
            (problems.status(), wrong::<()>(Err(problems))),
            (401, vec!["WrongCredentials".to_owned()])
        );
    }
    let long = "x".repeat(1_025);
    assert_eq!(
        wrong(world.console.check_password("admin", &long, HERE).await),
        ["WrongCredentials"]
    );
    let sql = "SELECT signed_in_at AS n FROM users WHERE name = 'admin'";
    assert_eq!(world.number(sql, values![]).await, world.clock.now().0);
}

#[tokio::test]
async fn the_eleventh_failure_in_a_row_has_to_wait_and_longer_each_time() {
    let world = World::new().await;
    admin(&world).await;
    let fail = || world.console.check_password("admin", "wrong", HERE);
    for _ in 0..10 {
        assert_eq!(wrong(fail().await), ["WrongCredentials"]);
    }
    assert_eq!(wrong(fail().await), ["TooManyAttempts 30"]);
    let right = world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect_err("locked out");
    assert_eq!(right.status(), 429);
    world
        .console
        .check_password("admin", PASSWORD, "10.0.0.9")
        .await
        .expect("from elsewhere it is not locked");
    world.clock.advance(Duration::from_millis(29_001));
    assert_eq!(wrong(fail().await), ["TooManyAttempts 1"]);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(wrong(fail().await), ["WrongCredentials"]);
    assert_eq!(wrong(fail().await), ["TooManyAttempts 60"]);
    world.clock.advance(Duration::from_secs(60));
    world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect("the right one is let in");
    assert_eq!(wrong(fail().await), ["WrongCredentials"], "and all is forgiven");
}

#[tokio::test]
async fn a_crowd_of_guesses_at_once_is_counted_each() {
    let world = World::new().await;
    admin(&world).await;
    let guesses = (0..30).map(|_| world.console.check_password("admin", "wrong", HERE));
    let answers = futures::future::join_all(guesses).await;
    let looked_at = answers
        .into_iter()
        .filter(|answer| wrong(answer.clone()) == ["WrongCredentials"])
        .count();
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn a_hash_of_old_costs_is_renewed_at_the_next_sign_in() {
    let world = World::new().await;
    let params = Params::new(8 * 1_024, 1, 1, None).expect("costs");
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let old: PasswordHash = weak.hash_password(PASSWORD.as_bytes()).expect("a hash");
    world
        .user(&actor("admin", world.tenant, Role::PlatformAdmin), &old.to_string())
        .await;
    let stored = async || -> String {
        world
            .rows("SELECT password_hash FROM users WHERE name = 'admin'", values![])
            .await[0]
            .get("password_hash")
            .expect("a text")
    };
    world
        .console
        .check_password("admin", "wrong", HERE)
        .await
        .expect_err("refused");
    assert_eq!(stored().await, old.to_string());
    world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect("let in");
    assert!(stored().await.contains("m=19456,t=2,p=1"));
    world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect("let in again");
}

#[tokio::test]
async fn the_file_with_the_first_password_goes_at_the_first_admins_first_sign_in() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("first-password");
    std::fs::write(&path, PASSWORD).expect("written");
    let options = Options {
        first_password: Some(path.clone()),
        ..Options::default()
    };
    let world = World::with(options).await;
    admin(&world).await;
    let eva = actor("eva", world.tenant, Role::Operator);
    world
        .user(&eva, &hash(&Secret::new("evas".to_owned())).expect("a hash"))
        .await;
    world.console.check_password("eva", "evas", HERE).await.expect("let in");
    world
        .console
        .check_password("admin", "wrong", HERE)
        .await
        .expect_err("refused");
    assert!(path.exists());
    world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect("let in");
    assert!(!path.exists());
    world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect("a file that is gone is no trouble");
}

#[tokio::test]
async fn a_changed_role_acts_at_once_and_a_deleted_user_is_nobody() {
    let world = World::new().await;
    let user = world.owner.user;
    assert_eq!(world.console.actor_by_id(user).await, Ok(world.owner.clone()));
    world
        .sql("UPDATE users SET role = 'viewer' WHERE id = $1", values![user])
        .await;
    assert_eq!(
        world.console.actor_by_id(user).await.expect("somebody").role,
        Role::Viewer
    );
    world.sql("DELETE FROM users WHERE id = $1", values![user]).await;
    let problems = world.console.actor_by_id(user).await.expect_err("nobody");
    assert_eq!(
        (problems.status(), wrong::<()>(Err(problems))),
        (401, vec!["SignInFirst".to_owned()])
    );
}

#[tokio::test]
async fn a_reset_password_is_the_only_one_that_works_and_ends_every_session() {
    let world = World::new().await;
    let admin = admin(&world).await;
    for (id, user) in [("one", admin.user), ("two", admin.user), ("three", world.owner.user)] {
        let session = Session {
            user: Some(user),
            data: String::new(),
            expires: Wall(i64::MAX),
        };
        sessions::create(&world.db, id, session).await.expect("a store");
    }
    let wall = Wall(START_MS);
    let new = reset_password(&world.db, &*world.ids, wall, "admin")
        .await
        .expect("reset");
    assert_eq!(
        wrong(world.console.check_password("admin", PASSWORD, HERE).await),
        ["WrongCredentials"]
    );
    assert_eq!(
        world.console.check_password("admin", new.expose(), HERE).await,
        Ok(admin)
    );
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM sessions", values![]).await, 1);
    let row = &world
        .rows(
            "SELECT user_name, detail FROM audit WHERE action = 'reset_password'",
            values![],
        )
        .await[0];
    let detail: String = row.get("detail").expect("a text");
    assert!(detail.contains("\"set\"") && !detail.contains(new.expose().as_str()));
    let missing = reset_password(&world.db, &*world.ids, wall, "nobody").await;
    assert!(matches!(missing, Err(ResetError::NoSuchUser(name)) if name == "nobody"));
}

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _span: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _span: &Id) {}
    fn exit(&self, _span: &Id) {}
}

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().expect("whole"), "{field}={value:?}").expect("a text");
    }
}

#[tokio::test]
async fn no_password_is_ever_logged_shown_or_stored() {
    let log = Log::default();
    // For the whole process: what the other tests log has no password in it either.
    tracing::subscriber::set_global_default(log.clone()).expect("the only one");
    let world = World::new().await;
    admin(&world).await;
    for password in [PASSWORD, "mistyped-horse"] {
        for name in ["admin", "nobody", "my-horse-in-the-wrong-field"] {
            let answer = world.console.check_password(name, password, HERE).await;
            assert!(!format!("{answer:?}").contains("horse"));
        }
    }
    world.db.close().await;
    let problems = world
        .console
        .check_password("admin", PASSWORD, HERE)
        .await
        .expect_err("the store is closed");
    assert!(!format!("{problems:?}{problems}").contains("horse"));
    let text = log.0.lock().expect("whole").clone();
    assert!(text.contains("signed in") && text.contains("refused"), "{text}");
    assert!(
        text.contains(&problems.0[0].numbers[1]),
        "the log has the incident's number: {text}"
    );
    assert!(!text.contains("horse"), "{text}");
}
