//! HAProxy is killed: it is back from memory within a second, with its members, whatever the store does.

use crate::site::{Site, group};
use control::balancer::haproxy::process;
use control::clock::system::wall_now;
use control::values;
use std::time::Duration;

/// What is promised, in real time.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// Kills it so often and tells the shortest time: a neighbour's work can make any of them late, and none early.
async fn fastest(site: &mut Site, kills: u32) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..kills {
        let out = killed(site).await;
        println!("back after {out:?}");
        fastest = fastest.min(out);
    }
    fastest
}

/// kill -9, and how long nobody answered with both members.
async fn killed(site: &mut Site) -> Duration {
    let master = process::master(&site.place()).expect("it runs");
    let (first, killed_at) = (master.pid(), wall_now());
    master.kill();
    let other = |site: &Site| process::master(&site.place()).is_some_and(|master| master.pid() != first);
    let mut again = tokio::time::interval(Duration::from_millis(5));
    loop {
        again.tick().await;
        let out = wall_now().since(killed_at);
        let eligible = site.eligible().await;
        if other(site) && site.is_open() && eligible == 2 {
            return out;
        }
        assert!(out < BACK_WITHIN * 20, "it does not come back: {eligible} get requests");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_haproxy_is_back_within_a_second_at_scale_one_with_its_members() {
    let mut site = Site::new(1, &group(2)).await;
    site.start(None);
    site.until("two serve", |now| now.serves(2)).await;
    let before = site.programs();
    let out = fastest(&mut site, 3).await;
    assert!(out < BACK_WITHIN, "it took {out:?}");
    assert_eq!(site.programs(), before, "nobody was replaced for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_back_within_a_second_while_the_store_does_not_answer() {
    let mut site = Site::new(1, &group(2)).await;
    site.start(None);
    site.until("two serve", |now| now.serves(2)).await;
    // Whoever writes waits for this transaction; those who read wait for nobody, so the loop's own writes stand still.
    let (let_go, held) = tokio::sync::oneshot::channel::<()>();
    let db = site.rows.db.clone();
    let mut holding = tokio::task::JoinSet::new();
    holding.spawn(async move {
        let held = db.write::<(), control::store::StoreError, _>("hold the database", move |tx| {
            Box::pin(async move {
                tx.execute("UPDATE installation SET created_wall = created_wall", values![])
                    .await?;
                drop(held.await);
                Ok(())
            })
        });
        held.await.expect("a write");
    });
    let out = fastest(&mut site, 3).await;
    assert!(out < BACK_WITHIN, "it took {out:?}");
    drop(let_go);
    while holding.join_next().await.is_some() {}
    site.until("two serve still", |now| now.serves(2)).await;
}
