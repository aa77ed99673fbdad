//! Design 4.5, the hold: over half DOWN at once is the check's fault until proven.

use crate::common::build::*;
use engine::memory::Hold;
use engine::model::*;

fn group(up: u64, sick: u64) -> Vec<Member> {
    [many(healthy, 1, up), many(down, 101, sick)].concat()
}

/// Held for three cycles: the streaks are full.
fn held(max: u32, up: u64, sick: u64) -> Table {
    let mut table = Table::new(fixed(1, max), u32::try_from(up + sick).unwrap(), group(up, sick));
    let _ = table.cycles(3);
    table
}

#[test]
fn of_three_or_more_warmed_members_over_half_down_in_the_last_closed_cycle_is_a_hold() {
    //  up, down, held
    let table = [
        (0, 2, false),
        (1, 2, true),
        (2, 1, false),
        (2, 2, false),
        (2, 3, true),
        (5, 5, false),
        (4, 6, true),
    ];
    for (up, sick, expected) in table {
        let mut table = Table::new(fixed(1, 20), 5, group(up, sick));
        let _ = table.closed();
        assert_eq!(table.memory.hold.is_on(), expected, "{up} up, {sick} down");
    }
}

#[test]
fn warming_members_are_no_part_of_a_hold() {
    let cold = |id| with(warming(id), |m| m.standings[0].word = CheckWord::Down);
    let mut table = Table::new(fixed(1, 20), 8, [group(3, 0), many(cold, 201, 5)].concat());
    let _ = table.closed();
    assert_eq!(table.memory.hold, Hold::Off);
}

#[test]
fn while_held_nothing_is_killed_and_it_is_said() {
    let mut table = held(20, 4, 6);
    let passed = table.closed();
    assert_eq!(drained(&passed), []);
    let since = now();
    assert!(passed.plan.trail.contains(&Reason::Held {
        down: 6,
        judged: 10,
        since
    }));
}

#[test]
fn held_members_count_as_capacity_only_trials_are_launched() {
    let mut table = Table::new(fixed(1, 40), 10, group(0, 10));
    let passed = table.cycles(3);
    assert_eq!(passed.plan.steps, [Step::Launch { why: LaunchWhy::Trial }; 2]);
    assert!(passed.plan.trail.contains(&Reason::HoldTrial { count: 2, limit: 2 }));
}

#[test]
fn at_most_a_fifth_of_desired_warms_at_once_as_trials() {
    let mut table = held(40, 0, 10);
    let trial = |id| with(warming(id), |m| (m.warm_up_ms, m.flags.replacement) = (3_600_000, true));
    table.seen.members.push(trial(201));
    assert_eq!(launches(&table.closed()), 1);
    table.seen.members.push(trial(202));
    assert_eq!(launches(&table.closed()), 0);
}

#[test]
fn a_trial_in_service_proves_the_check_and_the_brake_alone_governs() {
    let mut table = held(40, 0, 10);
    let launched = table.now();
    table.seen.members.push(with(healthy(201), |m| m.created_at = launched));
    let passed = table.woken();
    assert!(passed.plan.trail.contains(&Reason::HoldEnded));
    assert_eq!(table.memory.hold, Hold::Proven);
    assert_eq!(drained(&passed).len(), 2, "a fifth of ten");
    let _ = table.closed();
    assert_eq!(table.memory.hold, Hold::Proven, "still over half DOWN, still proven");
}

#[test]
fn one_that_was_launched_before_the_hold_proves_nothing() {
    let mut table = held(40, 0, 10);
    table.seen.members.push(healthy(201));
    let _ = table.closed();
    assert!(table.memory.hold.is_on());
}

#[test]
fn it_ends_when_half_are_up_again() {
    let mut table = held(40, 4, 6);
    table.say(101, CheckWord::Up);
    let _ = table.closed();
    assert_eq!(table.memory.hold, Hold::Off);
}

#[test]
fn a_silent_balancer_neither_begins_nor_ends_a_hold() {
    let mut table = held(40, 4, 6);
    table
        .seen
        .members
        .iter_mut()
        .for_each(|m| m.standings[0].word = CheckWord::Missing);
    let _ = table.cycles(3);
    assert!(table.memory.hold.is_on());
    let mut table = Table::new(fixed(1, 20), 10, group(10, 0));
    table
        .seen
        .members
        .iter_mut()
        .for_each(|m| m.standings[0].word = CheckWord::Missing);
    table.say(1, CheckWord::Down);
    table.say(2, CheckWord::Down);
    let _ = table.closed();
    assert_eq!(table.memory.hold, Hold::Off);
}

