//! Design 4.6: what the rules ask for.

use crate::common::build::*;
use engine::census::Cohorts;
use engine::decide::decide_cohorts;
use engine::memory::{Answering, Memory};
use engine::model::*;

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
            step: None,
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
            step: None,
        },
        Rule {
            metric: Metric::Memory,
            threshold: 50_000,
            step: None,
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
            step: None,
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
            step: None,
        }],
        ..spec(1, 99)
    };
    assert_eq!(decided(memory, 4, many(busy(99_000), 1, 4)).0, 6);
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

#[test]
fn the_cap_is_twice_all_the_judged_and_at_least_two() {
    let low = || GroupSpec {
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 10_000,
            step: None,
        }],
        ..spec(1, 99)
    };
    assert_eq!(decided(low(), 1, vec![busy(90_000)(1)]).0, 2);
    let one_read = [vec![busy(97_000)(1)], many(unread, 2, 3)].concat();
    assert_eq!(
        decided(low(), 4, one_read).0,
        8,
        "ceil(97 / 10) + 3 = 13, twice the four judged is 8"
    );
}

#[test]
fn one_past_its_warm_up_that_is_not_ready_yet_carries_too() {
    let checked = GroupSpec {
        ready_check: ReadyCheck::Required,
        ..spec(1, 99)
    };
    let late = |id| {
        with(warming(id), |m| {
            m.driver = DriverWord::Running(Timestamp(now().0 - 400_000))
        })
    };
    let mut table = Table::new(checked, 8, [many(busy(60_000), 1, 4), many(late, 11, 4)].concat());
    let _ = table.cycles(3);
    table.seen.members[..4]
        .iter_mut()
        .for_each(|m| m.samples = [Ok(90_000); 2]);
    let passed = table.closed();
    assert_eq!(
        passed.decision.size, 11,
        "ceil(8 x 90 / 70): {:?}",
        passed.decision.trail
    );
}

#[test]
fn below_its_own_threshold_no_cpu_is_saturated() {
    let high = GroupSpec {
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 99_000,
            step: None,
        }],
        ..spec(1, 99)
    };
    assert_eq!(decided(high.clone(), 4, many(busy(99_000), 1, 4)).0, 4);
    assert_eq!(decided(high, 4, many(busy(99_001), 1, 4)).0, 8);
}

#[test]
fn samples_end_at_a_hundred_and_one_percent_for_rounding_and_no_higher() {
    for (highest, size) in [(101_000, 16), (101_001, 12)] {
        let members = [many(busy(98_000), 1, 7), vec![busy(highest)(8)]].concat();
        assert_eq!(decided(spec(1, 99), 8, members).0, size, "{highest}");
    }
}

#[test]
fn a_new_threshold_is_judged_by_from_the_next_closed_cycle_on() {
    let mut table = Table::new(spec(1, 99), 4, many(busy(60_000), 1, 4));
    assert_eq!(table.closed().decision.size, 4);
    table.spec.rules[0].threshold = 50_000;
    assert_eq!(table.closed().decision.size, 5, "ceil(240 / 50)");
}
