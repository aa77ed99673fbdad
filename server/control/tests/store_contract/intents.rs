//! Intents: fenced, all or none, irrevocable.

use crate::world::{GROUP, NOW, World, activity, addresses, lease_of, moving, settlement};
use api::groups::{ActivityKind, ActivityStatus};
use control::store::{Fence, InstanceUpdate, Intent, StoreError};
use engine::census::InstanceState;
use engine::model::{ActivityId, Flags, GroupId, GroupStatus, InstanceId, LeaveCause, Phase, SubnetId, Timestamp};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use tokio::task::JoinSet;

const DRAINING: Phase = Phase::Draining {
    cause: LeaveCause::Surplus,
    until: Timestamp(9),
};
const STOPPING: Phase = Phase::Stopping {
    cause: LeaveCause::Surplus,
    until: Timestamp(99),
};

fn removal(n: u64) -> Option<control::store::NewActivity> {
    Some(activity(n, ActivityKind::Removal))
}

fn host(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 20, 1, n)
}

pub fn is_changed<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(
        matches!(answer, Err(StoreError::Changed { group: GROUP })),
        "{answer:?}"
    );
}

fn is_fenced<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Fenced { .. })), "{answer:?}");
}

/// The subnet whose addresses are 127.20.1.x.
async fn first_subnet(world: &World, fence: Fence) -> SubnetId {
    for (n, (subnet, _)) in (9_000..).zip(&world.subnets) {
        let answer = world.intend(fence, &[in_subnet(world, n, *subnet)]).await.unwrap();
        let gone = gone(world, n).await;
        let settled = control::store::Settlement {
            instances: vec![gone],
            ..settlement()
        };
        world.store.settle(fence, &settled, NOW).await.unwrap();
        if addresses(&answer)[0].octets()[2] == 1 {
            return *subnet;
        }
    }
    unreachable!("one of the subnets is the first")
}

fn in_subnet(world: &World, n: u64, wanted: SubnetId) -> Intent {
    match world.launching(n) {
        Intent::Launch {
            id,
            name,
            flags,
            warm_up_ms,
            activity,
            ..
        } => Intent::Launch {
            id,
            name,
            subnets: vec![wanted],
            flags,
            warm_up_ms,
            activity,
        },
        other => other,
    }
}

pub async fn gone(world: &World, n: u64) -> InstanceUpdate {
    let group = world.loaded(GROUP).await;
    let row = group
        .instances
        .iter()
        .find(|row| row.id == InstanceId(n))
        .expect("the record");
    InstanceUpdate {
        id: row.id,
        phase: None,
        state: InstanceState::Terminated,
        flags: row.flags,
        running_at: None,
        terminated: Some(NOW),
    }
}

pub async fn a_launch_begins_its_record_and_activity(world: &World) {
    let fence = world.group().await;
    let places = world.intend(fence, &[world.launching(1)]).await.unwrap();
    let group = world.loaded(GROUP).await;
    let [row] = &group.instances[..] else {
        panic!("one record: {group:?}")
    };
    assert_eq!(
        (row.id, row.name.as_str(), row.address),
        (InstanceId(1), "web-77-1", addresses(&places)[0])
    );
    assert_eq!((row.phase, row.state), (Phase::Launching, InstanceState::Pending));
    assert_eq!(
        row.flags,
        Flags {
            replacement: true,
            ..Flags::default()
        }
    );
    assert_eq!(
        (row.warm_up_ms, row.subnet, row.created_at),
        (300_000, world.subnets[0].0, NOW)
    );
    assert_eq!(row.template, (group.launch.template, group.launch.template_version));
    assert_eq!(row.activity, Some(ActivityId(1)));
    let seen = world.people.activity(GROUP, ActivityId(1)).await.unwrap();
    assert_eq!(
        (seen.kind, seen.status),
        (ActivityKind::Launch, ActivityStatus::Running)
    );
    assert_eq!(
        (seen.instance, seen.started_at, seen.ended_at),
        (Some(InstanceId(1)), NOW, None)
    );
    assert_eq!(
        group,
        control::store::GroupRecord {
            instances: group.instances.clone(),
            state_rev: 1,
            ..world.record(GROUP)
        }
    );
}

