//! What a sweep removes, and what it leaves.

use crate::settling::update;
use crate::world::{GROUP, NOW, World, cycle, settlement};
use api::groups::{ActivityStatus, InstanceUse, MeanMax};
use api::live::Change;
use control::store::minutes::MinuteRecord;
use control::store::retention::{Keep, Kind, Retention, Swept};
use control::store::{Db, DecisionRow, EndedActivity, Fence, InstanceUpdate, LoopStore, Settlement, word};
use engine::model::{ActivityId, CYCLE_MS, InstanceId, Reason, Span, Timestamp};
use std::sync::Arc;

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

const HOUR: Span = Span::mins(60);

/// The hour that begins now; hours before it are over.
fn hour(back: u64) -> u64 {
    u64::try_from(NOW.0 / HOUR.0).unwrap() - back
}

async fn settle(world: &World, fence: Fence, settled: Settlement) {
    world.store.settle(fence, &settled, NOW).await.unwrap();
}

async fn decided(world: &World, fence: Fence, at: Timestamp, reason: Reason) {
    let trail = vec![reason];
    let decision = DecisionRow { at, size: 1, trail };
    settle(
        world,
        fence,
        Settlement {
            decision,
            ..settlement()
        },
    )
    .await;
}

async fn minute(world: &World, fence: Fence, minute: u64) {
    let one = Some(MeanMax { mean: 100, max: 100 });
    let uses = vec![(InstanceId(1), InstanceUse { cpu: one, memory: one })];
    let minute = Some(MinuteRecord { minute, uses });
    settle(world, fence, Settlement { minute, ..settlement() }).await;
}

async fn minutes(world: &World) -> Vec<u64> {
    world
        .people
        .minutes(GROUP)
        .await
        .iter()
        .map(|(minute, ..)| *minute)
        .collect()
}

async fn hours(world: &World) -> Vec<u64> {
    let series = world.store.series(GROUP, 10_000).await.unwrap();
    series.iter().map(|record| hour(0) - record.cycle.0 / 240).collect()
}

/// The world's store with that many bytes for each kind.
fn tight(world: &World, bytes: i64) -> Arc<dyn LoopStore> {
    let all = Retention::default();
    let tight = |keep: Keep| Keep { bytes, ..keep };
    world.people.keeping(Retention {
        series: tight(all.series),
        instance_series: tight(all.instance_series),
        decisions: tight(all.decisions),
        activities: tight(all.activities),
        instances: tight(all.instances),
        events: tight(all.events),
    })
}

pub async fn minutes_are_kept_for_two_days(world: &World) {
    let fence = world.group().await;
    let now = hour(0) * 60;
    for back in [60 * 48 + 16, 60 * 48 - 1, 0] {
        minute(world, fence, now - back).await;
    }
    sweep(world, NOW, 100).await;
    assert_eq!(minutes(world).await, [now - 60 * 48 + 1, now]);
}

pub async fn decisions_go_ninety_days_after_they_began_but_the_newest_stays(world: &World) {
    let fence = world.group().await;
    decided(world, fence, NOW, Reason::Disabled).await;
    decided(world, fence, days(1), Reason::Deleting).await;
    decided(world, fence, days(2), Reason::Disabled).await;
    let began = async || -> Vec<Timestamp> {
        let rows = world.people.decisions(GROUP).await;
        rows.iter().map(|row| row.first_at).collect()
    };
    sweep(world, days(90), 100).await;
    assert_eq!(began().await, [NOW, days(1), days(2)]);
    sweep(world, Timestamp(days(90).0 + 1), 100).await;
    assert_eq!(began().await, [days(1), days(2)]);
    sweep(world, days(200), 100).await;
    assert_eq!(began().await, [days(2)]);
}

pub async fn what_takes_too_much_goes_by_the_oldest_hour(world: &World) {
    let fence = world.group().await;
    for back in [9, 7, 5] {
        decided(world, fence, Timestamp(NOW.0 - HOUR.0 * back), Reason::Disabled).await;
        decided(world, fence, Timestamp(NOW.0 - HOUR.0 * back + 9), Reason::Deleting).await;
    }
    for number in [9, 7, 5]
        .map(hour)
        .iter()
        .flat_map(|hour| [hour * 240 + 3, hour * 240 + 4])
    {
        let cycle = Some(cycle(number));
        settle(world, fence, Settlement { cycle, ..settlement() }).await;
    }
    tight(world, i64::MAX).sweep(NOW, world.wall.now(), 100).await.unwrap();
    assert_eq!(hours(world).await, [9, 9, 7, 7, 5, 5], "within the bound all stays");
    let store = tight(world, 0);
    for left in [&[7, 7, 5, 5][..], &[5, 5], &[], &[]] {
        store.sweep(NOW, world.wall.now(), 100).await.unwrap();
        assert_eq!(hours(world).await, left);
    }
    let decisions = world.people.decisions(GROUP).await;
    assert_eq!(decisions.len(), 1, "the newest is extended still: {decisions:?}");
}

