//! Series of groups and of instances.

use crate::world::{GROUP, NOW, World, cycle, settlement};
use api::groups::{InstanceUse, MeanMax};
use control::store::minutes::MinuteRecord;
use control::store::{Fence, Settlement};
use engine::memory::CycleRecord;
use engine::model::InstanceId;

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

/// So much CPU, in tenths of a percent.
fn cpu(tenths: u64) -> InstanceUse {
    InstanceUse {
        cpu: Some(MeanMax {
            mean: tenths * 100,
            max: tenths * 200,
        }),
        memory: None,
    }
}

async fn minute(world: &World, fence: Fence, minute: u64, uses: &[(u64, u64)]) {
    let uses = uses
        .iter()
        .map(|(id, tenths)| (InstanceId(*id), cpu(*tenths)))
        .collect();
    let settled = Settlement {
        minute: Some(MinuteRecord { minute, uses }),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
}

async fn minutes(world: &World) -> Vec<(u64, u64, InstanceUse)> {
    let all = world.people.minutes(GROUP).await;
    all.into_iter().map(|(minute, id, used)| (minute, id.0, used)).collect()
}

pub async fn minutes_come_back_by_instance_while_members_come_and_go(world: &World) {
    let fence = world.group().await;
    minute(world, fence, 28, &[(1, 10), (2, 20)]).await;
    minute(world, fence, 29, &[(2, 30), (3, 40)]).await;
    // The next quarter of an hour has rows of its own.
    minute(world, fence, 30, &[(3, 50)]).await;
    minute(world, fence, 44, &[(1, 60), (3, 70)]).await;
    world.store.settle(fence, &settlement(), NOW).await.unwrap();
    let all = [
        (28, 1, cpu(10)),
        (28, 2, cpu(20)),
        (29, 2, cpu(30)),
        (29, 3, cpu(40)),
        (30, 3, cpu(50)),
        (44, 1, cpu(60)),
        (44, 3, cpu(70)),
    ];
    assert_eq!(minutes(world).await, all);
}

pub async fn a_minute_that_two_servers_left_behind_is_the_later_ones(world: &World) {
    let fence = world.group().await;
    minute(world, fence, 28, &[(1, 10)]).await;
    minute(world, fence, 28, &[(1, 30)]).await;
    // A reader takes the last one of a minute.
    assert_eq!(minutes(world).await.last(), Some(&(28, 1, cpu(30))));
}

pub async fn a_large_group_has_all_its_minutes(world: &World) {
    let fence = world.group().await;
    let uses: Vec<_> = (1..=150).map(|id| (id, id)).collect();
    minute(world, fence, 28, &uses).await;
    minute(world, fence, 29, &uses[100..]).await;
    let seen = minutes(world).await;
    let expected = uses.iter().map(|(id, n)| (28, *id, cpu(*n)));
    let later = uses[100..].iter().map(|(id, n)| (29, *id, cpu(*n)));
    assert_eq!(seen, expected.chain(later).collect::<Vec<_>>());
}
