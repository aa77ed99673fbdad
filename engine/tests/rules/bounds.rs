//! Design 4.1: bounds.

use crate::common::build::*;
use engine::model::*;

#[test]
fn what_a_rule_asks_is_clamped_to_max_and_the_trail_says_so() {
    let members = many(|id| sampled(healthy(id), 95_000), 1, 4);
    let (size, trail) = decided(spec(1, 5), 4, members);
    assert_eq!(size, 5);
    assert!(trail.contains(&Reason::Clamped {
        asked: 6,
        to: 5,
        min: 1,
        max: 5
    }));
    assert!(trail.contains(&Reason::ScaledOut {
        metric: Metric::Cpu,
        from: 4,
        to: 5
    }));
}

#[test]
fn at_max_an_ask_changes_nothing_and_is_no_scale_out() {
    let mut table = Table::new(spec(1, 4), 4, many(|id| sampled(healthy(id), 95_000), 1, 4));
    let passed = table.closed();
    assert_eq!(passed.decision.size, 4);
    assert!(passed.decision.trail.contains(&Reason::Clamped {
        asked: 6,
        to: 4,
        min: 1,
        max: 4
    }));
    assert_eq!(table.memory.durable.last_out, None);
}

#[test]
fn lowering_max_past_desired_moves_desired_and_says_so() {
    let mut table = Table::new(fixed(1, 10), 6, many(healthy, 1, 6));
    table.spec.max = 4;
    let passed = table.closed();
    assert_eq!(passed.decision.size, 4);
    assert!(passed.decision.trail.contains(&Reason::BoundsMoved {
        from: 6,
        to: 4,
        min: 1,
        max: 4
    }));
    assert_eq!(table.memory.durable.desired, 4);
    assert_eq!(drained_ids(&passed), [6, 5]);
}

#[test]
fn raising_min_past_desired_moves_desired_and_says_so() {
    let mut table = Table::new(fixed(1, 10), 2, many(healthy, 1, 2));
    table.spec.min = 3;
    let passed = table.closed();
    assert_eq!(passed.decision.size, 3);
    assert!(passed.decision.trail.contains(&Reason::BoundsMoved {
        from: 2,
        to: 3,
        min: 3,
        max: 10
    }));
    assert_eq!(passed.plan.steps, [Step::Launch { why: LaunchWhy::Growth }]);
}

#[test]
fn bounds_act_at_once_even_when_the_cycle_was_judged() {
    let mut table = Table::new(spec(1, 10), 2, many(healthy, 1, 2));
    let _ = table.closed();
    table.spec.min = 3;
    assert_eq!(table.woken().decision.size, 3);
}

#[test]
fn where_bounds_contradict_each_other_max_holds() {
    let (size, _) = decided(fixed(9, 3), 5, many(healthy, 1, 3));
    assert_eq!(size, 3);
}

#[test]
fn seed_14_3_1_min_and_max_set_alike_keep_a_fixed_number() {
    let (size, trail) = decided(spec(3, 3), 3, many(|id| sampled(healthy(id), 99_000), 1, 3));
    assert_eq!(size, 3);
    assert!(has(&trail, |reason| matches!(reason, Reason::Clamped { to: 3, .. })));
}

#[test]
fn a_group_without_rules_keeps_its_size_and_says_so() {
    let (size, trail) = decided(fixed(1, 10), 3, many(|id| sampled(healthy(id), 99_000), 1, 3));
    assert_eq!((size, trail), (3, vec![Reason::FixedSize { desired: 3 }]));
}

#[test]
fn seed_14_3_1_whatever_the_load_the_number_stays_within_its_bounds() {
    //  CPU, the size it comes to
    for (cpu, expected) in [(0, 2), (5_000, 2), (65_000, 4), (75_000, 6), (100_000, 6)] {
        let mut table = Table::new(spec(2, 6), 4, many(|id| sampled(healthy(id), cpu), 1, 4));
        for _ in 0..60 {
            let size = table.closed().decision.size;
            assert!((2..=6).contains(&size), "{size} at {cpu}");
            table.seen.members = many(|id| sampled(healthy(id), cpu), 1, u64::from(size));
        }
        assert_eq!(table.memory.durable.desired, expected, "{cpu}");
    }
}