pub async fn minutes_that_take_too_much_go_by_the_oldest_hour(world: &World) {
    let fence = world.group().await;
    let all = [hour(9) * 60, hour(9) * 60 + 59, hour(8) * 60 + 16, hour(0) * 60];
    for number in all {
        minute(world, fence, number).await;
    }
    let store = tight(world, 0);
    for left in [&all[2..], &all[3..], &all[3..]] {
        store.sweep(NOW, world.wall.now(), 100).await.unwrap();
        assert_eq!(minutes(world).await, left);
    }
}

pub async fn the_hour_under_way_is_not_counted(world: &World) {
    let fence = world.group().await;
    for back in [1, 0] {
        let cycle = Some(cycle(hour(back) * 240));
        settle(world, fence, Settlement { cycle, ..settlement() }).await;
    }
    let store = tight(world, 0);
    store.sweep(NOW, world.wall.now(), 100).await.unwrap();
    assert_eq!(hours(world).await, [1, 0]);
    store.sweep(NOW.plus(HOUR), world.wall.now(), 100).await.unwrap();
    assert_eq!(
        hours(world).await,
        [0],
        "an hour later the first is measured, and is too much"
    );
}

pub async fn what_is_open_stays_however_much_it_takes(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let ended = vec![EndedActivity {
        id: ActivityId(1),
        status: ActivityStatus::Succeeded,
        failure: None,
    }];
    settle(world, fence, Settlement { ended, ..settlement() }).await;
    let store = tight(world, 0);
    for later in 1..4 {
        store.sweep(days(later), world.wall.now(), 100).await.unwrap();
    }
    assert!(world.people.activity(GROUP, ActivityId(1)).await.is_none());
    assert!(world.people.activity(GROUP, ActivityId(2)).await.is_some(), "it runs");
    assert_eq!(world.loaded(GROUP).await.instances.len(), 2);
}

/// The records of those numbers, and the activities that launched them, end then.
async fn end(world: &World, fence: Fence, numbers: impl IntoIterator<Item = u64>, at: Timestamp) {
    let mut settled = settlement();
    for number in numbers {
        settled.instances.push(InstanceUpdate {
            terminated: Some(at),
            ..update(number)
        });
        settled.ended.push(EndedActivity {
            id: ActivityId(number),
            status: ActivityStatus::Succeeded,
            failure: None,
        });
    }
    world.store.settle(fence, &settled, at).await.unwrap();
}

/// Those of the first six records that have ended and are kept.
async fn ended(world: &World) -> Vec<u64> {
    let mut kept = Vec::new();
    for number in 1..=6 {
        let at = world.people.ended_at(GROUP, InstanceId(number)).await;
        kept.extend(at.map(|_| number));
    }
    kept
}

pub async fn records_go_ninety_days_after_they_ended(world: &World) {
    let fence = world.group().await;
    world.launched(fence, 1..=3).await;
    end(world, fence, [1], NOW).await;
    end(world, fence, [2], days(1)).await;
    sweep(world, days(90), 100).await;
    assert_eq!(ended(world).await, [1, 2]);
    sweep(world, Timestamp(days(90).0 + 1), 100).await;
    assert_eq!(ended(world).await, [2]);
    sweep(world, days(200), 100).await;
    assert_eq!(ended(world).await, [0; 0]);
    assert_eq!(world.loaded(GROUP).await.instances.len(), 1, "it has not ended");
}

pub async fn ended_records_that_take_too_much_go_by_the_oldest_hour(world: &World) {
    let fence = world.group().await;
    world.launched(fence, 1..=6).await;
    for (number, back) in [(1, 9), (2, 9), (3, 7), (4, 5)] {
        end(world, fence, [number], Timestamp(NOW.0 - HOUR.0 * back)).await;
    }
    let store = tight(world, 0);
    for left in [&[3, 4][..], &[4], &[], &[]] {
        store.sweep(NOW, world.wall.now(), 100).await.unwrap();
        assert_eq!(ended(world).await, left);
    }
    assert_eq!(world.loaded(GROUP).await.instances.len(), 2, "they have not ended");
}

/// Rows of an hour: more than a sweep may remove at once.
const ROWS: u64 = 10;
const ROWS_A_SWEEP: u32 = 3;
/// Sweeps until nothing is left to do, at most.
const SWEEPS_MAX: usize = 40;

