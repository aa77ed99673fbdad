//! Servers that die or sleep, clocks that are set, a store that does not answer.

use crate::fixture::{HOUR, LENGTH, spec, story, whole, with};
use soak::Story;
use soak::gates::{Act, Side};
use soak::story::{Edit, Hand, Mood, What};

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
