//! What the numbers of design 7 rest on: sizes, and nothing that grows with the work. Times are `make bench`'s.

use crate::common::build::*;
use engine::census::Cohorts;
use engine::decide::decide_cohorts;
use engine::memory::{Memo, Memory};
use engine::model::*;
use engine::plan::nothing_to_do;
use std::mem::size_of;

#[test]
fn an_instance_takes_at_most_500_bytes_of_snapshot_and_memory() {
    let standing = size_of::<Standing>();
    let instance = size_of::<Member>() + 2 * standing + size_of::<Memo>();
    assert!(instance <= 400, "{instance} bytes an instance");
    let mut table = Table::new(spec(1, 999), 100, many(healthy, 1, 100));
    let _ = table.cycles(60);
    let group = size_of::<Memory>() + 40 * 48 * 2;
    assert!(
        instance + group / 100 <= 500,
        "{} with its share of the group",
        instance + group / 100
    );
}

#[test]
fn a_settled_group_has_nothing_to_do_by_its_counts_alone() {
    let mut table = Table::new(spec(1, 999), 100, many(healthy, 1, 100));
    let _ = table.closed();
    let cohorts = Cohorts::of(&table.spec, &table.memory, &table.seen, table.now());
    let decision = decide_cohorts(&table.spec, table.status, &table.memory, &cohorts, table.now(), NoTrail);
    assert!(nothing_to_do(table.status, &table.memory, &cohorts, decision.size));
    assert!(!nothing_to_do(table.status, &table.memory, &cohorts, 101));
}