pub async fn the_lowest_free_address_is_taken(world: &World) {
    let fence = world.group().await;
    let subnet = first_subnet(world, fence).await;
    let intents: Vec<Intent> = (1..=3).map(|n| in_subnet(world, n, subnet)).collect();
    let places = world.intend(fence, &intents).await.unwrap();
    assert_eq!(addresses(&places), [host(10), host(11), host(12)]);
}

pub async fn an_address_is_free_again_when_its_record_ended(world: &World) {
    let fence = world.group().await;
    let subnet = first_subnet(world, fence).await;
    let intents: Vec<Intent> = (1..=3).map(|n| in_subnet(world, n, subnet)).collect();
    world.intend(fence, &intents).await.unwrap();
    let deleting = Phase::Deleting {
        cause: LeaveCause::Surplus,
    };
    world
        .intend(fence, &[moving(2, Phase::Launching, deleting, removal(20))])
        .await
        .unwrap();
    let next = world.intend(fence, &[in_subnet(world, 4, subnet)]).await.unwrap();
    assert_eq!(
        addresses(&next),
        [host(13)],
        "a record that is leaving keeps its address"
    );
    let settled = control::store::Settlement {
        instances: vec![gone(world, 2).await],
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    let next = world.intend(fence, &[in_subnet(world, 5, subnet)]).await.unwrap();
    assert_eq!(addresses(&next), [host(11)]);
}

fn in_subnets(world: &World, n: u64, wanted: &[SubnetId]) -> Intent {
    match in_subnet(world, n, wanted[0]) {
        Intent::Launch {
            id,
            name,
            flags,
            warm_up_ms,
            activity,
            ..
        } => Intent::Launch {
            id,
            name,
            subnets: wanted.to_vec(),
            flags,
            warm_up_ms,
            activity,
        },
        other => other,
    }
}

pub async fn a_launch_whose_subnet_is_full_goes_to_the_next_one(world: &World) {
    let fence = world.group().await;
    world.launched(fence, 1..=244).await;
    let [first, second, _] = [0, 1, 2].map(|at| world.subnets[at].0);
    let three = [300, 301, 302].map(|n| in_subnets(world, n, &[first, second]));
    let places = world.intend(fence, &three).await.unwrap();
    let subnets: Vec<_> = places.iter().map(|place| place.expect("a place").subnet).collect();
    assert_eq!(
        subnets,
        [first, second, second],
        "the last address of the first, then the second's"
    );
    let group = world.loaded(GROUP).await;
    for place in places.iter().flatten() {
        let row = group.instances.iter().find(|row| row.address == place.address);
        assert_eq!(row.expect("its record").subnet, place.subnet);
    }
    assert_eq!(group.instances.len(), 247);
}

pub async fn a_launch_without_a_place_is_not_written_and_the_others_are(world: &World) {
    let fence = world.group().await;
    world.launched(fence, 1..=244).await;
    let draining = moving(1, Phase::Launching, DRAINING, removal(1_000));
    let intents = [world.launching(300), world.launching(301), draining];
    let places = world.intend(fence, &intents).await.unwrap();
    assert_eq!(places.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    let group = world.loaded(GROUP).await;
    assert_eq!(group.instances.len(), 245);
    assert_eq!(group.instances[0].phase, DRAINING);
    assert_eq!(world.people.activity(GROUP, ActivityId(301)).await, None);
    let nowhere = [in_subnets(world, 302, &[SubnetId(404)])];
    assert_eq!(world.intend(fence, &nowhere).await.unwrap(), [None]);
}

pub async fn two_hundred_launches_at_once_have_two_hundred_addresses(world: &World) {
    let mut tasks = JoinSet::new();
    for n in 1..=200 {
        world.people.put_group(world.record(GroupId(n))).await;
        let fence = world.fence(GroupId(n)).await;
        let (store, intent) = (world.store.clone(), world.launching(n));
        tasks.spawn(async move { addresses(&store.intend(fence, &[intent], NOW).await.unwrap())[0] });
    }
    let answered: BTreeSet<Ipv4Addr> = tasks.join_all().await.into_iter().collect();
    let mut stored = BTreeSet::new();
    for n in 1..=200 {
        stored.extend(world.loaded(GroupId(n)).await.instances.iter().map(|row| row.address));
    }
    assert_eq!((answered.len(), answered), (200, stored));
}

pub async fn a_lost_lease_fences_intents(world: &World) {
    let fence = world.group().await;
    world.wall.pass(20);
    world.store.claim("server-b").await.unwrap();
    is_fenced(world.intend(fence, &[world.launching(1)]).await);
    is_fenced(world.intend(fence, &[]).await);
    assert_eq!(world.loaded(GROUP).await.instances, []);
}

pub async fn a_released_lease_fences_intents(world: &World) {
    let fence = world.group().await;
    world.store.release(crate::world::OWNER).await.unwrap();
    is_fenced(world.intend(fence, &[world.launching(1)]).await);
}

pub async fn an_unknown_group_fences_intents(world: &World) {
    world.group().await;
    let leases = world.store.renew(crate::world::OWNER).await.unwrap();
    let group = GroupId(404);
    let fence = Fence {
        group,
        lease: lease_of(&leases, group),
        spec_version: 1,
        state_rev: 0,
    };
    is_fenced(world.intend(fence, &[]).await);
    is_fenced(world.store.settle(fence, &settlement(), NOW).await);
    assert_eq!(world.store.load(group).await.unwrap(), None);
}

pub async fn a_spec_that_people_changed_refuses_intents(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    world.people.edit(GROUP, 3).await;
    is_changed(world.intend(fence, &[world.launching(2)]).await);
    is_changed(
        world
            .intend(fence, &[moving(1, Phase::Launching, Phase::Serving, None)])
            .await,
    );
    let fence = world.fence(GROUP).await;
    assert_eq!(fence.spec_version, 2);
    world.launched(fence, [2]).await;
}

pub async fn what_was_intended_or_settled_since_a_group_was_loaded_refuses_intents(world: &World) {
    let fence = world.group().await;
    let landed_late = world.store.intend(fence, &[world.launching(1)], NOW).await;
    landed_late.unwrap();
    is_changed(world.store.intend(fence, &[world.launching(2)], NOW).await);
    assert_eq!(
        world.loaded(GROUP).await.instances.len(),
        1,
        "it is not begun a second time"
    );

    let fence = world.fence(GROUP).await;
    world.store.settle(fence, &settlement(), NOW).await.unwrap();
    is_changed(world.store.intend(fence, &[world.launching(2)], NOW).await);
    world.launched(fence, [2]).await;
}

pub async fn an_instance_protected_since_a_group_was_loaded_refuses_intents(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    let fence = world.fence(GROUP).await;
    world.people.protect(GROUP, InstanceId(1)).await;
    let leaves = [moving(1, Phase::Launching, STOPPING, removal(11))];
    is_changed(world.store.intend(fence, &leaves, NOW).await);
    assert_eq!(world.loaded(GROUP).await.instances[0].phase, Phase::Launching);
}

pub async fn a_disabled_group_lets_no_stray_be_destroyed(world: &World) {
    let fence = world.group().await;
    let destroying = [Intent::Destroy { id: InstanceId(9) }];
    world.store.intend(fence, &destroying, NOW).await.unwrap();
    assert_eq!(world.loaded(GROUP).await.instances, [], "it has no record");
    world.people.set_status(GROUP, GroupStatus::Disabled).await;
    let fence = world.fence(GROUP).await;
    is_changed(world.store.intend(fence, &destroying, NOW).await);
}

pub async fn a_disabled_group_refuses_to_begin_but_lets_finish(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1, 2]).await;
    let moves = [
        moving(1, Phase::Launching, Phase::Serving, None),
        moving(2, Phase::Launching, DRAINING, removal(20)),
    ];
    world.intend(fence, &moves).await.unwrap();
    world.people.set_status(GROUP, GroupStatus::Disabled).await;
    let fence = world.fence(GROUP).await;
    assert_eq!(world.loaded(GROUP).await.status, GroupStatus::Disabled);
    is_changed(world.intend(fence, &[world.launching(3)]).await);
    is_changed(
        world
            .intend(fence, &[moving(1, Phase::Serving, DRAINING, removal(10))])
            .await,
    );
    let finishing = [moving(2, DRAINING, STOPPING, None)];
    world.intend(fence, &finishing).await.unwrap();
    world.people.set_status(GROUP, GroupStatus::Enabled).await;
    let fence = world.fence(GROUP).await;
    world.launched(fence, [3]).await;
}

