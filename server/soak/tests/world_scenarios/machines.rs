//! Machines that do not boot, die, fail their checks or change hands, and a provider or a balancer that does not do as told.

use crate::fixture::{fixed, service, spec, story, whole, with};
use control::drivers::simulated::Fault;
use engine::model::{GroupSpec, Span};
use engine::simulate::{Checks, Service};
use soak::Story;
use soak::story::{Edit, Hand, What};

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
fn a_provider_that_throttles_refuses_or_has_none_left_gets_no_storm_and_the_group_comes_through() {
    for (fault, most) in [(Fault::Throttled, 30), (Fault::Refused, 30), (Fault::OutOfStock, 60)] {
        let events = [(10, 40, What::Fault(fault, 700)), (11, 60, What::Traffic { to: 3_000 })];
        let played = whole(&with(story(spec(2, 10), 2), &events));
        assert!(played.end.made <= most, "{fault:?} {:?}", played.end);
    }
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
