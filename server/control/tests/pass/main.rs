//! The real loop on a real store, with driver, balancer and clock in the test's hands (design 2).

mod broken;
mod departures;
mod gone;
mod news;
mod order;
mod places;
mod several;
mod slots;
mod strays;
mod templates;
#[path = "../world/mod.rs"]
mod world;

use control::store::sql::minutes_of_group;
use engine::model::{GroupSpec, GroupStatus, Span};
use world::World;
use world::driver::Fault;
use world::fixture::{GROUP, bound, served, spec, steady};

/// A quarter vCPU at 108 %: more than twice the threshold of 50, so three instances (seed 14.1.4).
const OVERLOAD_MILLI: u64 = 270;

/// One group that people have just made; the server has not started yet.
async fn world_of(spec: &GroupSpec) -> World {
    let world = World::new().await;
    world.group(GROUP, spec).await;
    world
}

/// The same, and the server runs.
async fn world_with(spec: &GroupSpec) -> World {
    let mut world = world_of(spec).await;
    world.start().await;
    world
}

#[tokio::test]
async fn a_new_group_gets_its_min_at_once_and_each_launch_has_one_activity_with_its_cause() {
    let world = world_with(&GroupSpec { min: 2, ..spec() }).await;
    world.run(2).await;
    assert_eq!(world.driver.running().len(), 2);
    world.cycles(1).await;
    let log = world.log(GROUP).await;
    assert_eq!(log.len(), 2, "{log:#?}");
    assert!(
        log.iter()
            .all(|row| row.starts_with("launch succeeded") && row.contains("launches")),
        "{log:#?}"
    );
}

#[tokio::test]
async fn overload_grows_a_group_to_what_the_load_needs_and_relief_brings_it_back_to_min() {
    let world = world_with(&bound()).await;
    world.cycles(2).await;
    world.driver.load(OVERLOAD_MILLI);
    world.cycles(3).await;
    assert_eq!((world.desired(GROUP).await, world.driver.running().len()), (3, 3));
    world.driver.load(0);
    world.cycles(60).await;
    assert_eq!(
        (
            world.desired(GROUP).await,
            world.driver.machines(),
            world.records(GROUP).await
        ),
        (1, 1, 1)
    );
    let log = world.log(GROUP).await;
    assert!(log.iter().all(|row| row.contains(" succeeded ")), "{log:#?}");
    assert!(log.iter().any(|row| row.contains("scaled_out")) && log.iter().any(|row| row.contains("scaled_in")));
}

#[tokio::test]
async fn a_member_that_leaves_is_drained_then_taken_out_then_signalled() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    world.change(GROUP, &GroupSpec { max: 1, ..served(1) }).await;
    world.run(6).await;
    let gone = world.driver.signals();
    assert_eq!(gone.len(), 1);
    let calls = world.balancer.calls();
    let about: Vec<_> = calls
        .iter()
        .filter(|call| call.ends_with(&gone[0].to_string()))
        .cloned()
        .collect();
    let id = gone[0];
    assert_eq!(
        about,
        [format!("join {id}"), format!("drain {id}"), format!("leave {id}")]
    );
    assert_eq!(world.driver.machines(), 1);
}

#[tokio::test]
async fn an_edit_is_followed_at_once_without_waiting_for_the_cycle() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    world.change(GROUP, &steady(3)).await;
    assert_eq!(world.driver.running().len(), 3);
}

#[tokio::test]
async fn a_wake_never_judges_a_cycle_twice() {
    let world = world_with(&spec()).await;
    world.cycles(2).await;
    world.driver.load(600);
    world.cycles(1).await;
    let after_one = world.desired(GROUP).await;
    for _ in 0..5 {
        world.wake(GROUP).await;
    }
    assert_eq!(world.desired(GROUP).await, after_one);
}

#[tokio::test]
async fn a_program_that_ended_is_replaced_without_waiting_for_the_cycle() {
    let world = world_with(&steady(1)).await;
    world.cycles(1).await;
    let first = world.driver.running()[0];
    world.driver.kill(first);
    world.run(4).await;
    let now = world.driver.running();
    assert!(now.len() == 1 && now[0] != first, "{now:?}");
    assert_eq!(world.driver.machines(), 1, "the dead one is deleted");
}

