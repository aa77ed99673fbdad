//! Cases that broke other autoscalers, each told once on purpose in the simulated world. Every invariant is watched in all of
//! them; what a test asserts beside is what this case is about.

use control::drivers::simulated::Fault;
use engine::model::{
    Binding, GroupSpec, GroupStatus, Guard, Metric, ReadyCheck, RemovalPolicy, Rule, ScaleIn, Span, Timestamp,
};
use engine::simulate::{Checks, Region, Service, Shape, Spike, Traffic, Zone};
use soak::crowd::VSERVER;
use soak::gates::{Act, Side};
use soak::story::{Edit, Event, Hand, Mood, What};
use soak::timeline::BEGIN_MS;
use soak::witness::Telling;
use soak::{Played, Story, play};

/// A machine's vCPUs, thousandths.
const MACHINE_MILLI: u64 = 250;
const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
/// Long enough for half an hour of anything and the calm after it.
const LENGTH: i64 = 2 * HOUR;

/// `min` to `max` behind a listener, by CPU at 50 %, no warm-up.
fn spec(min: u32, max: u32) -> GroupSpec {
    GroupSpec {
        min,
        max,
        warm_up: Span(0),
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 50_000,
            step: None,
        }],
        scale_in: ScaleIn::Allowed,
        removal: RemovalPolicy::Newest,
        brake: Guard::On,
        hold: Guard::On,
        projection: Guard::On,
        bindings: vec![Binding {
            vserver: VSERVER,
            port: 8080,
            weight: 1,
        }],
        ready_check: ReadyCheck::None,
        seed: 9,
    }
}

/// The same of a fixed size.
fn fixed(size: u32, max: u32) -> GroupSpec {
    GroupSpec {
        rules: Vec::new(),
        ..spec(size, max)
    }
}

/// Traffic that so many machines at 40 % carry.
fn service(machines: u64) -> Service {
    let work_us = 10_000;
    let needs_milli = machines * MACHINE_MILLI * 40 / 100;
    Service {
        traffic: Traffic {
            base: needs_milli * 1_000_000 / work_us,
            noise: 20,
            shape: Shape::Constant,
        },
        vserver: Some(VSERVER),
        work_us,
        patience: Span::secs(10),
        idle_milli: 10,
        spike: Spike {
            lasts: Span(0),
            milli: 0,
        },
        checks: Checks::Patient,
        memory_milli: (100, 300),
    }
}

fn region() -> Region {
    Region {
        zones: vec![Zone { stock: 1_000 }; 2],
        hosts: 4,
        boot: (Span::secs(5), Span::secs(20)),
        stop: (Span(200), Span::secs(5)),
        delete: (Span(100), Span::secs(2)),
        ..Region::default()
    }
}

fn story(spec: GroupSpec, machines: u64) -> Story {
    Story {
        seed: 9,
        length: LENGTH,
        desired: spec.min,
        spec,
        region: region(),
        service: service(machines),
        servers: 1,
        subnet_bits: 24,
        events: Vec::new(),
    }
}

/// With those events: from, to (minutes), what.
fn with(mut story: Story, events: &[(i64, i64, What)]) -> Story {
    let all = events.iter().enumerate().map(|(number, (at, until, what))| Event {
        number,
        at: at * MINUTE,
        until: until * MINUTE,
        what: *what,
    });
    story.events = all.collect();
    story
}

/// Plays it; every invariant holds, and the group is whole at the end.
fn whole(story: &Story) -> Played {
    let played = play(story, Telling::Aloud);
    assert_eq!(played.violation, None, "{}", played.lines.join("\n"));
    let (desired, end) = (usize::try_from(played.end.desired).expect("a size"), &played.end);
    assert_eq!((end.serving, end.records), (desired, desired), "{end:?}");
    played
}

fn ins(played: &Played, from: i64, to: i64) -> usize {
    let moves = played.end.moves.iter();
    moves
        .filter(|moved| moved.to < moved.from && (from * MINUTE..to * MINUTE).contains(&moved.at))
        .count()
}

#[test]
fn a_template_that_never_boots_costs_a_handful_of_machines_and_not_one_a_minute() {
    let played = whole(&with(
        story(fixed(3, 6), 3),
        &[(0, 70, What::Fault(Fault::NeverBoots, 1_000))],
    ));
    // Five failures open the breaker; its trials come after 5, 10, 20, 40 min.
    assert!((8..=16).contains(&played.end.made), "{:?}", played.end);
    assert!(played.end.peak <= 6);
}

#[test]
fn a_machine_that_boots_and_then_stops_opens_the_breaker_and_nothing_spins() {
    let warm = GroupSpec {
        warm_up: Span::secs(300),
        ..fixed(3, 6)
    };
    for fault in [Fault::BootsThenStops, Fault::Dies] {
        let played = whole(&with(story(warm.clone(), 3), &[(0, 70, What::Fault(fault, 1_000))]));
        assert!(played.end.made <= 30, "{fault:?} {:?}", played.end);
    }
}

