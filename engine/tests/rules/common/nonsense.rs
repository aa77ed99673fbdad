//! Every input a pass could be given, sense or not: overflow, contradictions, clocks that go back.

use engine::memory::{Answering, Breaker, CycleRecord, Durable, Moved, Regret, StrayDoubt};
use engine::model::*;
use proptest::prelude::*;
use std::num::NonZeroU32;

pub fn instants() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX),
        Just(0),
        (-1_000_000_i64..1_000_000).prop_map(|near| super::build::now().0 + near),
    ]
    .prop_map(Timestamp)
}

fn readings() -> impl Strategy<Value = Reading> {
    prop_oneof![
        any::<u64>().prop_map(Ok),
        Just(Ok(u64::MAX)),
        Just(Ok(0)),
        (0_u64..200_000).prop_map(Ok),
        Just(Err(Missing::Stale)),
    ]
}

fn causes() -> impl Strategy<Value = LeaveCause> {
    prop_oneof![
        Just(LeaveCause::Surplus),
        Just(LeaveCause::Unhealthy),
        Just(LeaveCause::LaunchFailed)
    ]
}

fn phases() -> impl Strategy<Value = Phase> {
    prop_oneof![
        1 => Just(Phase::Launching),
        3 => Just(Phase::Serving),
        1 => (causes(), instants()).prop_map(|(cause, until)| Phase::Draining { cause, until }),
        1 => (causes(), instants()).prop_map(|(cause, until)| Phase::Stopping { cause, until }),
        1 => causes().prop_map(|cause| Phase::Deleting { cause }),
    ]
}

fn driver_words() -> impl Strategy<Value = DriverWord> {
    prop_oneof![
        1 => Just(DriverWord::Unknown),
        1 => Just(DriverWord::Pending),
        3 => instants().prop_map(DriverWord::Running),
        1 => Just(DriverWord::Stopped),
        1 => any::<i32>().prop_map(DriverWord::Exited),
        1 => Just(DriverWord::Gone),
    ]
}

fn words() -> impl Strategy<Value = CheckWord> {
    prop_oneof![
        1 => Just(CheckWord::Missing),
        1 => Just(CheckWord::Absent),
        2 => Just(CheckWord::Up),
        2 => Just(CheckWord::Down),
        1 => any::<u32>().prop_map(CheckWord::Draining),
    ]
}

fn members() -> impl Strategy<Value = Member> {
    let flags = prop::array::uniform5(any::<bool>());
    let standings = prop::collection::vec(((0_u64..3).prop_map(VServerId), words()), 0..4);
    let samples = prop::array::uniform2(readings());
    (
        (0_u64..8, instants(), phases(), flags),
        (any::<i64>(), driver_words(), any::<bool>(), standings, samples),
    )
        .prop_map(
            |((id, created_at, phase, flags), (warm_up_ms, driver, ready, standings, samples))| Member {
                id: InstanceId(id),
                created_at,
                phase,
                flags: Flags {
                    protected: flags[0],
                    attached: flags[1],
                    standby: flags[2],
                    was_in_service: flags[3],
                    replacement: flags[4],
                },
                warm_up_ms,
                driver,
                ready: if ready { ReadyWord::Passed } else { ReadyWord::NotYet },
                standings: standings
                    .into_iter()
                    .map(|(vserver, word)| Standing { vserver, word })
                    .collect(),
                samples,
            },
        )
}

pub fn observations() -> impl Strategy<Value = Observation> {
    let cycle = prop_oneof![any::<u64>(), Just(u64::MAX), Just(0), 99_990_u64..100_100];
    let orders = prop::collection::vec(
        prop_oneof![
            (0_u64..9).prop_map(|id| Order::Remove { id: InstanceId(id) }),
            Just(Order::RearmBreaker),
            Just(Order::ConfirmStrays),
        ],
        0..3,
    );
    let answers = prop::collection::vec(
        (0_u64..9).prop_flat_map(|id| {
            let id = InstanceId(id);
            prop_oneof![
                Just(Answer::Refused { id }),
                Just(Answer::OutOfStock { id }),
                Just(Answer::Throttled { id })
            ]
        }),
        0..3,
    );
    let stray = (0_u64..20, any::<bool>(), prop::option::of(instants())).prop_map(|(id, matches, intended_at)| Stray {
        id: InstanceId(id),
        fit: if matches { Fit::Matches } else { Fit::Differs },
        intended_at,
    });
    let strays = prop::collection::vec(stray, 0..5);
    (
        cycle,
        instants(),
        any::<bool>(),
        prop::collection::vec(members(), 0..8),
        strays,
        orders,
        answers,
    )
        .prop_map(
            |(cycle, cycle_began, driver, members, strays, orders, answers)| Observation {
                cycle: Cycle(cycle),
                cycle_began,
                driver: if driver { Source::Answered } else { Source::Silent },
                members,
                strays,
                orders,
                answers,
            },
        )
}

