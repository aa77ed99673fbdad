//! Design 4.14: when a launch succeeds and fails, and the breaker. And how a launch is carried on.

use crate::common::build::*;
use engine::Passed;
use engine::memory::{BREAKER_FAILURES, trial_interval};
use engine::model::*;

const ID: InstanceId = InstanceId(9);

fn failed(table: &mut Table) -> Vec<LaunchFailure> {
    table.closed().plan.failed.into_iter().map(|(_, cause)| cause).collect()
}

/// Three healthy and one launch.
fn launching(member: Member) -> Table {
    Table::new(fixed(1, 20), 4, [many(healthy, 1, 3), vec![member]].concat())
}

fn pending_for(ms: i64) -> Member {
    with(pending(9), |m| m.created_at = Timestamp(now().0 - ms))
}

fn says_at_desired(passed: &Passed) -> bool {
    has(&passed.plan.trail, |reason| matches!(reason, Reason::AtDesired { .. }))
}

#[test]
fn a_launch_succeeds_when_the_instance_is_first_in_service() {
    let fresh = with(warming(9), |m| {
        m.driver = DriverWord::Running(Timestamp(now().0 - 301_000))
    });
    let mut table = launching(fresh);
    table.memory.durable.breaker.failures = 4;
    let passed = table.closed();
    assert_eq!(passed.plan.steps, [Step::MarkInService { id: ID }]);
    assert_eq!(table.memory.durable.breaker.failures, 0);
}

#[test]
fn refused_fails_once_is_deleted_for_its_tombstone_and_forgotten_when_gone() {
    let mut table = launching(with(pending_for(5_000), |m| m.driver = DriverWord::Unknown));
    table.seen.answers = vec![Answer::Refused { id: ID }];
    let passed = table.closed();
    assert_eq!(passed.plan.failed, [(ID, LaunchFailure::Refused)]);
    let cause = LeaveCause::LaunchFailed;
    assert_eq!(
        passed.plan.steps,
        [
            Step::Delete { id: ID, cause },
            Step::Launch {
                why: LaunchWhy::Replacement
            }
        ]
    );
    assert!(passed.plan.trail.contains(&Reason::LaunchFailed {
        id: ID,
        cause: LaunchFailure::Refused
    }));
    assert_eq!(table.memory.durable.breaker.failures, 1);
    let _ = table.closed();
    assert_eq!(
        table.memory.durable.breaker.failures, 1,
        "the same answer again counts no more"
    );
    table.seen.answers.clear();
    table.member(9).phase = Phase::Deleting { cause };
    table.member(9).driver = DriverWord::Gone;
    assert!(table.closed().plan.steps.contains(&Step::Forget { id: ID, cause }));
}

#[test]
fn not_running_in_ten_minutes_fails() {
    assert_eq!(failed(&mut launching(pending_for(599_999))), []);
    let mut table = launching(pending_for(600_000));
    let passed = table.closed();
    assert_eq!(passed.plan.failed, [(ID, LaunchFailure::NotRunningInTime)]);
    assert_eq!(drained(&passed), [(9, LeaveCause::LaunchFailed)]);
    assert_eq!(failed(&mut table), [], "counted once");
}

#[test]
fn a_silent_driver_fails_no_launch() {
    let mut table = launching(with(pending_for(900_000), |m| m.driver = DriverWord::Unknown));
    table.seen.driver = Source::Silent;
    assert_eq!(failed(&mut table), []);
}

#[test]
fn exited_in_warm_up_fails() {
    let mut table = launching(with(warming(9), |m| m.driver = DriverWord::Exited(3)));
    let passed = table.closed();
    assert_eq!(passed.plan.failed, [(ID, LaunchFailure::ExitedInWarmUp { code: 3 })]);
    assert_eq!(
        (drained(&passed), launches(&passed)),
        (vec![(9, LeaveCause::Exited)], 1)
    );
}

#[test]
fn judged_unhealthy_before_it_was_ever_in_service_fails() {
    let never = with(down(9), |m| m.flags.was_in_service = false);
    let mut table = launching(never);
    assert_eq!(table.cycles(2).plan.failed, []);
    let passed = table.closed();
    assert_eq!(passed.plan.failed, [(ID, LaunchFailure::UnhealthyBeforeService)]);
    assert_eq!(drained(&passed), [(9, LeaveCause::Unhealthy)]);
}