#[test]
fn a_store_that_is_gone_hangs_or_is_full_stops_nothing_that_was_begun_and_begins_nothing() {
    for mood in [
        Mood::Slow,
        Mood::Gone,
        Mood::Hangs,
        Mood::Full,
        Mood::FullAfterIntend,
        Mood::AnswerLost,
    ] {
        let events = [
            (20, 35, What::Store(mood)),
            (22, 50, What::Traffic { to: 3_000 }),
            (25, 25, What::Hand(Hand::Kills)),
        ];
        let played = whole(&with(story(spec(2, 10), 2), &events));
        assert!(
            played.end.peak > 4,
            "it grew when the store was back: {mood:?} {:?}",
            played.end
        );
    }
}

#[test]
fn a_host_that_fails_while_the_balancer_forgets_members_leaves_members_and_machines_the_same() {
    let events = [
        (20, 20, What::HostLost { zone: 0, host: 1 }),
        (20, 20, What::HostLost { zone: 1, host: 2 }),
        (21, 21, What::BalancerForgets { each: 2 }),
        (25, 25, What::BalancerDies),
    ];
    whole(&with(story(fixed(8, 12), 8), &events));
}

#[test]
fn a_server_that_dies_before_or_after_any_call_comes_to_the_same_end_as_one_that_does_not() {
    let base = [
        (10, 25, What::Traffic { to: 4_000 }),
        (30, 30, What::Edit(Edit::Bounds(1, 3))),
        (35, 35, What::Hand(Hand::Kills)),
    ];
    let unharmed = whole(&with(story(spec(2, 8), 2), &base)).end;
    for act in Act::CHANGING.into_iter().chain(Act::LOOKING) {
        for side in [Side::Before, Side::After] {
            let mut events = base.to_vec();
            for minute in [0, 10, 11, 30, 35] {
                events.push((minute, minute + 3, What::Crash { server: 0, act, side }));
            }
            events.sort_by_key(|(at, ..)| *at);
            let end = whole(&with(story(spec(2, 8), 2), &events)).end;
            assert_eq!(
                (end.desired, end.records),
                (unharmed.desired, unharmed.records),
                "{side:?} {act:?}"
            );
        }
    }
}

#[test]
fn of_two_servers_the_one_that_slept_through_its_lease_begins_nothing_when_it_wakes() {
    let events = [
        (10, 12, What::Asleep { server: 0 }),
        (11, 40, What::Traffic { to: 3_000 }),
        (20, 30, What::Asleep { server: 1 }),
        (29, 29, What::Hand(Hand::Kills)),
        (40, 45, What::Asleep { server: 0 }),
    ];
    let story = Story {
        servers: 2,
        ..story(spec(2, 8), 2)
    };
    whole(&with(story, &events));
}

#[test]
fn a_clock_that_is_set_forward_or_back_neither_kills_nor_stops_a_group() {
    for ahead in [-600, -30, 10, 60, HOUR] {
        let events = [
            (20, 20, What::ClockSet { server: 0, ahead }),
            (21, 21, What::Hand(Hand::Kills)),
            (40, 40, What::ClockSet { server: 0, ahead: 0 }),
        ];
        // A clock set back by an hour holds product time for that hour: give it that.
        let long = Story {
            length: LENGTH + 2 * HOUR,
            ..story(spec(3, 8), 3)
        };
        let played = whole(&with(long, &events));
        assert!(played.end.made <= 6, "{ahead} {:?}", played.end);
    }
}

#[test]
fn a_gap_nonsense_or_stale_readings_never_shrink_a_group() {
    for fault in [Fault::MetricGap, Fault::MetricStale, Fault::MetricNonsense] {
        let events = [(25, 65, What::Fault(fault, 1_000)), (26, 64, What::Traffic { to: 100 })];
        let played = whole(&with(
            Story {
                desired: 4,
                ..story(spec(2, 8), 5)
            },
            &events,
        ));
        assert_eq!(ins(&played, 26, 65), 0, "{fault:?} {:?}", played.end.moves);
    }
}

#[test]
fn a_metric_that_reads_zero_shrinks_a_group_no_faster_than_one_step_a_minute_and_it_grows_back() {
    let events = [(25, 45, What::Fault(Fault::MetricZero, 1_000))];
    let played = whole(&with(
        Story {
            desired: 5,
            ..story(spec(2, 8), 5)
        },
        &events,
    ));
    assert!(
        ins(&played, 25, 36) <= 2,
        "the window of ten minutes stands before it: {:?}",
        played.end.moves
    );
    assert!(played.end.desired >= 4, "{:?}", played.end);
}

