//! Design 4.6: what the rules ask for.

use crate::common::build::*;
use engine::census::Cohorts;
use engine::decide::decide_cohorts;
use engine::memory::{Answering, Memory};
use engine::model::*;

fn busy(cpu: u64) -> impl Fn(u64) -> Member {
    move |id| sampled(healthy(id), cpu)
}

fn unread(id: u64) -> Member {
    with(healthy(id), |m| m.samples = [Err(Missing::Stale); 2])
}

/// Warming, UP for so many closed cycles when the table's last cycle closes.
fn ask_with_carrying(cycles: u64) -> (u32, Vec<Reason>) {
    let mut table = Table::new(
        spec(1, 40),
        4,
        [many(busy(60_000), 1, 4), many(warming, 11, 4)].concat(),
    );
    table.memory.durable.desired = 8;
    for member in &mut table.seen.members[4..] {
        member.warm_up_ms = 3_600_000;
    }
    if cycles > 1 {
        let _ = table.cycles(cycles - 1);
    }
    table.seen.members[..4]
        .iter_mut()
        .for_each(|m| m.samples = [Ok(90_000); 2]);
    let passed = table.closed();
    (passed.decision.size, passed.decision.trail)
}

#[test]
fn seed_14_1_4_above_the_threshold_asks_for_the_sum_over_the_threshold() {
    //  members, sample, desired after
    let table = [
        (4, 70_000, 4),
        (4, 70_001, 5),
        (4, 87_500, 5),
        (4, 87_501, 6),
        (1, 71_000, 2),
        (10, 80_000, 12),
    ];
    for (members, cpu, expected) in table {
        let (size, trail) = decided(spec(1, 100), members, many(busy(cpu), 1, u64::from(members)));
        assert_eq!(size, expected, "{members} at {cpu}: {trail:?}");
    }
}

#[test]
fn exactly_at_the_threshold_asks_for_nothing_and_says_so() {
    let (_, trail) = decided(spec(1, 9), 2, many(busy(70_000), 1, 2));
    let within = Reason::Within {
        metric: Metric::Cpu,
        mean: 70_000,
        threshold: 70_000,
        members: 2,
    };
    assert!(trail.contains(&within));
}

#[test]
fn asked_once_a_closed_cycle_a_wake_may_not_ask_again() {
    let mut table = Table::new(spec(1, 99), 4, many(busy(90_000), 1, 4));
    assert_eq!(table.closed().decision.size, 6);
    table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(99_000); 2]);
    let passed = table.woken();
    assert_eq!(passed.decision.size, 6);
    assert_eq!(passed.decision.trail, [Reason::AlreadyJudged { cycle: CYCLE.0 }]);
    assert!(table.closed().decision.size > 6);
}

#[test]
fn an_older_cycle_than_the_judged_one_is_not_judged() {
    let mut table = Table::new(spec(1, 99), 4, many(busy(60_000), 1, 4));
    let _ = table.closed();
    table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(99_000); 2]);
    table.seen.cycle = Cycle(CYCLE.0 - 3);
    assert_eq!(table.woken().decision.size, 4);
}

#[test]
fn members_are_judged_that_were_past_warm_up_when_the_cycle_began() {
    let began = CYCLE.begins(Span(0));
    let warm_since = |ms: i64| {
        with(busy(95_000)(2), |m| {
            m.driver = DriverWord::Running(Timestamp(began.0 - 300_000 + ms))
        })
    };
    let (at_begin, _) = decided(spec(1, 9), 2, vec![busy(60_000)(1), warm_since(0)]);
    let (after_it, _) = decided(spec(1, 9), 2, vec![busy(60_000)(1), warm_since(1)]);
    assert_eq!((at_begin, after_it), (3, 2));
}

#[test]
fn unhealthy_leaving_standby_and_stopped_members_are_not_judged() {
    let hot = [
        draining(3, LeaveCause::Surplus),
        standby(4),
        with(healthy(5), |m| m.driver = DriverWord::Stopped),
        with(healthy(6), |m| m.driver = DriverWord::Exited(1)),
        with(healthy(7), |m| m.driver = DriverWord::Unknown),
    ];
    for member in hot {
        let member = sampled(member, 100_000);
        let (_, trail) = decided(spec(1, 9), 3, vec![busy(60_000)(1), busy(60_000)(2), member]);
        let within = Reason::Within {
            metric: Metric::Cpu,
            mean: 60_000,
            threshold: 70_000,
            members: 2,
        };
        assert!(trail.contains(&within), "{trail:?}");
    }
}

#[test]
fn without_any_sample_it_holds() {
    let (size, trail) = decided(spec(1, 9), 3, many(unread, 1, 3));
    assert_eq!(size, 3);
    assert!(trail.contains(&Reason::NoSamples {
        metric: Metric::Cpu,
        members: 3,
        why: Missing::Stale
    }));
}

#[test]
fn without_any_judged_member_it_holds_and_says_how_many_warm() {
    let (size, trail) = decided(spec(1, 9), 2, many(warming, 1, 2));
    assert_eq!((size, trail), (2, vec![Reason::NothingToJudge { warming: 2 }]));
}

#[test]
fn scale_out_goes_on_with_partial_data_and_the_missing_count_as_themselves() {
    // Two of four at 90 %: ceil(180 / 70) = 3, and two without a sample.
    let (size, trail) = decided(spec(1, 9), 4, [many(busy(90_000), 1, 2), many(unread, 3, 2)].concat());
    assert_eq!(size, 5);
    assert!(trail.contains(&Reason::SomeSamplesMissing {
        metric: Metric::Cpu,
        present: 2,
        missing: 2
    }));
}

