//! Seeds of the simulated world: each is hours of faults, edits and crashes, and every invariant holds in all of them.

use soak::shrink::{repeat_line, shrink};
use soak::witness::Telling;
use soak::{Story, play};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every invariant holds in the first so many seeds, each a story so long.
#[track_caller]
fn all_hold(seeds: u64, hours: u32) {
    let (next, broken) = (AtomicU64::new(1), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > seeds {
                        return;
                    }
                    if let Some(violation) = play(&Story::of(seed, hours), Telling::Silent).violation {
                        broken.lock().expect("no panic elsewhere").push((seed, violation));
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().expect("no panic elsewhere");
    broken.sort_by_key(|(seed, _)| *seed);
    let told = broken.iter().take(3).map(|(seed, violation)| {
        let shortest = shrink(&Story::of(*seed, hours), violation.clone());
        format!("{}  # {}", repeat_line(&shortest.story), shortest.violation)
    });
    let told: Vec<String> = told.collect();
    assert!(
        told.is_empty(),
        "{} of {seeds} seeds broke:\n{}",
        broken.len(),
        told.join("\n")
    );
}

#[test]
fn every_invariant_holds_in_three_hundred_seeds_of_six_hours() {
    all_hold(300, 6);
}

/// Cheap enough for mutants that seeds have to find by themselves (`make mutants`).
#[test]
fn every_invariant_holds_in_a_hundred_seeds_of_two_hours() {
    all_hold(100, 2);
}

#[test]
fn a_seed_played_twice_is_the_same_story_to_the_last_call() {
    for seed in 1..=6 {
        let story = Story::of(seed, 2);
        let (one, other) = (play(&story, Telling::Silent), play(&story, Telling::Silent));
        assert!(one.calls > 1_000);
        assert_eq!(one, other, "seed {seed}");
    }
}

#[test]
fn without_faults_a_seeds_group_comes_to_rest() {
    for seed in 1..=20 {
        let played = play(&Story::of(seed, 2).calm(), Telling::Silent);
        assert_eq!(played.violation, None, "seed {seed}");
    }
}

#[test]
fn every_story_in_which_an_invariant_broke_once_holds_now() {
    let lines = include_str!("../regressions.txt").lines();
    let stories: Vec<&str> = lines.filter(|line| line.starts_with("make soak ")).collect();
    assert!(!stories.is_empty());
    for line in stories {
        let story = Story::of_line(line).expect("a line that make soak printed");
        assert_eq!(repeat_line(&story), line, "it names events that are not drawn any more");
        assert_eq!(play(&story, Telling::Silent).violation, None, "{line}");
    }
}