#[test]
fn one_member_without_a_metric_stops_no_scale_out() {
    let events = [
        (10, 70, What::Fault(Fault::OneSilent, 1_000)),
        (20, 70, What::Traffic { to: 3_000 }),
    ];
    let played = whole(&with(story(spec(3, 12), 3), &events));
    assert!(played.end.peak >= 7, "{:?}", played.end);
}

#[test]
fn cpu_of_starting_machines_sets_no_chain_reaction_off() {
    let warm = GroupSpec {
        warm_up: Span::secs(180),
        ..spec(2, 12)
    };
    let quiet = Story {
        service: Service {
            vserver: None,
            ..service(2)
        },
        ..story(warm, 2)
    };
    let unbound = GroupSpec {
        bindings: Vec::new(),
        ..quiet.spec.clone()
    };
    let quiet = Story { spec: unbound, ..quiet };
    let events = [
        (0, 70, What::Fault(Fault::StartUpSpike, 900)),
        (20, 20, What::Hand(Hand::Kills)),
    ];
    let played = whole(&with(quiet, &events));
    assert!(played.end.peak <= 4, "{:?}", played.end);
}

#[test]
fn overload_that_fails_the_checks_kills_no_fleet() {
    let sick = Service {
        checks: Checks::FailAfter(Span::secs(2)),
        ..service(6)
    };
    let events = [(20, 30, What::Traffic { to: 4_000 })];
    let played = whole(&with(
        Story {
            service: sick,
            ..story(spec(6, 12), 6)
        },
        &events,
    ));
    assert!(played.end.made <= 30, "{:?}", played.end);
}

#[test]
fn all_checks_broken_for_a_quarter_of_an_hour_costs_few_machines() {
    let warm = GroupSpec {
        warm_up: Span::secs(300),
        ..fixed(10, 20)
    };
    let events = [(20, 35, What::Fault(Fault::CheckFails, 1_000))];
    let played = whole(&with(story(warm, 10), &events));
    assert!(played.end.peak <= 16, "{:?}", played.end);
    let half = [(20, 35, What::Fault(Fault::CheckFails, 500))];
    whole(&with(story(fixed(10, 20), 10), &half));
}

#[test]
fn an_outage_and_the_retry_storm_after_it_find_the_machines_still_there() {
    let events = [(25, 40, What::Traffic { to: 0 }), (40, 45, What::Traffic { to: 4_000 })];
    let played = whole(&with(
        Story {
            desired: 6,
            ..story(spec(2, 12), 6)
        },
        &events,
    ));
    assert!(
        ins(&played, 25, 35) <= 1,
        "the window of ten minutes stands before it: {:?}",
        played.end.moves
    );
}

#[test]
fn demand_at_the_threshold_and_noise_make_no_group_flap() {
    // Five machines at 50 % are five at the threshold: noise of 5 % is now above it, now below.
    for machines in [5, 6, 7] {
        let noisy = service(machines);
        let traffic = Traffic {
            noise: 50,
            base: noisy.traffic.base * 125 / 100,
            ..noisy.traffic
        };
        let story = Story {
            service: Service { traffic, ..noisy },
            length: 6 * HOUR,
            ..story(spec(2, 12), machines)
        };
        let moves = whole(&story).end.moves;
        let ins = moves.iter().position(|moved| moved.to < moved.from);
        let outs = moves.iter().rposition(|moved| moved.to > moved.from);
        assert!(ins.is_none() || ins > outs, "out, then in, then rest: {moves:?}");
    }
}

#[test]
fn a_provider_that_throttles_refuses_or_has_none_left_gets_no_storm_and_the_group_comes_through() {
    for (fault, most) in [(Fault::Throttled, 30), (Fault::Refused, 30), (Fault::OutOfStock, 60)] {
        let events = [(10, 40, What::Fault(fault, 700)), (11, 60, What::Traffic { to: 3_000 })];
        let played = whole(&with(story(spec(2, 10), 2), &events));
        assert!(played.end.made <= most, "{fault:?} {:?}", played.end);
    }
}

#[test]
fn a_bad_template_version_and_the_good_one_after_it_leave_the_old_machines_alone() {
    let events = [
        (20, 20, What::Edit(Edit::Template)),
        (20, 40, What::Fault(Fault::NeverBoots, 1_000)),
        (21, 40, What::Traffic { to: 3_000 }),
        (40, 40, What::Edit(Edit::Template)),
        (41, 41, What::Edit(Edit::Rearm)),
    ];
    let played = whole(&with(story(spec(3, 10), 3), &events));
    assert!(played.end.made <= 20, "{:?}", played.end);
}

