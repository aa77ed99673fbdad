//! What a sweep removes, and what it leaves.

use crate::world::{GROUP, NOW, World, cycle, settlement};
use api::groups::ActivityStatus;
use api::live::Change;
use control::store::{DecisionRow, EndedActivity, Settlement};
use engine::model::{ActivityId, CYCLE_MS, Reason, Span, Timestamp};

const DAY: Span = Span::mins(24 * 60);

fn days(n: i64) -> Timestamp {
    NOW.plus(Span(DAY.0 * n))
}

async fn sweep(world: &World, now: Timestamp, limit: u32) {
    world.store.sweep(now, world.wall.now(), limit).await.unwrap();
}

pub async fn series_are_kept_for_fifteen_days(world: &World) {
    let fence = world.group().await;
    let today = u64::try_from(NOW.0 / CYCLE_MS).unwrap();
    for number in [today - 240 * 24 * 16, today - 240 * 24 * 14, today] {
        let settled = Settlement {
            cycle: Some(cycle(number)),
            ..settlement()
        };
        world.store.settle(fence, &settled, NOW).await.unwrap();
    }
    sweep(world, NOW, 100).await;
    let left: Vec<u64> = world
        .store
        .series(GROUP, 10)
        .await
        .unwrap()
        .iter()
        .map(|record| record.cycle.0)
        .collect();
    assert_eq!(left, [today - 240 * 24 * 14, today]);
}

pub async fn five_hundred_decisions_of_a_group_are_kept(world: &World) {
    let fence = world.group().await;
    for pass in 0..520 {
        let trail = if pass % 2 == 0 {
            Reason::Disabled
        } else {
            Reason::Deleting
        };
        let at = Timestamp(NOW.0 + i64::from(pass));
        let decision = DecisionRow {
            at,
            size: pass,
            trail: vec![trail],
        };
        world
            .store
            .settle(
                fence,
                &Settlement {
                    decision,
                    ..settlement()
                },
                NOW,
            )
            .await
            .unwrap();
    }
    sweep(world, NOW, 1_000).await;
    let left: Vec<u32> = world.people.decisions(GROUP).await.iter().map(|row| row.size).collect();
    assert_eq!(left, (20..520).collect::<Vec<_>>());
}

pub async fn events_are_kept_for_a_day_and_ten_thousand_at_most(world: &World) {
    let change = |n| vec![Change::Group { id: GROUP }; n];
    world.store.announce(world.tenant, &change(3), days(-2)).await.unwrap();
    world.store.announce(world.tenant, &change(10_005), NOW).await.unwrap();
    sweep(world, NOW, 1_000).await;
    let left = world.people.events(world.tenant).await;
    assert_eq!((left.len(), left[0].seq), (10_000, 9));
}

pub async fn what_ended_ninety_days_ago_goes_and_what_is_open_stays(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let ended = vec![EndedActivity {
        id: ActivityId(1),
        status: ActivityStatus::Succeeded,
        failure: None,
    }];
    world
        .store
        .settle(fence, &Settlement { ended, ..settlement() }, NOW)
        .await
        .unwrap();
    sweep(world, days(90), 10).await;
    assert!(world.people.activity(GROUP, ActivityId(1)).await.is_some());
    sweep(world, days(91), 10).await;
    assert!(world.people.activity(GROUP, ActivityId(1)).await.is_none());
    assert!(
        world.people.activity(GROUP, ActivityId(2)).await.is_some(),
        "it is open"
    );
    assert_eq!(world.loaded(GROUP).await.instances.len(), 2);
}

pub async fn a_sweep_is_bounded(world: &World) {
    let changes = [Change::Group { id: GROUP }; 10];
    world.store.announce(world.tenant, &changes, days(-2)).await.unwrap();
    sweep(world, NOW, 4).await;
    assert_eq!(world.people.events(world.tenant).await.len(), 6);
    sweep(world, NOW, 4).await;
    assert_eq!(world.people.events(world.tenant).await.len(), 2);
}
