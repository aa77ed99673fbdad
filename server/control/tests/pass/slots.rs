//! Passes are spread over the cycle: each group has one of 15 slots, by its id, and its passes begin there (design 2).

use crate::world::World;
use crate::world::fixture::steady;
use control::clock::Clock as _;
use control::pass::{SLOTS, offset_of};
use engine::model::{CYCLE_MS, GroupId};
use std::collections::BTreeMap;

/// Groups in the test's world; two a slot, were they spread evenly.
const GROUPS: u64 = 30;
/// Ids whose slots are counted: a hundred for each.
const IDS: u64 = 1_500;
const SHARE: usize = 100;

fn id(number: u64) -> GroupId {
    GroupId(number * 7_919)
}

/// How many of them have their cycle close at each offset.
fn by_offset(ids: impl Iterator<Item = GroupId>) -> BTreeMap<i64, usize> {
    let mut counts = BTreeMap::new();
    ids.for_each(|id| *counts.entry(offset_of(id).0).or_default() += 1);
    counts
}

#[test]
fn the_ids_of_groups_are_spread_over_all_fifteen_slots_and_no_slot_has_twice_its_share() {
    let slots: Vec<i64> = (0..SLOTS).map(|slot| slot * CYCLE_MS / SLOTS).collect();
    let scattered = (1..=IDS).map(|number| GroupId(engine::draw::mix(1, number, 0)));
    for counts in [
        by_offset((1..=IDS).map(GroupId)),
        by_offset((1..=IDS).map(id)),
        by_offset(scattered),
    ] {
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), slots);
        assert!(counts.values().all(|count| *count < 2 * SHARE), "{counts:?}");
    }
}

#[tokio::test]
async fn passes_of_many_groups_are_spread_over_the_cycle_and_each_begins_in_its_own_slot() {
    let mut world = World::new().await;
    for number in 1..=GROUPS {
        world.group_named(id(number), &format!("g{number}"), &steady(1)).await;
    }
    world.start().await;
    world.cycles(3).await;
    assert_eq!(world.driver.running().len(), 30);
    let groups = by_offset((1..=GROUPS).map(id));
    assert!(groups.len() > 10, "{groups:?}");
    for _ in 0..2 * SLOTS {
        let before = world.handle().lag().passes;
        world.run(1).await;
        let offset = world.clock.now().0.rem_euclid(CYCLE_MS);
        let begun = world.handle().lag().passes - before;
        let due = groups.get(&offset).copied().unwrap_or(0);
        assert_eq!(usize::try_from(begun), Ok(due), "{offset} ms into the cycle");
    }
}
