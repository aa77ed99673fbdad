//! Machines with our id and no record, in the running loop (design 4.15).

use crate::world::World;
use crate::world::fixture::{BALANCER, GROUP, TEMPLATE, VSERVER, served, steady};
use crate::{world_of, world_with};
use control::balancer::{Balancer as _, MemberAddress};
use control::clock::Clock;
use control::drivers::{Birth, ImageSpec, MachineSpec};
use control::values;
use engine::model::{GroupId, GroupSpec, GroupStatus, InstanceId, Order, SubnetId, Timestamp};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

pub const STRAY: InstanceId = InstanceId(9_001);
const OTHER: GroupId = GroupId(78);

/// A machine like those the group launches, intended when the test began.
pub fn stray(world: &World, number: u64) -> MachineSpec {
    let host = u8::try_from(number % 50 + 200).expect("a host");
    let birth = Birth {
        subnet: SubnetId(4),
        template: TEMPLATE,
        template_version: 1,
        warm_up_ms: 0,
        intended_at: world.clock.anchor().product,
    };
    MachineSpec {
        id: InstanceId(number),
        group: GROUP,
        name: format!("web-stray{number}"),
        host_name: "lost".to_owned(),
        vcpu_milli: 250,
        memory_bytes: 256 << 20,
        address: Ipv4Addr::new(127, 44, 1, host),
        image: ImageSpec {
            name: "web".to_owned(),
            command: vec!["web".to_owned()],
            environment: Vec::new(),
            ports: vec![8080],
            ready_path: None,
        },
        user_data: String::new(),
        birth: Some(birth),
    }
}

fn made(spec: MachineSpec, change: impl FnOnce(&mut Birth)) -> MachineSpec {
    let mut birth = spec.birth.expect("tags");
    change(&mut birth);
    MachineSpec {
        birth: Some(birth),
        ..spec
    }
}

#[tokio::test]
async fn a_stray_that_matches_and_is_wanted_becomes_a_member_with_an_activity_of_its_own() {
    let world = world_with(&served(1)).await;
    world.cycles(2).await;
    world.driver.conjure(stray(&world, STRAY.0));
    world.change(GROUP, &served(2)).await;
    world.cycles(2).await;
    assert_eq!(
        (world.driver.creates(), world.driver.running().len()),
        (1, 2),
        "nothing is launched beside it"
    );
    let record = world.loaded(GROUP).await.expect("the group");
    let row = record.instances.iter().find(|row| row.id == STRAY).expect("its record");
    assert_eq!(
        (row.name.as_str(), row.address),
        ("web-stray9001", Ipv4Addr::new(127, 44, 1, 201))
    );
    assert_eq!(row.created_at, world.clock.anchor().product);
    assert!(row.flags.was_in_service && row.activity.is_none(), "{row:?}");
    assert!(world.balancer.members().contains(&STRAY), "it serves");
    let log = world.log(GROUP).await;
    let taken: Vec<_> = log.iter().filter(|row| row.contains("stray_adopted")).collect();
    assert!(taken.len() == 1 && taken[0].starts_with("launch succeeded"), "{log:#?}");
}

#[tokio::test]
async fn one_that_is_not_wanted_is_destroyed_with_one_activity_and_the_alarm_ends() {
    let world = world_with(&steady(2)).await;
    world.cycles(2).await;
    world.driver.conjure(stray(&world, STRAY.0));
    world.run(15).await;
    world.cycles(2).await;
    assert_eq!((world.driver.machines(), world.records(GROUP).await), (2, 2));
    let log = world.log(GROUP).await;
    let gone: Vec<_> = log.iter().filter(|row| row.contains("stray_destroyed")).collect();
    assert!(gone.len() == 1 && gone[0].starts_with("removal succeeded"), "{log:#?}");
    assert!(!world.alarmed(GROUP).await, "and over");
}

#[tokio::test]
async fn one_made_from_something_else_is_replaced_by_a_launch_not_taken_in() {
    let mut world = world_of(&steady(1)).await;
    world.start().await;
    world.cycles(2).await;
    world
        .driver
        .conjure(made(stray(&world, 9_001), |birth| birth.template_version = 7));
    world.driver.conjure(MachineSpec {
        birth: None,
        ..stray(&world, 9_002)
    });
    world.change(GROUP, &GroupSpec { max: 8, ..steady(3) }).await;
    world.cycles(1).await;
    assert_eq!(world.driver.creates(), 3);
    assert!(
        world.reasons(GROUP).await.contains("store_is_older"),
        "9002 cannot say when it was made"
    );
    world.order(GROUP, Order::ConfirmStrays).await;
    world.cycles(3).await;
    assert_eq!((world.driver.machines(), world.records(GROUP).await), (3, 3));
}

