//! Strays that are taken in: the intent that gives a machine its record.

use crate::intents::{gone, is_changed};
use crate::world::{GROUP, NOW, TEMPLATE, VERSION, World, activity, addresses, settlement};
use api::groups::{ActivityKind, ActivityStatus};
use control::drivers::{Birth, Made};
use control::store::{Fence, Intent, StoreError};
use engine::census::InstanceState;
use engine::model::{ActivityId, Flags, GroupStatus, InstanceId, Phase, Timestamp};
use std::net::Ipv4Addr;

/// A machine at that address of the first subnet, made ten minutes ago.
fn adopting(world: &World, n: u64, address: Ipv4Addr) -> Intent {
    let birth = Birth {
        subnet: world.subnets[0].0,
        template: TEMPLATE,
        template_version: VERSION,
        warm_up_ms: 5_000,
        intended_at: Timestamp(NOW.0 - 600_000),
    };
    let name = format!("web-old-{n}");
    Intent::Adopt {
        id: InstanceId(n),
        made: Made { name, address, birth },
        flags: Flags::default(),
        activity: activity(n, ActivityKind::Launch),
    }
}

fn is_not_adoptable<T: std::fmt::Debug>(answer: Result<T, StoreError>, n: u64) {
    assert!(
        matches!(answer, Err(StoreError::NotAdoptable { id }) if id == InstanceId(n)),
        "{answer:?}"
    );
}

pub async fn a_machine_that_is_taken_in_gets_the_record_its_tags_tell_of(world: &World) {
    let fence = world.group().await;
    let places = world.intend(fence, &[world.launching(1)]).await.unwrap();
    let [.., last] = addresses(&places)[0].octets();
    let [a, b, c, _] = addresses(&places)[0].octets();
    let next = Ipv4Addr::new(a, b, c, last + 1);
    let both = [world.launching(3), adopting(world, 2, next)];
    let places = world.intend(fence, &both).await.unwrap();
    assert_eq!(
        addresses(&places),
        [Ipv4Addr::new(a, b, c, last + 2)],
        "no launch is given the address of a machine that is taken in"
    );
    let group = world.loaded(GROUP).await;
    let row = &group.instances[1];
    assert_eq!(
        (row.id, row.name.as_str(), row.address),
        (InstanceId(2), "web-old-2", next)
    );
    assert_eq!((row.phase, row.state), (Phase::Launching, InstanceState::Pending));
    assert_eq!((row.warm_up_ms, row.created_at.0), (5_000, NOW.0 - 600_000));
    assert_eq!((row.subnet, row.template), (world.subnets[0].0, (TEMPLATE, VERSION)));
    let seen = world.people.activity(GROUP, ActivityId(2)).await.unwrap();
    assert_eq!(
        (seen.kind, seen.status),
        (ActivityKind::Launch, ActivityStatus::Running)
    );
    assert_eq!((seen.instance, seen.started_at), (Some(InstanceId(2)), NOW));
}

pub async fn a_machine_is_not_taken_in_when_its_id_or_address_is_a_records(world: &World) {
    let fence = world.group().await;
    let places = world.intend(fence, &[world.launching(1)]).await.unwrap();
    let address = addresses(&places)[0];
    let other = Ipv4Addr::new(127, 200, 1, 1);
    is_not_adoptable(world.intend(fence, &[adopting(world, 2, address)]).await, 2);
    is_not_adoptable(world.intend(fence, &[adopting(world, 1, other)]).await, 1);
    let settled = control::store::Settlement {
        instances: vec![gone(world, 1).await],
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
    is_not_adoptable(world.intend(fence, &[adopting(world, 1, other)]).await, 1);
    world.intend(fence, &[adopting(world, 2, address)]).await.unwrap();
    assert_eq!(world.loaded(GROUP).await.instances.len(), 1);
}

pub async fn a_disabled_group_takes_in_nothing(world: &World) {
    let fence = world.group().await;
    world.people.set_status(GROUP, GroupStatus::Disabled).await;
    let fence = Fence {
        spec_version: world.loaded(GROUP).await.spec_version,
        ..fence
    };
    let address = Ipv4Addr::new(127, 200, 1, 1);
    is_changed(world.intend(fence, &[adopting(world, 2, address)]).await);
}
