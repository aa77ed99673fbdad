//! A member that leaves a VServer and lives on: its requests in flight are waited for, 30 s at most (design 2, 4.10).

use crate::world::World;
use crate::world::fixture::{BALANCER, GROUP, VSERVER, served};
use crate::world_with;
use control::values;
use engine::model::InstanceId;

async fn unbind(world: &World) {
    let row = values![GROUP, VSERVER];
    world
        .run_sql("DELETE FROM bindings WHERE group_id = $1 AND vserver_id = $2", row)
        .await;
    world.wake(GROUP).await;
}

fn asked(world: &World, act: &str, id: InstanceId) -> usize {
    let call = format!("{act} {id}");
    world.balancer.calls().iter().filter(|made| **made == call).count()
}

#[tokio::test]
async fn an_unbound_member_without_requests_is_out_at_once_and_lives_on() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    unbind(&world).await;
    world.run(2).await;
    assert_eq!(world.balancer.members().len(), 0);
    assert_eq!((world.driver.running().len(), world.driver.signals().len()), (2, 0));
}

#[tokio::test]
async fn an_unbound_member_with_requests_in_flight_is_waited_for_thirty_seconds_and_no_longer() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    let busy = world.driver.running()[0];
    world.balancer.busy(busy, 3);
    unbind(&world).await;
    world.run(29).await;
    assert!(world.balancer.members().contains(&busy), "its requests are in flight");
    assert_eq!((asked(&world, "drain", busy), asked(&world, "leave", busy)), (1, 0));
    world.run(3).await;
    assert_eq!(world.balancer.members().len(), 0);
    assert_eq!(
        (world.driver.running().len(), world.driver.signals().len()),
        (2, 0),
        "it lives on"
    );
    let record = world.loaded(GROUP).await.expect("the group");
    assert_eq!(record.durable.departures, [], "and nothing of it is left");
}

#[tokio::test]
async fn the_deadline_is_stored_a_server_that_comes_after_a_crash_waits_no_longer() {
    let mut world = world_with(&served(1)).await;
    world.cycles(2).await;
    let busy = world.driver.running()[0];
    world.balancer.busy(busy, 1);
    unbind(&world).await;
    world.run(20).await;
    world.crash().await;
    world.start().await;
    world.run(9).await;
    assert!(world.balancer.members().contains(&busy));
    world.run(3).await;
    assert_eq!(world.balancer.members().len(), 0);
}

#[tokio::test]
async fn one_that_is_bound_again_meanwhile_gets_a_deadline_of_its_own_the_next_time() {
    let world = world_with(&served(1)).await;
    world.cycles(2).await;
    let busy = world.driver.running()[0];
    world.balancer.busy(busy, 1);
    unbind(&world).await;
    world.run(25).await;
    world
        .run_sql("INSERT INTO bindings VALUES ($1, $2, 8080, 1)", values![GROUP, VSERVER])
        .await;
    world.wake(GROUP).await;
    world.run(2).await;
    unbind(&world).await;
    world.run(25).await;
    assert!(world.balancer.members().contains(&busy), "thirty seconds from now");
    world.run(8).await;
    assert_eq!(world.balancer.members().len(), 0);
}

#[tokio::test]
async fn a_balancer_whose_last_vserver_is_deleted_has_no_process_until_it_has_one_again() {
    let world = world_with(&served(1)).await;
    world.cycles(2).await;
    let set = async |at: Option<i64>| {
        world.run_sql("UPDATE vservers SET deleted_at = $1", values![at]).await;
        world.handle().wake_balancers();
        world.run(2).await;
    };
    assert!(world.balancer.runs(BALANCER));
    unbind(&world).await;
    set(Some(1)).await;
    assert!(!world.balancer.runs(BALANCER));
    world.cycles(1).await;
    let removed = world
        .balancer
        .calls()
        .iter()
        .filter(|call| call.starts_with("remove"))
        .count();
    assert_eq!(removed, 1, "once");
    set(None).await;
    assert!(world.balancer.runs(BALANCER));
}
