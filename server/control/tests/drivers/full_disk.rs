//! No room under the driver's folder: orders reach what runs there all the same.

use super::bench::{Bench, processes};
use super::place::{GROUP, Place, Program};
use control::drivers::{DriverError, MachineWord};
use std::time::Duration;

/// `None` where we may not mount.
fn bench() -> Option<Bench> {
    let bench = Bench::on_a_small_disk();
    if bench.is_none() {
        eprintln!("skipped: only an account that may mount a tmpfs can fill a disk of its own");
    }
    bench
}

#[tokio::test]
async fn on_a_full_disk_a_machine_is_asked_to_end_and_ends() {
    let Some(bench) = bench() else { return };
    let id = bench.start(&Program::EndsOnTerm(0)).await;
    bench.wait_printed(id, "up").await;
    bench.disk().fill();
    let grace = Duration::from_secs(60);
    bench.driver().stop(id, grace).await.expect("it is asked");
    bench.wait_exit(id).await;
    assert_eq!(processes(id).len(), 0);
    let order = std::fs::symlink_metadata(bench.folder(id).join("stop.json")).expect("an order");
    assert!(order.is_symlink(), "the disk was not full");
}

#[tokio::test]
async fn on_a_full_disk_the_time_that_a_stop_gives_is_kept() {
    let Some(bench) = bench() else { return };
    let id = bench.start(&Program::IgnoresTerm).await;
    bench.wait_printed(id, "up").await;
    bench.disk().fill();
    let stop = async |grace| bench.driver().stop(id, grace).await.expect("it is asked");
    stop(Duration::from_millis(200)).await;
    stop(Duration::from_secs(600)).await;
    bench.wait_exit(id).await;
    assert_eq!(processes(id).len(), 0);
}

#[tokio::test]
async fn on_a_full_disk_a_machine_is_removed_for_good_and_gives_its_room_back() {
    let Some(bench) = bench() else { return };
    let spec = bench.spec(&Program::IgnoresTerm);
    bench.driver().create(&spec).await.expect("accepted");
    bench.wait_printed(spec.id, "up").await;
    bench.disk().fill();
    bench.remove(spec.id).await;
    assert_eq!(processes(spec.id).len(), 0);
    assert!(!bench.folder(spec.id).exists());
    bench.disk().empty();
    // What a server sees after a restart.
    let gone = bench.another().describe(spec.id).await.expect("an answer");
    assert_eq!((gone.word, gone.group), (MachineWord::Gone, GROUP));
    let late = bench.driver().create(&spec).await;
    assert!(matches!(late, Err(DriverError::Refused { .. })), "{late:?}");
    assert_eq!(bench.driver().list().await.expect("a list"), []);
}
