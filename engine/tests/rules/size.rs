//! Design 4.2 and 4.4: what counts, what is launched, what leaves.

use crate::common::build::*;
use engine::model::*;

fn deleting(id: u64) -> Member {
    with(healthy(id), |m| {
        m.phase = Phase::Deleting {
            cause: LeaveCause::Unhealthy,
        }
    })
}

fn stopping(id: u64) -> Member {
    with(healthy(id), |m| {
        m.phase = Phase::Stopping {
            cause: LeaveCause::Unhealthy,
            until: now().plus(Span::secs(60)),
        }
    })
}

#[test]
fn everything_counts_against_max() {
    let table = [
        ("pending", pending(5)),
        ("starting", warming(5)),
        ("in service", healthy(5)),
        ("unhealthy", with(down(5), |m| m.flags.protected = true)),
        ("standby", standby(5)),
        ("draining", draining(5, LeaveCause::Surplus)),
        ("stopping", stopping(5)),
        ("stopped", with(healthy(5), |m| m.driver = DriverWord::Stopped)),
        ("exited", with(healthy(5), |m| m.driver = DriverWord::Exited(1))),
        ("nobody knows", with(healthy(5), |m| m.driver = DriverWord::Unknown)),
        (
            "asked for, no answer",
            with(pending(5), |m| m.driver = DriverWord::Unknown),
        ),
        ("failed, not confirmed gone", deleting(5)),
    ];
    for (name, fifth) in table {
        // Four that leave are no capacity: without the fifth max has room for one.
        let members = [many(|id| draining(id, LeaveCause::Unhealthy), 1, 4), vec![fifth]].concat();
        let mut table = Table::new(fixed(1, 5), 5, members);
        assert_eq!(launches(&table.cycles(3)), 0, "{name}");
        table.member(5).driver = DriverWord::Gone;
        assert_eq!(launches(&table.closed()), 1, "{name}, then gone");
    }
}

#[test]
fn a_stray_counts_against_max() {
    let mut table = Table::new(fixed(1, 5), 5, many(healthy, 1, 4));
    table.seen.strays = vec![stray(77)];
    assert_eq!(launches(&table.closed()), 0);
}

#[test]
fn gone_by_the_drivers_word_counts_no_more() {
    let mut members = many(healthy, 1, 4);
    members.push(with(healthy(5), |m| m.driver = DriverWord::Gone));
    let passed = Table::new(fixed(1, 5), 5, members).closed();
    assert_eq!(launches(&passed), 1);
}

#[test]
fn absence_is_a_question_and_frees_no_room() {
    let mut members = many(healthy, 1, 4);
    members.push(with(healthy(5), |m| m.driver = DriverWord::Unknown));
    let passed = planned(fixed(1, 5), 5, members);
    assert_eq!(passed.plan.steps, []);
}

#[test]
fn launches_are_desired_less_healthy_less_coming_within_max() {
    //  desired, healthy, pending, warming, max, launches
    let table = [
        (5, 5, 0, 0, 9, 0),
        (5, 3, 0, 0, 9, 2),
        (5, 3, 1, 0, 9, 1),
        (5, 3, 1, 1, 9, 0),
        (5, 2, 0, 0, 4, 2),
        (5, 0, 0, 0, 9, 5),
        (0, 0, 0, 0, 0, 0),
    ];
    for (desired, h, p, w, max, expected) in table {
        let members = [many(healthy, 1, h), many(pending, 101, p), many(warming, 201, w)].concat();
        let passed = Table::new(fixed(0, max), desired, members).closed();
        assert_eq!(
            launches(&passed),
            expected.min(max as usize),
            "{desired} {h} {p} {w} {max}"
        );
    }
}

#[test]
fn what_max_leaves_no_room_for_is_said() {
    let members = [many(healthy, 1, 3), vec![draining(4, LeaveCause::Unhealthy)]].concat();
    let passed = Table::new(fixed(1, 4), 4, members).closed();
    assert!(passed.plan.trail.contains(&Reason::NoRoom {
        wanted: 1,
        everything: 4,
        max: 4
    }));
}

