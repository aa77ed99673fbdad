//! Inputs drawn from everything a pass could be given, sense or not: overflow, contradictions, clocks that go back. Each
//! input is handed the memory the one before left.

use crate::draws::Draws;
use crate::table;
use crate::write;
use engine::memory::Memory;
use engine::model::{
    Answer, Binding, CheckWord, Cycle, DriverWord, Fit, Flags, GroupSpec, GroupStatus, Guard, InstanceId, LeaveCause,
    Member, Metric, Missing, Observation, Order, Phase, Reading, ReadyCheck, ReadyWord, RemovalPolicy, Rule, ScaleIn,
    Source, Span, Standing, Stray, Timestamp, VServerId,
};

/// Scenarios.
pub(crate) const BLOCKS: u64 = 40;
/// Inputs in each.
const INPUTS: u64 = 50;
/// Around here most instants and cycles lie.
const NEAR: i64 = 1_500_000_000_000;

/// Every pass of one block.
pub(crate) fn text(block: u64) -> String {
    let mut draws = Draws::new(0x6e6f_6e73, block);
    let spec = spec(&mut draws);
    let (mut memory, mut text) = (Memory::new(count(&mut draws, 12)), String::new());
    write::spec(&mut text, &spec);
    for _ in 0..INPUTS {
        let (seen, now) = (observation(&mut draws), instant(&mut draws));
        let passed = engine::pass(&spec, status(&mut draws), &memory, &seen, now);
        write::pass(&mut text, &passed);
        memory = passed.plan.memory;
    }
    text
}

fn count(draws: &mut Draws, end: u64) -> u32 {
    u32::try_from(draws.below(end)).unwrap_or(0)
}

fn instant(draws: &mut Draws) -> Timestamp {
    let near = NEAR + i64::try_from(draws.below(2_000_000)).unwrap_or(0);
    let any = i64::from_ne_bytes(draws.bits().to_ne_bytes());
    Timestamp(draws.one(&[near, near, near, near, any, i64::MIN, i64::MAX, 0]))
}

fn reading(draws: &mut Draws) -> Reading {
    let (near, any) = (draws.below(200_000), draws.bits());
    let why = draws.one(&[Missing::Stale, Missing::SourceSilent, Missing::Nonsense]);
    draws.one(&[Ok(near), Ok(near), Ok(near), Ok(any), Ok(u64::MAX), Ok(0), Err(why)])
}

fn cause(draws: &mut Draws) -> LeaveCause {
    draws.one(&[
        LeaveCause::Surplus,
        LeaveCause::Unhealthy,
        LeaveCause::Exited,
        LeaveCause::LaunchFailed,
        LeaveCause::ByHand,
        LeaveCause::GroupDeleted,
    ])
}

fn phase(draws: &mut Draws) -> Phase {
    let (cause, until) = (cause(draws), instant(draws));
    draws.one(&[
        Phase::Launching,
        Phase::Serving,
        Phase::Serving,
        Phase::Serving,
        Phase::Draining { cause, until },
        Phase::Stopping { cause, until },
        Phase::Deleting { cause },
    ])
}

fn driver(draws: &mut Draws) -> DriverWord {
    let (since, code) = (instant(draws), i32::try_from(draws.below(256)).unwrap_or(0));
    draws.one(&[
        DriverWord::Unknown,
        DriverWord::Pending,
        DriverWord::Running(since),
        DriverWord::Running(since),
        DriverWord::Running(since),
        DriverWord::Stopped,
        DriverWord::Exited(code),
        DriverWord::Gone,
    ])
}

fn standing(draws: &mut Draws) -> Standing {
    let in_flight = count(draws, 3);
    Standing {
        vserver: VServerId(draws.below(3)),
        word: draws.one(&[
            CheckWord::Missing,
            CheckWord::Absent,
            CheckWord::Up,
            CheckWord::Up,
            CheckWord::Down,
            CheckWord::Down,
            CheckWord::Draining(in_flight),
        ]),
    }
}