#[test]
fn a_max_below_what_there_is_brings_the_group_down_to_it_and_never_up() {
    let events = [
        (20, 20, What::Edit(Edit::Bounds(1, 3))),
        (22, 22, What::Hand(Hand::Kills)),
    ];
    let played = whole(&with(
        Story {
            desired: 8,
            ..story(fixed(2, 10), 8)
        },
        &events,
    ));
    assert_eq!((played.end.desired, played.end.peak), (3, 8));
}

#[test]
fn a_min_above_what_the_zones_have_left_gets_what_there_is_and_the_rest_when_there_is_more() {
    let small = Region {
        zones: vec![Zone { stock: 3 }; 2],
        ..region()
    };
    let events = [(20, 20, What::Edit(Edit::Bounds(9, 12)))];
    let played = whole(&with(
        Story {
            region: small,
            ..story(fixed(2, 10), 4)
        },
        &events,
    ));
    assert_eq!(played.end.desired, 9);
}

#[test]
fn a_desired_that_somebody_else_sets_again_and_again_is_followed_each_time_without_a_machine_too_many() {
    let sizes = [7, 2, 8, 3, 6, 2];
    let events: Vec<_> = sizes
        .iter()
        .zip(20..)
        .map(|(size, at)| (at, at, What::Edit(Edit::Desired(*size))))
        .collect();
    let played = whole(&with(story(fixed(2, 8), 2), &events));
    assert_eq!((played.end.desired, played.end.peak <= 8), (2, true));
}

#[test]
fn a_group_disabled_while_it_launches_begins_nothing_more_and_goes_on_when_it_is_enabled() {
    let events = [
        (20, 20, What::Edit(Edit::Desired(8))),
        (20, 50, What::Edit(Edit::Status(GroupStatus::Disabled))),
        (25, 25, What::Hand(Hand::Kills)),
    ];
    let slow = Region {
        boot: (Span::secs(200), Span::secs(400)),
        ..region()
    };
    let played = whole(&with(
        Story {
            region: slow,
            ..story(fixed(2, 8), 2)
        },
        &events,
    ));
    assert_eq!(played.end.desired, 8);
}

#[test]
fn a_group_deleted_while_it_launches_leaves_no_machine_whatever_the_driver_loses() {
    for fault in [
        Fault::AnswerLost,
        Fault::Late,
        Fault::Repeated,
        Fault::Zombie,
        Fault::Silent,
    ] {
        let events = [
            (19, 40, What::Fault(fault, 500)),
            (20, 20, What::Edit(Edit::Desired(8))),
            (20, 20, What::Edit(Edit::Status(GroupStatus::Deleting))),
            (21, 21, What::Hand(Hand::MakesAlike)),
        ];
        let played = play(&with(story(fixed(2, 8), 2), &events), Telling::Aloud);
        assert_eq!(played.violation, None, "{fault:?}\n{}", played.lines.join("\n"));
        assert_eq!(played.end.status, Some(GroupStatus::Deleted), "{fault:?}");
    }
}

#[test]
fn a_tenfold_flash_is_met_and_its_end_brings_the_group_back() {
    let flash = Shape::Spike {
        at: Timestamp(BEGIN_MS).plus(Span::mins(20)),
        lasts: Span::mins(20),
        to: 10_000,
    };
    let calm = service(2);
    let traffic = Traffic {
        shape: flash,
        ..calm.traffic
    };
    let played = whole(&Story {
        service: Service { traffic, ..calm },
        length: 4 * HOUR,
        ..story(spec(2, 40), 2)
    });
    assert!((16..=40).contains(&played.end.peak), "{:?}", played.end);
    assert!(played.end.desired <= 4, "{:?}", played.end);
}

#[test]
fn machines_that_others_make_or_take_away_are_taken_in_let_go_or_replaced() {
    let events = [
        (20, 20, What::Hand(Hand::MakesAlike)),
        (22, 22, What::Hand(Hand::TakesAway)),
        (24, 24, What::Hand(Hand::MakesOther)),
        (26, 26, What::Hand(Hand::Stops)),
    ];
    whole(&with(story(fixed(4, 8), 4), &events));
}

#[test]
fn a_member_removed_while_its_balancer_is_mute_runs_on_and_is_out_of_it_when_it_speaks() {
    let events = [
        (20, 40, What::Fault(Fault::BalancerMute, 1_000)),
        (22, 22, What::Edit(Edit::Remove)),
        (24, 24, What::Hand(Hand::TakesAway)),
    ];
    whole(&with(story(fixed(4, 8), 4), &events));
}

#[test]
fn a_protected_member_that_fails_its_checks_or_is_too_many_stays() {
    let events = [
        (20, 60, What::Edit(Edit::Protect)),
        (22, 40, What::Fault(Fault::CheckFails, 400)),
        (45, 45, What::Edit(Edit::Bounds(1, 2))),
    ];
    whole(&with(story(fixed(8, 12), 8), &events));
}
