//! What only a database promises: it survives a restart, two servers may share it, and writers share a commit.

use crate::world::{GROUP, NOW, OWNER, World, moving, on};
use api::live::Change;
use control::clock::Wall;
use control::store::audit::{self, Audit};
use control::store::{Db, LoopStore as _, SqlStore, StoreError, events, json};
use control::values;
use engine::model::{LeaveCause, Phase, TenantId, Timestamp};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

async fn open(path: &Path) -> World {
    let db = Db::open(path).await.unwrap();
    db.migrate().await.unwrap();
    on(db).await
}

#[tokio::test]
async fn an_intent_is_there_after_the_file_was_closed_and_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidegate.db");
    let db = Db::open(&path).await.unwrap();
    db.migrate().await.unwrap();
    let world = on(db.clone()).await;
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let draining = Phase::Draining {
        cause: LeaveCause::Surplus,
        until: Timestamp(9),
    };
    world
        .store
        .intend(fence, &[moving(2, Phase::Launching, draining, None)], NOW)
        .await
        .unwrap();
    let before = world.loaded(GROUP).await;
    db.close().await;
    let again = open(&path).await;
    assert_eq!(again.loaded(GROUP).await, before);
    assert_eq!(again.tenant, world.tenant);
}

#[tokio::test]
async fn two_stores_on_one_file_share_shards_and_addresses() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tidegate.db");
    let first = open(&path).await;
    let fence = first.group().await;
    let second = Db::open(&path).await.unwrap();
    second.migrate().await.unwrap();
    let second = Arc::new(SqlStore::with_lease_clock(second, first.wall.clock()));
    assert_eq!(second.claim("server-b").await.unwrap(), []);
    let mut tasks = JoinSet::new();
    for n in 1..=60 {
        let (intent, mine, other) = (first.launching(n), first.store.clone(), second.clone());
        tasks.spawn(async move {
            let intents = [intent];
            let launched = if n % 2 == 0 {
                mine.intend(fence, &intents, NOW)
            } else {
                other.intend(fence, &intents, NOW)
            };
            launched.await.unwrap()[0]
        });
    }
    let addresses: BTreeSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(addresses.len(), 60);
    first.wall.pass(20);
    assert_eq!(second.claim("server-b").await.unwrap().len(), 64);
    let refused = first.store.intend(fence, &[first.launching(99)], NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Fenced { group: GROUP })),
        "{refused:?}"
    );
    assert_eq!(first.store.renew(OWNER).await.unwrap(), []);
}

#[tokio::test]
async fn leases_are_measured_by_the_databases_clock_unless_told_otherwise() {
    let store = SqlStore::new(Db::scratch().await.unwrap());
    let before = control::clock::system::wall_now();
    let leases = store.claim(OWNER).await.unwrap();
    let after = control::clock::system::wall_now();
    // A millisecond of rounding on each side.
    let range = Wall(before.0 + 20_000 - 1)..=Wall(after.0 + 20_000 + 1);
    assert_eq!(leases.len(), 64);
    assert!(leases.iter().all(|lease| range.contains(&lease.until)), "{leases:?}");
}

/// Adds a region; with `Err` at its end when told to fail.
async fn add_region(db: Db, n: u32, fails: &'static str) -> Result<u32, StoreError> {
    db.write("add a region", move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO regions (name, currency) VALUES ($1, 'USD')";
            tx.execute(sql, values![format!("region-{n}")]).await?;
            if fails == "refuses" {
                return Err(StoreError::database("add a region", "refused"));
            }
            assert_ne!(fails, "panics");
            Ok(n)
        })
    })
    .await
}

async fn regions(db: &Db) -> i64 {
    let mut tx = db.read("count regions").await.unwrap();
    let row = tx
        .one("SELECT COUNT(*) AS found FROM regions", Vec::new())
        .await
        .unwrap();
    row.get("found").unwrap()
}

#[tokio::test]
async fn one_jobs_refusal_undoes_nothing_of_anothers_in_the_same_commit() {
    let db = Db::scratch().await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..90 {
        tasks.spawn(add_region(db.clone(), n, if n % 3 == 0 { "refuses" } else { "works" }));
    }
    let done = tasks.join_all().await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 60);
    assert_eq!(regions(&db).await, 60);
}

#[tokio::test]
async fn a_job_that_fails_in_the_database_is_undone_and_says_what_is_taken() {
    let db = Db::scratch().await.unwrap();
    add_region(db.clone(), 1, "works").await.unwrap();
    let taken = add_region(db.clone(), 1, "works").await.unwrap_err();
    assert!(taken.is_taken(), "{taken:?}");
    assert_eq!(taken.to_string(), "the store could not add a region");
    assert_eq!(regions(&db).await, 1);
}

