//! What happens between a load, an intent, its calls and its settlement: stories that the model of the protocol found.

use crate::strays::{STRAY, stray};
use crate::world::fixture::{GROUP, steady};
use crate::world::store::Mood;
use crate::{world_of, world_with};
use engine::model::{GroupSpec, Phase};

#[tokio::test]
async fn a_removal_intended_in_the_pass_that_first_sees_its_instance_run_is_begun_once() {
    let world = world_with(&GroupSpec { max: 2, ..steady(2) }).await;
    world.change(GROUP, &GroupSpec { max: 1, ..steady(1) }).await;
    let record = world.loaded(GROUP).await.expect("the group");
    let leaving = record.instances.iter().filter(|row| row.phase != Phase::Serving);
    assert_eq!(leaving.count(), 1, "{:?}", record.instances);
    world.cycles(2).await;
    let log = world.log(GROUP).await;
    let removals: Vec<_> = log.iter().filter(|row| row.starts_with("removal")).collect();
    assert!(
        removals.len() == 1 && removals[0].starts_with("removal succeeded"),
        "{log:#?}"
    );
}

#[tokio::test]
async fn an_intent_whose_commit_was_thought_lost_and_lands_late_is_not_begun_a_second_time() {
    let mut world = world_of(&GroupSpec { max: 1, ..steady(1) }).await;
    world.mood.set(Mood::IntendLandsLate);
    world.start().await;
    world.run(2).await;
    world.wake(GROUP).await;
    world.cycles(2).await;
    let (records, machines) = (world.records(GROUP).await, world.driver.machines());
    assert_eq!((records, machines), (1, 1), "{:#?}", world.log(GROUP).await);
}

#[tokio::test]
async fn no_stray_is_destroyed_in_a_group_that_was_disabled_after_it_was_loaded() {
    let world = world_with(&steady(1)).await;
    world.cycles(2).await;
    world.driver.conjure(stray(&world, STRAY.0));
    world.mood.set(Mood::DisabledAfterLoad);
    world.cycles(1).await;
    assert_eq!(world.driver.machines(), 2, "{:#?}", world.log(GROUP).await);
}
