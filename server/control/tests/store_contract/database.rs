//! What only a database promises: it survives a restart, two servers may share it, and writers share a commit. Each test
//! runs on every database.

use crate::databases::Kind;
use crate::world::{GROUP, NOW, OWNER, moving, on, settlement};
use api::live::Change;
use control::clock::Wall;
use control::store::audit::{self, Audit};
use control::store::{Db, LoopStore, Settlement, SqlStore, StoreError, events, json};
use control::values;
use engine::model::{GroupId, LeaveCause, Phase, TenantId, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

pub async fn an_intent_is_there_after_the_database_was_closed_and_opened(kind: Kind) {
    let place = kind.place().await;
    let db = place.migrated().await;
    let world = on(db.clone()).await;
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let draining = Phase::Draining {
        cause: LeaveCause::Surplus,
        until: Timestamp(9),
    };
    world
        .store
        .intend(
            world.later(fence).await,
            &[moving(2, Phase::Launching, draining, None)],
            NOW,
        )
        .await
        .unwrap();
    let before = world.loaded(GROUP).await;
    db.close().await;
    let again = on(place.migrated().await).await;
    assert_eq!(again.loaded(GROUP).await, before);
    assert_eq!(again.tenant, world.tenant);
}

pub async fn two_servers_on_one_database_share_shards_and_addresses(kind: Kind) {
    let place = kind.place().await;
    let first = on(place.migrated().await).await;
    let fence = first.group().await;
    let second = place.migrated().await;
    let second = Arc::new(SqlStore::with_lease_clock(second, first.wall.clock()));
    assert_eq!(second.claim("server-b").await.unwrap(), []);
    let mut tasks = JoinSet::new();
    for n in 1..=60 {
        first.people.put_group(first.record(GroupId(n))).await;
        let fence = first.fence(GroupId(n)).await;
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

/// Two servers whose batches touch the same groups and the same tenant in opposite orders: with locks on rows alone some
/// of them would wait for each other in a circle.
pub async fn two_servers_that_write_at_once_wait_for_each_other_and_lose_nothing(kind: Kind) {
    let place = kind.place().await;
    let first = on(place.migrated().await).await;
    for n in 1..=8 {
        first.people.put_group(first.record(GroupId(n))).await;
    }
    let second: Arc<dyn LoopStore> = Arc::new(SqlStore::with_lease_clock(place.migrated().await, first.wall.clock()));
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        for n in 1..=8 {
            let there = first.fence(GroupId(n)).await;
            let back = first.fence(GroupId(9 - n)).await;
            for (store, fence) in [(first.store.clone(), there), (second.clone(), back)] {
                let changes = vec![Change::Group { id: fence.group }];
                let settled = Settlement {
                    changes,
                    ..settlement()
                };
                tasks.spawn(async move { store.settle(fence, &settled, NOW).await });
            }
        }
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    let seqs: Vec<i64> = first
        .people
        .events(first.tenant)
        .await
        .iter()
        .map(|event| event.seq)
        .collect();
    assert_eq!(seqs, (1..=160).collect::<Vec<_>>());
}

pub async fn leases_are_measured_by_the_databases_clock_unless_told_otherwise(kind: Kind) {
    let store = SqlStore::new(kind.scratch().await);
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

pub async fn one_jobs_refusal_undoes_nothing_of_anothers_in_the_same_commit(kind: Kind) {
    let db = kind.scratch().await;
    let mut tasks = JoinSet::new();
    for n in 0..90 {
        tasks.spawn(add_region(db.clone(), n, if n % 3 == 0 { "refuses" } else { "works" }));
    }
    let done = tasks.join_all().await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 60);
    assert_eq!(regions(&db).await, 60);
}

pub async fn a_job_that_fails_in_the_database_is_undone_and_says_what_is_taken(kind: Kind) {
    let db = kind.scratch().await;
    add_region(db.clone(), 1, "works").await.unwrap();
    let taken = add_region(db.clone(), 1, "works").await.unwrap_err();
    assert!(taken.is_taken(), "{taken:?}");
    assert_eq!(taken.to_string(), "the store could not add a region");
    assert_eq!(regions(&db).await, 1);
}

pub async fn a_job_that_panics_is_undone_and_the_writer_works_on(kind: Kind) {
    let db = kind.scratch().await;
    let panicked = add_region(db.clone(), 1, "panics").await.unwrap_err();
    assert!(!panicked.is_taken());
    assert_eq!(regions(&db).await, 0);
    add_region(db.clone(), 2, "works").await.unwrap();
    assert_eq!(regions(&db).await, 1);
}

pub async fn a_closed_database_refuses(kind: Kind) {
    let db = kind.scratch().await;
    let waiting = add_region(db.clone(), 1, "works");
    waiting.await.unwrap();
    db.close().await;
    add_region(db.clone(), 2, "works").await.unwrap_err();
    db.read("read after the end").await.unwrap_err();
}

pub async fn a_reader_sees_one_moment(kind: Kind) {
    let db = kind.scratch().await;
    let mut reader = db.read("count twice").await.unwrap();
    let count = "SELECT COUNT(*) AS found FROM regions";
    let before: i64 = reader.one(count, Vec::new()).await.unwrap().get("found").unwrap();
    add_region(db.clone(), 1, "works").await.unwrap();
    let after: i64 = reader.one(count, Vec::new()).await.unwrap().get("found").unwrap();
    assert_eq!((before, after), (0, 0));
    drop(reader);
    assert_eq!(regions(&db).await, 1);
}

pub async fn a_reader_cannot_write(kind: Kind) {
    let db = kind.scratch().await;
    let mut reader = db.read("write by mistake").await.unwrap();
    reader.execute("DELETE FROM leases", Vec::new()).await.unwrap_err();
}

pub async fn a_listener_is_woken_after_the_commit_and_not_for_what_was_undone(kind: Kind) {
    let db = kind.scratch().await;
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
    assert_eq!(events::last(&db, tenant).await.unwrap(), 2);
    assert_eq!(events::after(&db, tenant, 1, 10).await.unwrap().len(), 1);
}

pub async fn an_audit_line_is_written_with_what_it_speaks_of(kind: Kind) {
    let db = kind.scratch().await;
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

pub async fn what_cannot_be_read_names_its_column_and_operation(kind: Kind) {
    let db = kind.scratch().await;
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

pub async fn a_null_and_a_text_with_a_nul_are_stored_alike(kind: Kind) {
    let db = kind.scratch().await;
    on(db.clone()).await;
    let none: (Option<i64>, Option<String>) = (None, None);
    let wrote: Result<u64, StoreError> = db
        .write("store nothing and a NUL", move |tx| {
            Box::pin(async move {
                let sql = "UPDATE subnets SET cidr = COALESCE($1, cidr), zone = COALESCE($2, zone)";
                assert_eq!(tx.execute(sql, values![none.1.clone(), none.1]).await?, 3);
                let sql = "UPDATE instance_types SET hour_micros = COALESCE($1, hour_micros) WHERE name = 't.one'";
                assert_eq!(tx.execute(sql, values![none.0]).await?, 1);
                tx.execute("UPDATE regions SET currency = $1", values!["U\0D"]).await
            })
        })
        .await;
    assert_eq!(wrote.unwrap(), 1);
    let mut tx = db.read("read it again").await.unwrap();
    let row = tx.one("SELECT currency FROM regions", Vec::new()).await.unwrap();
    assert_eq!(row.get::<String>("currency").unwrap(), "U\u{fffd}D");
}