pub async fn a_group_being_deleted_lets_removals_begin(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    world.people.set_status(GROUP, GroupStatus::Deleting).await;
    let fence = world.fence(GROUP).await;
    world
        .intend(fence, &[moving(1, Phase::Launching, DRAINING, removal(10))])
        .await
        .unwrap();
    assert_eq!(world.loaded(GROUP).await.instances[0].phase, DRAINING);
}

pub async fn a_phase_that_moved_refuses(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    let step = [moving(1, Phase::Launching, DRAINING, removal(10))];
    world.intend(fence, &step).await.unwrap();
    is_changed(world.intend(fence, &step).await);
    let later = Phase::Draining {
        cause: LeaveCause::Surplus,
        until: Timestamp(10),
    };
    is_changed(world.intend(fence, &[moving(1, later, STOPPING, None)]).await);
    is_changed(
        world
            .intend(fence, &[moving(404, Phase::Launching, Phase::Serving, None)])
            .await,
    );
    // Steps of one call build on one another.
    let back_and_on = [
        moving(1, DRAINING, Phase::Serving, None),
        moving(1, Phase::Serving, DRAINING, removal(11)),
    ];
    world.intend(fence, &back_and_on).await.unwrap();
}

pub async fn intents_are_written_all_or_none(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    let before = world.loaded(GROUP).await;
    let stale = moving(1, Phase::Serving, STOPPING, None);
    let good = moving(1, Phase::Launching, DRAINING, removal(10));
    is_changed(world.intend(fence, &[world.launching(2), good, stale]).await);
    assert_eq!(world.loaded(GROUP).await, before);
    assert_eq!(world.people.activity(GROUP, ActivityId(2)).await, None);
    assert_eq!(world.people.activity(GROUP, ActivityId(10)).await, None);
    let open = world.people.activity(GROUP, ActivityId(1)).await.unwrap();
    assert_eq!(open.status, ActivityStatus::Running);
    let again = world.intend(fence, &[world.launching(3), world.launching(1)]).await;
    assert!(
        matches!(again, Err(StoreError::Database { .. })),
        "one id, one record: {again:?}"
    );
    assert_eq!(world.loaded(GROUP).await, before);
}

