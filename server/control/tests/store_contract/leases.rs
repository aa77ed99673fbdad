//! Claiming, renewing, releasing, expiring.

use crate::world::{GROUP, OWNER, World, lease_of};
use control::store::{Lease, SHARDS};
use std::collections::BTreeSet;
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
    assert_eq!(
        world.store.renew("b").await.unwrap(),
        [],
        "it gives nothing that it has not"
    );
}

pub async fn an_expired_lease_goes_to_the_next_owner_under_a_higher_epoch(world: &World) {
    let lost = lease_of(&world.store.claim("a").await.unwrap(), GROUP);
    world.wall.pass(20);
    let taken = lease_of(&world.store.claim("b").await.unwrap(), GROUP);
    assert!(taken.epoch > lost.epoch);
    assert_eq!(world.store.renew("a").await.unwrap(), [], "what expired is not renewed");
    assert_eq!(world.store.claim("a").await.unwrap(), []);
}

pub async fn what_is_released_is_free_at_once(world: &World) {
    let released = lease_of(&world.store.claim(OWNER).await.unwrap(), GROUP);
    world.store.release("another").await.unwrap();
    assert_eq!(world.store.renew(OWNER).await.unwrap().len(), usize::from(SHARDS));
    world.store.release(OWNER).await.unwrap();
    let taken = lease_of(&world.store.claim("b").await.unwrap(), GROUP);
    assert!(taken.epoch > released.epoch);
    assert_eq!(world.store.renew(OWNER).await.unwrap(), []);
}

/// A round of one server: what it holds afterwards.
async fn round(world: &World, server: &str) -> Vec<Lease> {
    let renewed = world.store.renew(server).await.unwrap();
    if renewed.len() == usize::from(SHARDS) {
        return renewed;
    }
    world.store.claim(server).await.unwrap()
}

/// So many rounds of all, five seconds apart; what each holds after the last one, and nobody what another has.
async fn rounds(world: &World, count: usize, servers: &[&str]) -> Vec<Vec<Lease>> {
    let mut held = Vec::new();
    for _ in 0..count {
        world.wall.pass(5);
        held.clear();
        for server in servers {
            held.push(round(world, server).await);
        }
    }
    // What was held earlier in the last round may have been given since: nobody renews what is not its own.
    let all: Vec<u16> = held.iter().flatten().map(|lease| lease.shard).collect();
    let each: BTreeSet<u16> = all.iter().copied().collect();
    assert_eq!(all.len(), each.len(), "nobody holds what another has");
    held
}

fn sizes(held: &[Vec<Lease>]) -> Vec<usize> {
    held.iter().map(Vec::len).collect()
}

pub async fn a_server_that_comes_has_its_share_after_two_renewals(world: &World) {
    assert_eq!(sizes(&rounds(world, 1, &["a"]).await), [64], "alone it holds all");
    assert_eq!(sizes(&rounds(world, 1, &["b", "a"]).await), [0, 32]);
    assert_eq!(sizes(&rounds(world, 1, &["b", "a"]).await), [32, 32]);
    assert_eq!(sizes(&rounds(world, 2, &["c", "b", "a"]).await), [21, 21, 22]);
}

pub async fn with_equal_shares_nothing_moves(world: &World) {
    let servers = ["a", "b", "c"];
    let before = rounds(world, 4, &servers).await;
    let after = rounds(world, 10, &servers).await;
    let whose = |held: &[Vec<Lease>]| -> Vec<Vec<(u16, i64)>> {
        let each = held.iter();
        each.map(|leases| leases.iter().map(|lease| (lease.shard, lease.epoch)).collect())
            .collect()
    };
    assert_eq!(whose(&before), whose(&after));
    assert_eq!(sizes(&after), [22, 21, 21]);
}

pub async fn the_shards_of_a_dead_server_are_shared_among_the_others(world: &World) {
    rounds(world, 4, &["a", "b", "c"]).await;
    assert_eq!(sizes(&rounds(world, 3, &["a", "b"]).await), [22, 21], "its leases last");
    assert_eq!(sizes(&rounds(world, 2, &["a", "b"]).await), [32, 32]);
    world.store.release("a").await.unwrap();
    assert_eq!(
        sizes(&rounds(world, 1, &["b"]).await),
        [64],
        "who stops leaves its share at once"
    );
}

pub async fn what_is_given_back_is_under_a_higher_epoch_for_whoever_takes_it(world: &World) {
    let before = rounds(world, 1, &["a"]).await.remove(0);
    let held = rounds(world, 4, &["a", "b"]).await;
    for lease in &held[0] {
        assert_eq!(before[usize::from(lease.shard)].epoch, lease.epoch, "kept");
    }
    for lease in &held[1] {
        assert!(before[usize::from(lease.shard)].epoch < lease.epoch, "given");
    }
}
