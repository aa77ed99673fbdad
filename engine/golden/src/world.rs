//! Whole runs of many cycles: a group in a small world whose machines boot, carry load, sicken and end, pass after pass
//! through [`engine::pass`], its steps carried out. Everything that happens is a draw.

use crate::draws::Draws;
use crate::{table, write};
use engine::memory::Memory;
use engine::model::{
    Answer, CYCLE_MS, CheckWord, Cycle, DriverWord, Flags, GroupSpec, GroupStatus, InstanceId, LaunchWhy, LeaveCause,
    Member, Missing, Observation, Phase, ReadyWord, Source, Span, Standing, Step, Timestamp,
};

/// From one pass to the next: three a cycle, so that two of them are woken in between.
const TICK: Span = Span::secs(5);
/// When every run begins.
const BEGIN: Timestamp = Timestamp(100_000 * CYCLE_MS);

/// One run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) name: &'static str,
    seed: u64,
    max: u32,
    passes: u32,
    demand: Demand,
    /// One machine in so many boots sickens, vanishes or ends in a pass; 0 for never.
    trouble: u64,
}

/// What the members carry together, in thousandths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    /// Always the same.
    Constant(u64),
    /// Tenfold for a while.
    Flash(u64),
    /// Up and down in steps.
    Wave(u64),
}

const fn run(name: &'static str, max: u32, passes: u32, demand: Demand, trouble: u64) -> Run {
    Run {
        name,
        seed: 0x7469_6465 + passes as u64,
        max,
        passes,
        demand,
        trouble,
    }
}

pub(crate) const RUNS: &[Run] = &[
    run("constant", 50, 720, Demand::Constant(600_000), 0),
    run("flash", 60, 721, Demand::Flash(300_000), 0),
    run("wave", 40, 1_440, Demand::Wave(900_000), 0),
    run("constant in trouble", 30, 722, Demand::Constant(700_000), 400),
    run("flash in trouble", 60, 723, Demand::Flash(300_000), 300),
    run("wave in great trouble", 40, 1_441, Demand::Wave(900_000), 60),
    run("small and sick", 4, 724, Demand::Constant(150_000), 20),
];

/// Every pass of a run.
pub(crate) fn text(run: &Run) -> String {
    let mut world = World::new(*run);
    let mut text = String::new();
    write::spec(&mut text, &world.spec);
    for _ in 0..run.passes {
        world.tick(&mut text);
    }
    text
}

struct Machine {
    member: Member,
    boots_at: Timestamp,
    exits_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
    standing: CheckWord,
    sick: bool,
    refused: bool,
}

struct World {
    run: Run,
    draws: Draws,
    spec: GroupSpec,
    memory: Memory,
    machines: Vec<Machine>,
    answers: Vec<Answer>,
    now: Timestamp,
    minted: u64,
}

impl World {
    fn new(run: Run) -> Self {
        Self {
            run,
            draws: Draws::new(run.seed, 0),
            spec: GroupSpec {
                max: run.max,
                ..table::spec()
            },
            memory: Memory::new(1),
            machines: Vec::new(),
            answers: Vec::new(),
            now: BEGIN,
            minted: 0,
        }
    }

    fn tick(&mut self, text: &mut String) {
        self.now = self.now.plus(TICK);
        self.live();
        if self.now.0 % CYCLE_MS == 0 {
            self.sample();
        }
        let cycle = Cycle::last_closed(self.now, Span(0));
        let seen = Observation {
            cycle,
            cycle_began: cycle.begins(Span(0)),
            driver: if self.trouble() {
                Source::Silent
            } else {
                Source::Answered
            },
            members: self.machines.iter().map(|machine| machine.member.clone()).collect(),
            strays: Vec::new(),
            orders: Vec::new(),
            answers: std::mem::take(&mut self.answers),
        };
        let passed = engine::pass(&self.spec, GroupStatus::Enabled, &self.memory, &seen, self.now);
        write::pass(text, &passed);
        for step in &passed.plan.steps {
            self.apply(*step);
        }
        self.memory = passed.plan.memory;
    }

    const fn trouble(&mut self) -> bool {
        self.run.trouble > 0 && self.draws.once_in(self.run.trouble)
    }

    /// What drivers and balancers would say now.
    fn live(&mut self) {
        let now = self.now;
        for at in 0..self.machines.len() {
            let (sickens, ends) = (self.trouble(), self.trouble());
            let machine = &mut self.machines[at];
            machine.sick |= sickens;
            if ends && machine.exits_at.is_none() {
                machine.exits_at = Some(now);
            }
            machine.member.driver = machine.word(now);
            let running = matches!(machine.member.driver, DriverWord::Running(_));
            machine.standing = match machine.standing {
                CheckWord::Absent => CheckWord::Absent,
                CheckWord::Draining(_) => CheckWord::Draining(0),
                _ if running && !machine.sick => CheckWord::Up,
                _ => CheckWord::Down,
            };
            machine.member.standings[0].word = machine.standing;
        }
    }

