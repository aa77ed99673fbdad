//! Design 4.7 and 4.8: scale in.

use crate::common::build::*;
use engine::model::*;
use std::num::NonZeroU32;

/// Ten members at a CPU use for a full window.
fn quiet(cpu: u64) -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(busy(cpu), 1, 10));
    let _ = table.cycles(39);
    table
}

#[test]
fn seed_14_1_4_scale_in_looks_at_the_last_ten_minutes() {
    let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
    for cycle in 1..32 {
        assert_eq!(table.closed().decision.size, 10, "cycle {cycle}");
    }
    assert_eq!(table.closed().decision.size, 9, "80 % of 40 cycles are 32");
}

#[test]
fn scale_in_is_by_ten_percent_of_the_judged_and_at_least_one() {
    for (members, after) in [(2, 1), (9, 8), (10, 9), (19, 18), (20, 18), (100, 90)] {
        let mut table = Table::new(spec(1, 999), members, many(busy(10_000), 1, u64::from(members)));
        assert_eq!(table.cycles(40).decision.size, after, "{members}");
    }
}

#[test]
fn scale_in_is_by_the_rules_step_if_it_has_one_and_of_several_by_the_smallest() {
    //  steps of the CPU rule and of the memory rule, size after
    let table = [
        ([Some(3), Some(3)], 37),
        ([Some(1), None], 39),
        ([Some(9), None], 36),
        ([Some(9), Some(6)], 34),
        ([None, None], 36),
    ];
    for (steps, after) in table {
        let mut spec = spec(1, 999);
        spec.rules = Metric::ALL
            .into_iter()
            .zip(steps)
            .map(|(metric, step)| Rule {
                metric,
                threshold: 70_000,
                step: step.and_then(NonZeroU32::new),
            })
            .collect();
        let mut table = Table::new(spec, 40, many(busy(5_000), 1, 40));
        assert_eq!(table.cycles(32).decision.size, after, "{steps:?}");
    }
}

#[test]
fn a_rules_step_never_leads_below_min() {
    let mut table = Table::new(spec(7, 99), 10, many(busy(5_000), 1, 10));
    table.spec.rules[0].step = NonZeroU32::new(8);
    assert_eq!(table.cycles(32).decision.size, 7);
}

#[test]
fn a_rule_stored_before_rules_had_a_step_is_read_and_written_as_it_was() {
    let stored = r#"{"metric":"cpu","threshold":70000}"#;
    let rule: Rule = serde_json::from_str(stored).unwrap();
    assert_eq!(rule.step, None);
    assert_eq!(serde_json::to_string(&rule).unwrap(), stored);
}

#[test]
fn the_cut_leaves_by_the_removal_policy_as_surplus() {
    let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
    assert_eq!(drained(&table.cycles(32)), [(10, LeaveCause::Surplus)]);
}

#[test]
fn never_below_min() {
    let mut table = Table::new(spec(18, 99), 19, many(busy(10_000), 1, 19));
    assert_eq!(table.cycles(40).decision.size, 18);
    let mut table = Table::new(spec(2, 99), 2, many(busy(10_000), 1, 2));
    let _ = table.cycles(39);
    assert_eq!(waits(&mut table), ScaleInWait::AtMin { min: 2 });
}

#[test]
fn a_metric_rule_never_empties_a_group_whatever_min_says() {
    let mut table = Table::new(spec(0, 99), 1, many(busy(0), 1, 1));
    let _ = table.cycles(39);
    assert_eq!(waits(&mut table), ScaleInWait::AtMin { min: 1 });
}

#[test]
fn seed_14_1_5_a_group_may_be_allowed_to_grow_only() {
    let mut table = quiet(10_000);
    table.memory.durable.desired = 10;
    table.spec.scale_in = ScaleIn::Forbidden;
    assert!(table.closed().decision.trail.contains(&Reason::ScaleInForbidden));
}

#[test]
fn the_last_closed_cycle_must_be_present() {
    let mut table = settled(40_000);
    table
        .seen
        .members
        .iter_mut()
        .for_each(|m| m.samples = [Err(Missing::SourceSilent); 2]);
    assert_eq!(waits(&mut table), ScaleInWait::LastCycleMissing);
}

