//! The shortest story in which the same invariant still breaks.

use crate::scene::play;
use crate::story::Story;
use crate::witness::{Invariant, Telling, Violation};

/// Stories tried at most: a seed's events are few, and each is tried once or twice.
const TRIES_MAX: usize = 120;

/// A story, cut down to what matters.
#[derive(Debug, Clone)]
pub struct Shortest {
    /// The story.
    pub story: Story,
    /// What breaks in it.
    pub violation: Violation,
}

/// Leaves out event after event while `violation`'s invariant still breaks.
pub fn shrink(story: &Story, violation: Violation) -> Shortest {
    let mut shortest = Shortest {
        story: story.clone(),
        violation,
    };
    let mut tries = 0;
    loop {
        let before = shortest.story.events.len();
        for place in (0..before).rev() {
            tries += 1;
            if tries > TRIES_MAX {
                return shortest;
            }
            leave_out(&mut shortest, place);
        }
        if shortest.story.events.len() == before {
            return shortest;
        }
    }
}

fn leave_out(shortest: &mut Shortest, place: usize) {
    let mut story = shortest.story.clone();
    story.events.remove(place);
    if let Some(violation) = breaks(&story, shortest.violation.invariant) {
        *shortest = Shortest { story, violation };
    }
}

fn breaks(story: &Story, invariant: Invariant) -> Option<Violation> {
    let played = play(story, Telling::Silent);
    played.violation.filter(|violation| violation.invariant == invariant)
}

/// The line that repeats a story.
pub fn repeat_line(story: &Story) -> String {
    let hours = story.length / 3_600;
    let kept: Vec<String> = story.events.iter().map(|event| event.number.to_string()).collect();
    let kept = if kept.is_empty() {
        "none".to_owned()
    } else {
        kept.join(",")
    };
    format!("make soak SEED={} HOURS={hours} KEEP={kept}", story.seed)
}
