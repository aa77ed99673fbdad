//! A PostgreSQL server that stops under a running program.

use crate::databases::cluster::Cluster;
use crate::world::{NOW, on};
use control::store::{DatabaseUrl, Db, LoopStore as _, SqlStore, StoreError};
use std::time::Duration;

/// Longer than [`Db`] waits for a connection, shorter than a lease lasts.
const LIMIT: Duration = Duration::from_secs(10);

async fn regions(db: &Db) -> Result<i64, StoreError> {
    let mut tx = db.read("count regions").await?;
    let row = tx.one("SELECT COUNT(*) AS found FROM regions", Vec::new()).await?;
    row.get("found")
}

#[tokio::test]
async fn reads_and_writes_fail_within_seconds_and_work_again_by_themselves() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let db = Db::connect(&DatabaseUrl::parse(&cluster.url()).unwrap()).await.unwrap();
    db.migrate().await.unwrap();
    let tenant = on(db.clone()).await.tenant;
    let store = SqlStore::new(db.clone());
    let change = [api::live::Change::Group {
        id: crate::world::GROUP,
    }];
    let mut reading = db.read("look twice").await.unwrap();
    cluster.stop();

    reading.all("SELECT name FROM regions", Vec::new()).await.unwrap_err();
    drop(reading);
    let (read, wrote, again) = tokio::time::timeout(LIMIT, async {
        let one = futures::join!(regions(&db), store.announce(tenant, &change, NOW));
        (one.0, one.1, store.claim("server-a").await)
    })
    .await
    .expect("an answer within the limit");
    read.unwrap_err();
    wrote.unwrap_err();
    again.unwrap_err();

    cluster.resume();
    assert_eq!(regions(&db).await.unwrap(), 1);
    store.announce(tenant, &change, NOW).await.unwrap();
    let last = control::store::events::last(&db, tenant).await.unwrap();
    assert_eq!(last, 1, "what failed was not done");
}