#[test]
fn at_most_twice_the_judged_at_once() {
    let low = GroupSpec {
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 10_000,
        }],
        ..spec(1, 99)
    };
    let (size, trail) = decided(low, 3, many(busy(90_000), 1, 3));
    assert_eq!(size, 6);
    assert!(trail.contains(&Reason::StepLimited { asked: 27, allowed: 6 }));
}

#[test]
fn thresholds_are_per_instance_and_a_drivers_samples_past_one_hundred_are_used_as_they_are() {
    // ceil(8 x 110 / 70) = 13, where saturation would ask for 16.
    let (size, _) = decided(spec(1, 99), 8, many(busy(110_000), 1, 8));
    assert_eq!(size, 13);
}

#[test]
fn several_metrics_the_largest_ask_wins() {
    let rules = vec![
        Rule {
            metric: Metric::Cpu,
            threshold: 70_000,
        },
        Rule {
            metric: Metric::Memory,
            threshold: 50_000,
        },
    ];
    let both = |cpu, memory| {
        let spec = GroupSpec {
            rules: rules.clone(),
            ..spec(1, 99)
        };
        decided(
            spec,
            4,
            many(|id| with(healthy(id), |m| m.samples = [Ok(cpu), Ok(memory)]), 1, 4),
        )
        .0
    };
    assert_eq!(both(80_000, 80_000), 7);
    assert_eq!(both(80_000, 20_000), 5);
    assert_eq!(both(20_000, 20_000), 4);
}

#[test]
fn an_ask_below_desired_does_not_lower_it() {
    let (size, _) = decided(spec(1, 99), 20, many(busy(71_000), 1, 4));
    assert_eq!(size, 20);
}

#[test]
fn warming_members_up_for_four_closed_cycles_carry_traffic() {
    // Eight share what reads 90 %: ceil(90 x 8 / 70) = 11.
    assert_eq!(ask_with_carrying(4).0, 11);
    assert_eq!(ask_with_carrying(3).0, 8, "ceil(360 / 70) = 6 is below desired");
}

#[test]
fn the_cap_counts_those_that_carry() {
    let mut table = Table::new(
        spec(1, 99),
        4,
        [many(busy(60_000), 1, 4), many(warming, 11, 4)].concat(),
    );
    table.spec.rules[0].threshold = 10_000;
    table.seen.members[4..]
        .iter_mut()
        .for_each(|m| m.warm_up_ms = 3_600_000);
    let _ = table.cycles(3);
    let passed = table.closed();
    assert_eq!(passed.decision.size, 16, "{:?}", passed.decision.trail);
}

#[test]
fn for_memory_and_in_an_unbound_group_warming_members_do_not_count() {
    let hot = |spec| {
        let mut table = Table::new(spec, 8, [many(busy(90_000), 1, 4), many(warming, 11, 4)].concat());
        table.seen.members[4..]
            .iter_mut()
            .for_each(|m| m.warm_up_ms = 3_600_000);
        table.cycles(6).decision.size
    };
    let memory = GroupSpec {
        rules: vec![Rule {
            metric: Metric::Memory,
            threshold: 70_000,
        }],
        ..spec(1, 99)
    };
    assert_eq!(hot(memory), 8);
    assert_eq!(hot(unbound(1, 99)), 8);
    assert_eq!(hot(spec(1, 99)), 11);
}

#[test]
fn at_98_percent_cpu_with_nothing_idle_warming_it_asks_for_twice_the_count() {
    let (size, trail) = decided(spec(1, 99), 4, many(busy(98_000), 1, 4));
    assert_eq!(size, 8);
    assert!(trail.contains(&Reason::Saturated {
        metric: Metric::Cpu,
        mean: 98_000,
        ask: 8
    }));
    assert_eq!(decided(spec(1, 99), 4, many(busy(97_999), 1, 4)).0, 6);
}

#[test]
fn at_98_percent_cpu_it_waits_for_those_that_come_but_do_not_carry_yet() {
    for coming in [pending(9), warming(9)] {
        let (size, _) = decided(spec(1, 99), 5, [many(busy(99_000), 1, 4), vec![coming]].concat());
        assert_eq!(size, 6, "ceil(4 x 99 / 70)");
    }
}

#[test]
fn memory_is_never_saturated() {
    let memory = GroupSpec {
        rules: vec![Rule {
            metric: Metric::Memory,
            threshold: 70_000,
        }],
        ..spec(1, 99)
    };
    assert_eq!(decided(memory, 4, many(busy(99_000), 1, 4)).0, 6);
}

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
fn one_in_service_but_not_judged_yet_still_carries() {
    // Warm since ten seconds after the cycle began: in service, not in M, and UP for long.
    let mut table = Table::new(spec(1, 999), 8, many(busy(60_000), 1, 8));
    for id in 5..=8 {
        let since = Timestamp(CYCLE.begins(Span(0)).0 + 4 * CYCLE_MS + 10_000 - 300_000);
        table.member(id).driver = DriverWord::Running(since);
    }
    let _ = table.cycles(4);
    table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(90_000); 2]);
    assert_eq!(
        table.closed().decision.size,
        11,
        "ceil(8 x 90 / 70), not ceil(4 x 90 / 70)"
    );
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
fn decide_on_cohorts_needs_no_list_of_members() {
    let spec = spec(1, 99);
    let members = many(busy(90_000), 1, 4);
    let memory = Memory {
        durable: Table::new(spec.clone(), 4, vec![]).memory.durable,
        ..Memory::default()
    };
    let cohorts = Cohorts::of(&spec, &memory, &seen(members), now());
    let decision = decide_cohorts(&spec, GroupStatus::Enabled, &memory, &cohorts, now(), NoTrail);
    assert_eq!(decision.size, 6);
    assert_eq!(Answering::default().allowed(CYCLE), 1);
}
