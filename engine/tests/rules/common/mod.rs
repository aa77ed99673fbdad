//! A small closed world around the pure passes: machines that boot, warm up, serve, stop; demand that is shared by those
//! that carry it. It asserts the safety invariants after every step.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod build;
pub mod nonsense;

use engine::model::*;
use engine::{Passed, memory::Memory, pass};

pub use engine::draw::mix;

/// One machine and its record.
#[derive(Debug, Clone)]
pub struct Machine {
    pub member: Member,
    boots_at: Timestamp,
    exits_at: Option<Timestamp>,
    gone_at: Option<Timestamp>,
    registered: bool,
    draining: bool,
    pub sick: bool,
    pub lost: bool,
    used: u64,
    ticks: u64,
}

/// What the world does to a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launches {
    Work,
    Refused,
    NeverRun,
    ExitAtOnce,
}

pub struct World {
    pub spec: GroupSpec,
    pub status: GroupStatus,
    pub memory: Memory,
    pub now: Timestamp,
    pub machines: Vec<Machine>,
    /// Thousandths of a percent of one machine, all together.
    pub demand: u64,
    /// Noise of each sample, in thousandths.
    pub noise: u64,
    /// Time from one pass to the next: shorter than a cycle when something wakes it.
    pub every: Span,
    pub boot: Span,
    pub stop: Span,
    pub checks_broken: bool,
    pub launches: Launches,
    pub driver: Source,
    pub metrics: Source,
    pub strays: Vec<Stray>,
    pub orders: Vec<Order>,
    answers: Vec<Answer>,
    minted: u64,
    pub peak_machines: u32,
    /// Desired whenever it changed.
    pub desired: Vec<(Timestamp, u32)>,
    pub last: Option<Passed>,
    /// Launches begun in all.
    pub launched: u32,
    /// Removals begun, with their cause.
    pub removed: Vec<(Timestamp, InstanceId, LeaveCause)>,
}

pub const TICK: Span = Span::secs(5);
const VS: VServerId = VServerId(1);

impl World {
    pub fn new(spec: GroupSpec, size: u32) -> Self {
        let mut world = Self {
            memory: Memory::new(size),
            spec,
            status: GroupStatus::Enabled,
            now: Timestamp(1_000_000_000_000 / CYCLE_MS * CYCLE_MS),
            machines: Vec::new(),
            demand: 0,
            noise: 0,
            every: TICK,
            boot: Span::secs(45),
            stop: Span::secs(2),
            checks_broken: false,
            launches: Launches::Work,
            driver: Source::Answered,
            metrics: Source::Answered,
            strays: Vec::new(),
            orders: Vec::new(),
            answers: Vec::new(),
            minted: 0,
            peak_machines: 0,
            desired: vec![(Timestamp(0), size)],
            last: None,
            launched: 0,
            removed: Vec::new(),
        };
        for _ in 0..size {
            world.settled_machine();
        }
        world
    }

    /// A machine that has served for a day.
    pub fn settled_machine(&mut self) -> InstanceId {
        let id = self.launch(LaunchWhy::Growth);
        let long_ago = Timestamp(self.now.0 - 86_400_000);
        let machine = self.machines.last_mut().unwrap();
        machine.member.created_at = long_ago;
        machine.boots_at = long_ago;
        machine.member.driver = DriverWord::Running(long_ago);
        machine.member.phase = Phase::Serving;
        machine.member.flags.was_in_service = true;
        machine.member.flags.replacement = false;
        machine.registered = true;
        self.memory.durable.accounted = self.memory.durable.desired;
        id
    }

    fn launch(&mut self, why: LaunchWhy) -> InstanceId {
        self.minted += 1;
        let id = InstanceId(self.minted);
        let standings = self
            .spec
            .bindings
            .iter()
            .map(|b| Standing {
                vserver: b.vserver,
                word: CheckWord::Absent,
            })
            .collect();
        let flags = Flags {
            replacement: why != LaunchWhy::Growth,
            ..Flags::default()
        };
        self.machines.push(Machine {
            member: Member {
                id,
                created_at: self.now,
                phase: Phase::Launching,
                flags,
                warm_up_ms: self.spec.warm_up.0,
                driver: DriverWord::Pending,
                ready: ReadyWord::NotYet,
                standings,
                samples: [Err(Missing::NotRead); 2],
            },
            boots_at: self.now.plus(self.boot),
            exits_at: None,
            gone_at: None,
            registered: false,
            draining: false,
            sick: false,
            lost: false,
            used: 0,
            ticks: 0,
        });
        match self.launches {
            Launches::Work => {}
            Launches::Refused => {
                self.answers.push(Answer::Refused { id });
                self.machines.last_mut().unwrap().boots_at = Timestamp(i64::MAX);
            }
            Launches::NeverRun => self.machines.last_mut().unwrap().boots_at = Timestamp(i64::MAX),
            Launches::ExitAtOnce => {
                let machine = self.machines.last_mut().unwrap();
                machine.exits_at = Some(machine.boots_at);
            }
        }
        id
    }

