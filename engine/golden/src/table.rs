//! Small cases by hand: one sentence of design 4 each, members seen for some cycles, the last pass written whole.

use crate::write;
use engine::memory::Memory;
use engine::model::{
    Answer, Binding, CYCLE_MS, CheckWord, Cycle, DriverWord, Fit, Flags, GroupSpec, GroupStatus, Guard, InstanceId,
    LeaveCause, Member, Metric, Missing, Observation, Order, Phase, ReadyCheck, ReadyWord, RemovalPolicy, Rule,
    ScaleIn, Source, Span, Standing, Stray, Timestamp, VServerId, WARM_UP_DEFAULT, reading_from_float,
};

/// The first closed cycle a case sees: long after everything warmed.
const FIRST: u64 = 100_000;
const VSERVER: VServerId = VServerId(1);

/// One case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    desired: u32,
    cycles: u64,
    make: fn(&mut Scene),
}

impl PartialEq for Case {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Case {}

/// Makes the member of that id.
type Make = fn(u64) -> Member;

/// What a case may change.
struct Scene {
    spec: GroupSpec,
    status: GroupStatus,
    memory: Memory,
    seen: Observation,
}

const fn case(name: &'static str, desired: u32, cycles: u64, make: fn(&mut Scene)) -> Case {
    Case {
        name,
        desired,
        cycles,
        make,
    }
}

pub(crate) const CASES: &[Case] = &[
    case("a settled group", 3, 3, |s| s.members(&[healthy, healthy, healthy])),
    case("a settled group at the end of its window", 3, 41, |s| {
        s.members(&[healthy, healthy, healthy]);
        s.load(80_000);
    }),
    case("overload asks for more", 2, 2, |s| {
        s.members(&[healthy, healthy]);
        s.load(95_000);
    }),
    case("saturated asks for twice", 4, 1, |s| {
        s.members(&[healthy as Make; 4]);
        s.load(99_500);
    }),
    case("a lull of ten minutes lets one go", 4, 45, |s| {
        s.members(&[healthy as Make; 4]);
        s.load(5_000);
    }),
    case("scale-in forbidden", 4, 45, |s| {
        s.members(&[healthy as Make; 4]);
        s.load(5_000);
        s.spec.scale_in = ScaleIn::Forbidden;
    }),
    case("missing samples never scale in", 4, 45, |s| {
        s.members(&[healthy as Make; 4]);
        s.seen
            .members
            .iter_mut()
            .for_each(|member| member.samples = [Err(Missing::Stale); 2]);
    }),
    case("one down is replaced", 3, 3, |s| s.members(&[down, healthy, healthy])),
    case("over half down holds", 4, 4, |s| {
        s.members(&[down, down, down, healthy])
    }),
    case("a hold that lasts", 4, 60, |s| s.members(&[down, down, down, healthy])),
    case("exited is dead in this pass", 2, 1, |s| {
        s.members(&[healthy, healthy]);
        s.seen.members[0].driver = DriverWord::Exited(137);
    }),
    case("vanished", 2, 1, |s| {
        s.members(&[healthy, healthy]);
        s.seen.members[1].driver = DriverWord::Gone;
    }),
    case("max leaves no room", 5, 1, |s| {
        s.members(&[healthy, healthy]);
        s.spec.max = 2;
    }),
    case("bounds moved past desired", 2, 1, |s| {
        s.members(&[healthy, healthy]);
        s.spec.min = 4;
    }),
    case("surplus leaves newest first", 1, 1, |s| {
        s.members(&[healthy, healthy, warming, pending]);
        s.spec.rules.clear();
    }),
    case("surplus leaves oldest first", 1, 1, |s| {
        s.members(&[healthy, healthy, healthy]);
        s.spec.rules.clear();
        s.spec.removal = RemovalPolicy::Oldest;
    }),
    case("one in drain is taken back", 3, 1, |s| {
        s.members(&[healthy, healthy, draining])
    }),
    case("disabled begins nothing", 5, 2, |s| {
        s.members(&[healthy, down, draining]);
        s.status = GroupStatus::Disabled;
    }),
    case("deleting removes all", 2, 1, |s| {
        s.members(&[healthy, warming, draining]);
        s.status = GroupStatus::Deleting;
    }),
    case("refused five times opens the breaker", 8, 1, |s| {
        s.members(&[pending as Make; 6]);
        s.seen.answers = (1..=6).map(|id| Answer::Refused { id: InstanceId(id) }).collect();
    }),
    case("out of stock", 3, 1, |s| {
        s.members(&[healthy, healthy, pending]);
        s.seen.answers = vec![Answer::OutOfStock { id: InstanceId(3) }];
    }),
    case("removed by hand", 2, 1, |s| {
        s.members(&[healthy, healthy]);
        s.seen.orders = vec![Order::Remove { id: InstanceId(1) }, Order::RearmBreaker];
    }),
    case("strays wait for a person", 2, 1, |s| {
        s.members(&[healthy]);
        s.seen.strays = (50..60).map(stray).collect();
    }),
    case("strays confirmed", 2, 2, |s| {
        s.members(&[healthy]);
        s.seen.strays = (50..60).map(stray).collect();
        s.seen.orders = vec![Order::ConfirmStrays];
    }),
    case("a stray that matches is taken in", 3, 1, |s| {
        s.members(&[healthy, healthy]);
        s.seen.strays = vec![Stray {
            fit: Fit::Matches,
            ..stray(50)
        }];
    }),
    case("a store older than its machines", 3, 1, |s| {
        s.members(&[healthy, healthy, healthy]);
        s.memory.durable.passed_at = Some(at(FIRST));
        s.seen.strays = vec![Stray {
            intended_at: Some(Timestamp(at(FIRST).0 + 1)),
            ..stray(50)
        }];
    }),
    case("a silent driver", 3, 2, |s| {
        s.members(&[healthy, healthy]);
        s.seen.driver = Source::Silent;
        s.seen
            .members
            .iter_mut()
            .for_each(|member| member.driver = DriverWord::Unknown);
    }),
    case("protected and sick", 2, 4, |s| {
        s.members(&[down, healthy]);
        s.seen.members[0].flags.protected = true;
    }),
];

/// The case's spec and its last pass.
pub(crate) fn text(case: &Case) -> String {
    let mut scene = Scene::new(case.desired);
    (case.make)(&mut scene);
    let mut text = String::new();
    write::spec(&mut text, &scene.spec);
    for cycle in FIRST..FIRST + case.cycles {
        let passed = scene.closed(cycle);
        if cycle + 1 == FIRST + case.cycles {
            write::pass(&mut text, &passed);
        }
    }
    text
}

/// What a driver measured becomes thousandths, or nonsense.
pub(crate) fn measured_numbers() -> String {
    let measured = [
        0.0,
        -0.0,
        0.000_4,
        0.000_5,
        0.1,
        0.333_333_333,
        1.0005,
        98.5,
        99.999_5,
        108.0,
        1e9,
        1e17,
        1e300,
        -1.0,
        5e-324,
    ];
    let (zero, one) = (measured[0], measured[6]);
    let endless = one / zero;
    let odd = [endless, -endless, zero * endless];
    let mut text = String::new();
    for value in measured.into_iter().chain(odd) {
        write::reading(&mut text, reading_from_float(value));
    }
    text
}

impl Scene {
    fn new(desired: u32) -> Self {
        let mut memory = Memory::new(desired);
        memory.durable.accounted = desired;
        Self {
            spec: spec(),
            status: GroupStatus::Enabled,
            memory,
            seen: Observation {
                cycle: Cycle(FIRST),
                cycle_began: Cycle(FIRST).begins(Span(0)),
                driver: Source::Answered,
                members: Vec::new(),
                strays: Vec::new(),
                orders: Vec::new(),
                answers: Vec::new(),
            },
        }
    }