#[tokio::test]
async fn a_silent_driver_ends_nothing_and_begins_nothing() {
    let world = world_with(&GroupSpec { min: 2, ..spec() }).await;
    world.cycles(2).await;
    world.driver.fault(Fault::Silent);
    world.cycles(8).await;
    world.driver.fault(Fault::None);
    world.cycles(2).await;
    assert_eq!((world.driver.machines(), world.driver.creates()), (2, 2));
    assert!(world.driver.signals().is_empty());
}

#[tokio::test]
async fn a_mute_balancer_is_no_reading_and_kills_nobody() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    world.balancer.mute();
    world.cycles(6).await;
    assert_eq!((world.driver.machines(), world.driver.creates()), (2, 2));
}

#[tokio::test]
async fn a_member_down_for_three_cycles_is_replaced_and_removed() {
    let world = world_with(&served(3)).await;
    world.cycles(2).await;
    let sick = world.driver.running()[0];
    world.balancer.sicken(sick);
    world.cycles(2).await;
    assert!(world.driver.signals().is_empty(), "two cycles are not enough");
    world.cycles(4).await;
    assert_eq!(world.driver.signals(), [sick]);
    assert_eq!(world.driver.running().len(), 3);
}

#[tokio::test]
async fn a_server_killed_between_intent_and_create_loses_and_doubles_nothing() {
    let mut world = world_of(&steady(2)).await;
    world.driver.fault(Fault::CreateHangs);
    world.start().await;
    assert_eq!(
        (world.records(GROUP).await, world.driver.machines()),
        (2, 0),
        "intended, not done"
    );
    world.crash().await;
    world.driver.fault(Fault::None);
    world.start().await;
    world.cycles(3).await;
    assert_eq!((world.records(GROUP).await, world.driver.machines()), (2, 2));
    assert_eq!(world.log(GROUP).await.len(), 2);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_not_paid_for_twice() {
    let mut world = world_of(&steady(2)).await;
    world.driver.fault(Fault::CreateAnswerLost);
    world.start().await;
    world.run(8).await;
    world.driver.fault(Fault::None);
    world.cycles(3).await;
    assert_eq!((world.records(GROUP).await, world.driver.machines()), (2, 2));
}

#[tokio::test]
async fn a_server_killed_in_a_removal_finishes_it_after_the_restart() {
    let mut world = world_with(&served(3)).await;
    world.cycles(2).await;
    world.change(GROUP, &GroupSpec { max: 1, ..served(1) }).await;
    world.crash().await;
    world.start().await;
    world.cycles(3).await;
    assert_eq!((world.records(GROUP).await, world.driver.machines()), (1, 1));
    assert_eq!(world.balancer.members().len(), 1);
    let log = world.log(GROUP).await;
    assert!(log.iter().all(|row| row.contains(" succeeded ")), "{log:#?}");
}

#[tokio::test]
async fn a_program_that_exits_at_once_opens_the_breaker_and_nothing_spins() {
    let mut world = world_of(&GroupSpec {
        min: 1,
        rules: Vec::new(),
        warm_up: Span::secs(30),
        ..spec()
    })
    .await;
    world.driver.fault(Fault::ExitsAtOnce);
    world.start().await;
    world.cycles(16).await;
    assert!(
        (5..=6).contains(&world.driver.creates()),
        "five failures open it: {}",
        world.driver.creates()
    );
    world.cycles(8).await;
    let log = world.log(GROUP).await;
    assert!(log.iter().any(|row| row.starts_with("launch failed")), "{log:#?}");
    assert!(
        world.driver.creates() <= 7,
        "a trial after 5 min, no more: {}",
        world.driver.creates()
    );
}

#[tokio::test]
async fn a_refused_create_is_a_failed_launch_with_the_drivers_words() {
    let mut world = world_of(&steady(1)).await;
    world.driver.fault(Fault::CreateRefused);
    world.start().await;
    world.cycles(3).await;
    let mut tx = world.db.read("read failures").await.expect("a read");
    let rows = tx
        .all("SELECT failure FROM activities WHERE failure IS NOT NULL", Vec::new())
        .await
        .expect("rows");
    assert!(
        rows[0]
            .get::<String>("failure")
            .expect("text")
            .contains("no such image")
    );
}

#[tokio::test]
async fn a_disabled_group_is_left_alone_and_an_enabled_one_kept_again() {
    let world = world_with(&steady(2)).await;
    world.cycles(1).await;
    world.set_status(GROUP, GroupStatus::Disabled).await;
    world.wake(GROUP).await;
    let one = world.driver.running()[0];
    world.driver.kill(one);
    world.cycles(4).await;
    assert_eq!(world.driver.creates(), 2);
    world.set_status(GROUP, GroupStatus::Enabled).await;
    world.wake(GROUP).await;
    world.cycles(2).await;
    assert_eq!(world.driver.running().len(), 2);
}

#[tokio::test]
async fn a_deleted_group_destroys_its_instances_and_is_over_when_all_are_gone() {
    let world = world_with(&served(3)).await;
    world.cycles(2).await;
    world.set_status(GROUP, GroupStatus::Deleting).await;
    world.wake(GROUP).await;
    world.cycles(2).await;
    assert_eq!((world.driver.machines(), world.balancer.members().len()), (0, 0));
    assert!(
        world.store.load(GROUP).await.expect("a read").is_none(),
        "the loop is done with it"
    );
}

#[tokio::test]
async fn a_graceful_stop_gives_the_leases_back_and_leaves_the_instances_running() {
    let mut world = world_with(&steady(2)).await;
    world.cycles(1).await;
    world.stop().await;
    assert_eq!(world.driver.running().len(), 2);
    let leases = world.store.claim("another").await.expect("a claim");
    assert_eq!(leases.len(), 64);
}

#[tokio::test]
async fn a_member_is_not_signalled_while_a_running_balancer_may_still_send_to_it() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    world.edit(GROUP, &GroupSpec { max: 1, ..served(1) }).await;
    world.balancer.mute();
    world.wake(GROUP).await;
    world.cycles(8).await;
    assert!(
        world.driver.signals().is_empty(),
        "it is mute: nobody knows where it sends"
    );
    world.balancer.speak();
    world.cycles(2).await;
    assert_eq!(world.driver.signals().len(), 1);
}