#[test]
fn above_max_the_number_never_grows() {
    let members = [many(healthy, 1, 2), many(standby, 10, 6)].concat();
    let passed = Table::new(fixed(1, 5), 5, members).closed();
    assert_eq!(launches(&passed), 0);
}

#[test]
fn seed_14_1_3_healthy_equals_desired_removes_the_unhealthy_and_launches_nothing() {
    let passed = planned(fixed(1, 9), 3, vec![healthy(1), healthy(2), healthy(3), down(4)]);
    assert_eq!(drained(&passed), [(4, LeaveCause::Unhealthy)]);
    assert_eq!(launches(&passed), 0);
}

#[test]
fn seed_14_1_3_healthy_below_desired_launches_up_to_desired_and_removes_the_unhealthy() {
    let passed = planned(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    assert_eq!(drained(&passed), [(3, LeaveCause::Unhealthy)]);
    assert_eq!(launches(&passed), 1);
}

#[test]
fn seed_14_1_3_healthy_above_desired_removes_the_latest_created_and_the_unhealthy() {
    let passed = planned(
        fixed(1, 9),
        3,
        vec![healthy(1), healthy(2), healthy(3), healthy(4), down(5)],
    );
    assert_eq!(drained(&passed), [(5, LeaveCause::Unhealthy), (4, LeaveCause::Surplus)]);
    assert_eq!(launches(&passed), 0);
}

#[test]
fn surplus_leaves_pending_first_then_warming_then_healthy_by_the_removal_policy() {
    let members = || [many(healthy, 1, 3), many(warming, 11, 2), many(pending, 21, 2)].concat();
    let leaving = |desired, removal| {
        let spec = GroupSpec {
            removal,
            ..fixed(0, 20)
        };
        drained_ids(&Table::new(spec, desired, members()).closed())
    };
    assert_eq!(leaving(5, RemovalPolicy::Newest), [22, 21]);
    assert_eq!(leaving(4, RemovalPolicy::Newest), [22, 21, 12]);
    assert_eq!(leaving(1, RemovalPolicy::Newest), [22, 21, 12, 11, 3, 2]);
    assert_eq!(leaving(1, RemovalPolicy::Oldest), [22, 21, 12, 11, 1, 2]);
}

#[test]
fn ties_go_by_id_and_the_order_of_the_list_says_nothing() {
    let at_once = |id| with(healthy(id), |m| m.created_at = Timestamp(5_000_000));
    let mut members = many(at_once, 1, 4);
    members.reverse();
    assert_eq!(drained_ids(&Table::new(fixed(1, 9), 2, members).closed()), [1, 2]);
}

#[test]
fn a_protected_or_standby_member_is_never_surplus() {
    let protected = with(healthy(4), |m| m.flags.protected = true);
    let passed = Table::new(fixed(1, 9), 1, vec![healthy(1), healthy(2), standby(3), protected]).closed();
    assert_eq!(drained_ids(&passed), [2, 1]);
    let passed = Table::new(
        fixed(0, 9),
        0,
        vec![healthy(1), with(healthy(2), |m| m.flags.protected = true)],
    )
    .closed();
    assert_eq!(drained_ids(&passed), [1]);
    assert!(
        passed
            .plan
            .trail
            .contains(&Reason::SurplusProtected { wanted: 2, leaving: 1 })
    );
}

#[test]
fn nothing_to_do_is_said_too() {
    let passed = Table::new(fixed(1, 9), 2, many(healthy, 1, 2)).closed();
    assert_eq!(
        passed.plan.trail,
        [Reason::AtDesired {
            desired: 2,
            in_service: 2,
            warming: 0
        }]
    );
}

#[test]
fn a_removal_for_health_waits_while_it_is_up_somewhere_and_its_replacement_is_warming_or_has_room() {
    let spec = GroupSpec {
        bindings: vec![bind(VS), bind(VS2)],
        ..fixed(1, 9)
    };
    let two = |id, word| with(healthy(id), |m| m.standings.push(Standing { vserver: VS2, word }));
    let half = with(two(3, CheckWord::Up), |m| m.standings[0].word = CheckWord::Down);
    let mut table = Table::new(spec, 3, vec![two(1, CheckWord::Up), two(2, CheckWord::Up), half]);
    let passed = table.cycles(3);
    assert_eq!((launches(&passed), drained(&passed)), (1, vec![]));
    assert!(
        passed
            .plan
            .trail
            .contains(&Reason::RemovalWaitsForReplacement { id: InstanceId(3) })
    );

    let replacement = with(warming(4), |m| {
        m.flags.replacement = true;
        m.standings.push(Standing {
            vserver: VS2,
            word: CheckWord::Up,
        });
    });
    table.seen.members.push(replacement);
    let passed = table.closed();
    assert_eq!((launches(&passed), drained(&passed)), (0, vec![]));

    table.member(4).flags.was_in_service = true;
    let passed = table.closed();
    assert_eq!(drained(&passed), [(3, LeaveCause::Unhealthy)]);
}

#[test]
fn without_room_the_removal_goes_first_and_the_trail_says_why() {
    let spec = GroupSpec {
        bindings: vec![bind(VS), bind(VS2)],
        ..fixed(1, 3)
    };
    let two = |id, word| with(healthy(id), |m| m.standings.push(Standing { vserver: VS2, word }));
    let half = with(two(3, CheckWord::Up), |m| m.standings[0].word = CheckWord::Down);
    let passed = planned(spec, 3, vec![two(1, CheckWord::Up), two(2, CheckWord::Up), half]);
    assert_eq!(drained(&passed), [(3, LeaveCause::Unhealthy)]);
    assert!(passed.plan.trail.contains(&Reason::RemovalGoesFirst {
        id: InstanceId(3),
        max: 3
    }));
}

#[test]
fn one_that_is_up_nowhere_leaves_at_once_and_its_replacement_comes_in_the_same_pass() {
    let passed = planned(fixed(1, 9), 4, vec![healthy(1), healthy(2), healthy(3), down(4)]);
    assert_eq!((launches(&passed), drained_ids(&passed)), (1, vec![4]));
}

#[test]
fn seed_14_3_2_4_each_launch_and_each_removal_says_why() {
    let id = InstanceId(3);
    let passed = planned(fixed(1, 9), 3, vec![healthy(1), healthy(2), down(3)]);
    let fewer = Reason::Launches {
        count: 1,
        desired: 3,
        healthy: 2,
        warming: 0,
    };
    let unhealthy = Reason::RemovesUnhealthy {
        id,
        cause: LeaveCause::Unhealthy,
        cycles_down: 3,
    };
    assert_eq!(passed.plan.trail, [unhealthy, fewer]);

    let passed = Table::new(fixed(1, 9), 1, many(healthy, 1, 3)).closed();
    let more = Reason::Surplus {
        count: 2,
        desired: 1,
        have: 3,
    };
    assert_eq!(passed.plan.trail, [more]);
}

#[test]
fn unhealthy_is_never_capacity_whatever_keeps_it() {
    let protected = with(down(4), |m| m.flags.protected = true);
    let mut table = Table::new(fixed(1, 9), 4, [many(healthy, 1, 3), vec![protected]].concat());
    assert_eq!(launches(&table.cycles(2)), 0, "not judged yet");
    let passed = table.closed();
    assert_eq!((launches(&passed), drained(&passed)), (1, vec![]));

    // A balancer that fell silent shows nobody DOWN: judged before, it stays unhealthy, and stays.
    let mut table = Table::new(fixed(1, 9), 4, [many(healthy, 1, 3), vec![down(4)]].concat());
    table.seen.driver = Source::Silent;
    let _ = table.cycles(3);
    table.seen.driver = Source::Answered;
    table.say(4, CheckWord::Missing);
    let passed = table.closed();
    assert_eq!((launches(&passed), drained(&passed)), (1, vec![]));
}
