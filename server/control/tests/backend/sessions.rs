//! Sessions: stored under a hash, ended by the wall clock, never brought back.

use super::world::{START_MS, World};
use control::auth::sessions::{self, Created, Session, Standing};
use control::clock::Wall;
use control::store::retention::Swept;
use control::store::{LoopStore as _, SqlStore};
use control::values;
use engine::model::{Timestamp, UserId};

fn session(data: &str, expires: i64) -> Session {
    Session {
        user: Some(UserId(7)),
        data: data.to_owned(),
        expires: Wall(START_MS + expires),
    }
}

async fn data(world: &World, id: &str, at: i64) -> Option<String> {
    let found = sessions::load(&world.db, id, Wall(START_MS + at))
        .await
        .expect("a store");
    found.map(|session| session.data)
}

#[tokio::test]
async fn a_session_is_stored_under_a_hash_of_its_id_and_ends_by_the_wall_clock() {
    let world = World::new().await;
    let made = sessions::create(&world.db, "cookie-value", session("one", 10))
        .await
        .expect("a store");
    assert_eq!(made, Created::Stored);
    assert_eq!(data(&world, "cookie-value", 9).await.as_deref(), Some("one"));
    assert_eq!(data(&world, "cookie-value", 10).await, None);
    assert_eq!(data(&world, "another", 9).await, None);
    let row = &world.rows("SELECT id_hash, user_id FROM sessions", values![]).await[0];
    let hash: String = row.get("id_hash").expect("a text");
    assert_eq!(
        (hash.len(), row.get::<UserId>("user_id").expect("a user")),
        (64, UserId(7))
    );
    assert_ne!(hash, "cookie-value");
}

#[tokio::test]
async fn an_id_that_is_taken_is_said_to_be_and_the_other_session_stays() {
    let world = World::new().await;
    sessions::create(&world.db, "id", session("first", 10))
        .await
        .expect("a store");
    let again = sessions::create(&world.db, "id", session("second", 10))
        .await
        .expect("a store");
    assert_eq!(
        (again, data(&world, "id", 0).await.as_deref()),
        (Created::IdTaken, Some("first"))
    );
}

#[tokio::test]
async fn saving_changes_a_session_and_never_brings_an_ended_one_back() {
    let world = World::new().await;
    sessions::create(&world.db, "id", session("one", 10))
        .await
        .expect("a store");
    sessions::save(&world.db, "id", session("two", 20))
        .await
        .expect("a store");
    assert_eq!(data(&world, "id", 15).await.as_deref(), Some("two"));
    sessions::delete(&world.db, "id").await.expect("a store");
    sessions::save(&world.db, "id", session("three", 20))
        .await
        .expect("a store");
    assert_eq!(data(&world, "id", 15).await, None);
    sessions::delete(&world.db, "id").await.expect("ended already");
}

async fn stored(world: &World) -> i64 {
    let mut tx = world.db.read("count sessions").await.expect("a read");
    let sql = "SELECT COUNT(*) AS found FROM sessions";
    let row = tx.one(sql, values![]).await.expect("a row");
    row.get("found").expect("a number")
}

#[tokio::test]
async fn a_sweep_takes_what_is_over_a_few_at_a_time() {
    let world = World::new().await;
    for number in 0..5 {
        sessions::create(&world.db, &format!("id{number}"), session("", number))
            .await
            .expect("a store");
    }
    let store = SqlStore::new(world.db.clone());
    let sweep = || store.sweep(Timestamp(START_MS), Wall(START_MS + 3), 3);
    assert_eq!(sweep().await.expect("a store"), Swept::InPart, "there is one more");
    assert_eq!(stored(&world).await, 2);
    for _again in 0..2 {
        sweep().await.expect("a store");
        assert_eq!(stored(&world).await, 1);
    }
    assert!(data(&world, "id4", 0).await.is_some());
}

#[tokio::test]
async fn sessions_are_asked_after_together_and_only_those_of_users_that_are_there_stand() {
    let world = World::new().await;
    let ids: Vec<String> = (0..40).map(|number| format!("id{number}")).collect();
    let of = |user, expires| Session {
        user: Some(user),
        ..session("", expires)
    };
    for id in &ids {
        sessions::create(&world.db, id, of(world.owner.user, 10))
            .await
            .expect("a store");
    }
    sessions::create(&world.db, "nobody's", session("", 10))
        .await
        .expect("a store");
    sessions::create(&world.db, "over", of(world.owner.user, 1))
        .await
        .expect("a store");
    sessions::delete(&world.db, "id7").await.expect("a store");
    let mut asked = ids.clone();
    asked.extend(["nobody's", "over", "never was"].map(str::to_owned));
    let standing = sessions::standing(&world.db, &asked, Wall(START_MS + 5))
        .await
        .expect("a store");
    let expected: Vec<_> = ids.iter().filter(|id| *id != "id7").collect();
    let mut found: Vec<_> = standing.keys().collect();
    found.sort_by_key(|id| id[2..].parse::<u32>().expect("a number"));
    assert_eq!(found, expected);
    let (user, tenant) = (world.owner.user, world.tenant);
    assert!(standing.values().all(|stands| *stands == Standing { user, tenant }));
}
