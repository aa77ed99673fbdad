//! Design 4.5: who is unhealthy, and how fast they may leave.

use crate::common::build::*;
use engine::model::*;

#[test]
fn seed_14_1_3_unhealthy_is_failed_in_three_closed_cycles_in_a_row() {
    let mut table = Table::new(fixed(1, 9), 2, vec![healthy(1), healthy(2), down(3)]);
    assert_eq!(
        drained_ids(&table.cycles(2)),
        [3],
        "surplus of one: the youngest leaves anyway"
    );
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    assert_eq!(drained_ids(&table.cycles(2)), [] as [u64; 0]);
    assert_eq!(drained(&table.closed()), [(3, LeaveCause::Unhealthy)]);
}

#[test]
fn a_pass_woken_in_between_counts_no_cycle() {
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    let _ = table.cycles(2);
    for _ in 0..10 {
        assert_eq!(table.woken().plan.steps, []);
    }
}

#[test]
fn one_cycle_up_clears_the_streak() {
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    let _ = table.cycles(2);
    table.say(3, CheckWord::Up);
    let _ = table.closed();
    table.say(3, CheckWord::Down);
    assert_eq!(table.cycles(2).plan.steps, []);
    assert_eq!(drained_ids(&table.closed()), [3]);
}

#[test]
fn a_cycle_without_a_reading_neither_adds_to_nor_clears_a_streak() {
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    let _ = table.cycles(2);
    table.say(3, CheckWord::Missing);
    assert_eq!(table.cycles(5).plan.steps, []);
    table.say(3, CheckWord::Down);
    assert_eq!(drained_ids(&table.closed()), [3]);
}

#[test]
fn cycles_nobody_saw_neither_add_nor_clear() {
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    let _ = table.cycles(2);
    table.skip(20);
    assert_eq!(drained_ids(&table.closed()), [3]);
}

#[test]
fn down_in_at_least_one_bound_vserver_is_failed() {
    let spec = GroupSpec {
        bindings: vec![bind(VS), bind(VS2)],
        ..fixed(1, 9)
    };
    let two = |id, word| with(healthy(id), |m| m.standings.push(Standing { vserver: VS2, word }));
    let passed = planned(
        spec,
        2,
        vec![two(1, CheckWord::Up), two(2, CheckWord::Up), two(3, CheckWord::Down)],
    );
    assert_eq!(drained(&passed), [(3, LeaveCause::Unhealthy)]);
}

#[test]
fn down_in_a_vserver_that_is_not_bound_is_not() {
    let foreign = with(healthy(3), |m| {
        m.standings.push(Standing {
            vserver: VS2,
            word: CheckWord::Down,
        })
    });
    let passed = planned(fixed(1, 9), 3, vec![healthy(1), healthy(2), foreign]);
    assert_eq!(
        passed.plan.steps,
        [Step::Deregister {
            id: InstanceId(3),
            vserver: VS2
        }]
    );
}

#[test]
fn unbound_failed_is_stopped_by_the_drivers_word() {
    let spec = GroupSpec {
        bindings: vec![],
        ..fixed(1, 9)
    };
    let bare = |id| with(healthy(id), |m| m.standings.clear());
    let stopped = with(bare(4), |m| m.driver = DriverWord::Stopped);
    let mut table = Table::new(spec, 4, vec![bare(1), bare(2), bare(3), stopped]);
    assert_eq!(table.cycles(2).plan.steps, []);
    let passed = table.closed();
    assert_eq!(
        (drained(&passed), launches(&passed)),
        (vec![(4, LeaveCause::Unhealthy)], 1)
    );
}

#[test]
fn a_member_stopped_before_it_ever_joined_its_vserver_is_failed_too() {
    let stopped = with(healthy(3), |m| {
        m.driver = DriverWord::Stopped;
        m.standings[0].word = CheckWord::Absent;
    });
    let passed = planned(fixed(1, 9), 3, vec![healthy(1), healthy(2), stopped]);
    assert_eq!(drained(&passed), [(3, LeaveCause::Unhealthy)]);
}

#[test]
fn exited_by_the_drivers_word_is_dead_in_that_pass() {
    let dead = with(healthy(3), |m| m.driver = DriverWord::Exited(137));
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), healthy(3)]);
    let _ = table.closed();
    table.seen.members[2] = dead;
    let passed = table.woken();
    assert_eq!(
        (drained(&passed), launches(&passed)),
        (vec![(3, LeaveCause::Exited)], 1)
    );
}

#[test]
fn a_removal_for_health_needs_a_reading_of_the_same_pass_that_still_shows_it_down() {
    for word in [CheckWord::Up, CheckWord::Missing] {
        let spec = GroupSpec {
            brake: Guard::On,
            ..fixed(1, 3)
        };
        let mut table = Table::new(spec, 3, vec![healthy(1), healthy(2), down(3)]);
        let _ = table.cycles(2);
        table.seen.driver = Source::Silent;
        let _ = table.closed();
        table.seen.driver = Source::Answered;
        table.say(3, word);
        let passed = table.woken();
        assert_eq!(drained(&passed), [], "{word:?}");
        assert!(
            passed
                .plan
                .trail
                .contains(&Reason::RemovalWaitsForReading { id: InstanceId(3) }),
            "{word:?}"
        );
    }
}

