//! What a pass leaves behind.

use crate::world::{GROUP, NOW, OWNER, TEMPLATE, VERSION, World, activity, cycle, moving, settlement};
use api::groups::{ActivityKind, ActivityStatus};
use control::store::{
    Counts, DecisionRow, EndedActivity, GroupHead, InstanceUpdate, Launch, SHARDS, Settlement, StoreError, shard_of,
};
use engine::census::InstanceState;
use engine::memory::Durable;
use engine::model::{
    ActivityId, Flags, GroupId, GroupStatus, InstanceId, LeaveCause, Missing, Order, Phase, Reason, Timestamp,
};

/// Of a record, nothing new.
pub fn update(n: u64) -> InstanceUpdate {
    InstanceUpdate {
        id: InstanceId(n),
        phase: None,
        state: InstanceState::Pending,
        flags: Flags::default(),
        running_at: None,
        terminated: None,
    }
}

fn all_shards() -> Vec<u16> {
    (0..SHARDS).collect()
}

pub async fn memory_and_counts_are_stored(world: &World) {
    let fence = world.group().await;
    let durable = Durable {
        desired: 9,
        growth: 3,
        out_of_stock: Some(NOW),
        ..Durable::default()
    };
    let counts = Counts {
        in_service: 1,
        everything: 2,
        alarm: true,
    };
    let settled = Settlement {
        durable: durable.clone(),
        counts,
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(world.loaded(GROUP).await.durable, durable);
    assert_eq!(world.people.counts(GROUP).await, counts);
}

pub async fn what_people_desired_meanwhile_stays(world: &World) {
    let fence = world.group().await;
    world.people.edit(GROUP, 7).await;
    let durable = Durable {
        desired: 3,
        growth: 1,
        ..Durable::default()
    };
    let settled = Settlement {
        durable: durable.clone(),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(
        world.loaded(GROUP).await.durable,
        Durable {
            desired: 7,
            ..durable.clone()
        }
    );
    let fence = world.fence(GROUP).await;
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(world.loaded(GROUP).await.durable, durable);
}

pub async fn a_lost_lease_fences_a_settlement(world: &World) {
    let fence = world.group().await;
    let before = world.loaded(GROUP).await;
    world.wall.pass(20);
    world.store.claim("server-b").await.unwrap();
    let settled = Settlement {
        durable: Durable {
            desired: 9,
            ..Durable::default()
        },
        ..settlement()
    };
    let refused = world.store.settle(fence, &settled, NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Fenced { group: GROUP })),
        "{refused:?}"
    );
    assert_eq!(world.loaded(GROUP).await, before);
    assert_eq!(world.people.decisions(GROUP).await, []);
}

pub async fn marks_of_people_stay_and_marks_of_the_loop_move(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    world.people.protect(GROUP, InstanceId(1)).await;
    let flags = Flags {
        was_in_service: true,
        standby: true,
        ..Flags::default()
    };
    let served = InstanceUpdate {
        phase: Some(Phase::Serving),
        state: InstanceState::InService,
        flags,
        running_at: Some(NOW),
        ..update(1)
    };
    world
        .store
        .settle(
            fence,
            &Settlement {
                instances: vec![served],
                ..settlement()
            },
            NOW,
        )
        .await
        .unwrap();
    let rows = world.loaded(GROUP).await.instances;
    assert_eq!(
        (rows[0].phase, rows[0].state),
        (Phase::Serving, InstanceState::InService)
    );
    let kept = Flags {
        protected: true,
        was_in_service: true,
        ..Flags::default()
    };
    assert_eq!(rows[0].flags, kept);
    assert_eq!(
        (rows[1].phase, rows[1].state),
        (Phase::Launching, InstanceState::Pending)
    );
    world
        .store
        .settle(
            fence,
            &Settlement {
                instances: vec![update(1)],
                ..settlement()
            },
            NOW,
        )
        .await
        .unwrap();
    assert_eq!(
        world.loaded(GROUP).await.instances[0].phase,
        Phase::Serving,
        "no phase leaves it"
    );
}

