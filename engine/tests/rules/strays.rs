//! Design 4.15: machines with our id and no record.

use crate::common::build::*;
use engine::model::*;

fn with_strays(desired: u32, members: u64, strays: u64) -> Table {
    let mut table = Table::new(fixed(0, 40), desired, many(healthy, 1, members));
    table.seen.strays = (1_000..1_000 + strays).map(stray).collect();
    table
}

fn with_others(desired: u32, members: u64, strays: u64) -> Table {
    let mut table = with_strays(desired, members, strays);
    table.seen.strays.iter_mut().for_each(|stray| stray.fit = Fit::Differs);
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
fn one_that_is_wanted_but_does_not_match_is_destroyed_and_another_launched() {
    let passed = with_others(11, 10, 1).closed();
    let destroy = Step::DestroyStray { id: InstanceId(1_000) };
    assert_eq!((passed.plan.steps[0], launches(&passed)), (destroy, 1));
    assert_eq!(passed.plan.steps.len(), 2);
}

#[test]
fn one_that_does_not_match_leaves_no_room_beyond_max() {
    let mut table = with_others(11, 10, 1);
    table.spec.max = 11;
    let passed = table.closed();
    assert_eq!(
        (destroyed(&passed.plan.steps), launches(&passed)),
        (1, 0),
        "I1: it still counts"
    );
    table.seen.strays.clear();
    assert_eq!(launches(&table.closed()), 1);
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
fn a_pass_woken_in_between_takes_in_and_does_not_use_up_the_cycles_turn() {
    let mut table = with_strays(11, 10, 1);
    let _ = table.closed();
    table.seen.strays.push(stray(1_001));
    let steps = table.woken().plan.steps;
    assert_eq!((adopted(&steps), destroyed(&steps)), (1, 1));
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
    let durable = &table.memory.durable;
    assert_eq!(
        (durable.strays_confirmed, durable.stray_doubt),
        (false, None),
        "and no longer"
    );
}

#[test]
fn taking_some_in_does_not_end_the_doubt_about_the_others() {
    let mut table = with_strays(5, 0, 10);
    let steps = table.closed().plan.steps;
    assert_eq!((adopted(&steps), destroyed(&steps)), (5, 0));
    table.seen.members = many(healthy, 1_000, 5);
    table.seen.strays.drain(..5);
    let passed = table.closed();
    assert_eq!(passed.plan.steps, []);
    assert!(passed.plan.trail.contains(&Reason::StraysNeedAPerson { count: 5 }));
}

#[test]
fn a_silent_driver_ends_neither_the_doubt_nor_what_a_person_said_of_it() {
    let mut table = with_strays(10, 10, 11);
    table.seen.orders = vec![Order::ConfirmStrays];
    let _ = table.closed();
    let known = table.memory.durable.clone();
    table.seen.orders.clear();
    let strays = std::mem::take(&mut table.seen.strays);
    table.seen.driver = Source::Silent;
    let _ = table.closed();
    assert_eq!(
        (table.memory.durable.strays_confirmed, table.memory.durable.stray_doubt),
        (true, known.stray_doubt)
    );
    (table.seen.strays, table.seen.driver) = (strays, Source::Answered);
    assert_eq!(destroyed(&table.closed().plan.steps), 4);
}

#[test]
fn after_a_restore_what_is_wanted_is_taken_in_and_nothing_is_launched_beside_it() {
    let passed = with_strays(10, 0, 10).closed();
    let steps = &passed.plan.steps;
    assert_eq!((adopted(steps), destroyed(steps), launches(&passed)), (10, 0, 0));
}

#[test]
fn a_machine_made_after_all_the_store_knows_shows_a_restore_and_nothing_is_destroyed_until_a_person_says_so() {
    let mut table = with_strays(10, 10, 2);
    let known = table.memory.durable.passed_at.expect("a pass");
    table.seen.strays[0].intended_at = Some(known);
    assert_eq!(destroyed(&with_strays(10, 10, 2).closed().plan.steps), 2);
    table.seen.strays[1].intended_at = Some(Timestamp(known.0 + 1));
    let passed = table.closed();
    assert_eq!(passed.plan.steps, []);
    assert!(passed.plan.trail.contains(&Reason::StoreIsOlder { count: 2 }));
    assert_eq!(
        table.cycles(20).plan.steps,
        [],
        "the store growing older does not make it know more"
    );
    table.seen.orders = vec![Order::ConfirmStrays];
    assert_eq!(destroyed(&table.closed().plan.steps), 2);
}

#[test]
fn a_machine_that_cannot_say_when_it_was_made_and_a_store_that_never_passed_are_doubted() {
    let mut table = with_strays(10, 10, 1);
    table.seen.strays[0].intended_at = None;
    assert_eq!(table.closed().plan.steps, []);
    let mut table = with_strays(10, 10, 1);
    table.memory.durable.passed_at = None;
    assert_eq!(table.closed().plan.steps, []);
}

#[test]
fn a_disabled_group_shows_its_strays_and_touches_none() {
    let mut table = with_strays(11, 10, 1);
    table.status = GroupStatus::Disabled;
    let passed = table.closed();
    assert_eq!(passed.plan.steps, []);
    assert!(passed.plan.trail.contains(&Reason::Strays { count: 1 }));
}

#[test]
fn a_group_that_is_deleted_takes_all_its_strays_with_it() {
    let mut table = with_strays(0, 0, 3);
    table.status = GroupStatus::Deleting;
    assert_eq!(destroyed(&table.closed().plan.steps), 1);
    assert_eq!(destroyed(&table.closed().plan.steps), 1, "a few a cycle");
}
