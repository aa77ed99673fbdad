//! Design 4.15: machines with our id and no record.

use crate::common::build::*;
use engine::model::*;

fn with_strays(desired: u32, members: u64, strays: u64) -> Table {
    let mut table = Table::new(fixed(0, 40), desired, many(healthy, 1, members));
    table.seen.strays = (0..strays).map(|at| InstanceId(1_000 + at)).collect();
    table
}

fn adopted(steps: &[Step]) -> usize {
    steps.iter().filter(|step| matches!(step, Step::Adopt { .. })).count()
}

fn destroyed(steps: &[Step]) -> usize {
    steps
        .iter()
        .filter(|step| matches!(step, Step::DestroyStray { .. }))
        .count()
}

#[test]
fn a_stray_that_is_wanted_is_taken_in_before_anything_is_launched() {
    let passed = with_strays(11, 10, 1).closed();
    assert_eq!(passed.plan.steps, [Step::Adopt { id: InstanceId(1_000) }]);
    assert!(passed.plan.trail.contains(&Reason::Strays { count: 1 }));
}

#[test]
fn one_that_is_not_wanted_is_destroyed() {
    let passed = with_strays(10, 10, 1).closed();
    assert_eq!(passed.plan.steps, [Step::DestroyStray { id: InstanceId(1_000) }]);
}

#[test]
fn at_most_a_fifth_a_closed_cycle() {
    let mut table = with_strays(20, 20, 10);
    assert_eq!(destroyed(&table.closed().plan.steps), 6, "a fifth of thirty machines");
    assert_eq!(destroyed(&table.woken().plan.steps), 0);
    assert_eq!(destroyed(&table.closed().plan.steps), 6);
}

#[test]
fn more_than_half_strays_nothing_is_destroyed_until_a_person_says_so() {
    assert_eq!(destroyed(&with_strays(10, 10, 10).closed().plan.steps), 4);
    let mut table = with_strays(10, 10, 11);
    let passed = table.closed();
    assert_eq!(passed.plan.steps, []);
    assert!(passed.plan.trail.contains(&Reason::StraysNeedAPerson { count: 11 }));
    table.seen.orders = vec![Order::ConfirmStrays];
    assert_eq!(destroyed(&table.closed().plan.steps), 4);
    table.seen.orders.clear();
    assert_eq!(
        destroyed(&table.closed().plan.steps),
        4,
        "it holds for the strays that are there"
    );
    table.seen.strays.clear();
    let _ = table.closed();
    assert!(!table.memory.durable.strays_confirmed, "and no longer");
}

#[test]
fn after_a_restore_what_is_wanted_is_taken_in_and_nothing_is_launched_beside_it() {
    let mut table = with_strays(10, 0, 10);
    let steps = table.closed().plan.steps;
    assert_eq!((adopted(&steps), destroyed(&steps)), (2, 0));
    assert!(!steps.contains(&Step::DestroyStray { id: InstanceId(1_000) }));
}