    /// Machines not confirmed gone.
    pub fn machines_now(&self) -> u32 {
        let known = self
            .machines
            .iter()
            .filter(|m| m.member.driver != DriverWord::Gone)
            .count();
        u32::try_from(known + self.strays.len()).unwrap()
    }

    /// Members in service, by their records.
    pub fn in_service(&self) -> u32 {
        let serving = |m: &&Machine| m.member.flags.was_in_service && m.member.phase == Phase::Serving;
        u32::try_from(self.machines.iter().filter(serving).count()).unwrap()
    }

    /// Members that get traffic.
    pub fn carrying(&self) -> u32 {
        u32::try_from(self.machines.iter().filter(|m| self.carries(m)).count()).unwrap()
    }

    fn carries(&self, m: &Machine) -> bool {
        let up = !self.spec.bindings.is_empty();
        let open = if up {
            m.registered && !m.draining
        } else {
            matches!(m.member.phase, Phase::Serving)
        };
        // A broken check stops the check, not the traffic: the balancer's last resort is to use them all.
        matches!(m.member.driver, DriverWord::Running(_)) && open && !m.sick
    }

    /// Runs for so long, a pass every tick.
    pub fn run(&mut self, span: Span) {
        let end = self.now.plus(span);
        while self.now < end {
            self.tick();
        }
    }

    /// Runs until a condition holds; how long that took, at most `limit`.
    pub fn until(&mut self, limit: Span, done: impl Fn(&Self) -> bool) -> Option<Span> {
        let began = self.now;
        while !done(self) {
            if self.now.since(began) > limit {
                return None;
            }
            self.tick();
        }
        Some(self.now.since(began))
    }

    pub fn tick(&mut self) {
        self.live();
        self.now = self.now.plus(TICK);
        if self.now.0 % CYCLE_MS == 0 {
            self.sample();
        }
        if self.now.0 % self.every.0 == 0 {
            self.look();
            self.pass();
        }
    }

    /// What happens in the machines while time passes.
    fn live(&mut self) {
        let carrying = u64::from(self.carrying());
        let cycle = Cycle::at(self.now, Span(0)).0;
        let carriers: Vec<bool> = self.machines.iter().map(|m| self.carries(m)).collect();
        for (m, carries) in self.machines.iter_mut().zip(carriers) {
            let share = if carries { self.demand / carrying.max(1) } else { 1_000 };
            let draw = mix(self.spec.seed, m.member.id.0, cycle) % (2 * self.noise + 1);
            m.used += (share * (1_000 + draw - self.noise) / 1_000).min(100_000);
            m.ticks += 1;
        }
    }

    fn sample(&mut self) {
        for m in &mut self.machines {
            let mean = m.used / m.ticks.max(1);
            let running = matches!(m.member.driver, DriverWord::Running(_));
            let sample = match (self.metrics, running) {
                (Source::Silent, _) => Err(Missing::SourceSilent),
                (_, false) => Err(Missing::NotRead),
                _ => Ok(mean),
            };
            m.member.samples = [sample; Metric::ALL.len()];
            (m.used, m.ticks) = (0, 0);
        }
    }

    /// Driver and balancer say what they see.
    fn look(&mut self) {
        let (now, broken) = (self.now, self.checks_broken);
        for m in &mut self.machines {
            let since = m.boots_at;
            m.member.driver = if m.lost || m.gone_at.is_some_and(|at| at <= now) {
                DriverWord::Gone
            } else if m.exits_at.is_some_and(|at| at <= now) {
                DriverWord::Exited(1)
            } else if since <= now {
                DriverWord::Running(since)
            } else {
                DriverWord::Pending
            };
            let alive = matches!(m.member.driver, DriverWord::Running(_));
            let word = match (m.registered, m.draining) {
                (false, _) => CheckWord::Absent,
                (true, true) => CheckWord::Draining(0),
                (true, false) if broken || m.sick || !alive => CheckWord::Down,
                (true, false) => CheckWord::Up,
            };
            m.member.standings.iter_mut().for_each(|standing| standing.word = word);
        }
    }

    pub fn seen(&mut self) -> Observation {
        let cycle = Cycle::last_closed(self.now, Span(0));
        let mut members: Vec<Member> = self.machines.iter().map(|m| m.member.clone()).collect();
        if self.driver == Source::Silent {
            members.iter_mut().for_each(|m| m.driver = DriverWord::Unknown);
        }
        Observation {
            cycle,
            cycle_began: cycle.begins(Span(0)),
            driver: self.driver,
            members,
            strays: self.strays.clone(),
            orders: std::mem::take(&mut self.orders),
            answers: std::mem::take(&mut self.answers),
        }
    }

    fn pass(&mut self) {
        let seen = self.seen();
        let passed = pass(&self.spec, self.status, &self.memory, &seen, self.now);
        assert_eq!(
            passed,
            pass(&self.spec, self.status, &self.memory, &seen, self.now),
            "I10: same inputs, same answer"
        );
        self.memory = passed.plan.memory.clone();
        if self.desired.last().unwrap().1 != passed.decision.size {
            self.desired.push((self.now, passed.decision.size));
        }
        self.check(&seen, &passed);
        for step in passed.plan.steps.clone() {
            self.apply(step);
        }
        self.last = Some(passed);
        self.peak_machines = self.peak_machines.max(self.machines_now());
    }

