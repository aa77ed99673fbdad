//! How a story is drawn.
//!
//! What is drawn later changes nothing that is drawn before it: a new kind of event is drawn last, or the lines of
//! `regressions.txt` tell other stories.

use super::{CALM_SECS, Edit, Event, Hand, Mood, Story, What, together};
use crate::crowd::VSERVER;
use crate::dice::Dice;
use crate::gates::{Act, Side};
use crate::timeline::BEGIN_MS;
use control::drivers::simulated::Fault;
use engine::model::{
    Binding, GroupSpec, GroupStatus, Guard, Metric, ReadyCheck, RemovalPolicy, Rule, ScaleIn, Span, Timestamp,
};
use engine::simulate::{Checks, Region, Service, Shape, Spike, Traffic, Zone};

pub(super) fn story(seed: u64, hours: u32) -> Story {
    let mut dice = Dice::new(seed);
    let length = i64::from(hours) * 3_600;
    let spec = spec(&mut dice, seed);
    let service = service(&mut dice, &spec, length);
    let servers = if dice.chance(30) { 2 } else { 1 };
    let desired = dice.small(spec.min, spec.max.min(spec.min + 3));
    let region = region(&mut dice, &spec);
    let subnet_bits = if dice.chance(10) { 28 } else { 24 };
    let events = events(&mut dice, &spec, servers, length - CALM_SECS);
    Story {
        seed,
        length,
        spec,
        desired,
        region,
        service,
        servers,
        subnet_bits,
        events,
    }
}

fn spec(dice: &mut Dice, seed: u64) -> GroupSpec {
    let min = dice.small(1, 4);
    let max = min + dice.small(0, 12);
    let bound = dice.chance(65);
    let guard = |dice: &mut Dice| if dice.chance(90) { Guard::On } else { Guard::Off };
    GroupSpec {
        min,
        max,
        warm_up: Span::secs(dice.one(&[0, 0, 30, 60, 120, 300])),
        rules: rules(dice),
        scale_in: if dice.chance(90) {
            ScaleIn::Allowed
        } else {
            ScaleIn::Forbidden
        },
        removal: if dice.chance(70) {
            RemovalPolicy::Newest
        } else {
            RemovalPolicy::Oldest
        },
        brake: guard(dice),
        hold: guard(dice),
        projection: guard(dice),
        bindings: if bound {
            vec![Binding {
                vserver: VSERVER,
                port: 8080,
                weight: 1,
            }]
        } else {
            Vec::new()
        },
        ready_check: ReadyCheck::None,
        seed,
    }
}

fn rules(dice: &mut Dice) -> Vec<Rule> {
    let rule = |metric, threshold| Rule {
        metric,
        threshold,
        step: None,
    };
    let threshold = 1_000 * dice.between(30, 80);
    match dice.between(0, 9) {
        0..=1 => Vec::new(),
        2..=7 => vec![rule(Metric::Cpu, threshold)],
        8 => vec![rule(Metric::Memory, threshold)],
        _ => vec![rule(Metric::Cpu, threshold), rule(Metric::Memory, 70_000)],
    }
}

/// So much traffic that a part of the most machines would be busy at the threshold.
fn service(dice: &mut Dice, spec: &GroupSpec, length: i64) -> Service {
    let work_us = dice.between(1_000, 40_000);
    let threshold = spec.rules.first().map_or(50_000, |rule| rule.threshold);
    let machines_milli = 1_000 * dice.between(u64::from(spec.min), u64::from(spec.max)) * dice.between(50, 110) / 100;
    // A machine of a quarter vCPU at its threshold does 250 x threshold milli-seconds of work a second.
    let needs_milli = machines_milli * 250 / 1_000 * threshold / 100_000;
    let base = needs_milli * 1_000_000 / work_us;
    Service {
        traffic: Traffic {
            base,
            noise: dice.one(&[0, 20, 50, 50, 200]),
            shape: shape(dice, length),
        },
        vserver: spec.bindings.first().map(|binding| binding.vserver),
        work_us,
        patience: Span::secs(dice.secs(2, 30)),
        idle_milli: dice.small(5, 40),
        spike: Spike {
            lasts: Span::secs(dice.secs(0, 60)),
            milli: dice.small(0, 600),
        },
        checks: if dice.chance(25) {
            Checks::FailAfter(Span::secs(dice.secs(1, 5)))
        } else {
            Checks::Patient
        },
        memory_milli: (dice.small(50, 300), dice.small(300, 900)),
    }
}

fn shape(dice: &mut Dice, length: i64) -> Shape {
    let at = Timestamp(BEGIN_MS).plus(Span::secs(dice.secs(0, (length - CALM_SECS).max(1))));
    match dice.between(0, 9) {
        0..=3 => Shape::Constant,
        4..=5 => Shape::Wave {
            period: Span::mins(dice.secs(20, 240)),
            depth: dice.small(100, 900),
        },
        6..=7 => Shape::Step {
            at,
            to: dice.small(200, 4_000),
        },
        8 => Shape::Spike {
            at,
            lasts: Span::mins(dice.secs(1, 40)),
            to: dice.small(1_500, 5_000),
        },
        _ => Shape::Spike {
            at,
            lasts: Span::mins(dice.secs(5, 60)),
            to: 10_000,
        },
    }
}

