//! Design 4.3 and 4.12's states: when an instance is in service, and what the console calls it.

use crate::common::build::*;
use engine::census::{Cohorts, InstanceState, Look, Role, state_of};
use engine::memory::Memory;
use engine::model::*;

fn look(spec: &GroupSpec, member: &Member) -> Look {
    Look::at(spec, &Memory::default(), &seen(vec![member.clone()]), member, now())
}

/// Warm since a second ago, never in service yet.
fn fresh(id: u64) -> Member {
    with(warming(id), |m| {
        m.driver = DriverWord::Running(Timestamp(now().0 - 301_000))
    })
}

#[test]
fn in_service_is_running_and_warm_and_ready_and_up_in_every_bound_vserver() {
    let one = spec(1, 4);
    let two = GroupSpec {
        bindings: vec![bind(VS), bind(VS2)],
        ..spec(1, 4)
    };
    let checked = GroupSpec {
        ready_check: ReadyCheck::Required,
        ..spec(1, 4)
    };
    let in_two = |word| {
        with(fresh(1), |m| {
            m.standings.push(Standing { vserver: VS2, word });
        })
    };
    let table = [
        ("all of it", &one, fresh(1), true),
        ("still warming", &one, warming(1), false),
        (
            "not running",
            &one,
            with(fresh(1), |m| m.driver = DriverWord::Stopped),
            false,
        ),
        (
            "the driver is silent",
            &one,
            with(fresh(1), |m| m.driver = DriverWord::Unknown),
            false,
        ),
        (
            "DOWN",
            &one,
            with(fresh(1), |m| m.standings[0].word = CheckWord::Down),
            false,
        ),
        (
            "the balancer is silent",
            &one,
            with(fresh(1), |m| m.standings[0].word = CheckWord::Missing),
            false,
        ),
        ("UP in both", &two, in_two(CheckWord::Up), true),
        ("UP in one of two", &two, in_two(CheckWord::Down), false),
        ("not a member of the second yet", &two, in_two(CheckWord::Absent), false),
        ("ready check not passed", &checked, fresh(1), false),
        (
            "ready check passed",
            &checked,
            with(fresh(1), |m| m.ready = ReadyWord::Passed),
            true,
        ),
        ("set aside", &one, with(fresh(1), |m| m.flags.standby = true), false),
    ];
    for (name, spec, member, expected) in table {
        assert_eq!(look(spec, &member).in_service, expected, "{name}");
    }
}

#[test]
fn seed_14_1_3_warm_up_counts_from_the_moment_the_driver_says_running() {
    let running_for = |ms| {
        with(warming(1), |m| {
            m.created_at = Timestamp(now().0 - 3_600_000);
            m.driver = DriverWord::Running(Timestamp(now().0 - ms));
        })
    };
    assert!(!look(&spec(1, 4), &running_for(299_999)).in_service);
    assert!(look(&spec(1, 4), &running_for(300_000)).in_service);
}

#[test]
fn registration_happens_at_running_so_traffic_may_come_in_warm_up() {
    let member = with(pending(1), |m| m.driver = DriverWord::Running(now()));
    let passed = Table::new(spec(1, 4), 1, vec![member]).closed();
    let id = InstanceId(1);
    assert_eq!(
        passed.plan.steps,
        [Step::MarkRunning { id }, Step::Register { id, vserver: VS }]
    );
}

#[test]
fn health_judgement_does_not_come_in_warm_up() {
    let member = with(warming(2), |m| m.standings[0].word = CheckWord::Down);
    let passed = planned(spec(1, 4), 2, vec![healthy(1), member]);
    assert_eq!(passed.plan.steps, []);
}

#[test]
fn a_member_down_for_one_or_two_cycles_stays_what_it_was() {
    for cycles in [1, 2] {
        let mut table = Table::new(fixed(1, 4), 2, vec![healthy(1), down(2)]);
        let passed = table.cycles(cycles);
        assert_eq!(passed.plan.steps, [], "{cycles}");
        assert_eq!(
            Look::at(&table.spec, &table.memory, &table.seen, &down(2), table.now()).role,
            Role::Healthy
        );
    }
}

