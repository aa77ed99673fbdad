//! Design 4.9: disabled and deleting.

use crate::common::build::*;
use engine::memory::Hold;
use engine::model::*;

fn disabled(spec: GroupSpec, desired: u32, members: Vec<Member>) -> Table {
    let mut table = Table::new(spec, desired, members);
    table.status = GroupStatus::Disabled;
    table
}

#[test]
fn seed_14_3_4_disabled_begins_no_launch_and_no_removal() {
    let dead = with(healthy(4), |m| m.driver = DriverWord::Exited(1));
    let cases = [
        (9, vec![healthy(1)]),
        (1, many(healthy, 1, 3)),
        (3, vec![healthy(1), healthy(2), down(3)]),
        (3, vec![healthy(1), healthy(2), dead]),
    ];
    for (desired, members) in cases {
        let mut table = disabled(fixed(1, 20), desired, members);
        table.seen.strays = vec![stray(70)];
        table.seen.orders = vec![Order::Remove { id: InstanceId(1) }];
        let passed = table.cycles(5);
        assert_eq!(passed.plan.steps, [], "{desired}");
        assert_eq!(passed.plan.trail, [Reason::Disabled, Reason::Strays { count: 1 }]);
        assert!(passed.decision.trail.contains(&Reason::Disabled));
    }
}

#[test]
fn what_finishes_an_earlier_step_goes_on() {
    let id = InstanceId;
    let drained = with(draining(3, LeaveCause::Surplus), |m| {
        m.standings[0].word = CheckWord::Draining(0)
    });
    let stopped = with(healthy(4), |m| {
        m.phase = Phase::Stopping {
            cause: LeaveCause::Surplus,
            until: now(),
        };
        m.standings.clear();
    });
    let arrived = with(pending(5), |m| m.driver = DriverWord::Running(now()));
    let mut table = disabled(fixed(1, 20), 2, vec![healthy(1), healthy(2), drained, stopped, arrived]);
    let expected = [
        Step::Signal {
            id: id(3),
            cause: LeaveCause::Surplus,
        },
        Step::Delete {
            id: id(4),
            cause: LeaveCause::Surplus,
        },
        Step::MarkRunning { id: id(5) },
        Step::Register { id: id(5), vserver: VS },
    ];
    let passed = table.closed();
    assert_eq!(passed.plan.steps, expected);
    assert!(!passed.plan.steps.iter().any(Step::begins));
}

#[test]
fn disabled_nothing_is_judged() {
    let mut table = disabled(spec(1, 20), 4, many(|id| sampled(healthy(id), 99_000), 1, 4));
    let passed = table.cycles(5);
    assert_eq!(passed.decision.size, 4);
    let record = table.memory.closed.clone().unwrap();
    assert_eq!(
        (record.means[0], record.demands[0]),
        (Ok(99_000), Err(Missing::Disabled)),
        "the chart goes on"
    );
}

#[test]
fn enabling_starts_streaks_and_windows_anew() {
    let mut table = Table::new(
        spec(1, 20),
        10,
        [many(|id| sampled(healthy(id), 10_000), 1, 9), vec![down(10)]].concat(),
    );
    let _ = table.cycles(2);
    table.status = GroupStatus::Disabled;
    let _ = table.closed();
    table.status = GroupStatus::Enabled;
    assert_eq!(table.cycles(2).plan.steps, []);
    assert_eq!(drained(&table.closed()), [(10, LeaveCause::Unhealthy)]);
    assert_eq!(table.memory.window.summary(Metric::Cpu).present, 3);
}

#[test]
fn disabling_ends_a_hold() {
    let mut table = Table::new(fixed(1, 20), 5, [many(healthy, 1, 2), many(down, 11, 3)].concat());
    let _ = table.closed();
    assert!(table.memory.hold.is_on());
    table.status = GroupStatus::Disabled;
    let _ = table.closed();
    assert_eq!(table.memory.hold, Hold::Off);
}

fn deleting(members: Vec<Member>) -> Table {
    let mut table = Table::new(spec(2, 20), 3, members);
    table.status = GroupStatus::Deleting;
    table
}

#[test]
fn seed_14_3_6_deleting_is_desired_zero_bounds_and_protection_off_and_all_leave() {
    let members = vec![
        healthy(1),
        with(healthy(2), |m| m.flags.protected = true),
        standby(3),
        down(4),
        warming(5),
        pending(6),
    ];
    let passed = deleting(members).closed();
    assert_eq!(passed.decision.size, 0);
    let all: Vec<(u64, LeaveCause)> = (1..=6).map(|id| (id, LeaveCause::GroupDeleted)).collect();
    assert_eq!(drained(&passed), all);
    assert_eq!(passed.plan.trail, [Reason::Deleting]);
}

#[test]
fn deleting_launches_nothing_and_tombstones_open_creates() {
    let lost = with(pending(1), |m| m.driver = DriverWord::Unknown);
    let mut table = deleting(vec![lost]);
    assert_eq!(drained_ids(&table.closed()), [1]);
    table.member(1).phase = Phase::Draining {
        cause: LeaveCause::GroupDeleted,
        until: table.now().plus(Span::secs(30)),
    };
    assert_eq!(
        table.closed().plan.steps,
        [Step::Delete {
            id: InstanceId(1),
            cause: LeaveCause::GroupDeleted
        }]
    );
}

#[test]
fn what_a_user_attached_leaves_its_vservers_and_is_detached() {
    let attached = with(healthy(1), |m| m.flags.attached = true);
    let mut table = deleting(vec![attached]);
    let id = InstanceId(1);
    assert_eq!(table.closed().plan.steps, [Step::Deregister { id, vserver: VS }]);
    table.say(1, CheckWord::Absent);
    let passed = table.closed();
    assert_eq!(passed.plan.steps, [Step::Detach { id }]);
    assert!(passed.plan.trail.contains(&Reason::Detached { id }));
}

#[test]
fn a_deleting_group_ends_with_no_machine() {
    let mut world = crate::common::World::new(spec(1, 20), 7);
    world.set_desired(12);
    world.run(Span::secs(20));
    world.status = GroupStatus::Deleting;
    world.run(Span::mins(5));
    assert_eq!(world.machines.len(), 0);
}

#[test]
fn deleting_carries_on_what_it_began_while_the_driver_is_silent() {
    let cause = LeaveCause::GroupDeleted;
    let drained = with(draining(1, cause), |m| m.standings[0].word = CheckWord::Draining(0));
    let mut table = deleting(vec![drained, healthy(2)]);
    table.seen.driver = Source::Silent;
    table
        .seen
        .members
        .iter_mut()
        .for_each(|m| m.driver = DriverWord::Unknown);
    let passed = table.closed();
    let id = InstanceId(1);
    assert_eq!(passed.plan.steps, [Step::Signal { id, cause }], "and begins nothing");
    assert!(passed.plan.trail.contains(&Reason::DriverSilent));
}

#[test]
fn disabled_a_launch_under_way_is_asked_for_again_and_a_refused_one_is_deleted() {
    let lost = with(pending(1), |m| {
        m.driver = DriverWord::Unknown;
        m.created_at = Timestamp(now().0 - 60_000);
    });
    let id = InstanceId(1);
    let mut table = disabled(fixed(1, 9), 1, vec![lost]);
    assert_eq!(table.closed().plan.steps, [Step::CreateAgain { id }]);
    table.seen.answers = vec![Answer::Refused { id }];
    let cause = LeaveCause::LaunchFailed;
    assert_eq!(table.closed().plan.steps, [Step::Delete { id, cause }]);
}