pub fn specs() -> impl Strategy<Value = GroupSpec> {
    let bound = prop_oneof![Just(0_u32), Just(u32::MAX), 0_u32..12];
    let rules = prop::collection::vec(
        (
            any::<bool>(),
            prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), 1_u64..100_000],
        ),
        0..4,
    );
    let bindings = prop::collection::vec((0_u64..3, any::<u16>(), any::<u16>()), 0..3);
    (
        bound.clone(),
        bound,
        any::<i64>(),
        rules,
        bindings,
        prop::array::uniform6(any::<bool>()),
    )
        .prop_map(|(min, max, warm_up, rules, bindings, switches)| {
            let guard = |on: bool| if on { Guard::On } else { Guard::Off };
            GroupSpec {
                min,
                max,
                warm_up: Span(warm_up),
                rules: rules
                    .into_iter()
                    .map(|(cpu, threshold)| Rule {
                        metric: if cpu { Metric::Cpu } else { Metric::Memory },
                        threshold,
                        step: u32::try_from(threshold % (1 << 32)).ok().and_then(NonZeroU32::new),
                    })
                    .collect(),
                scale_in: if switches[0] {
                    ScaleIn::Allowed
                } else {
                    ScaleIn::Forbidden
                },
                removal: if switches[1] {
                    RemovalPolicy::Newest
                } else {
                    RemovalPolicy::Oldest
                },
                brake: guard(switches[2]),
                hold: guard(switches[3]),
                projection: guard(switches[4]),
                bindings: bindings
                    .into_iter()
                    .map(|(vserver, port, weight)| Binding {
                        vserver: VServerId(vserver),
                        port,
                        weight,
                    })
                    .collect(),
                ready_check: if switches[5] {
                    ReadyCheck::Required
                } else {
                    ReadyCheck::None
                },
                seed: 0,
            }
        })
}

pub fn statuses() -> impl Strategy<Value = GroupStatus> {
    prop_oneof![
        4 => Just(GroupStatus::Enabled),
        1 => Just(GroupStatus::Disabled),
        1 => Just(GroupStatus::Deleting),
        1 => Just(GroupStatus::Deleted),
    ]
}

fn cycles() -> impl Strategy<Value = Cycle> {
    prop_oneof![any::<u64>(), Just(u64::MAX), Just(0), 99_900_u64..100_100].prop_map(Cycle)
}

fn moves() -> impl Strategy<Value = Option<Moved>> {
    let demands = prop::array::uniform2(readings());
    let moved = (cycles(), any::<u32>(), any::<u32>(), demands, any::<bool>());
    prop::option::of(moved.prop_map(|(cycle, from, to, demands, regretted)| Moved {
        cycle,
        from,
        to,
        demands,
        regretted,
    }))
}

fn regrets() -> impl Strategy<Value = Option<Regret>> {
    let regret = (
        any::<u64>(),
        any::<u32>(),
        prop::array::uniform2(readings()),
        instants(),
    );
    prop::option::of(regret.prop_map(|(window_cycles, size, demands, until)| Regret {
        window_cycles,
        size,
        demands,
        until,
    }))
}

fn breakers() -> impl Strategy<Value = Breaker> {
    let number = || prop_oneof![Just(u32::MAX), 0_u32..7];
    (number(), prop::option::of(instants()), number(), instants()).prop_map(|(failures, opened, trials, next_trial)| {
        Breaker {
            failures,
            opened,
            trials,
            next_trial,
        }
    })
}

/// Whatever a store may hand back: other versions wrote it too.
pub fn durables() -> impl Strategy<Value = Durable> {
    let number = || prop_oneof![any::<u32>(), 0_u32..20];
    let sizes = (number(), number(), number());
    let misses = || prop_oneof![Just(u32::MAX), 0_u32..4];
    let answering = (misses(), prop::option::of(cycles())).prop_map(|(misses, last_added)| Answering {
        asked: None,
        misses,
        last_added,
    });
    let doubts = prop::option::of(prop_oneof![
        Just(StrayDoubt::MostAreStrays),
        Just(StrayDoubt::StoreIsOlder)
    ]);
    (
        sizes,
        breakers(),
        prop::option::of(instants()),
        (moves(), moves()),
        regrets(),
        prop::array::uniform2(answering),
        (any::<bool>(), prop::option::of(instants()), doubts),
    )
        .prop_map(
            |(
                (desired, accounted, growth),
                breaker,
                out_of_stock,
                (last_out, last_in),
                regret,
                answering,
                (confirmed, passed_at, stray_doubt),
            )| {
                Durable {
                    desired,
                    accounted,
                    growth,
                    breaker,
                    out_of_stock,
                    last_out,
                    last_in,
                    regret,
                    answering,
                    strays_confirmed: confirmed,
                    passed_at,
                    stray_doubt,
                    departures: Vec::new(),
                }
            },
        )
}

/// Stored cycles in any order, with anything in them.
pub fn series() -> impl Strategy<Value = Vec<CycleRecord>> {
    let reading = || prop_oneof![3 => readings(), 1 => Just(Err(Missing::Disabled))];
    let record = (
        cycles(),
        prop::array::uniform2(reading()),
        prop::array::uniform2(reading()),
    );
    let record = record.prop_map(|(cycle, means, demands)| CycleRecord {
        cycle,
        desired: 0,
        in_service: 0,
        everything: 0,
        means,
        demands,
    });
    prop::collection::vec(record, 0..50)
}
