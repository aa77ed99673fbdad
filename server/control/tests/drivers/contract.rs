//! What every driver must hold, told by nothing but the trait. A driver takes the whole suite by
//! `driver_contract!(its place)`; one whose machines run programs takes `program_contract!` too: what those print and what
//! they end with of their own will.

use super::place::{GROUP, Place, Program};
use control::clock::Wall;
use control::drivers::process::boot_ns;
use control::drivers::{DriverError, MachineWord, Removal};
use control::ids::{Ids, RandomIds};
use engine::model::InstanceId;
use std::time::Duration;

fn is_refused<T>(answer: &Result<T, DriverError>) -> bool {
    matches!(answer, Err(DriverError::Refused { .. }))
}

/// Begun milliseconds are whole ones: a driver may count its time in those.
fn ms_since(began_ns: u64) -> u64 {
    (boot_ns() - began_ns).div_ceil(1_000_000)
}

pub async fn creating_twice_is_one_machine(place: &impl Place) {
    let spec = place.spec(&Program::Waits);
    for _again in 0..3 {
        place.driver().create(&spec).await.expect("accepted");
    }
    place.wait_running(spec.id).await;
    assert_eq!(place.running(spec.id), 1);
    assert!(matches!(place.word(spec.id).await, MachineWord::Running { since } if since > Wall(0)));
}

pub async fn creating_at_once_from_two_servers_is_one_machine(place: &impl Place) {
    let other = place.another();
    for _round in 0..5 {
        let spec = place.spec(&Program::Waits);
        let (driver, spec) = (place.driver(), &spec);
        let answers = tokio::join!(
            driver.create(spec),
            other.create(spec),
            driver.create(spec),
            other.create(spec)
        );
        assert!([answers.0, answers.1, answers.2, answers.3].iter().all(Result::is_ok));
        place.wait_running(spec.id).await;
        assert_eq!(place.running(spec.id), 1);
    }
}

pub async fn an_ended_machine_is_not_started_again(place: &impl Place) {
    let spec = place.spec(&Program::Exits(0));
    place.driver().create(&spec).await.expect("accepted");
    assert_eq!(place.wait_exit(spec.id).await, 0);
    place.driver().create(&spec).await.expect("accepted: it is there");
    assert_eq!(place.word(spec.id).await, MachineWord::Exited { code: 0 });
}

pub async fn a_machine_nobody_created_was_never_seen(place: &impl Place) {
    let id = InstanceId(RandomIds.mint());
    assert_eq!(place.word(id).await, MachineWord::NeverSeen);
    assert!(is_refused(&place.driver().stop(id, Duration::ZERO).await));
    assert!(is_refused(&place.driver().logs(id, 10).await));
}

pub async fn a_deleted_id_can_never_be_created(place: &impl Place) {
    let spec = place.spec(&Program::Waits);
    assert_eq!(place.driver().delete(spec.id).await.expect("an answer"), Removal::Gone);
    assert_eq!(place.word(spec.id).await, MachineWord::Gone);
    assert!(is_refused(&place.driver().create(&spec).await));
    assert!(is_refused(&place.another().create(&spec).await));
    assert_eq!(place.running(spec.id), 0);
    assert_eq!(place.word(spec.id).await, MachineWord::Gone);
}

pub async fn gone_is_said_after_a_delete_only_and_then_nothing_is_left(place: &impl Place) {
    let id = place.start(&Program::IgnoresTerm).await;
    assert_eq!(place.driver().delete(id).await.expect("an answer"), Removal::Going);
    place.remove(id).await;
    assert_eq!(place.running(id), 0);
    let machine = place.machine(id).await;
    assert_eq!((machine.word, machine.group), (MachineWord::Gone, GROUP));
    assert_eq!(place.driver().delete(id).await.expect("an answer"), Removal::Gone);
    assert!(place.driver().list().await.expect("a list").is_empty());

    let ended = place.start(&Program::Exits(3)).await;
    place.wait_exit(ended).await;
    assert_eq!(place.word(ended).await, MachineWord::Exited { code: 3 });
}

pub async fn a_delete_and_a_create_at_once_leave_nothing_running(place: &impl Place) {
    for _round in 0..10 {
        let spec = place.spec(&Program::Waits);
        let (_either, removal) = tokio::join!(place.driver().create(&spec), place.driver().delete(spec.id));
        removal.expect("an answer");
        place.remove(spec.id).await;
        assert_eq!(place.running(spec.id), 0);
        assert_eq!(place.word(spec.id).await, MachineWord::Gone);
    }
}