fn member(draws: &mut Draws) -> Member {
    let standings = draws.below(4);
    Member {
        id: InstanceId(draws.below(8)),
        created_at: instant(draws),
        phase: phase(draws),
        flags: Flags {
            protected: draws.once_in(6),
            attached: draws.once_in(6),
            standby: draws.once_in(6),
            was_in_service: draws.once_in(2),
            replacement: draws.once_in(2),
        },
        warm_up_ms: instant(draws).0,
        driver: driver(draws),
        ready: draws.one(&[ReadyWord::Passed, ReadyWord::NotYet]),
        standings: (0..standings).map(|_| standing(draws)).collect(),
        samples: [reading(draws), reading(draws)],
    }
}

fn observation(draws: &mut Draws) -> Observation {
    let (members, strays, orders, answers) = (draws.below(9), draws.below(5), draws.below(3), draws.below(3));
    let (near, any) = (100_000_000 + draws.below(90), draws.bits());
    Observation {
        cycle: Cycle(draws.one(&[near, near, near, near, near, any, 0, u64::MAX])),
        cycle_began: instant(draws),
        driver: draws.one(&[Source::Answered, Source::Answered, Source::Answered, Source::Silent]),
        members: (0..members).map(|_| member(draws)).collect(),
        strays: (0..strays).map(|_| stray(draws)).collect(),
        orders: (0..orders).map(|_| order(draws)).collect(),
        answers: (0..answers).map(|_| answer(draws)).collect(),
    }
}

fn stray(draws: &mut Draws) -> Stray {
    let (id, intended_at) = (InstanceId(draws.below(20)), instant(draws));
    Stray {
        id,
        fit: draws.one(&[Fit::Matches, Fit::Differs]),
        intended_at: draws.one(&[Some(intended_at), None]),
    }
}

fn order(draws: &mut Draws) -> Order {
    let id = InstanceId(draws.below(9));
    draws.one(&[Order::Remove { id }, Order::RearmBreaker, Order::ConfirmStrays])
}

fn answer(draws: &mut Draws) -> Answer {
    let id = InstanceId(draws.below(9));
    draws.one(&[
        Answer::Refused { id },
        Answer::OutOfStock { id },
        Answer::Throttled { id },
    ])
}

fn guard(draws: &mut Draws) -> Guard {
    draws.one(&[Guard::On, Guard::On, Guard::Off])
}

fn spec(draws: &mut Draws) -> GroupSpec {
    let (low, high) = (count(draws, 12), count(draws, 12));
    let (rules, bindings, warm_up) = (draws.below(4), draws.below(3), instant(draws).0);
    GroupSpec {
        min: draws.one(&[low, low, 0, u32::MAX]),
        max: draws.one(&[high, high, high, 0, u32::MAX]),
        warm_up: Span(draws.one(&[0, 300_000, warm_up])),
        rules: (0..rules).map(|_| rule(draws)).collect(),
        scale_in: draws.one(&[ScaleIn::Allowed, ScaleIn::Allowed, ScaleIn::Forbidden]),
        removal: draws.one(&[RemovalPolicy::Newest, RemovalPolicy::Oldest]),
        brake: guard(draws),
        hold: guard(draws),
        projection: guard(draws),
        bindings: (0..bindings).map(|vserver| binding(draws, vserver)).collect(),
        ready_check: draws.one(&[ReadyCheck::None, ReadyCheck::Required]),
        ..table::spec()
    }
}

fn rule(draws: &mut Draws) -> Rule {
    let (near, any) = (1 + draws.below(100_000), draws.bits());
    Rule {
        metric: draws.one(&Metric::ALL),
        threshold: draws.one(&[near, near, near, any, 0, u64::MAX]),
        step: None,
    }
}

fn binding(draws: &mut Draws, vserver: u64) -> Binding {
    Binding {
        vserver: VServerId(vserver),
        port: 8080,
        weight: u16::try_from(draws.below(256)).unwrap_or(1),
    }
}

fn status(draws: &mut Draws) -> GroupStatus {
    draws.one(&[
        GroupStatus::Enabled,
        GroupStatus::Enabled,
        GroupStatus::Enabled,
        GroupStatus::Enabled,
        GroupStatus::Enabled,
        GroupStatus::Disabled,
        GroupStatus::Deleting,
        GroupStatus::Deleted,
    ])
}
