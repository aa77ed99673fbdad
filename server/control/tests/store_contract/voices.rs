//! Wakes that cross servers on one PostgreSQL.

use crate::databases::Kind;
use crate::databases::cluster::Cluster;
use crate::world::{GROUP, NOW, on};
use api::live::Change;
use control::commands::wake::{EveryLoop, Wake as _};
use control::pass::Handle;
use control::store::{DatabaseUrl, Db, Heard, LoopStore as _, SqlStore};
use engine::model::{GroupId, LoadBalancerId};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// Whoever is not heard by then is not heard.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two times that the same is said.
const AGAIN: Duration = Duration::from_millis(200);

/// Says it until it is heard: nobody is told when another begins to listen.
async fn heard_of(by: &Db, ears: &mut Receiver<Heard>) -> Heard {
    let saying = async {
        loop {
            by.tell_group(GROUP);
            if let Ok(heard) = timeout(AGAIN, ears.recv()).await {
                return heard.expect("a wake");
            }
        }
    };
    timeout(LIMIT, saying).await.expect("it is heard")
}

/// Waits for it, whatever is heard before it.
async fn until_heard(ears: &mut Receiver<Heard>, what: Heard) {
    let heard = async { while ears.recv().await.expect("a wake") != what {} };
    timeout(LIMIT, heard).await.expect("it is heard");
}

#[tokio::test]
async fn what_one_server_says_the_other_hears_and_so_do_its_streams() {
    let place = Kind::Postgres.place().await;
    let (one, other) = (place.migrated().await, place.open().await);
    let tenant = on(one.clone()).await.tenant;
    let mut own = one.heard().expect("there may be others");
    let mut ears = other.heard().expect("there may be others");
    assert_eq!(heard_of(&one, &mut ears).await, Heard::Group(GROUP));
    let mut wakes = other.events();
    let change = [Change::Group { id: GROUP }];
    SqlStore::new(one.clone()).announce(tenant, &change, NOW).await.unwrap();
    let grew = timeout(LIMIT, wakes.recv()).await.expect("it is heard");
    assert_eq!(grew.unwrap(), (tenant, 1));
    own.try_recv().expect_err("nobody hears oneself");
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_a_command_wakes_is_told_to_the_loops_of_all_servers() {
    let place = Kind::Postgres.place().await;
    let (one, other) = (place.migrated().await, place.open().await);
    let _own = one.heard().expect("there may be others");
    let mut ears = other.heard().expect("there may be others");
    heard_of(&one, &mut ears).await;
    let every = EveryLoop {
        here: Handle::default(),
        db: one.clone(),
    };
    every.balancer(LoadBalancerId(5));
    until_heard(&mut ears, Heard::Balancers).await;
    every.group(GroupId(78));
    until_heard(&mut ears, Heard::Group(GroupId(78))).await;
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn whoever_was_cut_off_looks_at_everything_once_the_database_answers() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let url = DatabaseUrl::parse(&cluster.url()).unwrap();
    let (one, other) = (Db::connect(&url).await.unwrap(), Db::connect(&url).await.unwrap());
    one.migrate().await.unwrap();
    let _own = one.heard().expect("there may be others");
    let mut ears = other.heard().expect("there may be others");
    heard_of(&one, &mut ears).await;
    cluster.stop();
    cluster.resume();
    until_heard(&mut ears, Heard::Everything).await;
    assert_eq!(
        heard_of(&one, &mut ears).await,
        Heard::Group(GROUP),
        "and then as before"
    );
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn on_sqlite_there_is_nobody_else() {
    assert!(Kind::Sqlite.scratch().await.heard().is_none());
}