#[test]
fn protected_or_standby_and_unhealthy_is_alarmed_and_replaced_but_never_chosen() {
    let protected = with(down(3), |m| m.flags.protected = true);
    let aside = with(standby(4), |m| m.driver = DriverWord::Exited(1));
    let passed = planned(fixed(1, 9), 3, vec![healthy(1), healthy(2), protected, aside]);
    assert_eq!((drained(&passed), launches(&passed)), (vec![], 1));
    for id in [3, 4] {
        assert!(
            passed
                .plan
                .trail
                .contains(&Reason::UnhealthyButKept { id: InstanceId(id) }),
            "{id}"
        );
    }
}

#[test]
fn brake_running_members_leaving_for_health_and_replacements_warming_are_at_most_a_fifth_of_desired() {
    //  desired, down, already leaving, replacements warming, leave now
    let table = [
        (10, 4, 0, 0, 2),
        (10, 4, 1, 0, 1),
        (10, 4, 0, 1, 1),
        (10, 4, 1, 1, 0),
        (10, 4, 3, 0, 0),
        (20, 9, 0, 0, 4),
        (4, 1, 0, 0, 1),
        (3, 1, 0, 1, 0),
    ];
    for (desired, sick, leaving, warm, expected) in table {
        let replacement = |id| with(warming(id), |m| m.flags.replacement = true);
        let members = [
            many(healthy, 1, u64::from(desired) - sick),
            many(down, 101, sick),
            many(|id| draining(id, LeaveCause::Unhealthy), 201, leaving),
            many(replacement, 301, warm),
        ]
        .concat();
        let passed = planned(fixed(1, 100), desired, members);
        assert_eq!(drained(&passed).len(), expected, "{desired} {sick} {leaving} {warm}");
        let braked = has(&passed.plan.trail, |reason| matches!(reason, Reason::Braked { .. }));
        assert_eq!(braked, expected < sick as usize);
    }
}

#[test]
fn the_brake_limits_removals_never_launches() {
    let members = [many(healthy, 1, 6), many(down, 101, 4)].concat();
    let passed = planned(fixed(1, 100), 10, members);
    assert_eq!((drained(&passed).len(), launches(&passed)), (2, 4));
}

#[test]
fn the_brake_limits_running_members_only() {
    let dead = |id| with(healthy(id), |m| m.driver = DriverWord::Exited(1));
    let members = [many(healthy, 1, 6), many(dead, 101, 4)].concat();
    assert_eq!(drained(&planned(fixed(1, 100), 10, members)).len(), 4);
}

#[test]
fn a_dead_member_on_its_way_out_does_not_count_for_the_brake() {
    let dead = |id| {
        with(draining(id, LeaveCause::Unhealthy), |m| {
            m.driver = DriverWord::Exited(1)
        })
    };
    let members = [many(healthy, 1, 8), many(down, 101, 2), many(dead, 201, 3)].concat();
    assert_eq!(drained(&planned(fixed(1, 100), 10, members)).len(), 2);
}

#[test]
fn what_leaves_as_surplus_does_not_count_for_the_brake() {
    let members = [
        many(healthy, 1, 8),
        many(down, 101, 2),
        many(|id| draining(id, LeaveCause::Surplus), 201, 3),
    ]
    .concat();
    let passed = planned(fixed(1, 100), 8, members);
    assert_eq!(drained(&passed), [(101, LeaveCause::Unhealthy)]);
}

#[test]
fn a_launch_is_a_replacement_if_no_rise_of_desired_covers_it() {
    let whys = |passed: &engine::Passed| {
        let launches = passed.plan.steps.iter().filter_map(|step| match step {
            Step::Launch { why } => Some(*why),
            _ => None,
        });
        launches.collect::<Vec<_>>()
    };
    let mut table = Table::new(fixed(1, 100), 3, vec![healthy(1), healthy(2), down(3)]);
    let _ = table.cycles(2);
    table.memory.durable.desired = 5;
    assert_eq!(
        whys(&table.closed()),
        [LaunchWhy::Growth, LaunchWhy::Growth, LaunchWhy::Replacement]
    );
    assert_eq!(table.memory.durable.growth, 0);
}

#[test]
fn the_growth_counter_is_owed_no_more_when_something_else_covered_the_rise() {
    let mut table = Table::new(
        fixed(1, 100),
        3,
        vec![healthy(1), healthy(2), draining(3, LeaveCause::Surplus)],
    );
    table.memory.durable.accounted = 2;
    let passed = table.closed();
    assert_eq!(passed.plan.steps, [Step::TakeBack { id: InstanceId(3) }]);
    assert_eq!(table.memory.durable.growth, 0);
}

