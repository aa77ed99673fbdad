//! Sees every call of every server, and says when an invariant of the design (5) breaks. What must hold at every step is
//! here; what must hold once all is calm is in [`crate::rest`].

use crate::crowd::{GROUP, says_why};
use crate::gates::Act;
use crate::timeline::{BEGIN_MS, Timeline};
use control::drivers::MachineSpec;
use control::drivers::simulated::SimulatedRegion;
use control::locked;
use control::store::{GroupRecord, Intent, LoopStore as _, MemoryStore, Placed, Settlement};
use engine::draw::mix;
use engine::memory::Regret;
use engine::model::{CheckWord, GroupStatus, InstanceId, LeaveCause, Metric, Phase, Reason};
use engine::simulate::{State as MachineState, World};
use futures::FutureExt as _;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// Cycles that are kept: a window that was made longer by regret reaches back a day, no more.
const READ_MAX: usize = 5_760;
/// Lines of the telling that are kept.
const LINES_MAX: usize = 20_000;

/// Which promise broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// No launch makes machines not confirmed gone exceed max; no record ends while its machine is there.
    I1,
    /// A protected or standby instance is chosen by nothing but a person.
    I2,
    /// Once all is calm, machines are records, both ways.
    I3,
    /// One id is at most one machine, ever, and none without a record.
    I4,
    /// Nothing is begun while disabled.
    I5,
    /// Missing metrics never lower desired.
    I6,
    /// No signal while a balancer may send to it.
    I7,
    /// Each launch and removal has one activity with its cause, and all end.
    I8,
    /// Constant demand brings rest.
    I9,
    /// A pass broke off, or the loop ended by itself: a defect.
    Defect,
}

/// A promise that broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Seconds into the story.
    pub at: i64,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} broke after {} s: {}", self.invariant, self.at, self.what)
    }
}

/// Whether the telling of a story is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Only what comes of it.
    Silent,
    /// Every call that changes something.
    Aloud,
}

/// A move of desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Seconds into the story.
    pub at: i64,
    /// Before.
    pub from: u32,
    /// After.
    pub to: u32,
}

#[derive(Debug, Default)]
struct State {
    violation: Option<Violation>,
    digest: u64,
    calls: u64,
    lines: Option<VecDeque<String>>,
    /// Of the last closed cycles: whether any counter was read.
    read: VecDeque<bool>,
    desired: Option<u32>,
    moves: Vec<Move>,
    /// Machines there ever were.
    made: BTreeSet<InstanceId>,
    /// And at once, at most.
    peak: usize,
}

/// Who sees all calls.
pub struct Witness {
    timeline: Arc<Timeline>,
    region: SimulatedRegion,
    store: MemoryStore,
    state: Mutex<State>,
}