#[test]
fn the_first_time_in_service_is_marked_once() {
    let mut table = Table::new(fixed(1, 4), 1, vec![fresh(1)]);
    assert_eq!(table.closed().plan.steps, [Step::MarkInService { id: InstanceId(1) }]);
    table.member(1).flags.was_in_service = true;
    assert_eq!(table.closed().plan.steps, []);
}

#[test]
fn a_new_warm_up_touches_only_instances_launched_after_it() {
    let mut table = Table::new(fixed(1, 4), 1, vec![fresh(1)]);
    table.spec.warm_up = Span::mins(60);
    assert_eq!(table.closed().plan.steps, [Step::MarkInService { id: InstanceId(1) }]);
}

#[test]
fn a_newly_bound_vserver_is_joined_and_members_stay_in_service_meanwhile() {
    let mut table = Table::new(fixed(1, 4), 1, vec![healthy(1)]);
    table.spec.bindings.push(bind(VS2));
    table.member(1).standings.push(Standing {
        vserver: VS2,
        word: CheckWord::Absent,
    });
    assert_eq!(
        table.closed().plan.steps,
        [Step::Register {
            id: InstanceId(1),
            vserver: VS2
        }]
    );
}

#[test]
fn seed_14_3_5_3_an_unbound_vserver_is_left_and_the_instance_lives_on() {
    let mut table = Table::new(fixed(1, 4), 1, vec![healthy(1)]);
    table.spec.bindings.clear();
    assert_eq!(
        table.closed().plan.steps,
        [Step::Deregister {
            id: InstanceId(1),
            vserver: VS
        }]
    );
    table.say(1, CheckWord::Absent);
    assert_eq!(table.closed().plan.steps, []);
}

#[test]
fn a_silent_balancer_is_joined_and_left_when_it_speaks() {
    let mut table = Table::new(fixed(1, 4), 1, vec![healthy(1)]);
    table.say(1, CheckWord::Missing);
    assert_eq!(table.closed().plan.steps, []);
    table.spec.bindings.clear();
    assert_eq!(table.closed().plan.steps, []);
}

#[test]
fn a_standby_member_gets_no_traffic_and_comes_back_into_it() {
    let mut table = Table::new(
        fixed(1, 4),
        1,
        vec![healthy(1), with(healthy(2), |m| m.flags.standby = true)],
    );
    let (id, vserver) = (InstanceId(2), VS);
    assert_eq!(table.closed().plan.steps, [Step::Deregister { id, vserver }]);
    table.say(2, CheckWord::Absent);
    assert_eq!(table.closed().plan.steps, []);
    table.member(2).flags.standby = false;
    table.memory.durable.desired = 2;
    assert_eq!(table.closed().plan.steps, [Step::Register { id, vserver }]);
}

#[test]
fn seed_14_3_2_3_every_instance_has_a_state() {
    let spec = spec(1, 9);
    let stopping = Phase::Stopping {
        cause: LeaveCause::Surplus,
        until: now(),
    };
    let table = [
        (pending(1), InstanceState::Pending),
        (warming(1), InstanceState::Starting),
        (healthy(1), InstanceState::InService),
        (down(1), InstanceState::InService),
        (standby(1), InstanceState::Standby),
        (draining(1, LeaveCause::Surplus), InstanceState::Draining),
        (with(healthy(1), |m| m.phase = stopping), InstanceState::Stopping),
        (
            with(healthy(1), |m| m.driver = DriverWord::Stopped),
            InstanceState::Stopped,
        ),
        (
            with(healthy(1), |m| {
                m.phase = Phase::Deleting {
                    cause: LeaveCause::Surplus,
                }
            }),
            InstanceState::Terminating,
        ),
        (
            with(healthy(1), |m| m.driver = DriverWord::Gone),
            InstanceState::Terminated,
        ),
        (
            with(healthy(1), |m| m.driver = DriverWord::Exited(1)),
            InstanceState::Failed,
        ),
    ];
    for (member, expected) in table {
        let seen = seen(vec![member.clone()]);
        assert_eq!(
            state_of(&spec, &Memory::default(), &seen, &member, now()),
            expected,
            "{member:?}"
        );
    }
}

#[test]
fn three_cycles_down_are_called_unhealthy() {
    let mut table = Table::new(fixed(1, 4), 2, vec![healthy(1), down(2)]);
    let _ = table.cycles(3);
    let state = state_of(&table.spec, &table.memory, &table.seen, &down(2), table.now());
    assert_eq!(state, InstanceState::Unhealthy);
}