#[test]
fn one_that_was_in_service_once_is_no_failed_launch() {
    assert_eq!(launching(down(9)).cycles(3).plan.failed, []);
    assert_eq!(
        failed(&mut launching(with(healthy(9), |m| m.driver = DriverWord::Exited(1)))),
        []
    );
}

#[test]
fn a_ready_check_that_has_not_passed_in_ten_minutes_or_the_warm_up_fails() {
    //  warm-up, running for, failed
    let table = [(300, 599, false), (300, 600, true), (900, 899, false), (900, 900, true)];
    for (warm_up, running, expected) in table {
        let member = with(warming(9), |m| {
            m.warm_up_ms = warm_up * 1_000;
            m.driver = DriverWord::Running(Timestamp(now().0 - running * 1_000));
            m.standings.clear();
        });
        let bare = |id| {
            with(healthy(id), |m| {
                m.ready = ReadyWord::Passed;
                m.standings.clear();
            })
        };
        let spec = GroupSpec {
            bindings: vec![],
            ready_check: ReadyCheck::Required,
            ..fixed(1, 20)
        };
        let mut table = Table::new(spec, 4, [many(bare, 1, 3), vec![member]].concat());
        let passed = table.closed();
        assert_eq!(!passed.plan.failed.is_empty(), expected, "{warm_up} {running}");
        assert_eq!(
            drained(&passed),
            if expected {
                vec![(9, LeaveCause::LaunchFailed)]
            } else {
                vec![]
            }
        );
    }
}

#[test]
fn gone_before_service_fails_and_does_not_spin() {
    let mut table = launching(with(pending_for(20_000), |m| m.driver = DriverWord::Gone));
    let passed = table.closed();
    assert_eq!(passed.plan.failed, [(ID, LaunchFailure::Vanished)]);
    assert!(passed.plan.steps.contains(&Step::Forget {
        id: ID,
        cause: LeaveCause::LaunchFailed
    }));
}

#[test]
fn out_of_stock_throttled_and_lost_answers_are_neither() {
    for answer in [
        Some(Answer::OutOfStock { id: ID }),
        Some(Answer::Throttled { id: ID }),
        None,
    ] {
        let mut table = launching(with(pending_for(599_000), |m| m.driver = DriverWord::Unknown));
        table.memory.durable.breaker.failures = 3;
        table.seen.answers = answer.into_iter().collect();
        let passed = table.closed();
        assert_eq!(passed.plan.failed, []);
        assert_eq!(table.memory.durable.breaker.failures, 3);
    }
}

#[test]
fn after_out_of_stock_the_ten_minutes_count_anew_and_the_create_rests_a_minute() {
    let mut table = launching(with(pending_for(599_000), |m| m.driver = DriverWord::Unknown));
    table.seen.answers = vec![Answer::OutOfStock { id: ID }];
    assert_eq!(table.closed().plan.steps, []);
    table.seen.answers.clear();
    assert_eq!(table.cycles(3).plan.steps, []);
    assert_eq!(table.closed().plan.steps, [Step::CreateAgain { id: ID }]);
    table.skip(34);
    assert_eq!(failed(&mut table), []);
    assert_eq!(failed(&mut table), [LaunchFailure::NotRunningInTime]);
}

#[test]
fn throttled_creates_back_off_and_then_go_by_a_token_bucket_first_ones_and_repeated_ones_alike() {
    let asked = |id| {
        with(pending(id), |m| {
            m.created_at = Timestamp(now().0 - 60_000);
            m.driver = DriverWord::Unknown;
        })
    };
    let mut table = Table::new(fixed(1, 99), 40, many(asked, 1, 20));
    let throttled = (1..=20).map(|id| Answer::Throttled { id: InstanceId(id) });
    table.seen.answers = throttled.collect();
    let mut begun = Vec::new();
    for _ in 0..7 {
        let passed = table.closed();
        let waits = has(&passed.plan.trail, |reason| {
            matches!(reason, Reason::Throttled { wanted: 20, allowed: 0 })
        });
        assert!(waits && launches(&passed) == 0, "{:?}", passed.plan.trail);
        assert!(!says_at_desired(&passed), "{:?}", passed.plan.trail);
        begun.push(passed.plan.steps.len());
        table.seen.answers.clear();
    }
    assert_eq!(
        begun,
        [0, 0, 0, 0, 1, 5, 5],
        "a minute's rest, then one in three seconds"
    );

    table.seen.members = many(pending, 1, 20);
    let passed = table.closed();
    assert_eq!((launches(&passed), passed.plan.steps.len()), (5, 5));
    let (wanted, allowed) = (20, 5);
    assert!(passed.plan.trail.contains(&Reason::Throttled { wanted, allowed }));
    table.skip(40);
    assert_eq!(launches(&table.closed()), 20, "ten minutes after the answer");
}

