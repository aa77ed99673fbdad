//! Design 4.18: what a restart keeps; and 4.17: draws and orders that are the same everywhere.

use crate::common::World;
use crate::common::build::*;
use engine::memory::{CycleRecord, Durable, Memory, Moved, Regret};
use engine::model::*;

fn series(cycles: std::ops::Range<u64>, demand: u64) -> Vec<CycleRecord> {
    let record = |at| CycleRecord {
        cycle: Cycle(at),
        desired: 10,
        in_service: 10,
        everything: 10,
        means: [Ok(demand / 10); 2],
        demands: [Ok(demand); 2],
    };
    cycles.map(record).collect()
}

#[test]
fn windows_are_refilled_from_the_stored_series_and_gaps_stay_gaps() {
    let before = CYCLE.0 - 60..CYCLE.0 - 20;
    let after = CYCLE.0 - 11..CYCLE.0;
    let stored = [series(before, 400_000), series(after, 400_000)].concat();
    let memory = Memory::restored(
        Durable {
            desired: 10,
            ..Durable::default()
        },
        &stored,
    );
    let mut table = Table::new(spec(1, 40), 10, many(|id| sampled(healthy(id), 40_000), 1, 10));
    table.memory.window = memory.window;
    let passed = table.closed();
    let wait = ScaleInWait::WindowNotFull {
        present: 31,
        needed: 32,
    };
    assert!(
        passed.decision.trail.contains(&Reason::ScaleInWaits { why: wait }),
        "{:?}",
        passed.decision.trail
    );
    assert_eq!(
        table.closed().decision.size,
        10,
        "the oldest fell out as this one came in"
    );
}

#[test]
fn a_full_series_lets_a_restarted_group_shrink_at_once() {
    let mut table = Table::new(spec(1, 40), 10, many(|id| sampled(healthy(id), 40_000), 1, 10));
    table.memory = Memory::restored(table.memory.durable.clone(), &series(CYCLE.0 - 40..CYCLE.0, 400_000));
    assert_eq!(table.closed().decision.size, 9);
}

#[test]
fn a_cycle_that_was_stored_is_neither_judged_again_nor_replaced_after_a_crash() {
    let stored = series(CYCLE.0 - 40..CYCLE.0 + 1, 400_000);
    let mut table = Table::new(spec(1, 40), 10, many(healthy, 1, 10));
    table.memory = Memory::restored(table.memory.durable.clone(), &stored);
    let passed = table.woken();
    assert_eq!((passed.plan.memory.closed, passed.decision.size), (None, 10));
    let judged = Reason::AlreadyJudged { cycle: CYCLE.0 };
    assert!(passed.decision.trail.contains(&judged), "{:?}", passed.decision.trail);
    table.skip(1);
    let next = table.closed();
    assert_eq!(
        next.plan.memory.closed.map(|record| record.cycle),
        Some(Cycle(CYCLE.0 + 1))
    );
}

#[test]
fn a_cycle_of_a_disabled_group_was_not_judged_so_enabling_it_in_that_cycle_asks_at_once_after_a_crash_too() {
    let mut stored = series(CYCLE.0 - 1..CYCLE.0 + 1, 0);
    stored[1].demands = [Err(Missing::Disabled); 2];
    let mut table = Table::new(spec(1, 40), 10, many(|id| sampled(healthy(id), 90_000), 1, 10));
    table.memory = Memory::restored(table.memory.durable.clone(), &stored);
    let passed = table.woken();
    assert_eq!((passed.plan.memory.closed, passed.decision.size), (None, 13));
}

#[test]
fn a_restart_keeps_desired_growth_breaker_moves_and_regret_and_forgets_streaks_and_hold() {
    let mut table = Table::new(spec(1, 40), 10, [many(healthy, 1, 4), many(down, 11, 6)].concat());
    let _ = table.cycles(3);
    table.memory.durable.breaker.failures = 3;
    let before = table.memory.durable.clone();
    let restored = Memory::restored(before.clone(), &[]);
    assert_eq!(restored.durable, before);
    assert_eq!(
        (restored.memos.len(), restored.hold.is_on(), restored.judged),
        (0, false, None)
    );
}