impl Witness {
    /// Of a story that begins.
    pub fn new(timeline: Arc<Timeline>, region: SimulatedRegion, store: MemoryStore, telling: Telling) -> Self {
        let lines = (telling == Telling::Aloud).then(VecDeque::new);
        Self {
            timeline,
            region,
            store,
            state: Mutex::new(State {
                lines,
                ..State::default()
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Seconds into the story.
    pub fn at(&self) -> i64 {
        (self.timeline.now() - BEGIN_MS) / 1_000
    }

    /// A call comes through. All of them make the digest.
    pub fn saw(&self, act: Act, about: u64) {
        let now = u64::try_from(self.timeline.now()).unwrap_or(0);
        let mut state = self.lock();
        state.calls += 1;
        state.digest = mix(state.digest ^ about, now, act as u64);
        if state.lines.is_some() && !Act::LOOKING.contains(&act) && act != Act::Other && act != Act::Mark {
            drop(state);
            self.tell(|| format!("{act:?} {}", InstanceId(about)));
        }
    }

    /// Something for the telling, if it is written down.
    pub fn tell(&self, line: impl FnOnce() -> String) {
        let at = self.at();
        if let Some(lines) = &mut self.lock().lines {
            lines.push_back(format!("{at:>6} s  {}", line()));
            if lines.len() > LINES_MAX {
                lines.pop_front();
            }
        }
    }

    /// The first one counts.
    pub fn break_(&self, invariant: Invariant, what: impl FnOnce() -> String) {
        let at = self.at();
        let mut state = self.lock();
        if state.violation.is_none() {
            let what = what();
            state.violation = Some(Violation { invariant, at, what });
        }
    }

    /// What broke, if anything did.
    pub fn violation(&self) -> Option<Violation> {
        self.lock().violation.clone()
    }

    /// Whether anything broke.
    pub fn is_broken(&self) -> bool {
        self.lock().violation.is_some()
    }

    /// Every call, its instant and its subject, in one number.
    pub fn digest(&self) -> u64 {
        self.lock().digest
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// The telling, if it was written down.
    pub fn lines(&self) -> Vec<String> {
        self.lock().lines.iter().flatten().cloned().collect()
    }

    /// How desired moved.
    pub fn moves(&self) -> Vec<Move> {
        self.lock().moves.clone()
    }

    /// Counters were asked for at the end of a cycle.
    pub fn usage(&self, asked: usize, read: usize) {
        let mut state = self.lock();
        state.read.push_back(asked > 0 && read > 0);
        if state.read.len() > READ_MAX {
            state.read.pop_front();
        }
    }

    /// Intents were written on what was stored before.
    pub fn intends(&self, before: &GroupRecord, intents: &[Intent], places: &[Option<Placed>]) {
        let launched = u32::try_from(places.iter().flatten().count()).unwrap_or(u32::MAX);
        // A record ends with the settlement; its machine is confirmed gone before that.
        let there = self.region.world(|world| {
            let records = before.instances.iter();
            records.filter(|row| !world.is_gone(row.id)).count()
        });
        let records = u32::try_from(there).unwrap_or(u32::MAX);
        let max = before.spec.max;
        if launched > 0 && records.saturating_add(launched) > max {
            self.break_(Invariant::I1, || {
                format!("{launched} launched beside {records} records, max {max}")
            });
        }
        if before.status == GroupStatus::Disabled && intents.iter().any(Intent::begins) {
            self.break_(Invariant::I5, || format!("{intents:?} while disabled"));
        }
        for intent in intents {
            self.tell(|| said(intent));
            self.chooses(before, intent);
            self.explains(intent);
        }
    }

    /// Protected and standby members are nobody's to choose.
    fn chooses(&self, before: &GroupRecord, intent: &Intent) {
        let Intent::Move {
            id,
            from: Phase::Serving | Phase::Launching,
            to,
            ..
        } = intent
        else {
            return;
        };
        let (Phase::Draining { cause, .. } | Phase::Stopping { cause, .. } | Phase::Deleting { cause }) = to else {
            return;
        };
        let kept = before
            .row(*id)
            .is_some_and(|row| row.flags.protected || row.flags.standby);
        let by_rule = matches!(cause, LeaveCause::Surplus | LeaveCause::Unhealthy | LeaveCause::Exited);
        if kept && by_rule {
            self.break_(Invariant::I2, || format!("{id} was chosen as {cause:?}"));
        }
    }

    /// Whatever begins says why.
    fn explains(&self, intent: &Intent) {
        let activity = match intent {
            Intent::Launch { activity, .. } | Intent::Adopt { activity, .. } => Some(activity),
            Intent::Move { activity, .. } => activity.as_ref(),
            // The log tells of it when it is done: it has no record.
            Intent::Destroy { .. } => None,
        };
        if let Some(activity) = activity.filter(|activity| !says_why(activity.kind, &activity.cause)) {
            self.break_(Invariant::I8, || format!("{activity:?} has no cause"));
        }
    }

    /// A settlement was written.
    pub fn settles(&self, settlement: &Settlement) {
        for update in settlement.instances.iter().filter(|update| update.terminated.is_some()) {
            let id = update.id;
            if self.region.world(|world| world.machines().contains_key(&id)) {
                self.break_(Invariant::I1, || {
                    format!("the record of {id} ended, its machine is there")
                });
            }
        }
        let scaled_in = settlement
            .decision
            .trail
            .iter()
            .any(|reason| matches!(reason, Reason::ScaledIn { .. }));
        if scaled_in {
            self.scales_in(settlement);
        }
        self.moved(settlement.durable.desired);
    }

    fn moved(&self, to: u32) {
        let at = self.at();
        let from = self.lock().desired.replace(to).unwrap_or(to);
        if from != to {
            self.tell(|| format!("desired {from} -> {to}"));
            self.lock().moves.push(Move { at, from, to });
        }
    }

    /// A rule lowered desired: there must have been something to see.
    fn scales_in(&self, settlement: &Settlement) {
        let window = Regret::window(settlement.durable.regret.as_ref(), Some(settlement.decision.at));
        let window = usize::try_from(window).unwrap_or(usize::MAX);
        let (last, present) = {
            let state = self.lock();
            let looked_at = state.read.iter().rev().take(window);
            (
                state.read.back() == Some(&true),
                looked_at.filter(|read| **read).count(),
            )
        };
        if !last || present * 5 < window * 4 {
            self.break_(Invariant::I6, || {
                format!("scaled in though of {window} cycles {present} were read")
            });
        }
        let Some(Ok(Some(record))) = self.store.load(GROUP).now_or_never() else {
            return;
        };
        let Some(cycle) = &settlement.cycle else { return };
        let rules: Vec<Metric> = record.spec.rules.iter().map(|rule| rule.metric).collect();
        if rules.iter().any(|metric| cycle.demands[metric.index()].is_err()) {
            self.break_(Invariant::I6, || format!("scaled in on {:?}", cycle.demands));
        }
    }

    /// A create is called.
    pub fn creates(&self, spec: &MachineSpec) {
        let id = spec.id;
        if self.store.instance(GROUP, id).is_none() {
            self.break_(Invariant::I4, || format!("{id} is created without a record"));
        }
    }

    /// A create was carried out; how often is counted at the driver.
    pub fn created(&self, id: InstanceId) {
        let (times, there) = self.region.world(|world| (world.made(id), world.machines().len()));
        if times > 1 {
            self.break_(Invariant::I4, || format!("{id} was made {times} times"));
        }
        let mut state = self.lock();
        state.peak = state.peak.max(there);
        if times > 0 {
            state.made.insert(id);
        }
    }

    /// How many machines there ever were, and at once, at most.
    pub fn machines(&self) -> (usize, usize) {
        let state = self.lock();
        (state.made.len(), state.peak)
    }

    /// A signal is sent. Its member has left every balancer that runs before: one in drain may have requests in flight.
    pub fn signals(&self, id: InstanceId) {
        if let Some(word) = self.region.world(|world| sent_to(world, id)) {
            self.break_(Invariant::I7, || {
                format!("{id} is signalled while it is {word:?} in a balancer")
            });
        }
    }

    /// A delete is called.
    pub fn deletes(&self, id: InstanceId) {
        let record = self.store.instance(GROUP, id);
        if record.is_none() && self.store.status(GROUP) == Some(GroupStatus::Disabled) {
            self.break_(Invariant::I5, || format!("{id}, a stray, is destroyed while disabled"));
        }
        let phase = record.map(|stored| stored.row.phase);
        if matches!(phase, Some(Phase::Serving)) {
            self.break_(Invariant::I8, || format!("{id} is deleted, its record says serving"));
        }
        // One that does not run answers nobody, and a balancer's next checks find that out, deleted or not.
        if self.region.world(|world| world.is_eligible(id) && runs(world, id)) {
            self.break_(Invariant::I7, || {
                format!("{id} is deleted while a balancer sends to it")
            });
        }
    }
}

/// What a balancer that runs says of a member that requests come to, or came to: it is UP or in drain. One that fails its
/// checks, or joined and has not been checked, has had none of late.
fn sent_to(world: &World, id: InstanceId) -> Option<CheckWord> {
    let members = world.balancers().values().flat_map(|balancer| &balancer.members);
    let ours = members.filter(|((_, member), _)| *member == id);
    ours.map(|(_, found)| found.word(world.now()))
        .find(|word| matches!(word, CheckWord::Up | CheckWord::Draining(_)))
}

fn runs(world: &World, id: InstanceId) -> bool {
    let machine = world.machines().get(&id);
    machine.is_some_and(|machine| {
        matches!(
            machine.state,
            MachineState::Running { .. } | MachineState::Ending { .. }
        )
    })
}

fn said(intent: &Intent) -> String {
    match intent {
        Intent::Launch { id, .. } => format!("  launch {id}"),
        Intent::Adopt { id, .. } => format!("  adopt {id}"),
        Intent::Move { id, from, to, .. } => format!("  {id} {from:?} -> {to:?}"),
        Intent::Destroy { id } => format!("  destroy the stray {id}"),
    }
}
