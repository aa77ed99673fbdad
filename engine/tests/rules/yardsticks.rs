//! The figures of the independent model at the end of design 4, as bounds on ours.
//!
//! The world: machines boot in 60 s, serve traffic as soon as they are UP, warm up in 300 s, samples carry 5 % noise and
//! end at 100 %. With that our figures are 16.3 min for 1 to 50, 12.3 min for the flash, 35 and 62 min for 100 to 10.

use crate::common::{World, build};
use engine::model::*;

const BOOT: Span = Span::secs(60);

fn world(min: u32, max: u32, size: u32) -> World {
    let mut world = World::new(build::spec(min, max), size);
    world.boot = BOOT;
    world.noise = 50;
    world.every = Span(CYCLE_MS);
    world
}

/// Demand that `members` carry at half a member below their threshold of 70 %.
fn demand(members: u64) -> u64 {
    members * 70_000 - 35_000
}

#[track_caller]
fn within(span: Option<Span>, minutes: std::ops::RangeInclusive<i64>) {
    let seconds = span.expect("it never came out").0 / 1_000;
    assert!(
        (minutes.start() * 60..=minutes.end() * 60).contains(&seconds),
        "{seconds} s"
    );
}

#[test]
fn one_to_fifty_by_cpu_takes_15_to_17_minutes() {
    let mut world = world(1, 60, 1);
    world.demand = demand(50);
    within(world.until(Span::mins(60), |world| world.in_service() >= 50), 15..=17);
}

#[test]
fn a_tenfold_flash_that_needs_34_takes_13_minutes_by_cpu() {
    let mut world = world(1, 60, 4);
    world.demand = demand(34) / 10;
    world.run(Span::mins(15));
    assert_eq!(world.memory.durable.desired, 4);
    world.demand = demand(34);
    within(world.until(Span::mins(60), |world| world.in_service() >= 34), 12..=13);
}

fn night(stop: Span) -> Option<Span> {
    let mut world = world(1, 100, 100);
    world.demand = 100 * 60_000;
    world.run(Span::mins(20));
    assert_eq!(world.memory.durable.desired, 100);
    world.demand = 10 * 60_000;
    world.stop = stop;
    let took = world.until(Span::mins(120), |world| world.machines_now() <= 10);
    assert_eq!(world.turns(), "i");
    took
}

#[test]
fn a_hundred_to_ten_takes_about_36_minutes() {
    within(night(Span::secs(2)), 34..=37);
}

#[test]
fn a_hundred_to_ten_takes_about_64_minutes_when_every_stop_takes_90_seconds() {
    within(night(Span::secs(90)), 58..=66);
}

#[test]
fn all_ten_checks_broken_for_15_minutes_make_at_most_16_machines() {
    let mut world = world(1, 40, 10);
    world.demand = 10 * 60_000;
    world.run(Span::mins(15));
    world.checks_broken = true;
    world.run(Span::mins(15));
    assert!(world.peak_machines <= 16, "{} machines", world.peak_machines);
    assert!(
        world.in_service() >= 9,
        "{} killed for the check's fault",
        10 - world.in_service()
    );
    world.checks_broken = false;
    world.run(Span::mins(20));
    assert_eq!(world.machines_now(), world.memory.durable.desired);
}

#[test]
fn constant_demand_overshoots_by_one_at_most_in_nine_of_ten_runs() {
    let mut overshoots: Vec<u32> = (0..100)
        .map(|seed| {
            let members = 2 + u32::try_from(crate::common::mix(seed, 1, 1) % 19).unwrap();
            let mut world = world(1, 100, members);
            world.spec.seed = seed;
            world.demand = u64::from(members) * 70_000 * (80 + crate::common::mix(seed, 2, 2) % 60) / 100;
            world.run(Span::mins(40));
            let needed = u32::try_from(world.demand.div_ceil(70_000)).unwrap();
            let most = world.desired.iter().skip(1).map(|(_, size)| *size).max().unwrap_or(0);
            most.saturating_sub(needed)
        })
        .collect();
    overshoots.sort_unstable();
    assert!(overshoots[89] <= 1, "{overshoots:?}");
}
