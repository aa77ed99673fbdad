//! A real server whose store goes away under it: a full disk (SQLite on a small tmpfs) and a PostgreSQL that is stopped for
//! longer than a lease lasts. What runs goes on, nothing begins, everybody is told, and all comes back by itself.

#[path = "../control/tests/databases/cluster.rs"]
mod cluster;
#[path = "support/site.rs"]
mod site;
#[path = "../control/tests/drivers/small_disk.rs"]
mod small_disk;
mod support;

use cluster::Cluster;
use control::store::{Db, ReadTx, StoreError};
use control::values;
use site::{PAUSE, Server, end_all_of, folder, is_served, passed, until};
use small_disk::SmallDisk;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Longer than a lease lasts (20 s).
const OUTAGE: Duration = Duration::from_secs(24);
/// Several cycles at this scale, and a renewal of the leases.
const WHILE_FULL: Duration = Duration::from_secs(6);

/// Transactions of the loop that the database failed.
fn store_failures(server: &Server) -> i64 {
    server.count("tidegate_store_failures_total{")
}

/// Somebody reads the database for long, as a backup does: what is written meanwhile needs room of its own. Without one, a
/// store whose file has pages to spare works on a full disk, too.
struct Backup {
    reading: Option<ReadTx>,
    runtime: Runtime,
}

impl Drop for Backup {
    fn drop(&mut self) {
        // A connection is given back in the runtime that it came from.
        let _inside = self.runtime.enter();
        drop(self.reading.take());
    }
}

impl Backup {
    fn of(data: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let reading = runtime.block_on(async {
            let db = Db::open(&data.join("tidegate.db")).await?;
            let mut reading = db.read("back up").await?;
            reading.first("SELECT id FROM tenants", values![]).await?;
            Ok::<_, StoreError>(reading)
        });
        Self {
            reading: Some(reading.unwrap()),
            runtime,
        }
    }
}

#[test]
fn a_full_disk_stops_nothing_that_runs_and_is_over_when_there_is_room_again() {
    let folder = folder();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk")) else {
        eprintln!("skipped: only an account that may mount a tmpfs can fill a disk of its own");
        return;
    };
    let server = Server::start(&disk.0, &folder.path().join("log"), None);
    let group = server.group();
    let creates = server.creates();
    let port = server.front(&group);
    let _backup = Backup::of(&disk.0);
    let failures = store_failures(&server);
    disk.fill();
    until("the server to notice", || !server.is_well());
    server.says_that_the_store_is_gone();
    let refused = server.resize(&group, 2);
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("unavailable"),
        "{refused}"
    );
    end_all_of(&disk.0.join("balancers"));
    until("the load balancer's process to be back", || is_served(port));
    // Its first process's id had a block of its own.
    disk.fill();
    until("the server to notice again", || !server.is_well());
    let over = passed(WHILE_FULL);
    while !over() {
        assert_eq!((server.count("tidegate_machines "), server.creates()), (1, creates));
        server.says_that_the_store_is_gone();
        std::thread::park_timeout(PAUSE);
    }
    let while_full = store_failures(&server);
    assert!(while_full > failures, "{while_full} after {failures}");
    disk.empty();
    server.grows(&group);
    server.deletes(&group);
    // Before the disk goes: its database is on it.
    drop(server);
}

#[test]
fn a_database_server_that_is_stopped_for_longer_than_a_lease_lasts_takes_nothing_down() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let folder = folder();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, Permissions::from_mode(0o711)).unwrap();
    let server = Server::start(&data, &folder.path().join("log"), Some(&cluster.url()));
    let group = server.group();
    let port = server.front(&group);
    let (creates, failures) = (server.creates(), store_failures(&server));
    cluster.stop();
    until("the server to notice", || !server.is_well());
    let over = passed(OUTAGE);
    while !over() {
        server.says_that_the_store_is_gone();
        assert!(is_served(port), "the balancer and its member go on");
        std::thread::park_timeout(PAUSE);
    }
    let page = server.get("/groups");
    assert!(
        page.starts_with("HTTP/1.1 503") && page.contains("http-equiv=\"refresh\""),
        "{page}"
    );
    let refused = server.resize(&group, 2);
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("unavailable"),
        "{refused}"
    );
    assert_eq!((server.count("tidegate_machines "), server.creates()), (1, creates));
    let while_stopped = store_failures(&server);
    assert!(while_stopped > failures, "{while_stopped} after {failures}");
    cluster.resume();
    server.grows(&group);
    assert!(is_served(port));
    server.deletes(&group);
}
