//! What browsers are told of load balancers: what their pages show, when it changes, and not more.

use crate::world::World;
use crate::world::fixture::{BALANCER, GROUP, TENANT, served};
use crate::world_with;
use api::live::Change;
use control::store::events;

/// How often browsers were told that the balancer changed.
async fn told(world: &World) -> usize {
    let events = events::after(&world.db, TENANT, 0, 10_000).await.expect("events");
    let ours = Change::Balancer { id: BALANCER };
    events.iter().filter(|event| event.change == ours).count()
}

#[tokio::test]
async fn a_balancer_is_told_of_when_its_process_runs_and_when_members_come_and_not_while_nothing_changes() {
    let world = world_with(&served(1)).await;
    world.cycles(2).await;
    let look = world.handle().balancer(BALANCER).expect("a look");
    assert_eq!((look.trouble.clone(), look.backends.len()), (None, 1));
    let before = told(&world).await;
    assert!(before > 0);
    world.cycles(2).await;
    assert_eq!(told(&world).await, before, "nothing has changed");
    world.change(GROUP, &served(3)).await;
    assert!(told(&world).await > before, "its page lists those that are launched");
    world.cycles(2).await;
    let before = told(&world).await;
    world.balancer.sicken(world.driver.running()[0]);
    world.run(2).await;
    assert_eq!(told(&world).await, before + 1, "one of its members is down");
}

#[tokio::test]
async fn numbers_that_move_all_the_time_are_told_every_three_seconds() {
    let world = world_with(&served(1)).await;
    world.cycles(2).await;
    let before = told(&world).await;
    for requests in 1..=12 {
        world.balancer.serve(requests);
        world.run(1).await;
    }
    let more = told(&world).await - before;
    assert!((3..=5).contains(&more), "{more}");
}
