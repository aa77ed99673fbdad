//! A store that is gone, hangs, or does not write: nothing begins, what was begun goes on, and all comes back by itself.

use crate::world::World;
use crate::world::driver::Fault;
use crate::world::fixture::{BALANCER, GROUP, bound, served, steady};
use crate::world::store::Mood;
use crate::{OVERLOAD_MILLI, world_of, world_with};
use control::clock::Clock as _;
use control::store::{LoopStore as _, SqlStore, StoreError};
use control::values;
use engine::model::{GroupId, GroupSpec};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Longer than a lease lasts, in seconds.
const LONG: u64 = 40;

/// How often the balancer was asked for something.
fn asked(world: &World, act: &str) -> usize {
    world
        .balancer
        .calls()
        .iter()
        .filter(|call| call.starts_with(act))
        .count()
}

/// Another server on the same database.
fn another(world: &World) -> SqlStore {
    let clock = world.clock.clone();
    SqlStore::with_lease_clock(world.db.clone(), Arc::new(move || clock.wall()))
}

#[tokio::test]
async fn after_a_store_was_gone_for_longer_than_a_lease_lasts_the_loop_works_again_by_itself() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.mood.set(Mood::Gone);
    world.edit(GROUP, &steady(3)).await;
    world.wake(GROUP).await;
    world.run(LONG).await;
    assert_eq!(world.driver.creates(), 1, "no new step");
    world.mood.set(Mood::Well);
    world.cycles(2).await;
    assert_eq!((world.driver.running().len(), world.driver.creates()), (3, 3));
}

#[tokio::test]
async fn a_server_that_others_left_behind_in_product_time_ends_by_itself() {
    let mut world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.mood.set(Mood::OtherTime);
    world.run(6).await;
    let why = world.ended().await;
    assert!(matches!(why, StoreError::OtherTime { .. }), "{why}");
    assert_eq!(world.driver.running().len(), 1, "instances go on");
}

#[tokio::test]
async fn a_host_that_was_suspended_takes_its_shards_again() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.clock.advance(Duration::from_secs(3_600));
    world.edit(GROUP, &steady(2)).await;
    world.cycles(2).await;
    assert_eq!(world.driver.running().len(), 2);
}

#[tokio::test]
async fn while_the_store_answers_shards_that_are_all_held_are_not_claimed_again() {
    let world = world_with(&steady(1)).await;
    world.cycles(8).await;
    assert_eq!(world.mood.claims(), 1, "at the start");
}

#[tokio::test]
async fn shards_that_another_server_took_are_left_to_it_until_it_gives_them_back() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.mood.set(Mood::Gone);
    world.run(LONG).await;
    let other = another(&world);
    assert_eq!(other.claim("another").await.expect("a claim").len(), 64);
    world.mood.set(Mood::Well);
    world.edit(GROUP, &steady(2)).await;
    world.run(10).await;
    world.wake(GROUP).await;
    assert_eq!(world.driver.creates(), 1, "it is another's");
    other.release("another").await.expect("a release");
    world.run(10).await;
    assert_eq!(world.driver.running().len(), 2, "nobody had to say `look now`");
}

#[tokio::test]
async fn a_group_that_another_servers_console_made_is_taken_in() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.group_named(GroupId(7_919), "other", &steady(1)).await;
    world.run(25).await;
    assert_eq!(world.driver.running().len(), 2);
}

#[tokio::test]
async fn a_create_without_an_answer_is_repeated_while_the_store_is_gone() {
    let mut world = world_of(&steady(2)).await;
    world.driver.fault(Fault::CreateHangs);
    world.start().await;
    world.mood.set(Mood::Gone);
    world.run(6).await;
    world.driver.fault(Fault::None);
    // Two seconds before the lease's margin begins.
    world.run(7).await;
    world.wake(GROUP).await;
    assert_eq!(world.driver.machines(), 2, "their intents are written");
    world.mood.set(Mood::Well);
    world.cycles(3).await;
    assert_eq!((world.records(GROUP).await, world.driver.machines()), (2, 2));
    let log = world.log(GROUP).await;
    assert!(
        log.len() == 2 && log.iter().all(|row| row.starts_with("launch succeeded")),
        "{log:#?}"
    );
}

#[tokio::test]
async fn a_launch_is_not_repeated_once_the_lease_is_over() {
    let mut world = world_of(&steady(2)).await;
    world.driver.fault(Fault::CreateHangs);
    world.start().await;
    world.mood.set(Mood::Gone);
    world.run(20).await;
    world.driver.fault(Fault::None);
    world.cycles(3).await;
    assert_eq!(world.driver.machines(), 0, "another server may have given it up");
    world.mood.set(Mood::Well);
    world.cycles(3).await;
    assert_eq!((world.records(GROUP).await, world.driver.machines()), (2, 2));
}