#[test]
fn a_member_that_stays_but_is_in_drain_is_brought_back_where_it_is_bound_and_only_there() {
    let stays = with(healthy(1), |m| {
        m.standings[0].word = CheckWord::Draining(2);
        m.standings.push(Standing {
            vserver: VS2,
            word: CheckWord::Draining(2),
        });
    });
    let (id, steps) = (stays.id, planned(fixed(1, 4), 1, vec![stays]).plan.steps);
    let (out, back) = (
        Step::Deregister { id, vserver: VS2 },
        Step::Register { id, vserver: VS },
    );
    assert_eq!(steps, [out, back]);
}

#[test]
fn each_member_is_healthy_or_coming_or_unhealthy_or_leaving_or_set_aside() {
    let leaves = |phase| with(healthy(1), |m| m.phase = phase);
    let (cause, until) = (LeaveCause::Surplus, now());
    let never_up = with(fresh(1), |m| m.standings[0].word = CheckWord::Absent);
    let late = with(pending(1), |m| m.created_at = Timestamp(now().0 - 600_000));
    let says = |driver| with(healthy(1), |m| m.driver = driver);
    //  what it is, the member, [H, W, U, L, S] after three cycles
    let table = [
        ("pending", pending(1), [0, 1, 0, 0, 0]),
        ("warming", warming(1), [0, 1, 0, 0, 0]),
        ("warm, not UP yet", never_up, [0, 1, 0, 0, 0]),
        ("in service for the first time", fresh(1), [1, 0, 0, 0, 0]),
        ("in service", healthy(1), [1, 0, 0, 0, 0]),
        ("nobody knows", says(DriverWord::Unknown), [1, 0, 0, 0, 0]),
        ("DOWN for three", down(1), [0, 0, 1, 0, 0]),
        ("exited", says(DriverWord::Exited(1)), [0, 0, 1, 0, 0]),
        ("a failed launch", late, [0, 0, 1, 0, 0]),
        ("draining", draining(1, cause), [0, 0, 0, 1, 0]),
        ("stopping", leaves(Phase::Stopping { cause, until }), [0, 0, 0, 1, 0]),
        ("deleting", leaves(Phase::Deleting { cause }), [0, 0, 0, 1, 0]),
        ("standby", standby(1), [0, 0, 0, 0, 1]),
        ("gone", says(DriverWord::Gone), [0, 0, 0, 0, 0]),
    ];
    for (name, member, expected) in table {
        let mut table = Table::new(fixed(0, 9), 1, vec![member]);
        let _ = table.cycles(3);
        let counts = Cohorts::of(&table.spec, &table.memory, &table.seen, table.now());
        let Cohorts {
            healthy,
            unhealthy,
            leaving,
            standby,
            ..
        } = counts;
        assert_eq!(
            [healthy, counts.coming(), unhealthy, leaving, standby],
            expected,
            "{name}"
        );
        assert_eq!(counts.everything(), expected.iter().sum::<u32>(), "{name}");
    }
}

#[test]
fn one_that_was_never_in_service_and_is_down_for_one_or_two_cycles_is_still_coming() {
    let sick = with(fresh(2), |m| m.standings[0].word = CheckWord::Down);
    let mut table = Table::new(fixed(1, 4), 2, vec![healthy(1), sick]);
    for cycles in [1, 2] {
        assert_eq!(table.closed().plan.steps, [], "{cycles}");
        let counts = Cohorts::of(&table.spec, &table.memory, &table.seen, table.now());
        assert_eq!((counts.coming(), counts.unhealthy), (1, 0), "{cycles}");
    }
}

#[test]
fn seed_14_1_3_starting_while_it_warms_up_in_service_after_it() {
    assert_eq!(WARM_UP_DEFAULT, Span::secs(300), "seed 14.3.1");
    for (running_for, expected) in [
        (0, InstanceState::Starting),
        (299_999, InstanceState::Starting),
        (300_000, InstanceState::InService),
    ] {
        let member = with(warming(1), |m| {
            m.driver = DriverWord::Running(Timestamp(now().0 - running_for))
        });
        let seen = seen(vec![member.clone()]);
        let state = state_of(&spec(1, 4), &Memory::default(), &seen, &member, now());
        assert_eq!(state, expected, "running for {running_for} ms");
    }
}