#[tokio::test]
async fn one_whose_address_another_group_has_is_not_taken_in_and_blocks_nothing() {
    let mut world = world_of(&steady(1)).await;
    world.group_named(OTHER, "other", &steady(1)).await;
    world.start().await;
    world.cycles(2).await;
    let other = world.loaded(OTHER).await.expect("the group");
    world.driver.conjure(MachineSpec {
        address: other.instances[0].address,
        ..stray(&world, STRAY.0)
    });
    world.change(GROUP, &steady(2)).await;
    world.cycles(3).await;
    let record = world.loaded(GROUP).await.expect("the group");
    assert!(record.instances.iter().all(|row| row.id != STRAY) && record.instances.len() == 2);
    assert_eq!(
        (world.driver.creates(), world.driver.machines()),
        (3, 3),
        "the stray is destroyed"
    );
}

/// The store as it was after its first cycles: everything that came later is forgotten.
async fn restore(world: &World, passed_at: Timestamp) {
    world
        .run_sql("DELETE FROM activities WHERE group_id = $1", values![GROUP])
        .await;
    world
        .run_sql("DELETE FROM instances WHERE group_id = $1", values![GROUP])
        .await;
    world
        .remember(GROUP, |durable| {
            (durable.desired, durable.passed_at) = (1, Some(passed_at))
        })
        .await;
}

#[tokio::test]
async fn a_restored_store_takes_in_what_it_wants_and_destroys_nothing_until_a_person_says_so() {
    let mut world = world_with(&steady(4)).await;
    let began = world.clock.now();
    world.cycles(1).await;
    world.change(GROUP, &GroupSpec { max: 8, ..steady(6) }).await;
    world.cycles(2).await;
    assert_eq!(world.driver.running().len(), 6);
    world.stop().await;
    world.edit(GROUP, &steady(1)).await;
    restore(&world, began).await;
    world.start().await;
    world.cycles(12).await;
    assert_eq!(
        (world.driver.machines(), world.driver.creates()),
        (6, 6),
        "nothing begins beside them"
    );
    assert_eq!(world.records(GROUP).await, 1, "one was wanted");
    assert!(world.reasons(GROUP).await.contains("store_is_older"));
    assert!(world.alarmed(GROUP).await);
    world.crash().await;
    world.start().await;
    world.cycles(4).await;
    assert_eq!(
        world.driver.machines(),
        6,
        "a restart does not make the store know more"
    );
    world.order(GROUP, Order::ConfirmStrays).await;
    world.cycles(1).await;
    assert_eq!(world.driver.machines(), 5, "a few a cycle");
    world.cycles(5).await;
    assert_eq!((world.driver.machines(), world.records(GROUP).await), (1, 1));
    assert!(!world.alarmed(GROUP).await);
}

#[tokio::test]
async fn a_deleted_group_takes_its_strays_with_it() {
    let world = world_with(&steady(1)).await;
    world.cycles(2).await;
    world.driver.conjure(stray(&world, 9_001));
    world.driver.conjure(stray(&world, 9_002));
    world.set_status(GROUP, GroupStatus::Deleting).await;
    world.wake(GROUP).await;
    world.cycles(5).await;
    assert_eq!(world.driver.machines(), 0);
    assert!(world.loaded(GROUP).await.is_none());
}

#[tokio::test]
async fn a_member_whose_record_has_ended_is_let_go_of_whoever_let_it_join() {
    let world = world_with(&served(2)).await;
    world.cycles(2).await;
    let nobody = MemberAddress {
        id: InstanceId(404),
        address: Ipv4Addr::new(10, 0, 0, 99),
        port: 8080,
        weight: 1,
    };
    world.balancer.join(BALANCER, VSERVER, nobody).await.unwrap();
    assert_eq!(world.balancer.members().len(), 3);
    world.run(20).await;
    let running: BTreeSet<_> = world.driver.running().into_iter().collect();
    assert_eq!(world.balancer.members(), running);
}
