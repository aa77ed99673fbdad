//! Migrations, the first start, and product time over restarts.

use crate::databases::Kind;
use crate::world::NOW;
use control::clock::{Anchor, Clock as _, SystemClock, TimeScale, Wall};
use control::ids::RandomIds;
use control::store::clock::{StoredTime, load_anchor, mark};
use control::store::{
    Db, FirstAdmin, FirstStart, FirstStartArgs, LoopStore as _, SqlStore, StoreError, SubnetBase, first_start,
    is_first_start,
};
use control::values;
use engine::model::{Span, Timestamp};

fn args() -> FirstStartArgs {
    let admin = Some(FirstAdmin {
        name: "admin".into(),
        password_hash: "hash".into(),
    });
    FirstStartArgs {
        wall: Wall(NOW.0),
        scale: TimeScale(15),
        subnets: SubnetBase(33),
        admin,
    }
}

async fn start(db: &Db) -> FirstStart {
    first_start(db, &RandomIds, args()).await.unwrap()
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    let mut tx = db.read("count").await.unwrap();
    tx.one(sql, Vec::new()).await.unwrap().get("found").unwrap()
}

pub async fn migrating_twice_is_migrating_once(kind: Kind) {
    let place = kind.place().await;
    let db = place.migrated().await;
    let applied = count(&db, "SELECT COUNT(*) AS found FROM _sqlx_migrations").await;
    db.migrate().await.unwrap();
    assert_eq!(
        count(&db, "SELECT COUNT(*) AS found FROM _sqlx_migrations").await,
        applied
    );
    assert_eq!(count(&db, "SELECT COUNT(*) AS found FROM leases").await, 64);
}

pub async fn the_first_start_writes_the_catalogue_once(kind: Kind) {
    let db = kind.scratch().await;
    assert!(is_first_start(&db).await.unwrap());
    let first = start(&db).await;
    assert!(first.created);
    assert!(!is_first_start(&db).await.unwrap());
    assert_eq!(
        start(&db).await,
        FirstStart {
            created: false,
            ..first
        }
    );
    for (table, expected) in [
        ("SELECT COUNT(*) AS found FROM tenants", 1),
        ("SELECT COUNT(*) AS found FROM users WHERE role = 'platform_admin'", 1),
        ("SELECT COUNT(*) AS found FROM zones", 3),
        (
            "SELECT COUNT(*) AS found FROM subnets WHERE cidr LIKE '127.33.%.0/24'",
            3,
        ),
        ("SELECT COUNT(*) AS found FROM instance_types", 3),
        ("SELECT COUNT(*) AS found FROM images", 1),
    ] {
        assert_eq!(count(&db, table).await, expected, "{table}");
    }
    let mut tx = db.read("look at the image").await.unwrap();
    let row = tx
        .one("SELECT spec FROM images WHERE name = $1", values!["sample-web"])
        .await
        .unwrap();
    let spec: control::drivers::ImageSpec = row.json("spec").unwrap();
    assert_eq!(
        (spec.command, spec.ports),
        (vec!["{self}".into(), "sample-web".into()], vec![8080])
    );
}

pub async fn product_time_begins_as_the_wall_clock_and_its_mark_never_goes_back(kind: Kind) {
    let db = kind.scratch().await;
    assert_eq!(load_anchor(&db).await.unwrap(), None);
    start(&db).await;
    let anchor = Anchor {
        wall: Wall(NOW.0),
        product: NOW,
        scale: TimeScale(15),
    };
    assert_eq!(load_anchor(&db).await.unwrap(), Some(StoredTime { anchor, mark: NOW }));
    mark(&db, Timestamp(NOW.0 + 500)).await.unwrap();
    SqlStore::new(db.clone()).mark(Timestamp(NOW.0 + 100)).await.unwrap();
    assert_eq!(load_anchor(&db).await.unwrap().unwrap().mark, Timestamp(NOW.0 + 500));
}

pub async fn a_restart_never_runs_product_time_back(kind: Kind) {
    let db = kind.scratch().await;
    start(&db).await;
    let first = SystemClock::start(&db, TimeScale(15), "a").await.unwrap();
    let told = first.now();
    let again = SystemClock::start(&db, TimeScale(15), "a").await.unwrap();
    assert!(again.now() >= told.plus(Span::secs(150)), "it holds at the mark");
    let slower = SystemClock::start(&db, TimeScale(1), "a").await.unwrap();
    assert!(slower.now() >= again.now());
    let stored = load_anchor(&db).await.unwrap().unwrap();
    assert_eq!((stored.anchor, stored.anchor.scale), (slower.anchor(), TimeScale(1)));
    assert!(stored.mark >= slower.now());
}

pub async fn a_second_server_runs_by_the_same_anchor_and_at_no_other_scale(kind: Kind) {
    let db = kind.scratch().await;
    start(&db).await;
    let first = SystemClock::start(&db, TimeScale(15), "a").await.unwrap();
    let second = SystemClock::start(&db, TimeScale(15), "b").await.unwrap();
    assert_eq!(first.anchor(), second.anchor());
    let refused = SystemClock::start(&db, TimeScale(1), "c").await.unwrap_err();
    assert!(refused.to_string().contains("--time-scale 15"), "{refused}");
    assert_eq!(load_anchor(&db).await.unwrap().unwrap().anchor, first.anchor());
    for server in ["a", "b"] {
        SqlStore::new(db.clone()).release(server).await.unwrap();
    }
    let alone = SystemClock::start(&db, TimeScale(1), "c").await.unwrap();
    assert_eq!(alone.anchor().scale, TimeScale(1));
}

pub async fn a_server_that_slept_while_another_set_product_time_anew_holds_nothing_any_more(kind: Kind) {
    let db = kind.scratch().await;
    start(&db).await;
    let slept = SystemClock::start(&db, TimeScale(15), "a").await.unwrap();
    let store = SqlStore::new(db.clone()).running_by(slept.anchor());
    assert_eq!(store.claim("a").await.unwrap().len(), 64);
    // It counts as gone.
    let gone: Result<u64, StoreError> = db
        .write("forget the servers", |tx| {
            Box::pin(async move { tx.execute("DELETE FROM servers", Vec::new()).await })
        })
        .await;
    assert_eq!(gone.unwrap(), 1);
    let other = SystemClock::start(&db, TimeScale(1), "b").await.unwrap();
    for answer in [store.renew("a").await, store.claim("a").await] {
        let refused = answer.unwrap_err();
        assert!(refused.to_string().contains("--time-scale 1"), "{refused}");
    }
    assert_eq!(
        count(&db, "SELECT COUNT(*) AS found FROM servers").await,
        1,
        "only the other one lives"
    );
    store.release("a").await.unwrap();
    let theirs = SqlStore::new(db.clone()).running_by(other.anchor());
    assert_eq!(theirs.claim("b").await.unwrap().len(), 64);
}

pub async fn sessions_that_expired_are_swept_by_the_wall_clock(kind: Kind) {
    let db = kind.scratch().await;
    for (id, expires) in [("old", 5), ("new", 500)] {
        let wrote: Result<u64, control::store::StoreError> = db
            .write("add a session", move |tx| {
                Box::pin(async move {
                    let sql = "INSERT INTO sessions (id_hash, data, expires_wall) VALUES ($1, '{}', $2)";
                    tx.execute(sql, values![id, expires]).await
                })
            })
            .await;
        wrote.unwrap();
    }
    SqlStore::new(db.clone()).sweep(NOW, Wall(100), 10).await.unwrap();
    assert_eq!(count(&db, "SELECT COUNT(*) AS found FROM sessions").await, 1);
}
