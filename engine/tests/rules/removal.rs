//! Design 4.10: deregister, drain, SIGTERM, delete; who comes back, who does not.

use crate::common::build::*;
use engine::model::*;

const ID: InstanceId = InstanceId(9);
const CAUSE: LeaveCause = LeaveCause::ByHand;

fn steps(member: Member) -> Vec<Step> {
    Table::new(fixed(1, 20), 3, [many(healthy, 1, 3), vec![member]].concat())
        .closed()
        .plan
        .steps
}

fn draining_at(word: CheckWord, seconds_left: i64) -> Member {
    with(healthy(9), |m| {
        m.phase = Phase::Draining {
            cause: CAUSE,
            until: now().plus(Span::secs(seconds_left)),
        };
        m.standings[0].word = word;
    })
}

fn stopping(driver: DriverWord, seconds_left: i64) -> Member {
    with(healthy(9), |m| {
        m.phase = Phase::Stopping {
            cause: CAUSE,
            until: now().plus(Span::secs(seconds_left)),
        };
        m.standings[0].word = CheckWord::Absent;
        m.driver = driver;
    })
}

#[test]
fn drain_waits_until_no_request_is_in_flight_at_most_till_its_deadline() {
    let signal = Step::Signal { id: ID, cause: CAUSE };
    assert_eq!(steps(draining_at(CheckWord::Draining(1), 20)), []);
    assert_eq!(steps(draining_at(CheckWord::Draining(0), 20)), [signal]);
    assert_eq!(steps(draining_at(CheckWord::Absent, 20)), [signal]);
    assert_eq!(steps(draining_at(CheckWord::Draining(1), 0)), [signal]);
    assert_eq!(steps(draining_at(CheckWord::Missing, 20)), []);
    assert_eq!(steps(draining_at(CheckWord::Missing, 0)), [signal]);
}

#[test]
fn no_signal_while_a_balancer_lists_it_as_eligible() {
    assert_eq!(steps(draining_at(CheckWord::Up, 20)), []);
    assert_eq!(
        steps(draining_at(CheckWord::Up, -60)),
        [Step::Deregister { id: ID, vserver: VS }]
    );
}

#[test]
fn it_waits_for_every_vserver() {
    let two = |word| {
        with(draining_at(CheckWord::Draining(0), 20), |m| {
            m.standings.push(Standing { vserver: VS2, word });
        })
    };
    assert_eq!(steps(two(CheckWord::Draining(2))), []);
    assert_eq!(
        steps(two(CheckWord::Draining(0))),
        [Step::Signal { id: ID, cause: CAUSE }]
    );
}

#[test]
fn one_that_was_never_registered_skips_the_wait() {
    let pending = with(pending(9), |m| {
        m.phase = Phase::Draining {
            cause: CAUSE,
            until: now().plus(Span::secs(30)),
        };
        m.standings.clear();
    });
    assert_eq!(steps(pending), [Step::Delete { id: ID, cause: CAUSE }]);
    let running = with(draining_at(CheckWord::Absent, 30), |m| m.standings.clear());
    assert_eq!(steps(running), [Step::Signal { id: ID, cause: CAUSE }]);
}

#[test]
fn a_dead_program_is_not_waited_for() {
    let dead = |word| with(draining_at(word, 30), |m| m.driver = DriverWord::Exited(1));
    assert_eq!(
        steps(dead(CheckWord::Draining(5))),
        [Step::Signal { id: ID, cause: CAUSE }]
    );
    assert_eq!(steps(dead(CheckWord::Absent)), [Step::Delete { id: ID, cause: CAUSE }]);
}

#[test]
fn sigterm_waits_at_most_ninety_seconds_then_deletes() {
    let running = DriverWord::Running(now());
    let delete = Step::Delete { id: ID, cause: CAUSE };
    assert_eq!(steps(stopping(running, 1)), []);
    assert_eq!(steps(stopping(running, 0)), [delete]);
    assert_eq!(steps(stopping(DriverWord::Unknown, 1)), []);
    assert_eq!(steps(stopping(DriverWord::Exited(0), 80)), [delete]);
    assert_eq!(steps(stopping(DriverWord::Stopped, 80)), [delete]);
}

#[test]
fn delete_is_repeated_until_the_driver_says_gone() {
    let deleting = |driver| {
        with(healthy(9), |m| {
            m.phase = Phase::Deleting { cause: CAUSE };
            m.standings[0].word = CheckWord::Absent;
            m.driver = driver;
        })
    };
    for driver in [DriverWord::Unknown, DriverWord::Exited(0), DriverWord::Running(now())] {
        assert_eq!(steps(deleting(driver)), [Step::Delete { id: ID, cause: CAUSE }]);
    }
    assert_eq!(
        steps(deleting(DriverWord::Gone)),
        [Step::Forget { id: ID, cause: CAUSE }]
    );
}

#[test]
fn one_that_vanished_leaves_its_vservers_and_is_forgotten_when_it_is_out_of_all() {
    let gone = |word| {
        with(healthy(9), |m| {
            m.driver = DriverWord::Gone;
            m.standings[0].word = word;
        })
    };
    let launch = Step::Launch {
        why: LaunchWhy::Replacement,
    };
    let out = Step::Deregister { id: ID, vserver: VS };
    let over = Step::Forget {
        id: ID,
        cause: LeaveCause::Exited,
    };
    let table = [
        (CheckWord::Up, vec![out, launch]),
        (CheckWord::Draining(0), vec![out, launch]),
        // Its balancer is silent: who is in it is asked when it speaks.
        (CheckWord::Missing, vec![launch]),
        (CheckWord::Absent, vec![over, launch]),
    ];
    for (word, expected) in table {
        let mut table = Table::new(fixed(1, 20), 4, [many(healthy, 1, 3), vec![gone(word)]].concat());
        let passed = table.closed();
        assert_eq!(passed.plan.steps, expected, "{word:?}");
        assert!(passed.plan.trail.contains(&Reason::Vanished { id: ID }));
    }
}