    fn check(&self, seen: &Observation, passed: &Passed) {
        let steps = &passed.plan.steps;
        let launches = steps.iter().filter(|step| matches!(step, Step::Launch { .. })).count();
        let before = self.machines_now();
        let after = before + u32::try_from(launches).unwrap();
        assert!(
            after <= self.spec.max || launches == 0,
            "I1: {before} + {launches} > {}",
            self.spec.max
        );
        if self.status == GroupStatus::Disabled {
            assert!(!steps.iter().any(Step::begins), "I5: {steps:?}");
        }
        for step in steps {
            if let Step::Drain { id, cause } = step {
                let member = seen.members.iter().find(|m| m.id == *id).unwrap();
                let kept = member.flags.protected || member.flags.standby;
                let allowed = matches!(cause, LeaveCause::ByHand | LeaveCause::GroupDeleted);
                assert!(!kept || allowed, "I2: {step:?}");
            }
            if let Step::Signal { id, .. } = step {
                let member = seen.members.iter().find(|m| m.id == *id).unwrap();
                assert!(member.standings.iter().all(|s| s.word != CheckWord::Up), "I7: {step:?}");
            }
        }
    }

    fn apply(&mut self, step: Step) {
        let now = self.now;
        let (boot, stop) = (self.boot, self.stop);
        match step {
            Step::Launch { why } => {
                self.launch(why);
                self.launched += 1;
                return;
            }
            Step::Forget { id, .. } | Step::Detach { id } => {
                self.machines.retain(|m| m.member.id != id);
                return;
            }
            Step::DestroyStray { id } => {
                self.strays.retain(|stray| stray.id != id);
                return;
            }
            Step::Adopt { id } => {
                self.strays.retain(|stray| stray.id != id);
                self.settled_machine();
                return;
            }
            _ => {}
        }
        let id = id_of(step);
        if let Step::Drain { cause, .. } = step {
            self.removed.push((now, id, cause));
        }
        let m = self.machines.iter_mut().find(|m| m.member.id == id).unwrap();
        match step {
            Step::CreateAgain { .. } => m.boots_at = now.plus(boot),
            Step::MarkRunning { .. } => m.member.phase = Phase::Serving,
            Step::MarkInService { .. } => m.member.flags.was_in_service = true,
            Step::Register { .. } => m.registered = true,
            Step::Deregister { .. } => m.registered = false,
            Step::Drain { cause, .. } => {
                m.member.phase = Phase::Draining {
                    cause,
                    until: now.plus(Span::secs(30)),
                };
                m.draining = true;
            }
            Step::TakeBack { .. } => {
                m.member.phase = Phase::Serving;
                m.draining = false;
            }
            Step::Signal { cause, .. } => {
                m.registered = false;
                m.member.phase = Phase::Stopping {
                    cause,
                    until: now.plus(Span::secs(90)),
                };
                m.exits_at = Some(m.exits_at.map_or(now.plus(stop), |at| at.min(now.plus(stop))));
            }
            Step::Delete { cause, .. } => {
                m.member.phase = Phase::Deleting { cause };
                m.gone_at = Some(m.gone_at.unwrap_or(now.plus(Span::secs(3))));
            }
            _ => unreachable!("{step:?}"),
        }
    }

    pub fn set_desired(&mut self, desired: u32) {
        self.memory.durable.desired = desired;
    }

    /// A restart: only what is durable is left, windows from the series the world did not keep.
    pub fn restart(&mut self) {
        self.memory = Memory::restored(self.memory.durable.clone(), &[]);
    }

    /// The directions desired took, runs of one direction as one.
    pub fn turns(&self) -> String {
        let mut turns = String::new();
        for pair in self.desired.windows(2) {
            let turn = if pair[1].1 > pair[0].1 { 'o' } else { 'i' };
            if !turns.ends_with(turn) {
                turns.push(turn);
            }
        }
        turns
    }

    pub fn trail(&self) -> &[Reason] {
        &self.last.as_ref().unwrap().plan.trail
    }

    pub fn why(&self) -> &[Reason] {
        &self.last.as_ref().unwrap().decision.trail
    }
}

fn id_of(step: Step) -> InstanceId {
    match step {
        Step::CreateAgain { id }
        | Step::MarkRunning { id }
        | Step::MarkInService { id }
        | Step::Register { id, .. }
        | Step::Deregister { id, .. }
        | Step::Drain { id, .. }
        | Step::TakeBack { id }
        | Step::Signal { id, .. }
        | Step::Delete { id, .. }
        | Step::Forget { id, .. }
        | Step::Adopt { id }
        | Step::DestroyStray { id }
        | Step::Detach { id } => id,
        Step::Launch { .. } => unreachable!("a launch has no id yet"),
    }
}