/// Writes what an hour so far back has of a kind: a row for series (one group has no more), four quarters, or [`ROWS`].
async fn fill(world: &World, fence: Fence, kind: Kind, back: u64) {
    let began = Timestamp(NOW.0 - HOUR.0 * back.cast_signed());
    match kind {
        Kind::Series => {
            let cycle = Some(cycle(hour(back) * 240));
            settle(world, fence, Settlement { cycle, ..settlement() }).await;
        }
        Kind::InstanceSeries => {
            for quarter in 0..4 {
                minute(world, fence, hour(back) * 60 + quarter * 15).await;
            }
        }
        Kind::Decisions => {
            for (later, reason) in (0..5).flat_map(|n| [(2 * n, Reason::Disabled), (2 * n + 1, Reason::Deleting)]) {
                decided(world, fence, Timestamp(began.0 + later), reason).await;
            }
        }
        Kind::Activities | Kind::Instances => {
            let numbers = back * ROWS..(back + 1) * ROWS;
            world.launched(fence, numbers.clone()).await;
            end(world, fence, numbers, began).await;
        }
        Kind::Events => {
            let changes = [Change::Group { id: GROUP }; 10];
            world.store.announce(world.tenant, &changes, began).await.unwrap();
        }
    }
}

/// Rows and bytes of a kind that are there: how many rows [`fill`] writes, and the statement that counts them.
const fn stored(kind: Kind) -> (i64, &'static str) {
    match kind {
        Kind::Series => (
            1,
            "SELECT COUNT(*) AS row_count, CAST(COALESCE(SUM(octet_length(cycles) + 128), 0) AS BIGINT) AS bytes
             FROM group_series",
        ),
        Kind::InstanceSeries => (
            4,
            "SELECT COUNT(*) AS row_count,
                 CAST(COALESCE(SUM(octet_length(members) + octet_length(minutes) + 128), 0) AS BIGINT) AS bytes
             FROM instance_series",
        ),
        Kind::Decisions => (
            10,
            "SELECT COUNT(*) AS row_count,
                 CAST(COALESCE(SUM(octet_length(variants) + octet_length(trail) + 128), 0) AS BIGINT) AS bytes
             FROM decisions",
        ),
        Kind::Activities => (
            10,
            "SELECT COUNT(*) AS row_count, CAST(COALESCE(SUM(octet_length(cause)
                 + COALESCE(octet_length(failure), 0) + 128), 0) AS BIGINT) AS bytes
             FROM activities WHERE ended_at IS NOT NULL",
        ),
        Kind::Instances => (
            10,
            "SELECT COUNT(*) AS row_count, CAST(COALESCE(SUM(octet_length(name) + octet_length(phase)
                 + octet_length(flags) + 128), 0) AS BIGINT) AS bytes
             FROM instances WHERE terminated_at IS NOT NULL",
        ),
        Kind::Events => (
            10,
            "SELECT COUNT(*) AS row_count, CAST(COALESCE(SUM(octet_length(change) + 128), 0) AS BIGINT) AS bytes
             FROM events",
        ),
    }
}

/// Rows and bytes as they are counted, and as they are.
async fn sizes(db: &Db, kind: Kind) -> [(i64, i64); 2] {
    let mut tx = db.read("compare sizes").await.unwrap();
    let counted = "SELECT CAST(COALESCE(SUM(row_count), 0) AS BIGINT) AS row_count,
                       CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM history_sizes WHERE kind = $1";
    let counted = tx.one(counted, control::values![word(kind)]).await.unwrap();
    let there = tx.one(stored(kind).1, Vec::new()).await.unwrap();
    [counted, there].map(|row| (row.get("row_count").unwrap(), row.get("bytes").unwrap()))
}

/// Sweeps until there is nothing left to do: after each sweep what is counted is what is there. Rows and bytes in the end.
async fn swept(world: &World, store: &dyn LoopStore, db: &Db, kind: Kind) -> (i64, i64) {
    for _ in 0..SWEEPS_MAX {
        let done = store.sweep(NOW, world.wall.now(), ROWS_A_SWEEP).await.unwrap();
        let [counted, there] = sizes(db, kind).await;
        assert_eq!(counted, there, "{kind:?}");
        if done == Swept::Everything {
            return there;
        }
    }
    panic!("{kind:?}: no end after {SWEEPS_MAX} sweeps");
}

pub async fn what_is_counted_is_what_is_there_while_rows_come_and_go(kind: crate::databases::Kind) {
    for history in Kind::ALL {
        let db = kind.scratch().await;
        let world = crate::world::on(db.clone()).await;
        let fence = world.group().await;
        // An hour that is too old, and three that are not; a sweep removes a part of an hour.
        let too_old = Retention::default().of(history).age.0 / HOUR.0 + 3;
        for back in [too_old.cast_unsigned(), 9, 8, 7] {
            fill(&world, fence, history, back).await;
        }
        let an_hour = stored(history).0;
        let (rows, bytes) = swept(&world, &*world.store, &db, history).await;
        assert_eq!(rows, 3 * an_hour, "{history:?}: the old hour is gone");
        // One byte less than there is: of the oldest hour goes what one sweep may remove.
        let (rows, _) = swept(&world, &*tight(&world, bytes - 1), &db, history).await;
        let gone = an_hour.min(i64::from(ROWS_A_SWEEP));
        assert_eq!(rows, 3 * an_hour - gone, "{history:?}: it is within the bound");
    }
}