#[test]
fn what_an_older_server_stored_is_still_read() {
    let old: Durable = serde_json::from_str(r#"{"desired":7}"#).unwrap();
    assert_eq!(
        old,
        Durable {
            desired: 7,
            ..Durable::default()
        }
    );
}

#[test]
fn a_restart_in_the_midst_of_a_day_changes_nothing_but_delays() {
    let mut world = World::new(spec(1, 60), 3);
    world.demand = 20 * 65_000;
    world.run(Span::mins(3));
    world.restart();
    world.run(Span::mins(30));
    assert!(world.in_service() >= 19, "{:?}", world.desired);
    world.restart();
    world.run(Span::mins(30));
    assert!(
        "oi".contains(&world.turns()) && world.in_service() >= 19,
        "{:?}",
        world.desired
    );
}

#[test]
fn the_growth_counter_follows_whoever_moves_desired() {
    let mut table = Table::new(fixed(1, 40), 5, many(healthy, 1, 5));
    table.memory.durable.desired = 8;
    table.spec.max = 6;
    let passed = table.closed();
    assert_eq!(passed.plan.steps, [Step::Launch { why: LaunchWhy::Growth }]);
    assert_eq!((table.memory.durable.growth, table.memory.durable.accounted), (0, 6));
}

#[test]
fn a_fall_of_desired_takes_back_the_growth_no_launch_covered() {
    let mut table = Table::new(fixed(1, 40), 3, vec![healthy(1), healthy(2), pending(3)]);
    table.memory.durable.desired = 9;
    table.seen.driver = Source::Silent;
    let _ = table.closed();
    assert_eq!(table.memory.durable.growth, 6);
    table.memory.durable.desired = 4;
    table.seen.driver = Source::Answered;
    table.seen.members.remove(1);
    let passed = table.closed();
    let (growth, replacement) = (LaunchWhy::Growth, LaunchWhy::Replacement);
    assert_eq!(
        passed.plan.steps,
        [Step::Launch { why: growth }, Step::Launch { why: replacement }]
    );
}

#[test]
fn a_new_group_is_all_growth() {
    let mut table = Table::new(fixed(1, 40), 3, vec![]);
    table.memory = Memory::new(3);
    assert_eq!(table.closed().plan.steps, [Step::Launch { why: LaunchWhy::Growth }; 3]);
}

#[test]
fn the_order_of_the_list_changes_nothing_but_the_order_of_like_steps() {
    let members = || {
        [
            many(healthy, 1, 6),
            many(down, 11, 2),
            many(warming, 21, 2),
            many(pending, 31, 2),
        ]
        .concat()
    };
    let forward = planned(spec(1, 40), 4, members());
    let mut reversed = members();
    reversed.reverse();
    let backward = planned(spec(1, 40), 4, reversed);
    assert_eq!(forward.decision, backward.decision);
    assert_eq!(drained(&forward), drained(&backward));
    assert_eq!(forward.plan.trail, backward.plan.trail);
}

#[test]
fn old_trails_still_parse() {
    let golden = include_str!("golden/trail.jsonl");
    for line in golden.lines() {
        let reason: Reason = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(serde_json::to_string(&reason).unwrap(), line);
    }
}

#[test]
fn a_restart_does_not_bring_back_the_window_of_before_the_group_was_disabled() {
    let mut stored = [
        series(CYCLE.0 - 40..CYCLE.0 - 7, 400_000),
        series(CYCLE.0 - 7..CYCLE.0, 400_000),
    ]
    .concat();
    for record in &mut stored[33..35] {
        record.demands = [Err(Missing::Disabled); 2];
    }
    let memory = Memory::restored(Durable::default(), &stored);
    assert_eq!(memory.window.summary(Metric::Cpu).present, 5);
}

/// A memory in which everything durable is something else than at the beginning.
fn eventful() -> Durable {
    let moved = |cycle, from, to| Moved {
        cycle: Cycle(cycle),
        from,
        to,
        demands: [Ok(5), Err(Missing::Stale)],
        regretted: true,
    };
    let mut durable = Durable {
        desired: 7,
        accounted: 6,
        growth: 3,
        out_of_stock: Some(Timestamp(11)),
        last_out: Some(moved(1, 2, 3)),
        last_in: Some(moved(4, 3, 2)),
        regret: Some(Regret {
            window_cycles: 80,
            size: 2,
            demands: [Ok(9), Ok(8)],
            until: Timestamp(12),
        }),
        strays_confirmed: true,
        ..Durable::default()
    };
    (durable.breaker.failures, durable.breaker.trials) = (5, 2);
    (durable.breaker.opened, durable.breaker.next_trial) = (Some(Timestamp(13)), Timestamp(14));
    (durable.answering[0].misses, durable.answering[1].last_added) = (2, Some(Cycle(15)));
    durable
}

#[test]
fn desired_growth_breaker_stock_moves_regret_and_answers_are_stored_and_nothing_else_is() {
    let stored = serde_json::to_value(eventful()).unwrap();
    let names: Vec<&String> = stored.as_object().unwrap().keys().collect();
    for kept in [
        "desired",
        "growth",
        "breaker",
        "out_of_stock",
        "last_out",
        "last_in",
        "regret",
        "answering",
    ] {
        assert!(names.iter().any(|name| *name == kept), "{kept} is stored");
    }
    for not in ["memos", "hold", "window", "judged", "folded"] {
        assert!(names.iter().all(|name| *name != not), "{not} is not");
    }
    assert_eq!(serde_json::from_value::<Durable>(stored).unwrap(), eventful());
}