#[test]
fn the_ten_minutes_of_a_throttled_launch_count_from_when_creates_go_freely_again() {
    let mut table = launching(with(pending_for(599_000), |m| m.driver = DriverWord::Unknown));
    table.seen.answers = vec![Answer::Throttled { id: ID }];
    assert_eq!(failed(&mut table), []);
    table.seen.answers.clear();
    table.skip(78);
    assert_eq!(failed(&mut table), []);
    assert_eq!(failed(&mut table), [LaunchFailure::NotRunningInTime]);
}

#[test]
fn a_repeated_create_that_waits_for_its_turn_has_ten_minutes_from_when_creates_go_freely_again() {
    //  the driver's word of it, failed 15 s after it was ten minutes old, failed ten minutes after creates go freely
    let table = [(DriverWord::Unknown, false), (DriverWord::Pending, true)];
    for (word, at_once) in table {
        let lost = with(pending_for(599_000), |m| m.driver = word);
        let throttled = with(pending(8), |m| m.driver = DriverWord::Unknown);
        let members = [many(healthy, 1, 2), vec![throttled, lost]].concat();
        let mut table = Table::new(fixed(1, 20), 4, members);
        table.seen.answers = vec![Answer::Throttled { id: InstanceId(8) }];
        assert_eq!(failed(&mut table), []);
        table.seen.answers.clear();
        let late = failed(&mut table);
        assert_eq!(late.len(), usize::from(at_once), "{word:?}");
        table.seen.members.retain(|m| m.id != InstanceId(8));
        table.skip(77);
        assert_eq!(failed(&mut table), [], "{word:?}");
        let late = failed(&mut table);
        assert_eq!(late.len(), usize::from(!at_once), "{word:?}");
    }
}

#[test]
fn nothing_to_do_is_said_only_where_nothing_is_owed() {
    let full = Table::new(fixed(1, 4), 6, many(healthy, 1, 4)).closed();
    assert!(says_at_desired(&full), "a desired above max is max");
    let stopped = broken(20).closed();
    assert_eq!(stopped.plan.steps, []);
    assert!(!says_at_desired(&stopped), "{:?}", stopped.plan.trail);
}

#[test]
fn a_create_whose_answer_was_lost_is_asked_again_and_not_paid_for_twice() {
    let lost = |ms| {
        launching(with(pending_for(ms), |m| m.driver = DriverWord::Unknown))
            .closed()
            .plan
            .steps
    };
    assert_eq!(lost(14_999), [], "its answer may be under way");
    assert_eq!(lost(15_000), [Step::CreateAgain { id: ID }]);
    assert_eq!(
        lost(-3_600_000),
        [Step::CreateAgain { id: ID }],
        "another server's clock was an hour ahead: nobody waits for that hour"
    );
    assert_eq!(
        launching(pending_for(60_000)).closed().plan.steps,
        [],
        "the driver knows it"
    );
}

#[test]
fn five_failures_in_a_row_open_the_breaker() {
    for (failures, open) in [(4, false), (5, true)] {
        let dead = |id| with(warming(id), |m| m.driver = DriverWord::Exited(1));
        let mut table = Table::new(
            fixed(1, 40),
            20,
            [many(healthy, 1, 3), many(dead, 101, failures)].concat(),
        );
        let passed = table.closed();
        assert_eq!(table.memory.durable.breaker.is_open(), open);
        assert_eq!(launches(&passed) == 0, open);
        let next_trial = table.now().plus(Span::mins(5));
        assert_eq!(
            passed.plan.trail.contains(&Reason::BreakerOpen {
                failures: 5,
                next_trial
            }),
            open
        );
    }
}