#[tokio::test]
async fn a_balancer_that_never_answers_holds_a_pass_up_for_one_deadline_and_signals_nobody() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    world.edit(GROUP, &GroupSpec { max: 1, ..served(1) }).await;
    world.balancer.hang();
    world.wake(GROUP).await;
    world.run(7).await;
    assert_eq!((world.driver.signals().len(), world.driver.machines()), (0, 2));
    world.balancer.speak();
    world.cycles(3).await;
    assert_eq!((world.driver.signals().len(), world.driver.machines()), (1, 1));
}

#[tokio::test]
async fn each_minute_of_a_members_use_is_kept_once() {
    let world = world_with(&GroupSpec {
        rules: Vec::new(),
        ..spec()
    })
    .await;
    world.cycles(1).await;
    world.driver.load(100);
    world.cycles(16).await;
    let mut tx = world.db.read("read minutes").await.expect("a read");
    let all = minutes_of_group(&mut tx, GROUP, (0, i64::MAX.cast_unsigned()), 9)
        .await
        .expect("minutes");
    let numbers: Vec<u64> = all.iter().map(|record| record.minute).collect();
    let mut once = numbers.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((numbers.len() >= 4, &numbers), (true, &once), "each once, in order");
    // A tenth of a core on a quarter of a vCPU; the first minute began before the load.
    let whole = &all[all.len() - 2].uses;
    let cpu = whole[0].1.cpu.expect("CPU was read");
    assert_eq!((whole.len(), cpu.mean, cpu.max), (1, 40_000, 40_000));
}
