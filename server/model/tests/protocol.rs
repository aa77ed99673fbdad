//! Every state of every case, under the rules as designed.

use model::broken::Promise;
use model::case::Case;
use model::happening;
use model::protocol::Protocol;
use model::rules::Rules;
use stateright::{Checker, Model};
use std::collections::BTreeSet;

/// Searches a case whole, prints how much that was, and answers what happened in it.
fn search(case: Case) -> Vec<&'static str> {
    let name = case.name;
    let checker = Protocol::new(case, Rules::designed()).checker().spawn_bfs().join();
    println!(
        "{name}: {} states, depth {}; {} worlds without faults come to rest, in {} passes at most",
        checker.unique_state_count(),
        checker.max_depth(),
        checker.model().rest.looked_at(),
        checker.model().rest.longest(),
    );
    for promise in Promise::ALL {
        checker.assert_no_discovery(promise.name());
    }
    checker.discoveries().into_keys().collect()
}

#[test]
fn no_state_breaks_a_promise_and_from_each_machines_become_records() {
    let happened: BTreeSet<_> = Case::all().into_iter().flat_map(search).collect();
    assert_eq!(happened, BTreeSet::from(happening::ALL));
}

#[test]
#[ignore = "millions of states: minutes"]
fn with_one_more_change_of_hands_and_one_more_death_the_same_holds() {
    for case in Case::all() {
        search(case.wider());
    }
}