#[test]
fn one_that_a_balancer_may_still_send_to_is_not_deleted_for_a_signal_it_never_got() {
    let late = |word| with(stopping(DriverWord::Running(now()), 0), |m| m.standings[0].word = word);
    for word in [CheckWord::Up, CheckWord::Missing] {
        assert_eq!(steps(late(word)), [], "{word:?}");
    }
    for word in [CheckWord::Down, CheckWord::Draining(3), CheckWord::Absent] {
        assert_eq!(steps(late(word)), [Step::Delete { id: ID, cause: CAUSE }], "{word:?}");
    }
}

#[test]
fn only_healthy_surplus_not_yet_signalled_is_taken_back_before_a_new_one_is_launched() {
    let table = [
        ("surplus in drain", draining(9, LeaveCause::Surplus), true),
        ("for health", draining(9, LeaveCause::Unhealthy), false),
        ("by hand", draining(9, LeaveCause::ByHand), false),
        ("its program ended", draining(9, LeaveCause::Exited), false),
        ("of a deleted group", draining(9, LeaveCause::GroupDeleted), false),
        (
            "set aside",
            with(draining(9, LeaveCause::Surplus), |m| m.flags.standby = true),
            false,
        ),
        ("launch failed", draining(9, LeaveCause::LaunchFailed), false),
        (
            "already signalled",
            with(healthy(9), |m| {
                m.phase = Phase::Stopping {
                    cause: LeaveCause::Surplus,
                    until: now().plus(Span::secs(60)),
                };
            }),
            false,
        ),
        (
            "never in service",
            with(draining(9, LeaveCause::Surplus), |m| m.flags.was_in_service = false),
            false,
        ),
        (
            "not running",
            with(draining(9, LeaveCause::Surplus), |m| m.driver = DriverWord::Stopped),
            false,
        ),
    ];
    for (name, member, back) in table {
        let mut table = Table::new(fixed(1, 20), 4, [many(healthy, 1, 3), vec![member]].concat());
        let passed = table.closed();
        assert_eq!(passed.plan.steps.contains(&Step::TakeBack { id: ID }), back, "{name}");
        assert_eq!(launches(&passed), usize::from(!back), "{name}");
    }
}

#[test]
fn no_more_are_taken_back_than_are_missing_oldest_first() {
    let members = [many(healthy, 1, 3), many(|id| draining(id, LeaveCause::Surplus), 11, 3)].concat();
    let passed = Table::new(fixed(1, 20), 5, members).closed();
    let expected = [
        Step::TakeBack { id: InstanceId(11) },
        Step::TakeBack { id: InstanceId(12) },
    ];
    assert_eq!(passed.plan.steps, expected);
}

#[test]
fn one_judged_unhealthy_while_it_drained_is_not_taken_back() {
    let mut table = Table::new(fixed(1, 20), 4, [many(healthy, 1, 3), vec![down(9)]].concat());
    let _ = table.cycles(3);
    table.seen.members[3] = draining(9, LeaveCause::Surplus);
    let passed = table.closed();
    assert_eq!(
        (
            passed.plan.steps.contains(&Step::TakeBack { id: ID }),
            launches(&passed)
        ),
        (false, 1)
    );
}

#[test]
fn seed_14_3_2_3_removing_an_instance_destroys_it_and_another_comes() {
    let mut table = Table::new(fixed(1, 20), 3, many(healthy, 1, 3));
    table.seen.orders = vec![Order::Remove { id: InstanceId(2) }];
    let passed = table.closed();
    assert_eq!(drained(&passed), [(2, LeaveCause::ByHand)]);
    assert_eq!(launches(&passed), 1);
    assert!(passed.plan.trail.contains(&Reason::RemovedByHand { id: InstanceId(2) }));
}

#[test]
fn a_person_may_remove_a_protected_or_standby_member() {
    let members = vec![healthy(1), with(healthy(2), |m| m.flags.protected = true), standby(3)];
    let mut table = Table::new(fixed(1, 20), 2, members);
    table.seen.orders = vec![Order::Remove { id: InstanceId(2) }, Order::Remove { id: InstanceId(3) }];
    assert_eq!(
        drained(&table.closed()),
        [(2, LeaveCause::ByHand), (3, LeaveCause::ByHand)]
    );
}

#[test]
fn surplus_that_a_person_asked_to_remove_is_not_taken_back() {
    let mut table = Table::new(
        fixed(1, 20),
        4,
        [many(healthy, 1, 3), vec![draining(9, LeaveCause::Surplus)]].concat(),
    );
    table.seen.orders = vec![Order::Remove { id: ID }];
    let passed = table.closed();
    assert_eq!(
        (
            passed.plan.steps.contains(&Step::TakeBack { id: ID }),
            launches(&passed)
        ),
        (false, 1)
    );
}

#[test]
fn an_order_for_an_instance_that_is_not_here_does_nothing() {
    let mut table = Table::new(fixed(1, 20), 3, many(healthy, 1, 3));
    table.seen.orders = vec![Order::Remove { id: InstanceId(999) }];
    assert_eq!(table.closed().plan.steps, []);
}

#[test]
fn bounds_act_on_the_group_at_once_on_an_edit() {
    let mut table = Table::new(fixed(1, 20), 3, many(healthy, 1, 3));
    let _ = table.closed();
    table.memory.durable.desired = 2;
    assert_eq!(drained(&table.woken()), [(3, LeaveCause::Surplus)]);
}
