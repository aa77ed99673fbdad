//! What all cases begin with: a group, a region, traffic, and a story without events.

use engine::model::{Binding, GroupSpec, Guard, Metric, ReadyCheck, RemovalPolicy, Rule, ScaleIn, Span};
use engine::simulate::{Checks, Region, Service, Shape, Spike, Traffic, Zone};
use soak::crowd::VSERVER;
use soak::story::{Event, What};
use soak::witness::Telling;
use soak::{Played, Story, play};

/// A machine's vCPUs, thousandths.
const MACHINE_MILLI: u64 = 250;
const MINUTE: i64 = 60;
pub const HOUR: i64 = 3_600;
/// Long enough for half an hour of anything and the calm after it.
pub const LENGTH: i64 = 2 * HOUR;

/// `min` to `max` behind a listener, by CPU at 50 %, no warm-up.
pub fn spec(min: u32, max: u32) -> GroupSpec {
    GroupSpec {
        min,
        max,
        warm_up: Span(0),
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 50_000,
            step: None,
        }],
        scale_in: ScaleIn::Allowed,
        removal: RemovalPolicy::Newest,
        brake: Guard::On,
        hold: Guard::On,
        projection: Guard::On,
        bindings: vec![Binding {
            vserver: VSERVER,
            port: 8080,
            weight: 1,
        }],
        ready_check: ReadyCheck::None,
        seed: 9,
    }
}

/// The same of a fixed size.
pub fn fixed(size: u32, max: u32) -> GroupSpec {
    GroupSpec {
        rules: Vec::new(),
        ..spec(size, max)
    }
}

/// Traffic that so many machines at 40 % carry.
pub fn service(machines: u64) -> Service {
    let work_us = 10_000;
    let needs_milli = machines * MACHINE_MILLI * 40 / 100;
    Service {
        traffic: Traffic {
            base: needs_milli * 1_000_000 / work_us,
            noise: 20,
            shape: Shape::Constant,
        },
        vserver: Some(VSERVER),
        work_us,
        patience: Span::secs(10),
        idle_milli: 10,
        spike: Spike {
            lasts: Span(0),
            milli: 0,
        },
        checks: Checks::Patient,
        memory_milli: (100, 300),
    }
}

/// Two zones with enough of everything, four hosts.
pub fn region() -> Region {
    Region {
        zones: vec![Zone { stock: 1_000 }; 2],
        hosts: 4,
        boot: (Span::secs(5), Span::secs(20)),
        stop: (Span(200), Span::secs(5)),
        delete: (Span(100), Span::secs(2)),
        ..Region::default()
    }
}

/// Such a group on that region, with traffic for so many machines, and nothing that goes wrong.
pub fn story(spec: GroupSpec, machines: u64) -> Story {
    Story {
        seed: 9,
        length: LENGTH,
        desired: spec.min,
        spec,
        region: region(),
        service: service(machines),
        servers: 1,
        subnet_bits: 24,
        events: Vec::new(),
    }
}

/// With those events: from, to (minutes), what.
pub fn with(mut story: Story, events: &[(i64, i64, What)]) -> Story {
    let all = events.iter().enumerate().map(|(number, (at, until, what))| Event {
        number,
        at: at * MINUTE,
        until: until * MINUTE,
        what: *what,
    });
    story.events = all.collect();
    story
}

/// Plays it; every invariant holds, and the group is whole at the end.
pub fn whole(story: &Story) -> Played {
    let played = play(story, Telling::Aloud);
    assert_eq!(played.violation, None, "{}", played.lines.join("\n"));
    let (desired, end) = (usize::try_from(played.end.desired).expect("a size"), &played.end);
    assert_eq!((end.serving, end.records), (desired, desired), "{end:?}");
    played
}

/// How often it shrank between those minutes.
pub fn ins(played: &Played, from: i64, to: i64) -> usize {
    let moves = played.end.moves.iter();
    moves
        .filter(|moved| moved.to < moved.from && (from * MINUTE..to * MINUTE).contains(&moved.at))
        .count()
}
