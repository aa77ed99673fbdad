//! Builders of specs, members and observations for tables.

use engine::memory::{Memory, Moved};
use engine::model::*;
use engine::{Passed, pass};

/// Where groups of tests are bound.
pub const VS: VServerId = VServerId(1);
/// A second VServer.
pub const VS2: VServerId = VServerId(2);
/// The closed cycle tables are seen in: long after everything warmed.
pub const CYCLE: Cycle = Cycle(100_000);

pub fn now() -> Timestamp {
    Timestamp((CYCLE.0 as i64 + 1) * CYCLE_MS + 1_000)
}

/// A group by CPU at 70 %, warm-up 300 s, bound to one VServer.
pub fn spec(min: u32, max: u32) -> GroupSpec {
    GroupSpec {
        min,
        max,
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
        bindings: vec![bind(VS)],
        ready_check: ReadyCheck::None,
        seed: 7,
    }
}

pub fn bind(vserver: VServerId) -> Binding {
    Binding {
        vserver,
        port: 8080,
        weight: 1,
    }
}

pub fn fixed(min: u32, max: u32) -> GroupSpec {
    GroupSpec {
        rules: Vec::new(),
        ..spec(min, max)
    }
}

pub fn unbound(min: u32, max: u32) -> GroupSpec {
    GroupSpec {
        bindings: Vec::new(),
        ..spec(min, max)
    }
}

/// In service for long, UP, half busy. Larger ids are younger.
pub fn healthy(id: u64) -> Member {
    let created_at = Timestamp(1_000_000 + id as i64);
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
            vserver: VS,
            word: CheckWord::Up,
        }],
        samples: [Ok(50_000), Ok(50_000)],
    }
}

pub fn down(id: u64) -> Member {
    with(healthy(id), |m| m.standings[0].word = CheckWord::Down)
}

/// Running for ten seconds, UP already.
pub fn warming(id: u64) -> Member {
    with(healthy(id), |m| {
        m.created_at = Timestamp(now().0 - 60_000 + id as i64);
        m.driver = DriverWord::Running(Timestamp(now().0 - 10_000));
        m.flags.was_in_service = false;
        m.samples = [Err(Missing::NotRead); 2];
    })
}

/// Asked for ten seconds ago, accepted.
pub fn pending(id: u64) -> Member {
    with(warming(id), |m| {
        m.created_at = Timestamp(now().0 - 10_000 + id as i64);
        m.phase = Phase::Launching;
        m.driver = DriverWord::Pending;
        m.standings[0].word = CheckWord::Absent;
    })
}

/// On its way out, waiting for its requests.
pub fn draining(id: u64, cause: LeaveCause) -> Member {
    with(healthy(id), |m| {
        m.phase = Phase::Draining {
            cause,
            until: now().plus(Span::secs(20)),
        };
        m.standings[0].word = CheckWord::Draining(3);
    })
}

pub fn with(mut member: Member, change: impl FnOnce(&mut Member)) -> Member {
    change(&mut member);
    member
}

pub fn standby(id: u64) -> Member {
    with(healthy(id), |m| {
        m.flags.standby = true;
        m.standings[0].word = CheckWord::Absent;
    })
}

pub fn sampled(member: Member, cpu: u64) -> Member {
    with(member, |m| m.samples = [Ok(cpu); 2])
}

/// A machine without a record that was intended long ago and could be a member.
pub fn stray(id: u64) -> Stray {
    Stray {
        id: InstanceId(id),
        fit: Fit::Matches,
        intended_at: Some(Timestamp(1_000_000)),
    }
}

pub fn seen(members: Vec<Member>) -> Observation {
    Observation {
        cycle: CYCLE,
        cycle_began: CYCLE.begins(Span(0)),
        driver: Source::Answered,
        members,
        strays: Vec::new(),
        orders: Vec::new(),
        answers: Vec::new(),
    }
}

/// A group in tables: the same members seen again, cycle after cycle, steps not carried out.
pub struct Table {
    pub spec: GroupSpec,
    pub status: GroupStatus,
    pub memory: Memory,
    pub seen: Observation,
    /// The closed cycle the next `closed` shows.
    next: u64,
}