#[test]
fn breaker_open_nothing_running_is_killed_for_health() {
    let dead = with(healthy(4), |m| m.driver = DriverWord::Exited(1));
    let mut table = Table::new(fixed(1, 9), 4, vec![healthy(1), healthy(2), down(3), dead]);
    table.memory.durable.breaker.opened = Some(table.now());
    table.memory.durable.breaker.next_trial = table.now().plus(Span::mins(5));
    let passed = table.cycles(3);
    assert_eq!(drained(&passed), [(4, LeaveCause::Exited)]);
    assert!(has(&passed.plan.trail, |reason| matches!(
        reason,
        Reason::BreakerOpen { .. }
    )));
}

#[test]
fn out_of_stock_nothing_running_is_killed_for_health_for_ten_minutes() {
    let mut table = Table::new(fixed(1, 9), 4, vec![healthy(1), healthy(2), down(3), pending(4)]);
    table.seen.answers = vec![Answer::OutOfStock { id: InstanceId(4) }];
    let _ = table.closed();
    table.seen.answers.clear();
    assert_eq!(table.memory.durable.out_of_stock, Some(now()));
    assert_eq!(drained(&table.cycles(3)), []);
    table.skip(40);
    assert!(drained(&table.closed()).contains(&(3, LeaveCause::Unhealthy)));
}

#[test]
fn a_silent_driver_begins_nothing() {
    let mut table = Table::new(fixed(1, 9), 5, vec![healthy(1), healthy(2), down(3)]);
    table.seen.driver = Source::Silent;
    let passed = table.cycles(3);
    assert_eq!(passed.plan.steps, []);
    assert_eq!(passed.plan.trail, [Reason::DriverSilent]);
}

#[test]
fn a_cycle_counts_for_health_only_if_warm_up_was_over_when_it_began() {
    let began = CYCLE.begins(Span(0)).0;
    for (late_ms, cycles) in [(0, 3), (1, 4), (CYCLE_MS, 4), (CYCLE_MS + 1, 5)] {
        let sick = with(down(3), |m| {
            m.driver = DriverWord::Running(Timestamp(began - 300_000 + late_ms))
        });
        let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), sick]);
        assert_eq!(drained(&table.cycles(cycles - 1)), [], "{late_ms} ms");
        assert_eq!(drained(&table.closed()), [(3, LeaveCause::Unhealthy)], "{late_ms} ms");
    }
}

#[test]
fn down_is_what_every_reading_of_the_three_cycles_says_whatever_a_wake_saw_between() {
    let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    let _ = table.cycles(2);
    table.say(3, CheckWord::Up);
    let _ = table.woken();
    table.say(3, CheckWord::Down);
    assert_eq!(
        drained(&table.closed()),
        [(3, LeaveCause::Unhealthy)],
        "a wake judges nothing"
    );
}

#[test]
fn the_brake_is_a_fifth_of_desired_rounded_down_and_at_least_one() {
    for (desired, sick, expected) in [(4, 2, 1), (5, 2, 1), (9, 4, 1), (10, 4, 2), (14, 6, 2), (15, 6, 3)] {
        let members = [many(healthy, 1, u64::from(desired) - sick), many(down, 101, sick)].concat();
        let passed = planned(fixed(1, 100), desired, members);
        assert_eq!(drained(&passed).len(), expected, "{desired} {sick}");
    }
}

#[test]
fn what_a_rise_of_desired_launched_does_not_count_for_the_brake() {
    let members = [many(healthy, 1, 8), many(down, 101, 2), many(warming, 201, 5)].concat();
    assert_eq!(drained(&planned(fixed(1, 100), 13, members)).len(), 2);
}

#[test]
fn a_failed_launch_that_still_runs_and_leaves_counts_for_the_brake() {
    let members = [
        many(healthy, 1, 8),
        many(down, 101, 2),
        many(|id| draining(id, LeaveCause::LaunchFailed), 201, 2),
    ]
    .concat();
    assert_eq!(drained(&planned(fixed(1, 100), 10, members)), []);
}

#[test]
fn out_of_stock_lasts_ten_minutes_after_the_last_such_answer() {
    //  cycles from the first answer to the last, cycles from the first to the removal
    for (last, removed) in [(0, 40), (20, 60)] {
        let mut table = Table::new(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
        for cycle in 0..removed {
            table.seen.answers.clear();
            if cycle == 0 || cycle == last {
                table.seen.answers = vec![Answer::OutOfStock { id: InstanceId(77) }];
            }
            assert_eq!(drained(&table.closed()), [], "{cycle}");
        }
        table.seen.answers.clear();
        assert_eq!(drained(&table.closed()), [(3, LeaveCause::Unhealthy)], "{removed}");
    }
}

#[test]
fn a_silent_driver_is_said_though_nothing_is_wanted() {
    let mut table = Table::new(fixed(1, 9), 2, many(healthy, 1, 2));
    table.seen.driver = Source::Silent;
    table
        .seen
        .members
        .iter_mut()
        .for_each(|m| m.driver = DriverWord::Unknown);
    let passed = table.closed();
    assert_eq!(
        (passed.plan.steps, passed.plan.trail),
        (vec![], vec![Reason::DriverSilent])
    );
}