    /// One of each, with ids from 1.
    fn members(&mut self, each: &[Make]) {
        self.seen.members = each.iter().zip(1..).map(|(make, id)| make(id)).collect();
    }

    fn load(&mut self, cpu: u64) {
        self.seen
            .members
            .iter_mut()
            .for_each(|member| member.samples = [Ok(cpu), Ok(cpu / 2)]);
    }

    fn closed(&mut self, cycle: u64) -> engine::Passed {
        self.seen.cycle = Cycle(cycle);
        self.seen.cycle_began = self.seen.cycle.begins(Span(0));
        let now = Timestamp(at(cycle + 1).0 + 1_000);
        let passed = engine::pass(&self.spec, self.status, &self.memory, &self.seen, now);
        self.memory = passed.plan.memory.clone();
        passed
    }
}

fn at(cycle: u64) -> Timestamp {
    Cycle(cycle).begins(Span(0))
}

/// 1 to 8 by CPU at 70 %, warm-up 300 s, bound to one VServer.
pub(crate) fn spec() -> GroupSpec {
    GroupSpec {
        min: 1,
        max: 8,
        warm_up: WARM_UP_DEFAULT,
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 70_000,
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
        seed: 7,
    }
}

/// A machine without a record that was made as another template says, when nobody knows.
const fn stray(id: u64) -> Stray {
    Stray {
        id: InstanceId(id),
        fit: Fit::Differs,
        intended_at: None,
    }
}

fn member(id: u64, created_at: Timestamp, word: CheckWord) -> Member {
    Member {
        id: InstanceId(id),
        created_at,
        phase: Phase::Serving,
        flags: Flags::default(),
        warm_up_ms: 300_000,
        driver: DriverWord::Running(created_at),
        ready: ReadyWord::NotYet,
        standings: vec![Standing { vserver: VSERVER, word }],
        samples: [Err(Missing::NotRead); 2],
    }
}

fn healthy(id: u64) -> Member {
    let mut member = member(id, Timestamp(1_000_000 + i64::try_from(id).unwrap_or(0)), CheckWord::Up);
    member.flags.was_in_service = true;
    member.samples = [Ok(50_000), Ok(50_000)];
    member
}

fn down(id: u64) -> Member {
    let mut member = healthy(id);
    member.standings[0].word = CheckWord::Down;
    member
}

fn warming(id: u64) -> Member {
    member(id, Timestamp(at(FIRST + 1).0 - 10_000), CheckWord::Up)
}

fn pending(id: u64) -> Member {
    let mut member = member(id, Timestamp(at(FIRST + 1).0 - CYCLE_MS / 2), CheckWord::Absent);
    member.phase = Phase::Launching;
    member.driver = DriverWord::Pending;
    member
}

fn draining(id: u64) -> Member {
    let mut member = healthy(id);
    member.phase = Phase::Draining {
        cause: LeaveCause::Surplus,
        until: Timestamp(at(FIRST + 1).0 + 20_000),
    };
    member.standings[0].word = CheckWord::Draining(3);
    member
}