pub async fn a_removal_fails_the_open_launch(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    let later = Timestamp(NOW.0 + 5);
    world
        .store
        .intend(
            world.later(fence).await,
            &[moving(1, Phase::Launching, DRAINING, removal(10))],
            later,
        )
        .await
        .unwrap();
    let launch = world.people.activity(GROUP, ActivityId(1)).await.unwrap();
    assert_eq!((launch.status, launch.ended_at), (ActivityStatus::Failed, Some(later)));
    assert!(launch.failure.is_some());
    let removal = world.people.activity(GROUP, ActivityId(10)).await.unwrap();
    assert_eq!(
        (removal.kind, removal.status),
        (ActivityKind::Removal, ActivityStatus::Running)
    );
    assert_eq!((removal.instance, removal.started_at), (Some(InstanceId(1)), later));
    assert_eq!(world.loaded(GROUP).await.instances[0].activity, Some(ActivityId(10)));
    // The later steps of a removal leave its activity open.
    world
        .store
        .intend(world.later(fence).await, &[moving(1, DRAINING, STOPPING, None)], later)
        .await
        .unwrap();
    assert_eq!(
        world.people.activity(GROUP, ActivityId(10)).await.unwrap().status,
        ActivityStatus::Running
    );
}

pub async fn a_removal_may_begin_without_drain(world: &World) {
    let fence = world.group().await;
    world.launched(fence, [1]).await;
    let deleting = Phase::Deleting {
        cause: LeaveCause::LaunchFailed,
    };
    world
        .intend(fence, &[moving(1, Phase::Launching, deleting, removal(10))])
        .await
        .unwrap();
    let row = world.loaded(GROUP).await.instances[0].clone();
    assert_eq!((row.phase, row.activity), (deleting, Some(ActivityId(10))));
    assert_eq!(
        world.people.activity(GROUP, ActivityId(1)).await.unwrap().status,
        ActivityStatus::Failed
    );
}