/// A pass that first sees an instance run and removes it at once says both.
pub async fn a_removal_that_the_same_pass_intended_stays_one(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let draining = Phase::Draining {
        cause: LeaveCause::Surplus,
        until: NOW,
    };
    let drain = [moving(1, Phase::Launching, draining, None)];
    world.intend(fence, &drain).await.unwrap();
    let runs = |n| InstanceUpdate {
        phase: Some(Phase::Serving),
        ..update(n)
    };
    let settled = Settlement {
        instances: vec![runs(1), runs(2)],
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    let phases: Vec<_> = world
        .loaded(GROUP)
        .await
        .instances
        .iter()
        .map(|row| row.phase)
        .collect();
    assert_eq!(phases, [draining, Phase::Serving]);
}

pub async fn a_terminated_record_is_not_loaded(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let gone = InstanceUpdate {
        terminated: Some(NOW),
        ..update(1)
    };
    let settled = Settlement {
        instances: vec![gone.clone()],
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    world.store.settle(fence, &settled, NOW).await.unwrap();
    let ids: Vec<InstanceId> = world.loaded(GROUP).await.instances.iter().map(|row| row.id).collect();
    assert_eq!(ids, [InstanceId(2)]);
}

pub async fn an_activity_ends_once(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let end = |id, status, failure: Option<&str>| EndedActivity {
        id: ActivityId(id),
        status,
        failure: failure.map(str::to_owned),
    };
    let ended = vec![
        end(1, ActivityStatus::Succeeded, None),
        end(2, ActivityStatus::Failed, Some("refused")),
    ];
    world
        .store
        .settle(fence, &Settlement { ended, ..settlement() }, NOW)
        .await
        .unwrap();
    let first = world.people.activity(GROUP, ActivityId(1)).await.unwrap();
    assert_eq!(
        (first.status, first.failure.as_deref(), first.ended_at),
        (ActivityStatus::Succeeded, None, Some(NOW))
    );
    let second = world.people.activity(GROUP, ActivityId(2)).await.unwrap();
    assert_eq!(
        (second.status, second.failure.as_deref()),
        (ActivityStatus::Failed, Some("refused"))
    );
    assert!(
        world
            .loaded(GROUP)
            .await
            .instances
            .iter()
            .all(|row| row.activity.is_none())
    );
    let again = vec![end(1, ActivityStatus::Failed, Some("late"))];
    let later = Timestamp(NOW.0 + 1);
    world
        .store
        .settle(
            fence,
            &Settlement {
                ended: again,
                ..settlement()
            },
            later,
        )
        .await
        .unwrap();
    assert_eq!(world.people.activity(GROUP, ActivityId(1)).await.unwrap(), first);
}

pub async fn a_resize_is_an_activity_that_ended_at_once(world: &World) {
    let fence = world.group().await;
    let done = vec![activity(5, ActivityKind::Resize)];
    world
        .store
        .settle(fence, &Settlement { done, ..settlement() }, NOW)
        .await
        .unwrap();
    let seen = world.people.activity(GROUP, ActivityId(5)).await.unwrap();
    assert_eq!(
        (seen.kind, seen.status),
        (ActivityKind::Resize, ActivityStatus::Succeeded)
    );
    assert_eq!((seen.instance, seen.started_at, seen.ended_at), (None, NOW, Some(NOW)));
}

pub async fn orders_carried_out_are_gone(world: &World) {
    let fence = world.group().await;
    world.people.order(GROUP, "o-1", Order::RearmBreaker).await;
    world
        .people
        .order(GROUP, "o-2", Order::Remove { id: InstanceId(4) })
        .await;
    let orders = world.loaded(GROUP).await.orders;
    let expected = [
        ("o-1".into(), Order::RearmBreaker),
        ("o-2".into(), Order::Remove { id: InstanceId(4) }),
    ];
    assert_eq!(orders, expected);
    let settled = Settlement {
        orders: vec!["o-1".into(), "o-404".into()],
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(world.loaded(GROUP).await.orders, expected[1..]);
}

pub async fn decisions_merge_while_their_reasons_stay_the_same(world: &World) {
    let fence = world.group().await;
    let at = |ms: i64| Timestamp(NOW.0 + ms);
    let fixed = |desired| vec![Reason::FixedSize { desired }];
    let passes = [
        (0, 2, fixed(2)),
        (15, 3, fixed(3)),
        (15, 0, vec![Reason::Disabled]),
        (45, 4, fixed(4)),
    ];
    for (ms, size, trail) in passes {
        let decision = DecisionRow {
            at: at(ms),
            size,
            trail,
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
    let seen = world.people.decisions(GROUP).await;
    let rows: Vec<_> = seen
        .iter()
        .map(|row| (row.first_at, row.last_at, row.passes, row.size))
        .collect();
    assert_eq!(
        rows,
        [(at(0), at(15), 2, 3), (at(15), at(15), 1, 0), (at(45), at(45), 1, 4)]
    );
    assert_eq!(seen[0].trail, fixed(3), "the trail is the latest pass's");
}

pub async fn a_deleted_group_disappears(world: &World) {
    let fence = world.group().await;
    let other = GroupId(78);
    world.people.put_group(world.record(other)).await;
    let head = |id, status| GroupHead { id, status };
    let mut both = [head(GROUP, GroupStatus::Enabled), head(other, GroupStatus::Enabled)];
    both.sort_by_key(|head| (shard_of(head.id), head.id));
    assert_eq!(world.store.heads(&all_shards()).await.unwrap(), both);
    assert_eq!(
        world.store.heads(&[shard_of(other)]).await.unwrap().len(),
        1 + usize::from(shard_of(other) == shard_of(GROUP))
    );
    assert_eq!(world.store.heads(&[]).await.unwrap(), []);
    let settled = Settlement {
        deleted: Some(NOW),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(
        world.people.status(GROUP).await,
        GroupStatus::Enabled,
        "nobody asked for it to be deleted"
    );
    world.people.set_status(GROUP, GroupStatus::Deleting).await;
    let fence = world.fence(GROUP).await;
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(world.people.status(GROUP).await, GroupStatus::Deleted);
    assert_eq!(
        world.store.heads(&all_shards()).await.unwrap(),
        [head(other, GroupStatus::Enabled)]
    );
    assert_eq!(world.store.load(GROUP).await.unwrap(), None);
    let refused = world.store.settle(fence, &settled, NOW).await;
    assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
}

pub async fn a_group_with_a_record_left_is_not_deleted(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    world.people.set_status(GROUP, GroupStatus::Deleting).await;
    let fence = world.fence(GROUP).await;
    let settled = Settlement {
        deleted: Some(NOW),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(world.people.status(GROUP).await, GroupStatus::Deleting);
    let last = vec![InstanceUpdate {
        terminated: Some(NOW),
        ..update(1)
    }];
    world
        .store
        .settle(
            fence,
            &Settlement {
                instances: last,
                ..settled
            },
            NOW,
        )
        .await
        .unwrap();
    assert_eq!(
        world.people.status(GROUP).await,
        GroupStatus::Deleted,
        "the last record ended in this very pass"
    );
}

pub async fn an_older_template_version_can_be_looked_up(world: &World) {
    world.group().await;
    let older = Launch {
        template_version: 1,
        user_data: "older".into(),
        ..world.launch()
    };
    world.people.put_template(older.clone()).await;
    assert_eq!(world.store.launch_of(TEMPLATE, 1).await.unwrap(), Some(older));
    assert_eq!(
        world.store.launch_of(TEMPLATE, VERSION).await.unwrap(),
        Some(world.launch())
    );
    assert_eq!(world.store.launch_of(TEMPLATE, 99).await.unwrap(), None);
    assert_eq!(world.loaded(GROUP).await.launch, world.launch());
    world.store.release(OWNER).await.unwrap();
}

pub async fn samples_are_of_the_last_closed_cycle(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let sample = |n, cpu| (InstanceId(n), [cpu, Err(Missing::NotRead)]);
    let first = vec![sample(1, Ok(5)), sample(2, Ok(6))];
    let settled = Settlement {
        cycle: Some(cycle(10)),
        samples: first,
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    let both = [(InstanceId(1), Some(5)), (InstanceId(2), Some(6))];
    assert_eq!(world.people.cpu_samples(GROUP).await, both);
    world.store.settle(fence, &settlement(), NOW).await.unwrap();
    assert_eq!(
        world.people.cpu_samples(GROUP).await,
        both,
        "a pass without a closed cycle leaves them"
    );
    let second = vec![sample(1, Err(Missing::Stale))];
    let settled = Settlement {
        cycle: Some(cycle(11)),
        samples: second,
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    assert_eq!(world.people.cpu_samples(GROUP).await, [(InstanceId(1), None)]);
    let third: Vec<_> = (1..=23).map(|n| sample(n, Ok(n * 100))).collect();
    let settled = Settlement {
        cycle: Some(cycle(12)),
        samples: third,
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    let expected: Vec<_> = (1..=23).map(|n| (InstanceId(n), Some(n * 100))).collect();
    assert_eq!(world.people.cpu_samples(GROUP).await, expected);
}
