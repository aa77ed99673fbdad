//! What goes wrong together: a fault, and those whom it would break a promise about, at the same time. Drawn one by one the
//! two seldom meet, and a defect that nobody meets is not found.
//!
//! - *Kept and ill*: members are protected, and it is one of them whose program ends or whose checks fail (I2).
//! - *Unheard*: a member is removed while its balancer sends to it and does not hear what it is told (I7).
//! - *Clocks apart*: the server that owns the group has another time than the store, from the beginning on (I3, I11).
//!
//! All of it is drawn after everything else of a story and numbered after all other events: these are in every story what
//! they were before, and a line that keeps some of them tells the same story.

use super::{Edit, Event, Hand, What};
use crate::dice::Dice;
use control::drivers::simulated::Fault;

/// So many stories in a hundred have each of them. Fewer, and a defect that only one of them shows is not met in a
/// hundred seeds; more, and all stories are alike.
const SHARE: u64 = 15;
/// Nobody is in service before, seconds: there is nobody yet to whom any of it could happen.
const SERVES_FROM: i64 = 600;
/// How long before the calm the last of it begins, seconds: a signal that was held back for half a minute and checks that
/// failed for three cycles have to come before the end.
const ROOM_LEFT: i64 = 300;

/// From, to, what.
type Drawn = (i64, i64, What);

/// The events, by their begin; without numbers.
pub(super) fn events(dice: &mut Dice, room: i64) -> Vec<Event> {
    let mut drawn = Vec::new();
    if dice.chance(SHARE) {
        drawn.extend(kept_and_ill(dice, room));
    }
    if dice.chance(SHARE) {
        drawn.extend(unheard(dice, room));
    }
    if dice.chance(SHARE) {
        drawn.push(clocks_apart(dice));
    }
    drawn.sort_by_key(|(at, ..)| *at);
    let event = |(at, until, what): Drawn| Event {
        number: 0,
        at: at.min(room),
        until: until.min(room),
        what,
    };
    drawn.into_iter().map(event).collect()
}

fn begins(dice: &mut Dice, room: i64) -> i64 {
    dice.secs(SERVES_FROM, (room - ROOM_LEFT).max(SERVES_FROM))
}

/// Few enough checks fail beside for the fleet's own brakes to let single members go.
fn kept_and_ill(dice: &mut Dice, room: i64) -> [Drawn; 3] {
    let from = begins(dice, room);
    let until = from + dice.secs(240, 1_500);
    let falls_ill = from + dice.secs(1, 60);
    let hand = dice.one(&[Hand::KillsKept, Hand::StopsKept]);
    let share = dice.one(&[100, 200, 300]);
    [
        (from, until, What::Edit(Edit::Protect)),
        (falls_ill, falls_ill, What::Hand(hand)),
        (falls_ill, until, What::Fault(Fault::CheckFails, share)),
    ]
}

/// It is mute for longer than a drain waits: the signal is due before anybody knows whether it heard of the drain.
fn unheard(dice: &mut Dice, room: i64) -> [Drawn; 2] {
    let from = begins(dice, room);
    let until = from + dice.secs(90, 600);
    let removed = from + dice.secs(1, 20);
    [
        (from, until, What::Fault(Fault::BalancerMute, 1_000)),
        (removed, removed, What::Edit(Edit::Remove)),
    ]
}

/// The first server owns the group at first. Further apart than a lease lasts, or nearly so: less cannot be told from a
/// slow answer.
fn clocks_apart(dice: &mut Dice) -> Drawn {
    let ahead = dice.one(&[-45, -20, 20, 45, 90]);
    (0, 0, What::ClockSet { server: 0, ahead })
}

#[cfg(test)]
mod tests {
    use crate::story::{Edit, Hand, Story, What};
    use std::collections::BTreeSet;

    fn stories_with(test: impl Fn(&What) -> bool) -> usize {
        let has = |seed: &u64| Story::of(*seed, 2).events.iter().any(|event| test(&event.what));
        (1..=300).filter(has).count()
    }

    #[test]
    fn what_goes_together_is_in_a_tenth_of_the_stories() {
        let kept = stories_with(|what| matches!(what, What::Hand(Hand::KillsKept | Hand::StopsKept)));
        assert!((20..=65).contains(&kept), "{kept}");
        let protected = stories_with(|what| matches!(what, What::Edit(Edit::Protect)));
        assert!(protected >= kept);
    }

    #[test]
    fn events_come_by_their_time_and_each_has_a_number_of_its_own() {
        for seed in 1..=300 {
            let events = Story::of(seed, 2).events;
            assert!(events.is_sorted_by_key(|event| event.at), "seed {seed}");
            let numbers: BTreeSet<usize> = events.iter().map(|event| event.number).collect();
            assert_eq!(numbers, (0..events.len()).collect::<BTreeSet<usize>>(), "seed {seed}");
        }
    }
}