fn region(dice: &mut Dice, spec: &GroupSpec) -> Region {
    let stock = if dice.chance(15) {
        dice.small(1, spec.max)
    } else {
        1_000
    };
    Region {
        zones: vec![Zone { stock }; 2],
        hosts: dice.small(2, 8),
        boot: (Span::secs(dice.secs(1, 10)), Span::secs(dice.secs(10, 120))),
        stop: (Span(200), Span::secs(dice.secs(1, 120))),
        delete: (Span(100), Span::secs(dice.secs(1, 20))),
        ..Region::default()
    }
}

fn events(dice: &mut Dice, spec: &GroupSpec, servers: u32, room: i64) -> Vec<Event> {
    if room <= 0 {
        return Vec::new();
    }
    // One seed in twelve is left in peace.
    let count = if dice.chance(8) {
        0
    } else {
        dice.between(1, 4 + u64::try_from(room / 1_200).unwrap_or(0))
    };
    let mut events: Vec<Event> = (0..count).map(|_| event(dice, spec, servers, room)).collect();
    events.sort_by_key(|event| event.at);
    if count > 0 {
        events.extend(together::events(dice, room));
    }
    for (number, event) in events.iter_mut().enumerate() {
        event.number = number;
    }
    events.sort_by_key(|event| event.at);
    events
}

fn event(dice: &mut Dice, spec: &GroupSpec, servers: u32, room: i64) -> Event {
    let at = dice.secs(0, room);
    let lasts = dice.one(&[30, 60, 120, 300, 600, 900, 1_800]) + dice.secs(0, 30);
    Event {
        number: 0,
        at,
        until: at.saturating_add(lasts).min(room),
        what: what(dice, spec, servers),
    }
}

fn what(dice: &mut Dice, spec: &GroupSpec, servers: u32) -> What {
    let server = dice.small(0, servers - 1);
    match dice.between(0, 99) {
        0..=24 => What::Fault(dice.one(&Fault::ALL), dice.one(&[50, 200, 500, 1_000])),
        25..=34 => What::Fault(dice.one(&OFTEN), dice.one(&[200, 500, 1_000])),
        35..=44 => What::Store(mood(dice)),
        45..=48 => What::HostLost {
            zone: dice.one(&[0, 1]),
            host: dice.small(0, 7),
        },
        49..=55 => What::Hand(dice.one(&[
            Hand::Kills,
            Hand::Stops,
            Hand::TakesAway,
            Hand::MakesAlike,
            Hand::MakesOther,
        ])),
        56..=58 => What::BalancerDies,
        59..=61 => What::BalancerForgets {
            each: dice.one(&[1, 2, 3]),
        },
        62..=77 => What::Edit(edit(dice, spec)),
        78..=87 => What::Crash {
            server,
            act: if dice.chance(75) {
                dice.one(&Act::CHANGING)
            } else {
                dice.one(&Act::LOOKING)
            },
            side: dice.one(&[Side::Before, Side::After]),
        },
        88..=89 => What::Stop { server },
        90..=93 => What::Asleep { server },
        94..=95 => What::ClockSet {
            server,
            ahead: dice.one(&[-300, -60, -10, 10, 60, 3_600]),
        },
        _ => What::Traffic {
            to: dice.one(&[0, 100, 500, 1_500, 3_000, 10_000]),
        },
    }
}

/// What breaks a promise more often than not where code is wrong: checks, balancers, answers.
const OFTEN: [Fault; 5] = [
    Fault::CheckFails,
    Fault::BalancerMute,
    Fault::BalancerAnswerLost,
    Fault::AnswerLost,
    Fault::Late,
];

fn mood(dice: &mut Dice) -> Mood {
    dice.one(&[
        Mood::Slow,
        Mood::Gone,
        Mood::Hangs,
        Mood::Full,
        Mood::FullAfterIntend,
        Mood::AnswerLost,
        Mood::Conflicting,
    ])
}

fn edit(dice: &mut Dice, spec: &GroupSpec) -> Edit {
    let least = u32::from(!spec.rules.is_empty());
    match dice.between(0, 12) {
        0..=2 => {
            let max = dice.small(least.max(1), spec.max + 4);
            Edit::Bounds(dice.small(least, max), max)
        }
        3..=4 => Edit::Desired(dice.small(spec.min, spec.max)),
        5 => Edit::Template,
        6 => Edit::WarmUp(Span::secs(dice.secs(0, 400))),
        7 => Edit::Threshold(1_000 * dice.between(20, 90)),
        8 => Edit::Status(GroupStatus::Disabled),
        9 => match dice.chance(40) {
            true => Edit::Status(GroupStatus::Deleting),
            false => Edit::Rearm,
        },
        10 => Edit::Remove,
        11 => Edit::Protect,
        _ => Edit::SetAside,
    }
}
