//! Each rule carries weight: without it the search finds the way to a broken promise.

use model::broken::Promise;
use model::case::Case;
use model::protocol::Protocol;
use model::rules::{Creates, Edits, Fence, Marks, Minting, Repeats, Rules, Strays, Tombstones, Turns, Unseen};
use stateright::{Checker, HasDiscoveries, Model};
use std::collections::BTreeSet;

const DESIGNED: Rules = Rules::designed();

/// Searches until this promise is broken, prints the shortest way there, and answers its length.
fn way_to(promise: Promise, case: Case, rules: Rules) -> Option<usize> {
    let wanted = HasDiscoveries::AllOf(BTreeSet::from([promise.name()]));
    let checker = Protocol::new(case, rules)
        .checker()
        .finish_when(wanted)
        .spawn_bfs()
        .join();
    let way = checker.discovery(promise.name())?;
    let steps: Vec<String> = way.into_actions().iter().map(|step| format!("{step:?}")).collect();
    println!(
        "{}, after {} states, by\n    {}",
        promise.name(),
        checker.unique_state_count(),
        steps.join(", ")
    );
    Some(steps.len())
}

#[track_caller]
fn breaks(promise: Promise, case: Case, rules: Rules) {
    assert!(
        way_to(promise, case, rules).is_some(),
        "{}: no way found",
        promise.name()
    );
}

#[test]
fn without_a_fence_two_servers_launch_beyond_max() {
    let rules = Rules {
        fence: Fence::Nothing,
        ..DESIGNED
    };
    breaks(Promise::FencedIsRefused, Case::launch(), rules);
    breaks(Promise::WithinMax, Case::launch(), rules);
}

#[test]
fn a_right_clock_is_no_fence_since_a_server_may_sleep_after_it_looked() {
    let rules = Rules {
        fence: Fence::OwnClock,
        ..DESIGNED
    };
    breaks(Promise::FencedIsRefused, Case::launch(), rules);
    breaks(Promise::WithinMax, Case::launch(), rules);
}

#[test]
fn without_tombstones_a_late_create_makes_a_deleted_machine_again() {
    let rules = Rules {
        tombstones: Tombstones::Forgotten,
        ..DESIGNED
    };
    breaks(Promise::DeletedStaysDeleted, Case::lowered_at_launch(), rules);
    breaks(Promise::OneMachineAnId, Case::lowered_at_launch(), rules);
}

#[test]
fn a_driver_that_takes_each_create_for_a_new_one_makes_two_machines_for_an_id() {
    let rules = Rules {
        creates: Creates::Each,
        ..DESIGNED
    };
    breaks(Promise::OneMachineAnId, Case::launch(), rules);
}

#[test]
fn ids_minted_at_apply_are_launched_again_before_anybody_can_see_them() {
    let rules = Rules {
        minting: Minting::AtApply,
        ..DESIGNED
    };
    breaks(Promise::WithinMax, Case::launch(), rules);
    breaks(Promise::DisabledBeginsNothing, Case::launch(), rules);
}

#[test]
fn without_the_spec_version_a_launch_passes_a_max_that_was_lowered() {
    let rules = Rules {
        edits: Edits::Unseen,
        ..DESIGNED
    };
    breaks(Promise::WithinMax, Case::lowered_at_launch(), rules);
    breaks(Promise::DisabledBeginsNothing, Case::launch(), rules);
}

#[test]
fn without_turns_to_write_a_commit_passes_the_fence_it_was_checked_by() {
    let rules = Rules {
        turns: Turns::AsTheyCome,
        ..DESIGNED
    };
    breaks(Promise::FencedIsRefused, Case::launch(), rules);
    breaks(Promise::WithinMax, Case::launch(), rules);
}

#[test]
fn a_commit_that_lands_after_the_next_load_is_launched_twice_unless_intents_are_counted() {
    let rules = Rules {
        unseen: Unseen::Passed,
        ..DESIGNED
    };
    breaks(Promise::WithinMax, Case::launch(), rules);
}

#[test]
fn a_stray_that_is_destroyed_without_an_intent_is_destroyed_while_disabled() {
    let rules = Rules {
        strays: Strays::Unwritten,
        ..DESIGNED
    };
    breaks(Promise::DisabledBeginsNothing, Case::stray(), rules);
    breaks(Promise::LeavingAreDeleted, Case::stray(), rules);
}

#[test]
fn a_strays_end_that_is_checked_and_not_recorded_meets_the_server_that_takes_it_in() {
    let rules = Rules {
        strays: Strays::Checked,
        ..DESIGNED
    };
    breaks(Promise::LeavingAreDeleted, Case::stray(), rules);
}

#[test]
fn a_settlement_that_lets_any_record_serve_undoes_a_removal() {
    let rules = Rules {
        marks: Marks::Any,
        ..DESIGNED
    };
    breaks(Promise::IntentStands, Case::lowered_at_launch(), rules);
}

#[test]
fn open_steps_that_nobody_repeats_leave_a_record_without_a_machine_after_a_crash() {
    let rules = Rules {
        repeats: Repeats::Never,
        ..DESIGNED
    };
    breaks(Promise::ComesToRest, Case::launch(), rules);
}