#[test]
fn without_success_after_ten_minutes_one_at_a_time() {
    let mut table = held(10, 0, 10);
    table.skip(36);
    assert_eq!(drained(&table.closed()), [], "not yet");
    let passed = table.closed();
    assert_eq!(drained(&passed), [(101, LeaveCause::Unhealthy)]);
    assert!(has(&passed.plan.trail, |reason| matches!(
        reason,
        Reason::HoldTimedOut { .. }
    )));
    table.seen.members[0] = draining(101, LeaveCause::Unhealthy);
    assert_eq!(drained(&table.closed()), [], "one is leaving");
    let asked = table.now();
    table.seen.members[0] = with(pending(201), |m| (m.created_at, m.flags.replacement) = (asked, true));
    assert_eq!(drained(&table.closed()), [], "its replacement is coming");
}

#[test]
fn an_unhealthy_trial_is_not_killed_while_held_but_makes_room_for_the_next() {
    let mut table = held(40, 0, 10);
    let launched = table.now();
    let trial = with(down(201), |m| {
        m.created_at = launched;
        m.driver = DriverWord::Running(Timestamp(launched.0 - 600_000));
        m.flags.was_in_service = false;
    });
    table.seen.members.push(trial);
    let passed = table.cycles(3);
    assert_eq!((launches(&passed), drained(&passed)), (2, vec![]));
    assert!(
        passed
            .plan
            .failed
            .contains(&(InstanceId(201), LaunchFailure::UnhealthyBeforeService))
    );
}

#[test]
fn what_exited_is_dead_even_while_held() {
    let mut table = held(40, 4, 6);
    table.member(1).driver = DriverWord::Exited(1);
    assert_eq!(drained(&table.closed()), [(1, LeaveCause::Exited)]);
}

#[test]
fn ten_checks_broken_in_a_group_at_its_max_kill_nobody_for_ten_minutes() {
    let mut table = held(10, 0, 10);
    for _ in 0..36 {
        assert_eq!(table.closed().plan.steps, []);
    }
}

#[test]
fn a_trial_launched_in_the_very_pass_the_hold_began_in_proves_it() {
    let mut table = held(40, 0, 10);
    let Hold::On { since } = table.memory.hold else {
        panic!("not held")
    };
    let before = Timestamp(since.0 - 1);
    for (created_at, expected) in [(before, Hold::On { since }), (since, Hold::Proven)] {
        table.seen.members.truncate(10);
        table
            .seen
            .members
            .push(with(healthy(201), |m| m.created_at = created_at));
        let _ = table.woken();
        assert_eq!(table.memory.hold, expected);
    }
}

#[test]
fn a_trial_that_is_not_up_yet_proves_nothing() {
    let mut table = held(40, 0, 10);
    let launched = table.now();
    table.seen.members.push(with(down(201), |m| m.created_at = launched));
    let _ = table.woken();
    assert!(table.memory.hold.is_on());
}

#[test]
fn while_held_a_due_trial_of_the_breaker_makes_no_room_till_the_ten_minutes_are_over() {
    let mut table = held(10, 0, 10);
    let now = table.now();
    table.memory.durable.breaker.failures = 5;
    (
        table.memory.durable.breaker.opened,
        table.memory.durable.breaker.next_trial,
    ) = (Some(now), now);
    for _ in 3..40 {
        assert_eq!(table.closed().plan.steps, []);
    }
    let passed = table.closed();
    assert_eq!(drained(&passed), [(101, LeaveCause::Unhealthy)]);
    let made = Reason::TrialMakesRoom { id: InstanceId(101) };
    assert!(passed.plan.trail.contains(&made), "{:?}", passed.plan.trail);
}

#[test]
fn with_room_after_ten_minutes_without_success_one_leaves_whenever_no_trial_is_coming() {
    let mut table = held(40, 0, 10);
    let trial = |id| with(warming(id), |m| (m.warm_up_ms, m.flags.replacement) = (3_600_000, true));
    table.seen.members.push(trial(201));
    table.skip(40);
    assert_eq!(drained(&table.closed()), [], "a trial is coming");
    table.seen.members.pop();
    let passed = table.closed();
    assert_eq!(drained(&passed), [(101, LeaveCause::Unhealthy)]);
    assert_eq!(launches(&passed), 2, "and the next trials");
}
