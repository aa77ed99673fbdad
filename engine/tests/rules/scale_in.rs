//! Design 4.7 and 4.8: scale in.

use crate::common::build::*;
use engine::memory::{Moved, Regret};
use engine::model::*;

fn idle(cpu: u64) -> impl Fn(u64) -> Member {
    move |id| sampled(healthy(id), cpu)
}

/// Ten members at a CPU use for a full window.
fn quiet(cpu: u64) -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(idle(cpu), 1, 10));
    let _ = table.cycles(39);
    table
}

fn waits(table: &mut Table) -> ScaleInWait {
    let passed = table.closed();
    let wait = passed.decision.trail.iter().find_map(|reason| match reason {
        Reason::ScaleInWaits { why } => Some(*why),
        _ => None,
    });
    wait.unwrap_or_else(|| panic!("{:?}", passed.decision.trail))
}

fn moved(cycle: u64, from: u32, to: u32) -> Moved {
    Moved {
        cycle: Cycle(cycle),
        from,
        to,
        demands: [Ok(500_000); 2],
        regretted: false,
    }
}

#[test]
fn seed_14_1_4_scale_in_looks_at_the_last_ten_minutes() {
    let mut table = Table::new(spec(1, 99), 10, many(idle(40_000), 1, 10));
    for cycle in 1..32 {
        assert_eq!(table.closed().decision.size, 10, "cycle {cycle}");
    }
    assert_eq!(table.closed().decision.size, 9, "80 % of 40 cycles are 32");
}

#[test]
fn scale_in_is_by_ten_percent_of_the_judged_and_at_least_one() {
    for (members, after) in [(2, 1), (9, 8), (10, 9), (19, 18), (20, 18), (100, 90)] {
        let mut table = Table::new(spec(1, 999), members, many(idle(10_000), 1, u64::from(members)));
        assert_eq!(table.cycles(40).decision.size, after, "{members}");
    }
}

#[test]
fn the_cut_leaves_by_the_removal_policy_as_surplus() {
    let mut table = Table::new(spec(1, 99), 10, many(idle(40_000), 1, 10));
    assert_eq!(drained(&table.cycles(32)), [(10, LeaveCause::Surplus)]);
}

#[test]
fn never_below_min() {
    let mut table = Table::new(spec(18, 99), 19, many(idle(10_000), 1, 19));
    assert_eq!(table.cycles(40).decision.size, 18);
    let mut table = Table::new(spec(2, 99), 2, many(idle(10_000), 1, 2));
    let _ = table.cycles(39);
    assert_eq!(waits(&mut table), ScaleInWait::AtMin { min: 2 });
}

