//! Group series.

use crate::world::{GROUP, NOW, World, cycle, settlement};
use control::store::{Fence, Settlement};
use engine::memory::CycleRecord;

async fn fold(world: &World, fence: Fence, record: CycleRecord) {
    let settled = Settlement {
        cycle: Some(record),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
}

async fn cycles(world: &World, last: u32) -> Vec<u64> {
    world
        .store
        .series(GROUP, last)
        .await
        .unwrap()
        .iter()
        .map(|record| record.cycle.0)
        .collect()
}

pub async fn records_are_kept_in_order_over_hours_and_gaps_stay_gaps(world: &World) {
    let fence = world.group().await;
    let folded: Vec<u64> = (230..=236).chain(480..=485).chain([724]).collect();
    for number in &folded {
        fold(world, fence, cycle(*number)).await;
    }
    assert_eq!(cycles(world, 1_000).await, folded);
    assert_eq!(cycles(world, 3).await, [484, 485, 724]);
    assert_eq!(cycles(world, 9).await, [235, 236, 480, 481, 482, 483, 484, 485, 724]);
    assert_eq!(cycles(world, 0).await, [0; 0]);
    let stored = world.store.series(GROUP, 1).await.unwrap();
    assert_eq!(stored, [cycle(724)], "every field comes back");
}

pub async fn a_cycle_folded_again_is_replaced(world: &World) {
    let fence = world.group().await;
    for number in [300, 302, 303] {
        fold(world, fence, cycle(number)).await;
    }
    for number in [302, 301, 303, 304] {
        fold(
            world,
            fence,
            CycleRecord {
                desired: 50,
                ..cycle(number)
            },
        )
        .await;
    }
    let stored = world.store.series(GROUP, 10).await.unwrap();
    let seen: Vec<(u64, u32)> = stored.iter().map(|record| (record.cycle.0, record.desired)).collect();
    assert_eq!(seen, [(300, 2), (301, 50), (302, 50), (303, 50), (304, 50)]);
}

pub async fn fewer_than_asked_are_all_there_are(world: &World) {
    let fence = world.group().await;
    assert_eq!(cycles(world, 40).await, [0; 0]);
    // One record an hour: what is asked for lies in many rows.
    for hour in 1..=12 {
        fold(world, fence, cycle(hour * 240)).await;
    }
    assert_eq!(cycles(world, 5).await, [8 * 240, 9 * 240, 10 * 240, 11 * 240, 12 * 240]);
    assert_eq!(cycles(world, 40).await.len(), 12);
}