impl Table {
    pub fn new(spec: GroupSpec, desired: u32, members: Vec<Member>) -> Self {
        let mut memory = Memory::new(desired);
        memory.durable.accounted = desired;
        memory.durable.passed_at = Some(Timestamp(now().0 - CYCLE_MS));
        Self {
            spec,
            status: GroupStatus::Enabled,
            memory,
            seen: seen(members),
            next: CYCLE.0,
        }
    }

    /// Now: a second after the last closed cycle's end.
    pub fn now(&self) -> Timestamp {
        Timestamp((self.seen.cycle.0 as i64 + 1) * CYCLE_MS + 1_000)
    }

    /// A pass that sees a newly closed cycle.
    pub fn closed(&mut self) -> Passed {
        self.seen.cycle = Cycle(self.next);
        self.seen.cycle_began = self.seen.cycle.begins(Span(0));
        self.next += 1;
        self.woken()
    }

    /// A pass woken in between: the last closed cycle again.
    pub fn woken(&mut self) -> Passed {
        let passed = pass(&self.spec, self.status, &self.memory, &self.seen, self.now());
        self.memory = passed.plan.memory.clone();
        passed
    }

    /// So many cycles; the last pass.
    pub fn cycles(&mut self, count: u64) -> Passed {
        for _ in 1..count {
            let _ = self.closed();
        }
        self.closed()
    }

    /// Skips cycles nobody saw.
    pub fn skip(&mut self, cycles: u64) {
        self.next += cycles;
    }

    pub fn member(&mut self, id: u64) -> &mut Member {
        self.seen
            .members
            .iter_mut()
            .find(|member| member.id == InstanceId(id))
            .unwrap()
    }

    pub fn say(&mut self, id: u64, word: CheckWord) {
        self.member(id).standings[0].word = word;
    }
}

/// A decision's size and reasons for members seen once.
pub fn decided(spec: GroupSpec, desired: u32, members: Vec<Member>) -> (u32, Vec<Reason>) {
    let passed = Table::new(spec, desired, members).closed();
    (passed.decision.size, passed.decision.trail)
}

/// The steps of a plan for members seen for three closed cycles: streaks are full.
pub fn planned(spec: GroupSpec, desired: u32, members: Vec<Member>) -> Passed {
    Table::new(spec, desired, members).cycles(3)
}

pub fn launches(passed: &Passed) -> usize {
    passed
        .plan
        .steps
        .iter()
        .filter(|step| matches!(step, Step::Launch { .. }))
        .count()
}

/// Who begins to leave, and why.
pub fn drained(passed: &Passed) -> Vec<(u64, LeaveCause)> {
    let drains = passed.plan.steps.iter().filter_map(|step| match step {
        Step::Drain { id, cause } => Some((id.0, *cause)),
        _ => None,
    });
    drains.collect()
}

pub fn drained_ids(passed: &Passed) -> Vec<u64> {
    drained(passed).into_iter().map(|(id, _)| id).collect()
}

pub fn has(reasons: &[Reason], test: impl Fn(&Reason) -> bool) -> bool {
    reasons.iter().any(test)
}

/// `count` members from `from` on.
pub fn many(make: impl Fn(u64) -> Member, from: u64, count: u64) -> Vec<Member> {
    (from..from + count).map(make).collect()
}

/// Healthy members at a CPU use.
pub fn busy(cpu: u64) -> impl Fn(u64) -> Member {
    move |id| sampled(healthy(id), cpu)
}

pub fn waits(table: &mut Table) -> ScaleInWait {
    let passed = table.closed();
    let wait = passed.decision.trail.iter().find_map(|reason| match reason {
        Reason::ScaleInWaits { why } => Some(*why),
        _ => None,
    });
    wait.unwrap_or_else(|| panic!("{:?}", passed.decision.trail))
}

pub fn moved(cycle: u64, from: u32, to: u32) -> Moved {
    Moved {
        cycle: Cycle(cycle),
        from,
        to,
        demands: [Ok(500_000); 2],
        regretted: false,
    }
}

/// Ten members for a full window in a group that was not allowed to shrink till now.
pub fn settled(cpu: u64) -> Table {
    let mut table = Table::new(spec(1, 99), 10, many(busy(cpu), 1, 10));
    table.spec.scale_in = ScaleIn::Forbidden;
    let _ = table.cycles(45);
    table.spec.scale_in = ScaleIn::Allowed;
    table
}
