//! What every driver must hold, told by nothing but the trait.

use super::bench::{Bench, GROUP, Program, processes, until};
use control::clock::Wall;
use control::drivers::process::boot_ns;
use control::drivers::{Driver, DriverError, MachineWord, Removal};
use control::ids::{Ids, RandomIds};
use engine::model::InstanceId;
use std::time::Duration;

fn is_refused<T>(answer: &Result<T, DriverError>) -> bool {
    matches!(answer, Err(DriverError::Refused { .. }))
}

fn ms_since(began_ns: u64) -> u64 {
    (boot_ns() - began_ns) / 1_000_000
}

#[tokio::test]
async fn creating_twice_is_one_machine() {
    let bench = Bench::new();
    let spec = bench.spec(&Program::Waits);
    for _again in 0..3 {
        bench.driver().create(&spec).await.expect("accepted");
    }
    assert_eq!(processes(spec.id).len(), 1);
    assert!(matches!(bench.word(spec.id).await, MachineWord::Running { since } if since > Wall(0)));
}

#[tokio::test]
async fn creating_at_once_from_two_servers_is_one_machine() {
    let bench = Bench::new();
    let other = bench.another();
    for _round in 0..5 {
        let spec = bench.spec(&Program::Waits);
        let (driver, spec) = (bench.driver(), &spec);
        let answers = tokio::join!(
            driver.create(spec),
            other.create(spec),
            driver.create(spec),
            other.create(spec)
        );
        assert!([answers.0, answers.1, answers.2, answers.3].iter().all(Result::is_ok));
        until("it to run", async || {
            matches!(bench.word(spec.id).await, MachineWord::Running { .. }).then_some(())
        })
        .await;
        assert_eq!(processes(spec.id).len(), 1);
    }
}

#[tokio::test]
async fn an_ended_machine_is_not_started_again() {
    let bench = Bench::new();
    let spec = bench.spec(&Program::Exits(0));
    bench.driver().create(&spec).await.expect("accepted");
    assert_eq!(bench.wait_exit(spec.id).await, 0);
    bench.driver().create(&spec).await.expect("accepted: it is there");
    assert_eq!(bench.word(spec.id).await, MachineWord::Exited { code: 0 });
}

#[tokio::test]
async fn a_machine_nobody_created_was_never_seen() {
    let bench = Bench::new();
    let id = InstanceId(RandomIds.mint());
    assert_eq!(bench.word(id).await, MachineWord::NeverSeen);
    assert!(is_refused(&bench.driver().stop(id, Duration::ZERO).await));
    assert!(is_refused(&bench.driver().logs(id, 10).await));
}

#[tokio::test]
async fn a_deleted_id_can_never_be_created() {
    let bench = Bench::new();
    let spec = bench.spec(&Program::Waits);
    assert_eq!(bench.driver().delete(spec.id).await.expect("an answer"), Removal::Gone);
    assert_eq!(bench.word(spec.id).await, MachineWord::Gone);
    assert!(is_refused(&bench.driver().create(&spec).await));
    assert!(is_refused(&bench.another().create(&spec).await));
    assert_eq!(processes(spec.id).len(), 0);
    assert_eq!(bench.word(spec.id).await, MachineWord::Gone);
}

#[tokio::test]
async fn gone_is_said_after_a_delete_only_and_then_nothing_is_left() {
    let bench = Bench::new();
    let id = bench.start(&Program::IgnoresTerm).await;
    assert_eq!(bench.driver().delete(id).await.expect("an answer"), Removal::Going);
    bench.remove(id).await;
    assert_eq!(processes(id).len(), 0);
    let machine = bench.machine(id).await;
    assert_eq!((machine.word, machine.group), (MachineWord::Gone, GROUP));
    assert_eq!(bench.driver().delete(id).await.expect("an answer"), Removal::Gone);
    assert!(bench.driver().list().await.expect("a list").is_empty());

    let ended = bench.start(&Program::Exits(3)).await;
    bench.wait_exit(ended).await;
    assert_eq!(bench.word(ended).await, MachineWord::Exited { code: 3 });
}