#[test]
fn a_success_between_breaks_the_row() {
    let at = |member: Member, age: i64| with(member, |m| m.created_at = Timestamp(now().0 - age));
    let dead = |id: u64| with(warming(id), |m| m.driver = DriverWord::Exited(1));
    let fresh = with(warming(50), |m| {
        m.driver = DriverWord::Running(Timestamp(now().0 - 301_000))
    });
    let mut members = vec![at(dead(1), 900_000), at(dead(2), 890_000), at(dead(3), 880_000)];
    members.extend([at(fresh, 870_000), at(dead(4), 860_000), at(dead(5), 850_000)]);
    let mut table = Table::new(fixed(1, 40), 6, members);
    let _ = table.closed();
    assert_eq!(table.memory.durable.breaker.failures, 2);
}

fn broken(max: u32) -> Table {
    let mut table = Table::new(fixed(1, max), 10, many(healthy, 1, 3));
    table.memory.durable.breaker.failures = BREAKER_FAILURES;
    table.memory.durable.breaker.opened = Some(now());
    table.memory.durable.breaker.next_trial = now().plus(Span::mins(5));
    table
}

#[test]
fn trials_come_after_5_10_20_40_then_every_60_minutes() {
    let minutes: Vec<i64> = (0..7).map(|trials| trial_interval(trials).0 / 60_000).collect();
    assert_eq!(minutes, [5, 10, 20, 40, 60, 60, 60]);
    let mut table = broken(20);
    let mut trials = Vec::new();
    for cycle in 0..4 * 140 {
        let passed = table.closed();
        if passed.plan.steps == [Step::Launch { why: LaunchWhy::Trial }] {
            trials.push(cycle / 4);
        } else {
            assert_eq!(passed.plan.steps, []);
        }
    }
    assert_eq!(trials, [5, 15, 35, 75, 135]);
}

#[test]
fn a_trial_that_succeeds_closes_the_breaker() {
    let mut table = broken(20);
    let fresh = with(warming(9), |m| {
        m.driver = DriverWord::Running(Timestamp(now().0 - 301_000))
    });
    table.seen.members.push(fresh);
    let passed = table.closed();
    assert!(passed.plan.trail.contains(&Reason::BreakerClosed));
    assert_eq!(launches(&passed), 6);
}

#[test]
fn a_person_re_arms_it_by_hand() {
    let mut table = broken(20);
    table.seen.orders = vec![Order::RearmBreaker];
    let passed = table.closed();
    assert!(passed.plan.trail.contains(&Reason::BreakerClosed));
    assert_eq!((launches(&passed), table.memory.durable.breaker.failures), (7, 0));
}

#[test]
fn without_room_a_due_trial_first_removes_one_unhealthy_member() {
    let mut table = broken(5);
    table.spec.min = 1;
    table.memory.durable.desired = 5;
    table.seen.members = [many(healthy, 1, 3), many(down, 11, 2)].concat();
    assert_eq!(table.cycles(3).plan.steps, []);
    table.skip(20);
    let passed = table.closed();
    assert_eq!(drained(&passed), [(11, LeaveCause::Unhealthy)]);
    assert!(
        passed
            .plan
            .trail
            .contains(&Reason::TrialMakesRoom { id: InstanceId(11) })
    );
    table.seen.members[3] = draining(11, LeaveCause::Unhealthy);
    assert_eq!(drained(&table.closed()), [], "one is enough");
    table.seen.members.remove(3);
    assert_eq!(table.closed().plan.steps, [Step::Launch { why: LaunchWhy::Trial }]);
}

#[test]
fn a_program_that_exits_at_once_costs_five_launches_and_nothing_spins() {
    use crate::common::{Launches, World};
    let mut world = World::new(fixed(1, 20), 3);
    world.launches = Launches::ExitAtOnce;
    world.set_desired(4);
    world.run(Span::mins(60));
    assert_eq!((world.in_service(), world.machines_now()), (3, 3));
    assert_eq!(world.launched, 8, "five, then trials after 5, 15 and 35 minutes");
}
