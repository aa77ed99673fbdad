//! The world's own rules.

use super::*;
use crate::model::{CheckWord, VServerId};

const GROUP: GroupId = GroupId(1);
const FRONT: LoadBalancerId = LoadBalancerId(2);
const PORT: VServerId = VServerId(3);

fn world() -> World {
    let region = Region {
        boot: (Span::secs(10), Span::secs(10)),
        stop: (Span::secs(5), Span::secs(5)),
        delete: (Span::secs(1), Span::secs(1)),
        ..Region::default()
    };
    World::new(7, region, Timestamp(0))
}

fn wanted(id: u64) -> Wanted {
    Wanted {
        id: InstanceId(id),
        group: GROUP,
        zone: 0,
        vcpu_milli: 1_000,
        memory_bytes: 1 << 30,
        spot: Spot::Kept,
    }
}

/// `rate` requests a second of 10 ms each: 100 of them fill a vCPU.
fn service(rate: u64, vserver: Option<VServerId>) -> Service {
    let shape = Shape::Constant;
    Service {
        traffic: Traffic {
            base: rate * 1_000,
            noise: 0,
            shape,
        },
        vserver,
        work_us: 10_000,
        patience: Span::secs(10),
        idle_milli: 0,
        spike: Spike {
            lasts: Span(0),
            milli: 0,
        },
        checks: Checks::Patient,
        memory_milli: (100, 500),
    }
}

fn run(world: &mut World, seconds: i64) {
    world.advance(world.now().plus(Span::secs(seconds)));
}

#[test]
fn a_machine_boots_runs_ends_when_told_and_is_gone_when_deleted() {
    let (mut world, id) = (world(), InstanceId(5));
    assert_eq!(world.make(wanted(5)), Ok(()));
    run(&mut world, 9);
    assert!(matches!(world.machines()[&id].state, State::Booting { .. }));
    run(&mut world, 1);
    assert_eq!(world.machines()[&id].running_since(), Some(Timestamp(10_000)));
    world.stop(id, Span::secs(90));
    world.stop(id, Span::secs(1));
    run(&mut world, 4);
    assert!(
        world.machines()[&id].running_since().is_some(),
        "the first deadline stands"
    );
    run(&mut world, 1);
    assert_eq!(world.machines()[&id].state, State::Exited { code: 143 });
    assert_eq!(world.delete(id), Removed::Going);
    run(&mut world, 1);
    assert_eq!((world.delete(id), world.is_gone(id)), (Removed::Gone, true));
    assert_eq!(world.make(wanted(5)), Err(NotMade::Deleted), "a tombstone");
    assert_eq!(world.made(id), 1);
}

#[test]
fn a_delete_of_an_id_nobody_knows_is_a_tombstone_for_the_create_that_comes_late() {
    let mut world = world();
    assert_eq!(world.delete(InstanceId(5)), Removed::Gone);
    assert_eq!(world.make(wanted(5)), Err(NotMade::Deleted));
    assert_eq!(world.made(InstanceId(5)), 0);
}

#[test]
fn a_zone_without_stock_makes_nothing_and_what_is_gone_gives_its_place_back() {
    let mut world = world();
    world.region_mut().zones[0].stock = 1;
    assert_eq!(world.make(wanted(1)), Ok(()));
    assert_eq!(world.make(wanted(1)), Ok(()), "the same one");
    assert_eq!(world.make(wanted(2)), Err(NotMade::OutOfStock));
    world.delete(InstanceId(1));
    run(&mut world, 2);
    assert_eq!(world.make(wanted(2)), Ok(()));
}

#[test]
fn ills_keep_machines_from_booting_stop_them_or_keep_them_from_going() {
    let mut world = world();
    world.ills.never_boots = 1_000;
    world.make(wanted(1)).expect("room");
    world.ills = Ills {
        exits: 1_000,
        ..Ills::default()
    };
    world.make(wanted(2)).expect("room");
    world.ills = Ills {
        zombies: 1_000,
        ..Ills::default()
    };
    run(&mut world, 300);
    assert!(matches!(world.machines()[&InstanceId(1)].state, State::Booting { .. }));
    assert_eq!(world.machines()[&InstanceId(2)].state, State::Exited { code: 1 });
    world.delete(InstanceId(2));
    run(&mut world, 300);
    assert_eq!(world.delete(InstanceId(2)), Removed::Going);
    world.ills = Ills::default();
    world.delete(InstanceId(2));
    run(&mut world, 2);
    assert!(world.is_gone(InstanceId(2)));
}

