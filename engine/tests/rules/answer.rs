//! Design 4.6, "No answer": a metric that does not fall when members are added.

use crate::common::build::*;
use engine::model::*;

/// A leaking program: more members, the same mean. Each round the new ones are in service.
fn leak(table: &mut Table, rounds: u64) -> Vec<u32> {
    let mut sizes = Vec::new();
    for _ in 0..rounds {
        let size = table.closed().decision.size;
        sizes.push(size);
        let have = table.seen.members.len() as u64;
        let more = u64::from(size).saturating_sub(have);
        table.seen.members.extend(many(busy(80_000), have + 1, more));
    }
    sizes
}

fn by_memory() -> GroupSpec {
    GroupSpec {
        rules: vec![Rule {
            metric: Metric::Memory,
            threshold: 70_000,
            step: None,
        }],
        ..spec(1, 999)
    }
}

#[test]
fn a_metric_that_twice_does_not_answer_adds_at_most_one_a_window() {
    let mut table = Table::new(by_memory(), 10, many(busy(80_000), 1, 10));
    let sizes = leak(&mut table, 100);
    assert_eq!(sizes[..4], [12, 14, 14, 14], "two questions without an answer");
    assert_eq!((sizes[40], sizes[41], sizes[81]), (14, 15, 16));
    assert_eq!(*sizes.last().unwrap(), 16);
    assert!(has(&table.closed().decision.trail, |r| matches!(
        r,
        Reason::NoAnswer {
            metric: Metric::Memory,
            ..
        }
    )));
}

#[test]
fn it_answers_when_the_mean_falls_by_half_of_what_the_count_promises() {
    // 10 to 12 promises a fall of 1/6: 80 to 66.7; half of it is 73.3.
    for (mean, misses) in [(73_333, 0), (73_400, 1)] {
        let mut table = Table::new(by_memory(), 10, many(busy(80_000), 1, 10));
        let _ = table.closed();
        table.seen.members = many(busy(mean), 1, 12);
        let _ = table.closed();
        assert_eq!(table.memory.durable.answering[1].misses, misses, "{mean}");
    }
}

#[test]
fn an_answer_lifts_the_limit() {
    let mut table = Table::new(by_memory(), 10, many(busy(80_000), 1, 10));
    let _ = leak(&mut table, 42);
    assert!(table.memory.durable.answering[1].limited());
    let have = table.seen.members.len() as u64;
    table.seen.members = many(busy(60_000), 1, have);
    let _ = table.closed();
    assert!(!table.memory.durable.answering[1].limited());
}

#[test]
fn at_98_percent_cpu_a_mean_that_does_not_fall_proves_nothing() {
    let mut table = Table::new(spec(1, 999), 2, many(busy(100_000), 1, 2));
    for size in [4, 8, 16, 32] {
        assert_eq!(table.closed().decision.size, size);
        table.seen.members = many(busy(100_000), 1, u64::from(size));
    }
    assert_eq!(table.memory.durable.answering[0].misses, 0);
}

#[test]
fn a_mean_that_stood_at_its_end_stop_cannot_say_how_far_it_fell() {
    // 100 % may have been 160 %: twice the members and 88 % is a good answer.
    let mut table = Table::new(spec(1, 999), 4, many(busy(100_000), 1, 4));
    let _ = table.closed();
    table.seen.members = many(busy(88_000), 1, 8);
    let _ = table.closed();
    assert_eq!(table.memory.durable.answering[0].misses, 0);
}

#[test]
fn the_answer_is_judged_when_everyone_who_comes_carries() {
    let mut table = Table::new(spec(1, 999), 10, many(busy(80_000), 1, 10));
    assert_eq!(table.closed().decision.size, 12);
    let slow = |id| with(warming(id), |m| m.warm_up_ms = 3_600_000);
    table.seen.members = [many(busy(80_000), 1, 11), vec![slow(12)]].concat();
    let _ = table.cycles(3);
    assert_eq!(table.memory.durable.answering[0].misses, 0, "one is still to come");
    let _ = table.closed();
    assert_eq!(table.memory.durable.answering[0].misses, 1);
}

#[test]
fn a_growing_demand_is_no_missing_answer() {
    // Demand grows 4 % a cycle while each new member is in service one cycle after it was asked for.
    let mut table = Table::new(spec(1, 999), 10, many(busy(71_000), 1, 10));
    let mut demand = 710_000;
    for _ in 0..40 {
        let size = u64::from(table.closed().decision.size);
        demand = demand * 104 / 100;
        table.seen.members = many(busy((demand / size).min(100_000)), 1, size);
    }
    let needed = u32::try_from(demand / 70_000).unwrap();
    assert!(
        table.memory.durable.desired + 4 >= needed,
        "{} for {needed}",
        table.memory.durable.desired
    );
}

#[test]
fn the_limit_of_a_metric_that_does_not_answer_holds_below_98_percent_cpu_only() {
    for (cpu, size) in [(97_000, 11), (98_000, 20)] {
        let mut table = Table::new(spec(1, 99), 10, many(busy(cpu), 1, 10));
        table.memory.durable.answering[0].misses = 2;
        assert_eq!(table.closed().decision.size, size, "{cpu}");
    }
}

#[test]
fn one_missing_answer_limits_nothing() {
    let mut table = Table::new(by_memory(), 10, many(busy(97_000), 1, 10));
    table.memory.durable.answering[1].misses = 1;
    assert_eq!(table.closed().decision.size, 14);
}

#[test]
fn an_answer_begins_the_count_of_missing_ones_anew() {
    let mut table = Table::new(by_memory(), 10, many(busy(80_000), 1, 10));
    table.memory.durable.answering[1].misses = 1;
    let _ = table.closed();
    table.seen.members = many(busy(66_667), 1, 12);
    let _ = table.closed();
    assert_eq!(table.memory.durable.answering[1].misses, 0);
}