#[test]
fn a_metric_rule_never_empties_a_group_whatever_min_says() {
    let mut table = Table::new(spec(0, 99), 1, many(idle(0), 1, 1));
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

/// Ten members for a full window in a group that was not allowed to shrink till now.
fn settled(cpu: u64) -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(idle(cpu), 1, 10));
    table.spec.scale_in = ScaleIn::Forbidden;
    let _ = table.cycles(45);
    table.spec.scale_in = ScaleIn::Allowed;
    table
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
fn demand_is_the_mean_times_everything_traffic_may_reach() {
    let demand = |extra: Vec<Member>| {
        let mut table = Table::new(spec(1, 99), 10, [many(idle(40_000), 1, 10), extra].concat());
        let _ = table.closed();
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(demand(vec![]), Ok(400_000));
    assert_eq!(demand(vec![warming(11)]), Ok(440_000));
    assert_eq!(demand(vec![draining(11, LeaveCause::Surplus)]), Ok(440_000));
    assert_eq!(demand(vec![pending(11)]), Ok(400_000));
    assert_eq!(demand(vec![standby(11)]), Ok(400_000));
    let stopping = Phase::Stopping {
        cause: LeaveCause::Surplus,
        until: now(),
    };
    assert_eq!(demand(vec![with(healthy(11), |m| m.phase = stopping)]), Ok(400_000));
}

#[test]
fn a_member_the_driver_is_silent_about_still_carries_its_share_of_the_demand() {
    let mut table = Table::new(spec(1, 99), 10, many(idle(40_000), 1, 10));
    let _ = table.closed();
    table.seen.members[5..]
        .iter_mut()
        .for_each(|m| m.driver = DriverWord::Unknown);
    let _ = table.closed();
    assert_eq!(table.memory.closed.clone().unwrap().demands[0], Ok(400_000));
}

#[test]
fn demand_is_present_only_with_samples_of_eighty_percent_of_the_judged() {
    let demand = |missing: usize| {
        let mut table = Table::new(spec(1, 99), 10, many(idle(40_000), 1, 10));
        table
            .seen
            .members
            .iter_mut()
            .take(missing)
            .for_each(|m| m.samples = [Err(Missing::Stale); 2]);
        let _ = table.closed();
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(
        (demand(2), demand(3), demand(10)),
        (Ok(400_000), Err(Missing::TooFewSamples), Err(Missing::Stale))
    );
}

#[test]
fn demand_is_missing_during_a_hold_and_while_fewer_than_half_are_up() {
    let demand = |word, down| {
        let mut table = Table::new(spec(1, 99), 10, many(idle(40_000), 1, 10));
        table
            .seen
            .members
            .iter_mut()
            .take(down)
            .for_each(|m| m.standings[0].word = word);
        let _ = table.closed();
        table.memory.closed.clone().unwrap().demands[0]
    };
    assert_eq!(demand(CheckWord::Down, 6), Err(Missing::Held));
    assert_eq!(demand(CheckWord::Missing, 6), Err(Missing::FewUp));
    assert_eq!(demand(CheckWord::Missing, 5), Ok(400_000));
}

#[test]
fn a_scale_out_within_two_windows_after_a_scale_in_doubles_the_window() {
    for (ago, doubled) in [(80, true), (81, false)] {
        let mut table = Table::new(spec(1, 99), 10, many(idle(80_000), 1, 10));
        table.memory.durable.last_in = Some(moved(CYCLE.0 - ago, 11, 10));
        let passed = table.closed();
        assert_eq!(passed.decision.size, 12);
        let regret = table.memory.durable.regret;
        assert_eq!(
            regret.map(|regret| (regret.window_cycles, regret.size)),
            doubled.then_some((80, 10)),
            "{ago}"
        );
        let said = Reason::RegretBegins {
            size: 10,
            window_cycles: 80,
        };
        assert_eq!(passed.decision.trail.contains(&said), doubled);
    }
}

#[test]
fn one_scale_in_is_regretted_once() {
    let mut table = Table::new(spec(1, 99), 10, many(idle(80_000), 1, 10));
    table.memory.durable.last_in = Some(moved(CYCLE.0 - 5, 11, 10));
    let _ = table.closed();
    table.seen.members = many(idle(80_000), 1, 12);
    assert_eq!(table.closed().decision.size, 14);
    assert_eq!(table.memory.durable.regret.unwrap().window_cycles, 80);
}

#[test]
fn the_window_doubles_again_with_each_regret_up_to_a_day() {
    let mut table = Table::new(spec(1, 99), 10, many(idle(80_000), 1, 10));
    let regret = Regret {
        window_cycles: 4_000,
        size: 9,
        demands: [Ok(1); 2],
        until: now().plus(Span::mins(60)),
    };
    table.memory.durable.regret = Some(regret);
    table.memory.durable.last_in = Some(moved(CYCLE.0 - 5, 11, 10));
    let _ = table.closed();
    assert_eq!(table.memory.durable.regret.unwrap().window_cycles, 24 * 60 * 4);
}

fn regretting(size: u32, demand: u64) -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(idle(40_000), 1, 10));
    table.spec.scale_in = ScaleIn::Forbidden;
    table.memory.durable.regret = Some(Regret {
        window_cycles: 80,
        size,
        demands: [Ok(demand), Err(Missing::NotRead)],
        until: now().plus(Span::mins(24 * 60)),
    });
    let _ = table.cycles(79);
    table.spec.scale_in = ScaleIn::Allowed;
    table
}

#[test]
fn a_regretted_size_is_barred_while_demand_is_at_least_ninety_percent_of_then() {
    let until = now().plus(Span::mins(24 * 60));
    assert_eq!(waits(&mut regretting(9, 444_444)), ScaleInWait::Regret { until });
    assert_eq!(regretting(9, 444_445).closed().decision.size, 9);
    assert_eq!(
        regretting(8, 400_000).closed().decision.size,
        9,
        "a larger size is not barred"
    );
}

#[test]
fn a_longer_window_needs_eighty_percent_of_all_of_it() {
    let mut table = regretting(1, 1);
    table.skip(30);
    assert_eq!(
        waits(&mut table),
        ScaleInWait::WindowNotFull {
            present: 50,
            needed: 64
        }
    );
}

#[test]
fn a_regret_ends_twenty_four_hours_after_the_last_one() {
    let mut table = regretting(9, 400_000);
    table.spec.scale_in = ScaleIn::Forbidden;
    table.skip(24 * 60 * 4 - 100);
    let _ = table.cycles(61);
    table.spec.scale_in = ScaleIn::Allowed;
    assert_eq!(table.closed().decision.size, 9);
}

#[test]
fn a_late_sample_does_not_make_the_step_larger() {
    let mut table = settled(20_000);
    table.seen.members[5..]
        .iter_mut()
        .for_each(|m| m.driver = DriverWord::Unknown);
    assert_eq!(table.closed().decision.size, 9);
}