#[test]
fn a_host_takes_its_machines_with_it_and_spot_machines_are_reclaimed() {
    let mut world = world();
    for id in 1..=20 {
        let spot = if id > 10 { Spot::Reclaimable } else { Spot::Kept };
        world.make(Wanted { spot, ..wanted(id) }).expect("room");
    }
    run(&mut world, 20);
    let host = world.machines()[&InstanceId(1)].host;
    world.lose_host(0, host);
    assert_eq!(world.machines()[&InstanceId(1)].state, State::Stopped);
    world.reclaim(0);
    assert_eq!(world.machines().len(), 10);
}

#[test]
fn two_machines_share_the_work_and_what_they_cannot_do_waits_and_is_given_up() {
    let mut world = world();
    world.serves(GROUP, service(100, None));
    world.make(wanted(1)).expect("room");
    world.make(wanted(2)).expect("room");
    run(&mut world, 100);
    let busy = |world: &World| {
        world
            .machines()
            .values()
            .map(|machine| machine.busy_milli)
            .collect::<Vec<_>>()
    };
    assert_eq!(busy(&world), [500, 500]);
    assert_eq!(world.served(GROUP).map(|served| served.needs_milli), Some(1_000));
    world.serves(GROUP, service(300, None));
    run(&mut world, 60);
    let served = *world.served(GROUP).expect("a service");
    assert_eq!((busy(&world), served.wait_ms), (vec![1_000, 1_000], 10_000));
    assert!(served.lost_us > 0);
}

#[test]
fn only_members_that_are_up_get_a_listeners_traffic_and_a_sick_one_falls_after_three_checks() {
    let mut world = world();
    world.serves(GROUP, service(50, Some(PORT)));
    world.start_balancer(FRONT, Span::secs(2), std::iter::empty());
    let id = InstanceId(1);
    world.make(wanted(1)).expect("room");
    run(&mut world, 20);
    assert_eq!(world.machines()[&id].busy_milli, 0);
    assert!(world.join(FRONT, PORT, id));
    let word = |world: &World| world.balancer(FRONT).expect("it runs").members[&(PORT, id)].word(world.now());
    assert_eq!(word(&world), CheckWord::Missing);
    run(&mut world, 4);
    assert_eq!((word(&world), world.machines()[&id].busy_milli), (CheckWord::Up, 500));
    world.ills.sick = 1_000;
    run(&mut world, 4);
    assert_eq!(word(&world), CheckWord::Up);
    run(&mut world, 4);
    assert_eq!(word(&world), CheckWord::Down);
    assert!(!world.is_eligible(id));
}

#[test]
fn overload_fails_the_checks_of_those_who_get_requests_and_they_recover_without_them() {
    let mut world = world();
    let checks = Checks::FailAfter(Span::secs(2));
    world.serves(
        GROUP,
        Service {
            checks,
            ..service(400, Some(PORT))
        },
    );
    let id = InstanceId(1);
    world.make(wanted(1)).expect("room");
    run(&mut world, 10);
    world.start_balancer(FRONT, Span::secs(2), [(PORT, id)].into_iter());
    let mut words = Vec::new();
    for _ in 0..60 {
        run(&mut world, 1);
        let up = world.is_eligible(id);
        if words.last() != Some(&up) {
            words.push(up);
        }
    }
    assert!(words.len() > 3, "up, down, and up again: {words:?}");
}

#[test]
fn the_bill_is_what_each_machine_costs_while_it_is_there() {
    let mut world = world();
    world.region_mut().vcpu_hour_micro = 3_600_000;
    world.make(wanted(1)).expect("room");
    run(&mut world, 100);
    assert_eq!(world.cost_micro(), 100_000);
}

#[test]
fn the_same_calls_give_the_same_world_however_time_is_cut() {
    let story = |cuts: i64| {
        let mut world = world();
        world.serves(GROUP, service(150, None));
        world.make(wanted(1)).expect("room");
        world.make(wanted(2)).expect("room");
        for _ in 0..cuts {
            run(&mut world, 120 / cuts);
        }
        (world.machines().clone(), world.served(GROUP).copied())
    };
    assert_eq!(story(1), story(120));
}