#[test]
fn eighty_percent_of_the_window_must_be_present() {
    for (gap, allowed) in [(8, true), (9, false)] {
        let mut table = settled(40_000);
        table.spec.scale_in = ScaleIn::Forbidden;
        table
            .seen
            .members
            .iter_mut()
            .for_each(|m| m.samples = [Err(Missing::NotRead); 2]);
        let _ = table.cycles(gap);
        table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(40_000); 2]);
        table.spec.scale_in = ScaleIn::Allowed;
        let size = table.closed().decision.size;
        assert_eq!(size == 9, allowed, "{gap} cycles missing");
    }
}

#[test]
fn cycles_nobody_saw_are_missing_ones() {
    let mut table = settled(40_000);
    table.skip(9);
    assert_eq!(
        waits(&mut table),
        ScaleInWait::WindowNotFull {
            present: 31,
            needed: 32
        }
    );
}

#[test]
fn the_ten_minute_average_must_be_below_the_threshold() {
    let mut table = settled(70_000);
    table.spec.projection = Guard::Off;
    let wait = ScaleInWait::AverageNotBelow {
        metric: Metric::Cpu,
        average: 70_000,
        threshold: 70_000,
    };
    assert_eq!(waits(&mut table), wait);
}

#[test]
fn the_highest_minute_must_fit_the_smaller_size_at_ninety_percent() {
    // Nine members at 70 % and 90 % of it: 567 %. Ten at 56.7 % carry just that.
    assert_eq!(settled(56_700).closed().decision.size, 9);
    let wait = ScaleInWait::PeakMinuteTooHigh {
        metric: Metric::Cpu,
        peak: 567_010,
        fits: 567_000,
    };
    assert_eq!(waits(&mut settled(56_701)), wait);
}

#[test]
fn the_highest_single_cycle_must_fit_the_threshold_itself() {
    for (spike, allowed) in [(63_000, true), (63_001, false)] {
        let mut table = settled(40_000);
        table.spec.scale_in = ScaleIn::Forbidden;
        table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(spike); 2]);
        let _ = table.closed();
        table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(40_000); 2]);
        let _ = table.cycles(4);
        table.spec.scale_in = ScaleIn::Allowed;
        assert_eq!(table.closed().decision.size == 9, allowed, "{spike}");
    }
}

#[test]
fn a_spike_bars_scale_in_until_it_has_left_the_window() {
    let mut table = settled(40_000);
    table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(69_000); 2]);
    let _ = table.closed();
    table.seen.members.iter_mut().for_each(|m| m.samples = [Ok(40_000); 2]);
    assert_eq!(table.cycles(39).decision.size, 10);
    assert_eq!(table.closed().decision.size, 9);
}

#[test]
fn every_metric_must_allow_it() {
    let mut table = settled(40_000);
    table.spec.rules.push(Rule {
        metric: Metric::Memory,
        threshold: 42_000,
        step: None,
    });
    assert!(matches!(
        waits(&mut table),
        ScaleInWait::PeakMinuteTooHigh {
            metric: Metric::Memory,
            ..
        }
    ));
}

#[test]
fn no_scale_out_in_the_window() {
    let mut table = settled(40_000);
    table.memory.durable.last_out = Some(moved(CYCLE.0 + 45 - 39, 9, 10));
    assert_eq!(waits(&mut table), ScaleInWait::RecentScaleOut { cycles_ago: 39 });
    assert_eq!(table.closed().decision.size, 9);
}

#[test]
fn own_scale_ins_are_four_cycles_apart() {
    let mut table = settled(20_000);
    let mut sizes = Vec::new();
    for _ in 0..9 {
        let size = table.closed().decision.size;
        table.seen.members.truncate(size as usize);
        sizes.push(size);
    }
    assert_eq!(sizes, [9, 9, 9, 9, 8, 8, 8, 8, 7]);
    table.memory.durable.last_in = Some(moved(CYCLE.0 + 45 + 9 - 3, 9, 7));
    assert_eq!(waits(&mut table), ScaleInWait::RecentScaleIn { cycles_ago: 3 });
}