#[tokio::test]
async fn a_job_that_panics_is_undone_and_the_writer_works_on() {
    let db = Db::scratch().await.unwrap();
    let panicked = add_region(db.clone(), 1, "panics").await.unwrap_err();
    assert!(!panicked.is_taken());
    assert_eq!(regions(&db).await, 0);
    add_region(db.clone(), 2, "works").await.unwrap();
    assert_eq!(regions(&db).await, 1);
}

#[tokio::test]
async fn a_closed_database_refuses() {
    let db = Db::scratch().await.unwrap();
    let waiting = add_region(db.clone(), 1, "works");
    waiting.await.unwrap();
    db.close().await;
    add_region(db.clone(), 2, "works").await.unwrap_err();
    db.read("read after the end").await.unwrap_err();
}

#[tokio::test]
async fn a_reader_sees_one_moment() {
    let db = Db::scratch().await.unwrap();
    let mut reader = db.read("count twice").await.unwrap();
    let count = "SELECT COUNT(*) AS found FROM regions";
    let before: i64 = reader.one(count, Vec::new()).await.unwrap().get("found").unwrap();
    add_region(db.clone(), 1, "works").await.unwrap();
    let after: i64 = reader.one(count, Vec::new()).await.unwrap().get("found").unwrap();
    assert_eq!((before, after), (0, 0));
    drop(reader);
    assert_eq!(regions(&db).await, 1);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let db = Db::scratch().await.unwrap();
    let mut reader = db.read("write by mistake").await.unwrap();
    reader.execute("DELETE FROM leases", Vec::new()).await.unwrap_err();
}

#[tokio::test]
async fn a_listener_is_woken_after_the_commit_and_not_for_what_was_undone() {
    let world = crate::world::sqlite().await;
    let db = Db::scratch().await.unwrap();
    let tenant = on(db.clone()).await.tenant;
    let mut wakes = db.events();
    let change = Change::Group { id: GROUP };
    let refused: Result<(), StoreError> = db
        .write("tell and refuse", move |tx| {
            Box::pin(async move {
                events::append(tx, tenant, &[change], NOW).await?;
                Err(StoreError::Changed { group: GROUP })
            })
        })
        .await;
    refused.unwrap_err();
    SqlStore::new(db.clone())
        .announce(tenant, &[change, change], NOW)
        .await
        .unwrap();
    assert_eq!(wakes.try_recv().unwrap(), (tenant, 2));
    wakes.try_recv().unwrap_err();
    let mut tx = db.read("read events").await.unwrap();
    assert_eq!(events::last(&mut tx, tenant).await.unwrap(), 2);
    assert_eq!(events::after(&mut tx, tenant, 1, 10).await.unwrap().len(), 1);
    drop(world);
}

#[tokio::test]
async fn an_audit_line_is_written_with_what_it_speaks_of() {
    let db = Db::scratch().await.unwrap();
    let wrote: Result<(), StoreError> = db
        .write("write a line", |tx| {
            Box::pin(async move {
                let detail = serde_json::json!({ "password": "set" });
                let (id, tenant, at) = (7, TenantId(1), Wall(5));
                let resource = "u-1".to_owned();
                audit::append(
                    tx,
                    Audit {
                        id,
                        tenant,
                        user: "ann",
                        action: "create_user",
                        resource,
                        detail,
                        at,
                    },
                )
                .await
            })
        })
        .await;
    wrote.unwrap();
    let mut tx = db.read("read the line").await.unwrap();
    let row = tx
        .one("SELECT action, detail FROM audit WHERE user_name = $1", values!["ann"])
        .await
        .unwrap();
    assert_eq!(row.get::<String>("action").unwrap(), "create_user");
    assert_eq!(row.json::<serde_json::Value>("detail").unwrap()["password"], "set");
}

#[tokio::test]
async fn what_cannot_be_read_names_its_column_and_operation() {
    let db = Db::scratch().await.unwrap();
    let mut tx = db.read("look at a shard").await.unwrap();
    let row = tx
        .one("SELECT shard, owner FROM leases WHERE shard = 3", Vec::new())
        .await
        .unwrap();
    assert_eq!(row.get::<u16>("shard").unwrap(), 3);
    assert_eq!(row.get::<Option<engine::model::UserId>>("owner").unwrap(), None);
    let wrong = row.json::<Vec<u8>>("owner").unwrap_err();
    assert_eq!(wrong.to_string(), "the store could not look at a shard");
    assert!(std::error::Error::source(&wrong).unwrap().to_string().contains("owner"));
    let infinite = json(&std::collections::BTreeMap::from([((1, 2), 3)]));
    tx.all("SELECT $1", vec![infinite]).await.unwrap_err();
}