    /// A cycle closed: each running machine's share, with 5 % of noise.
    fn sample(&mut self) {
        let carrying = self
            .machines
            .iter()
            .filter(|machine| machine.standing == CheckWord::Up)
            .count();
        let share = self.demand() / u64::try_from(carrying).unwrap_or(1).max(1);
        for at in 0..self.machines.len() {
            let (noise, missing) = (950 + self.draws.below(101), self.trouble());
            let machine = &mut self.machines[at];
            let runs = matches!(machine.member.driver, DriverWord::Running(_));
            let carries = machine.standing == CheckWord::Up;
            let used = if carries {
                (share * noise / 1_000).min(100_000)
            } else {
                1_000
            };
            machine.member.samples = match (runs, missing) {
                (false, _) => [Err(Missing::NotRead); 2],
                (_, true) => [Err(Missing::SourceSilent); 2],
                _ => [Ok(used), Ok(used / 2)],
            };
        }
    }

    fn demand(&self) -> u64 {
        let minute = self.now.since(BEGIN).0 / 60_000;
        match self.run.demand {
            Demand::Constant(demand) => demand,
            Demand::Flash(demand) if (10..25).contains(&minute) => demand * 10,
            Demand::Flash(demand) => demand,
            Demand::Wave(demand) => match minute / 15 % 4 {
                0 => demand / 4,
                2 => demand * 2,
                _ => demand,
            },
        }
    }

    fn launch(&mut self, why: LaunchWhy) {
        self.minted += 1;
        let id = InstanceId(self.minted);
        let refused = self.trouble();
        if refused {
            self.answers.push(Answer::Refused { id });
        }
        let boots = Span(30_000 + i64::try_from(self.draws.below(30_000)).unwrap_or(0));
        let member = Member {
            id,
            created_at: self.now,
            phase: Phase::Launching,
            flags: Flags {
                replacement: why != LaunchWhy::Growth,
                ..Flags::default()
            },
            warm_up_ms: self.spec.warm_up.0,
            driver: DriverWord::Pending,
            ready: ReadyWord::NotYet,
            standings: vec![Standing {
                vserver: self.spec.bindings[0].vserver,
                word: CheckWord::Absent,
            }],
            samples: [Err(Missing::NotRead); 2],
        };
        self.machines.push(Machine {
            member,
            boots_at: self.now.plus(boots),
            exits_at: None,
            gone_at: None,
            standing: CheckWord::Absent,
            sick: false,
            refused,
        });
    }

    fn apply(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Launch { why } => self.launch(why),
            Step::Forget { id, .. } | Step::Detach { id } => self.machines.retain(|machine| machine.member.id != id),
            Step::MarkRunning { id } => self.with(id, |machine| machine.member.phase = Phase::Serving),
            Step::MarkInService { id } => self.with(id, |machine| machine.member.flags.was_in_service = true),
            Step::Register { id, .. } => self.with(id, |machine| machine.standing = CheckWord::Down),
            Step::Deregister { id, .. } => self.with(id, |machine| machine.standing = CheckWord::Absent),
            Step::Drain { id, cause } => self.with(id, |machine| machine.drain(cause, now)),
            Step::TakeBack { id } => self.with(id, |machine| {
                machine.member.phase = Phase::Serving;
                machine.standing = CheckWord::Up;
            }),
            Step::Signal { id, cause } => self.with(id, |machine| machine.signal(cause, now)),
            Step::Delete { id, cause } => self.with(id, |machine| {
                machine.member.phase = Phase::Deleting { cause };
                machine.gone_at = Some(machine.gone_at.unwrap_or(now.plus(TICK)));
            }),
            Step::CreateAgain { .. } | Step::Adopt { .. } | Step::DestroyStray { .. } => {}
        }
    }

    fn with(&mut self, id: InstanceId, change: impl FnOnce(&mut Machine)) {
        if let Some(machine) = self.machines.iter_mut().find(|machine| machine.member.id == id) {
            change(machine);
        }
    }
}

impl Machine {
    fn word(&self, now: Timestamp) -> DriverWord {
        let over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if over(self.gone_at) {
            DriverWord::Gone
        } else if self.refused {
            DriverWord::Unknown
        } else if over(self.exits_at) {
            DriverWord::Exited(1)
        } else if self.boots_at <= now {
            DriverWord::Running(self.boots_at)
        } else {
            DriverWord::Pending
        }
    }

    fn drain(&mut self, cause: LeaveCause, now: Timestamp) {
        self.member.phase = Phase::Draining {
            cause,
            until: now.plus(Span::secs(30)),
        };
        if self.standing != CheckWord::Absent {
            self.standing = CheckWord::Draining(1);
        }
    }

    fn signal(&mut self, cause: LeaveCause, now: Timestamp) {
        self.standing = CheckWord::Absent;
        self.member.phase = Phase::Stopping {
            cause,
            until: now.plus(Span::secs(90)),
        };
        self.exits_at = Some(self.exits_at.unwrap_or(now.plus(TICK)));
    }
}