#[test]
fn nothing_warming_leaving_or_held_and_no_more_than_desired() {
    let mut table = settled(40_000);
    table.seen.members.push(with(warming(50), |m| m.warm_up_ms = 3_600_000));
    table.memory.durable.desired = 11;
    assert_eq!(waits(&mut table), ScaleInWait::Warming { count: 1 });

    let mut table = settled(40_000);
    table.seen.members.push(draining(50, LeaveCause::ByHand));
    assert_eq!(waits(&mut table), ScaleInWait::Leaving { count: 1 });

    let mut table = settled(40_000);
    table.memory.durable.desired = 9;
    assert_eq!(waits(&mut table), ScaleInWait::MoreThanDesired { have: 10, desired: 9 });

    let mut table = settled(40_000);
    table
        .seen
        .members
        .iter_mut()
        .take(6)
        .for_each(|m| m.standings[0].word = CheckWord::Down);
    assert_eq!(waits(&mut table), ScaleInWait::Held);
}

#[test]
fn a_late_sample_does_not_make_the_step_larger() {
    let mut table = settled(20_000);
    table.seen.members[5..]
        .iter_mut()
        .for_each(|m| m.driver = DriverWord::Unknown);
    assert_eq!(table.closed().decision.size, 9);
}

/// Ten members seen for 45 cycles by a rule for each metric, both idle.
fn by_both() -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(busy(40_000), 1, 10));
    table.spec.rules.push(Rule {
        metric: Metric::Memory,
        threshold: 70_000,
        step: None,
    });
    table.spec.scale_in = ScaleIn::Forbidden;
    let _ = table.cycles(45);
    table.spec.scale_in = ScaleIn::Allowed;
    table
}

fn lose_memory(table: &mut Table) {
    let missing = Err(Missing::NotRead);
    table.seen.members.iter_mut().for_each(|m| m.samples[1] = missing);
}

#[test]
fn every_metric_must_be_present_in_the_last_closed_cycle() {
    assert_eq!(by_both().closed().decision.size, 9);
    let mut table = by_both();
    lose_memory(&mut table);
    assert_eq!(waits(&mut table), ScaleInWait::LastCycleMissing);
}

#[test]
fn every_metric_must_be_present_in_eighty_percent_of_the_window() {
    let mut table = by_both();
    lose_memory(&mut table);
    let _ = table.cycles(9);
    table.seen.members.iter_mut().for_each(|m| m.samples[1] = Ok(40_000));
    let wait = ScaleInWait::WindowNotFull {
        present: 31,
        needed: 32,
    };
    assert_eq!(waits(&mut table), wait);
}

#[test]
fn the_average_is_over_the_whole_window() {
    //  CPU of the first half, of the second, allowed
    for (first, second, allowed) in [(79_000, 60_000, true), (80_000, 60_000, false), (79_998, 60_000, true)] {
        let mut table = Table::new(spec(1, 10), 10, many(busy(first), 1, 10));
        (table.spec.projection, table.spec.scale_in) = (Guard::Off, ScaleIn::Forbidden);
        let _ = table.cycles(20);
        table.seen.members = many(busy(second), 1, 10);
        let _ = table.cycles(19);
        table.spec.scale_in = ScaleIn::Allowed;
        assert_eq!(table.closed().decision.size == 9, allowed, "{first} {second}");
    }
}

#[test]
fn a_minute_with_fewer_than_three_cycles_is_none() {
    //  cycles at 60 % between gaps, allowed: as a minute it is above 56.7 %, as single cycles below 63 %
    for (cycles, allowed) in [(2, true), (3, false)] {
        let mut table = settled(40_000);
        table.spec.scale_in = ScaleIn::Forbidden;
        table.skip(2);
        table.seen.members = many(busy(60_000), 1, 10);
        let _ = table.cycles(cycles);
        table.skip(2);
        table.seen.members = many(busy(40_000), 1, 10);
        let _ = table.cycles(2);
        table.spec.scale_in = ScaleIn::Allowed;
        assert_eq!(table.closed().decision.size == 9, allowed, "{cycles}");
    }
}

#[test]
fn what_fewer_would_carry_is_projected_over_the_judged_less_the_step() {
    // Half of them the driver is silent about: four judged ones would be left to show that they can carry all.
    for (cpu, allowed) in [(25_200, true), (25_201, false)] {
        let mut table = settled(cpu);
        table.seen.members[5..]
            .iter_mut()
            .for_each(|m| m.driver = DriverWord::Unknown);
        assert_eq!(table.closed().decision.size == 9, allowed, "{cpu}");
    }
}
