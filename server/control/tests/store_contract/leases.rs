//! Claiming, renewing, releasing, expiring.

use crate::world::{GROUP, OWNER, World, lease_of};
use control::store::SHARDS;
use std::time::Duration;

pub async fn an_owner_claims_every_free_shard_and_another_none(world: &World) {
    let leases = world.store.claim("a").await.unwrap();
    let shards: Vec<u16> = leases.iter().map(|lease| lease.shard).collect();
    assert_eq!(shards, (0..SHARDS).collect::<Vec<_>>());
    let until = world.wall.now().plus(Duration::from_secs(20));
    assert!(leases.iter().all(|lease| lease.until == until));
    assert_eq!(world.store.claim("b").await.unwrap(), []);
}

pub async fn claiming_again_changes_nothing_while_the_leases_last(world: &World) {
    let first = world.store.claim("a").await.unwrap();
    world.wall.pass(19);
    assert_eq!(world.store.claim("a").await.unwrap(), first);
}

pub async fn renewing_moves_the_end(world: &World) {
    let claimed = world.store.claim("a").await.unwrap();
    world.wall.pass(19);
    let renewed = world.store.renew("a").await.unwrap();
    assert_eq!(renewed.len(), claimed.len());
    for (before, after) in claimed.iter().zip(&renewed) {
        assert_eq!((before.shard, before.epoch), (after.shard, after.epoch));
        assert_eq!(after.until, before.until.plus(Duration::from_secs(19)));
    }
    world.wall.pass(19);
    assert_eq!(world.store.claim("b").await.unwrap(), []);
    assert_eq!(world.store.renew("b").await.unwrap(), []);
}

pub async fn an_expired_lease_goes_to_the_next_owner_under_a_higher_epoch(world: &World) {
    let lost = lease_of(&world.store.claim("a").await.unwrap(), GROUP);
    world.wall.pass(20);
    assert_eq!(world.store.renew("a").await.unwrap(), [], "what expired is not renewed");
    let taken = lease_of(&world.store.claim("b").await.unwrap(), GROUP);
    assert!(taken.epoch > lost.epoch);
    assert_eq!(world.store.renew("a").await.unwrap(), []);
    assert_eq!(world.store.claim("a").await.unwrap(), []);
}

pub async fn what_is_released_is_free_at_once(world: &World) {
    let released = lease_of(&world.store.claim(OWNER).await.unwrap(), GROUP);
    world.store.release("another").await.unwrap();
    assert_eq!(world.store.renew(OWNER).await.unwrap().len(), usize::from(SHARDS));
    world.store.release(OWNER).await.unwrap();
    assert_eq!(world.store.renew(OWNER).await.unwrap(), []);
    let taken = lease_of(&world.store.claim("b").await.unwrap(), GROUP);
    assert!(taken.epoch > released.epoch);
}
