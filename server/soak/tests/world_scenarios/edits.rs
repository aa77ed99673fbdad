//! What people change while something else is under way.

use crate::fixture::{fixed, region, spec, story, whole, with};
use control::drivers::simulated::Fault;
use engine::model::{GroupStatus, Span};
use engine::simulate::{Region, Zone};
use soak::story::{Edit, Hand, What};
use soak::witness::Telling;
use soak::{Story, play};

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
