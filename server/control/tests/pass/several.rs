//! Two servers on one store and one host: who works on what while the other comes, goes and dies.

use crate::world::World;
use crate::world::fixture::{BALANCER, served, steady};
use crate::world::store::Mood;
use control::pass::Handle;
use control::store::shard_of_balancer;
use engine::model::{GroupId, GroupSpec, LoadBalancerId, VServerId};

/// Groups over many shards.
const GROUPS: u64 = 30;

fn ids() -> impl Iterator<Item = GroupId> {
    (1..=GROUPS).map(|number| GroupId(number.wrapping_mul(0x2545_f491_4f6c_dd1d)))
}

async fn world() -> World {
    world_of(GROUPS, &steady(1)).await
}

async fn world_of(groups: u64, spec: &GroupSpec) -> World {
    let mut world = World::new().await;
    for (number, id) in (1..=groups).zip(ids()) {
        world.group_named(id, &format!("g{number}"), spec).await;
    }
    world.start().await;
    world.cycles(1).await;
    world
}

/// Groups and shards that a server holds.
fn holds(world: &World, handle: &Handle) -> (usize, u32) {
    let view = handle.figures().view(&*world.clock);
    (usize::try_from(view.groups).expect("few"), view.leases)
}

#[tokio::test]
async fn a_second_server_gets_half_and_each_group_has_one_of_them() {
    let mut world = world().await;
    assert_eq!(holds(&world, world.handle()), (30, 64));
    let other = world.start_another("other").await;
    world.run(12).await;
    let (ours, theirs) = (holds(&world, world.handle()), holds(&world, &other));
    assert_eq!((ours.1, theirs.1, ours.0 + theirs.0), (32, 32, 30));
    assert!(ours.0 > 0 && theirs.0 > 0, "{ours:?} {theirs:?}");
    for id in ids() {
        world.edit(id, &steady(2)).await;
    }
    world.cycles(2).await;
    assert_eq!((world.driver.running().len(), world.driver.creates()), (60, 60));
}

#[tokio::test]
async fn the_groups_of_a_server_that_died_go_on_at_the_other() {
    let mut world = world().await;
    world.start_another("other").await;
    world.run(12).await;
    world.crash_others().await;
    for id in ids() {
        world.edit(id, &steady(2)).await;
    }
    world.cycles(3).await;
    assert_eq!(holds(&world, world.handle()), (30, 64));
    assert_eq!((world.driver.running().len(), world.driver.creates()), (60, 60));
}

#[tokio::test]
async fn a_balancer_that_dies_is_back_with_the_members_of_the_groups_of_both() {
    let mut world = world_of(8, &served(1)).await;
    let other = world.start_another("other").await;
    world.run(15).await;
    assert_eq!(holds(&world, &other).1, 32);
    let members = world.balancer.members();
    assert_eq!(members.len(), 8);
    world.balancer.kill(BALANCER);
    world.run(2).await;
    assert_eq!(world.balancer.members(), members);
}

#[tokio::test]
async fn while_the_store_does_not_tell_who_serves_a_balancer_is_back_with_the_members_of_both_as_they_were_seen() {
    let mut world = world_of(GROUPS, &served(1)).await;
    let other = world.start_another("other").await;
    world.run(15).await;
    let (ours, theirs) = (holds(&world, world.handle()), holds(&world, &other));
    assert!(ours.0 > 0 && theirs.0 > 0, "{ours:?} {theirs:?}");
    let members = world.balancer.members();
    assert_eq!(members.len(), 30);
    let before = world.balancer.calls().len();
    world.mood.set(Mood::ServingSilent);
    world.balancer.kill(BALANCER);
    world.run(2).await;
    assert_eq!(world.balancer.members(), members);
    let since = world.balancer.calls().split_off(before);
    assert!(
        since.iter().all(|call| call.starts_with("ensure")),
        "nobody had to join again: {since:?}"
    );
}

#[tokio::test]
async fn a_balancer_of_which_nobody_was_told_has_its_process_when_groups_are_next_listed_be_there_none() {
    let mut world = World::new().await;
    world.start().await;
    let other = world.start_another("other").await;
    world.run(15).await;
    assert_eq!(holds(&world, &other), (0, 32));
    // The first server keeps the first half of the shards.
    let fresh = LoadBalancerId(6);
    assert!(shard_of_balancer(fresh) >= 32);
    world.make_balancer(fresh, VServerId(7)).await;
    world.run(21).await;
    assert!(world.balancer.runs(fresh));
}

#[tokio::test]
async fn a_balancer_has_a_keeper_whichever_server_is_left() {
    let mut world = world_of(8, &served(1)).await;
    world.start_another("other").await;
    world.run(15).await;
    let members = world.balancer.members();
    world.crash_others().await;
    world.balancer.kill(BALANCER);
    world.run(30).await;
    assert!(world.balancer.runs(BALANCER));
    assert_eq!(world.balancer.members(), members);
}

#[tokio::test]
async fn a_balancer_is_shown_as_well_by_a_server_that_does_not_keep_it() {
    let mut world = world_of(8, &served(1)).await;
    let other = world.start_another("other").await;
    world.run(15).await;
    for handle in [world.handle(), &other] {
        let look = handle.balancer(BALANCER).expect("a look");
        assert_eq!((look.trouble.clone(), look.backends.len()), (None, 8));
    }
}