pub async fn the_list_has_every_machine_with_its_group(place: &impl Place) {
    let (runs, ended) = (
        place.start(&Program::Waits).await,
        place.start(&Program::Exits(1)).await,
    );
    place.wait_exit(ended).await;
    let mut listed: Vec<_> = place
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

pub async fn a_program_that_heeds_sigterm_ends_with_its_own_code(place: &impl Place) {
    let id = place.start(&Program::EndsOnTerm(42)).await;
    place.wait_up(id).await;
    place
        .driver()
        .stop(id, Duration::from_secs(60))
        .await
        .expect("accepted");
    assert_eq!(place.wait_exit(id).await, 42);
    place
        .driver()
        .stop(id, Duration::from_secs(60))
        .await
        .expect("a repeat is no error");
}

pub async fn a_program_that_ignores_sigterm_is_killed_at_the_deadline(place: &impl Place) {
    let id = place.start(&Program::IgnoresTerm).await;
    place.wait_up(id).await;
    let began_ns = boot_ns();
    place
        .driver()
        .stop(id, Duration::from_millis(400))
        .await
        .expect("accepted");
    assert_eq!(place.wait_exit(id).await, 137);
    assert!(ms_since(began_ns) >= 400, "killed after {} ms", ms_since(began_ns));
}

pub async fn repeated_stops_do_not_move_the_deadline(place: &impl Place) {
    let id = place.start(&Program::IgnoresTerm).await;
    place.wait_up(id).await;
    let began_ns = boot_ns();
    place
        .driver()
        .stop(id, Duration::from_millis(500))
        .await
        .expect("accepted");
    place.driver().stop(id, Duration::ZERO).await.expect("accepted");
    place
        .driver()
        .stop(id, Duration::from_secs(600))
        .await
        .expect("accepted");
    assert_eq!(place.wait_exit(id).await, 137);
    assert!(ms_since(began_ns) >= 500, "killed after {} ms", ms_since(began_ns));
}

pub async fn the_deadline_survives_a_restart_of_the_server(place: &impl Place) {
    let id = place.start(&Program::IgnoresTerm).await;
    place.wait_up(id).await;
    place
        .another()
        .stop(id, Duration::from_millis(300))
        .await
        .expect("accepted");
    assert_eq!(place.wait_exit(id).await, 137);
}

pub async fn a_server_that_starts_again_sees_the_same_machines(place: &impl Place) {
    let id = place.start(&Program::Waits).await;
    place.wait_running(id).await;
    let before = place.machine(id).await;
    let again = place.another();
    assert_eq!(again.describe(id).await.expect("an answer"), before);
    assert_eq!(again.list().await.expect("a list"), [before]);
}

pub async fn logs_give_the_end_and_no_more_than_asked(place: &impl Place) {
    let id = place.start(&Program::Prints(200)).await;
    place.wait_printed(id, "done").await;
    assert_eq!(place.driver().logs(id, 14).await.expect("logs"), "line 200\ndone\n");
}

/// Makes every rule of the contract a test of one driver.
#[macro_export]
macro_rules! driver_contract {
    ($place:expr) => {
        $crate::driver_contract! { @each $place;
            creating_twice_is_one_machine
            creating_at_once_from_two_servers_is_one_machine
            an_ended_machine_is_not_started_again
            a_machine_nobody_created_was_never_seen
            a_deleted_id_can_never_be_created
            gone_is_said_after_a_delete_only_and_then_nothing_is_left
            a_delete_and_a_create_at_once_leave_nothing_running
            the_list_has_every_machine_with_its_group
            a_program_that_ignores_sigterm_is_killed_at_the_deadline
            repeated_stops_do_not_move_the_deadline
            the_deadline_survives_a_restart_of_the_server
            a_server_that_starts_again_sees_the_same_machines
        }
    };
    (@each $place:expr; $($rule:ident)*) => {
        $(#[tokio::test]
        async fn $rule() {
            $crate::contract::$rule(&$place).await;
        })*
    };
}

/// The rules of a driver whose machines run programs.
#[macro_export]
macro_rules! program_contract {
    ($place:expr) => {
        $crate::driver_contract! { @each $place;
            a_program_that_heeds_sigterm_ends_with_its_own_code
            logs_give_the_end_and_no_more_than_asked
        }
    };
}