#[tokio::test]
async fn a_delete_and_a_create_at_once_leave_nothing_running() {
    let bench = Bench::new();
    for _round in 0..10 {
        let spec = bench.spec(&Program::Waits);
        let (_either, removal) = tokio::join!(bench.driver().create(&spec), bench.driver().delete(spec.id));
        removal.expect("an answer");
        bench.remove(spec.id).await;
        assert_eq!(processes(spec.id).len(), 0);
        assert_eq!(bench.word(spec.id).await, MachineWord::Gone);
    }
}

#[tokio::test]
async fn the_list_has_every_machine_with_its_group() {
    let bench = Bench::new();
    let (runs, ended) = (
        bench.start(&Program::Waits).await,
        bench.start(&Program::Exits(1)).await,
    );
    bench.wait_exit(ended).await;
    let mut listed: Vec<_> = bench
        .driver()
        .list()
        .await
        .expect("a list")
        .iter()
        .map(|machine| (machine.id, machine.group))
        .collect();
    listed.sort();
    let mut wanted = vec![(runs, GROUP), (ended, GROUP)];
    wanted.sort();
    assert_eq!(listed, wanted);
}

#[tokio::test]
async fn a_program_that_heeds_sigterm_ends_with_its_own_code() {
    let bench = Bench::new();
    let id = bench.start(&Program::EndsOnTerm(42)).await;
    bench.wait_printed(id, "up").await;
    bench
        .driver()
        .stop(id, Duration::from_secs(60))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(id).await, 42);
    bench
        .driver()
        .stop(id, Duration::from_secs(60))
        .await
        .expect("a repeat is no error");
}

#[tokio::test]
async fn a_program_that_ignores_sigterm_is_killed_at_the_deadline() {
    let bench = Bench::new();
    let id = bench.start(&Program::IgnoresTerm).await;
    bench.wait_printed(id, "up").await;
    let began_ns = boot_ns();
    bench
        .driver()
        .stop(id, Duration::from_millis(400))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(id).await, 137);
    assert!(ms_since(began_ns) >= 400, "killed after {} ms", ms_since(began_ns));
}

#[tokio::test]
async fn repeated_stops_do_not_move_the_deadline() {
    let bench = Bench::new();
    let id = bench.start(&Program::IgnoresTerm).await;
    bench.wait_printed(id, "up").await;
    let began_ns = boot_ns();
    bench
        .driver()
        .stop(id, Duration::from_millis(500))
        .await
        .expect("accepted");
    bench.driver().stop(id, Duration::ZERO).await.expect("accepted");
    bench
        .driver()
        .stop(id, Duration::from_secs(600))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(id).await, 137);
    assert!(ms_since(began_ns) >= 500, "killed after {} ms", ms_since(began_ns));
}

#[tokio::test]
async fn the_deadline_survives_a_restart_of_the_server() {
    let bench = Bench::new();
    let id = bench.start(&Program::IgnoresTerm).await;
    bench.wait_printed(id, "up").await;
    bench
        .another()
        .stop(id, Duration::from_millis(300))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(id).await, 137);
}

#[tokio::test]
async fn a_server_that_starts_again_sees_the_same_machines() {
    let bench = Bench::new();
    let id = bench.start(&Program::Waits).await;
    let before = bench.machine(id).await;
    let again = bench.another();
    assert_eq!(again.describe(id).await.expect("an answer"), before);
    assert_eq!(again.list().await.expect("a list"), [before]);
}

#[tokio::test]
async fn logs_give_the_end_and_no_more_than_asked() {
    let bench = Bench::new();
    let id = bench.start(&Program::Prints(200)).await;
    bench.wait_printed(id, "done").await;
    assert_eq!(bench.driver().logs(id, 14).await.expect("logs"), "line 200\ndone\n");
}