#[tokio::test]
async fn a_drain_goes_on_while_the_store_is_gone_and_moves_on_only_when_it_is_back() {
    let world = world_with(&served(3)).await;
    world.cycles(2).await;
    world.change(GROUP, &GroupSpec { max: 1, ..served(1) }).await;
    world.mood.set(Mood::Gone);
    assert_eq!(asked(&world, "drain"), 2);
    // Started anew with the members last seen serving: those two are in it, and have to be drained again.
    world.balancer.kill(BALANCER);
    world.run(2).await;
    world.wake(GROUP).await;
    assert_eq!(asked(&world, "drain"), 4);
    world.run(LONG).await;
    assert_eq!((world.driver.signals().len(), world.driver.machines()), (0, 3));
    world.mood.set(Mood::Well);
    world.cycles(3).await;
    assert_eq!((world.records(GROUP).await, world.driver.machines()), (1, 1));
    let log = world.log(GROUP).await;
    assert!(log.iter().all(|row| row.contains(" succeeded ")), "{log:#?}");
}

#[tokio::test]
async fn a_balancer_that_dies_while_the_store_is_gone_or_hangs_is_back_with_its_members() {
    for mood in [Mood::Gone, Mood::Hangs] {
        let world = world_with(&served(2)).await;
        world.cycles(2).await;
        let before = world.balancer.members();
        assert_eq!(before.len(), 2);
        world.mood.set(mood);
        world.run(12).await;
        for _ in 0..2 {
            world.balancer.kill(BALANCER);
            assert!(!world.balancer.runs(BALANCER));
            world.run(2).await;
            assert_eq!(world.balancer.members(), before, "{mood:?}");
        }
        world.run(LONG).await;
        world.mood.set(Mood::Well);
        world.cycles(2).await;
        assert_eq!((world.balancer.members(), world.driver.creates()), (before, 2));
    }
}

#[tokio::test]
async fn a_deleted_balancer_whose_end_cannot_be_stored_is_said_once_a_slot_not_in_a_spin() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.mood.set(Mood::Full);
    world
        .run_sql("UPDATE load_balancers SET deleted_at = 1", values![])
        .await;
    world.handle().wake_balancers();
    world.run(5).await;
    assert!(
        (1..=8).contains(&asked(&world, "remove")),
        "{}",
        asked(&world, "remove")
    );
    world.mood.set(Mood::Well);
    world.run(3).await;
    assert_eq!(world.store.balancers().await.expect("a read"), [], "its end is stored");
}

#[tokio::test]
async fn on_a_full_disk_nothing_begins_and_what_needs_no_intent_is_done() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    let [first, second] = world.driver.running()[..] else {
        panic!("two members")
    };
    world.mood.set(Mood::Full);
    world.edit(GROUP, &served(4)).await;
    world.balancer.lose(first);
    world.cycles(2).await;
    assert_eq!(world.driver.creates(), 2, "nothing begins");
    assert_eq!(
        world.balancer.members(),
        BTreeSet::from([first, second]),
        "it is registered again"
    );
    assert_eq!(world.log(GROUP).await.len(), 2);
    world.mood.set(Mood::Well);
    world.cycles(2).await;
    assert_eq!((world.driver.running().len(), world.driver.creates()), (4, 4));
    let log = world.log(GROUP).await;
    let launched = log.iter().filter(|row| row.starts_with("launch succeeded")).count();
    assert_eq!((launched, log.len()), (4, 5), "and the resize of the edit: {log:#?}");
}

#[tokio::test]
async fn what_was_intended_before_the_disk_was_full_is_done_once_and_counted_once() {
    let world = world_with(&served(1)).await;
    world.cycles(2).await;
    world.mood.set(Mood::FullAfterIntend);
    world.change(GROUP, &served(3)).await;
    world.cycles(4).await;
    let during = (world.driver.machines(), world.records(GROUP).await);
    assert_eq!(during, (3, 3), "launched, and not once more in each cycle");
    world.mood.set(Mood::Well);
    world.cycles(3).await;
    assert_eq!((world.desired(GROUP).await, world.driver.creates()), (3, 3));
    assert_eq!(world.balancer.members().len(), 3);
    let log = world.log(GROUP).await;
    let launched = log.iter().filter(|row| row.starts_with("launch succeeded")).count();
    assert_eq!(launched, 3, "{log:#?}");
}

#[tokio::test]
async fn a_settlement_whose_answer_was_lost_is_neither_judged_nor_stored_twice() {
    let world = world_with(&bound()).await;
    world.cycles(2).await;
    world.driver.load(OVERLOAD_MILLI);
    world.mood.set(Mood::SettleAnswerLost);
    world.cycles(3).await;
    for _ in 0..4 {
        world.wake(GROUP).await;
    }
    world.mood.set(Mood::Well);
    world.cycles(1).await;
    assert_eq!((world.desired(GROUP).await, world.driver.machines()), (3, 3));
    let series = world.store.series(GROUP, 100).await.expect("a series");
    let cycles: Vec<_> = series.iter().map(|record| record.cycle).collect();
    let mut once = cycles.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((cycles.len() >= 4, &cycles), (true, &once), "each once, in order");
    let log = world.log(GROUP).await;
    let mut resizes: Vec<_> = log.iter().filter(|row| row.starts_with("resize")).collect();
    let stored = resizes.len();
    resizes.dedup();
    assert_eq!(
        (stored, resizes.len()),
        (2, 2),
        "1 to 2 and 2 to 3, each once: {log:#?}"
    );
}
