//! One group of 100 with nothing to do: what nearly every pass is.

use crate::clock::fastest_ns;
use crate::figures::{Bound, Sheet};
use anyhow::Context as _;
use engine::census::Cohorts;
use engine::decide::{decide, decide_cohorts};
use engine::memory::{Memory, fold};
use engine::model::{
    Binding, CheckWord, Cycle, DriverWord, Flags, GroupSpec, GroupStatus, Guard, InstanceId, Member, Metric, NoTrail,
    Observation, Phase, ReadyCheck, ReadyWord, RemovalPolicy, Rule, ScaleIn, Source, Span, Standing, Timestamp,
    VServerId, WARM_UP_DEFAULT,
};
use engine::plan::{nothing_to_do, plan};
use std::hint::black_box;
use std::process::Command;

/// Members of the measured group (design 7).
pub const MEMBERS: u64 = 100;
/// Decisions callgrind counts; the difference to half of them is free of what starting costs.
const COUNTED: u64 = 2_000;
/// A cycle long after everything warmed.
const CYCLE: u64 = 100_000;

/// A group in the state that is measured.
pub struct Settled {
    pub spec: GroupSpec,
    pub memory: Memory,
    pub seen: Observation,
    pub now: Timestamp,
}

impl Settled {
    /// A full window behind it, a freshly closed cycle folded in and not judged yet.
    pub fn new(members: u64) -> Self {
        let spec = spec(2 * members);
        let mut memory = Memory::new(u32::try_from(members).unwrap_or(u32::MAX));
        memory.durable.accounted = memory.durable.desired;
        let mut seen = seen(CYCLE, members);
        for cycle in CYCLE..CYCLE + 60 {
            seen = self::seen(cycle, members);
            memory = engine::pass(&spec, GroupStatus::Enabled, &memory, &seen, now(&seen))
                .plan
                .memory;
        }
        seen.cycle = Cycle(CYCLE + 60);
        seen.cycle_began = seen.cycle.begins(Span(0));
        let now = now(&seen);
        let memory = fold(&spec, GroupStatus::Enabled, &memory, &seen, now);
        Self {
            spec,
            memory,
            seen,
            now,
        }
    }

    /// Decides and plans with reasons, as the loop does. True if there was nothing to do.
    pub fn decide_and_plan(&self) -> bool {
        let (spec, memory, seen, now) = (&self.spec, &self.memory, &self.seen, self.now);
        let decision = decide(spec, GroupStatus::Enabled, memory, seen, now, Vec::new());
        let plan = plan(spec, GroupStatus::Enabled, memory, decision.size, seen, now, Vec::new());
        black_box(plan).steps.is_empty()
    }
}

/// Every line of this bench.
pub fn measure(sheet: &mut Sheet) -> anyhow::Result<()> {
    let group = Settled::new(MEMBERS);
    anyhow::ensure!(group.decide_and_plan(), "the measured group has something to do");
    let explained = fastest_ns(|| {
        black_box(black_box(&group).decide_and_plan());
    });
    let cohorts = Cohorts::of(&group.spec, &group.memory, &group.seen, group.now);
    let bare = fastest_ns(|| {
        let group = black_box(&group);
        let (memory, cohorts) = (&group.memory, black_box(&cohorts));
        let decision = decide_cohorts(&group.spec, GroupStatus::Enabled, memory, cohorts, group.now, NoTrail);
        black_box(nothing_to_do(GroupStatus::Enabled, memory, cohorts, decision.size));
    });
    let walk = fastest_ns(|| {
        black_box(walk(black_box(&group.seen)));
    });
    sheet.line("decide-plan-trail", explained / 1e3, "us", Bound::AtMost(5.0));
    sheet.line("decide-plan-cohorts-no-trail", bare, "ns", Bound::AtMost(200.0));
    sheet.line("decide-plan-trail/bare-walk", explained / walk, "x", Bound::None);
    match instructions() {
        Ok(Some(count)) => sheet.line("decide-plan-trail-instructions", count, "", Bound::None),
        Ok(None) => eprintln!("bench: no valgrind, so no instructions are counted"),
        Err(why) => sheet.missing("decide-plan-trail-instructions", &why),
    }
    Ok(())
}

/// The least anybody could do: look at each member once and sum.
fn walk(seen: &Observation) -> (u64, u32) {
    seen.members.iter().fold((0, 0), |(sum, up), member| {
        let counts = matches!(member.driver, DriverWord::Running(_)) && member.standings[0].word == CheckWord::Up;
        (sum + member.samples[0].unwrap_or(0), up + u32::from(counts))
    })
}

/// `bench decisions COUNT`.
pub fn repeat(count: u64) {
    let group = Settled::new(MEMBERS);
    for _ in 0..count {
        black_box(black_box(&group).decide_and_plan());
    }
}

/// Instructions of one decision and plan; none without valgrind.
fn instructions() -> anyhow::Result<Option<f64>> {
    let (Some(whole), Some(half)) = (collected(COUNTED)?, collected(COUNTED / 2)?) else {
        return Ok(None);
    };
    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    Ok(Some((whole - half) as f64 / (COUNTED / 2) as f64))
}

fn collected(count: u64) -> anyhow::Result<Option<u64>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program);
    let output = match valgrind.args(["decisions", &count.to_string()]).output() {
        Ok(output) => output,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why).context("cannot start valgrind"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected : "));
    let number = counted.and_then(|(_, number)| number.trim().parse().ok());
    Ok(Some(number.with_context(|| format!("callgrind said:\n{said}"))?))
}

/// 1 to `max` by CPU at 70 %, bound to one VServer.
pub fn spec(max: u64) -> GroupSpec {
    GroupSpec {
        min: 1,
        max: u32::try_from(max).unwrap_or(u32::MAX),
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
            vserver: VServerId(1),
            port: 8080,
            weight: 1,
        }],
        ready_check: ReadyCheck::None,
        seed: 7,
    }
}

fn now(seen: &Observation) -> Timestamp {
    seen.cycle_began.plus(Span::secs(16))
}

/// Busy enough that no scale-in fits, not so busy that more are asked for.
fn seen(cycle: u64, members: u64) -> Observation {
    Observation {
        cycle: Cycle(cycle),
        cycle_began: Cycle(cycle).begins(Span(0)),
        driver: Source::Answered,
        members: (1..=members).map(member).collect(),
        strays: Vec::new(),
        orders: Vec::new(),
        answers: Vec::new(),
    }
}

fn member(id: u64) -> Member {
    let created_at = Timestamp(1_000_000 + i64::try_from(id).unwrap_or(0));
    Member {
        id: InstanceId(id),
        created_at,
        phase: Phase::Serving,
        flags: Flags {
            was_in_service: true,
            ..Flags::default()
        },
        warm_up_ms: 300_000,
        driver: DriverWord::Running(created_at),
        ready: ReadyWord::NotYet,
        standings: vec![Standing {
            vserver: VServerId(1),
            word: CheckWord::Up,
        }],
        samples: [Ok(64_000 + id % 5 * 1_000), Ok(40_000)],
    }
}
