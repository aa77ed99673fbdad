//! What a pass does about what it saw: `engine::pass` decides and plans, as in the real loop, and its steps are sorted into
//! what is written before, what is sent, and what is settled.
//!
//! The group is unbound, of a fixed size and without warm-up, and the engine remembers nothing from pass to pass but
//! desired, as after a start: see `docs/model.md` for why that is enough.

use crate::case::Group;
use crate::driver::{Call, Machine};
use crate::rules::{Rules, Strays};
use crate::server::{Begins, Intent, Mark, Waits};
use crate::world::{IDS, Id, Instance, Phase, Record, Served, Why, World};
use engine::memory::{Durable, Memory};
use engine::model::{
    CYCLE_MS, Cycle, DriverWord, Fit, Flags, GroupSpec, Guard, InstanceId, LeaveCause, Member, Metric, Missing,
    Observation, ReadyCheck, ReadyWord, RemovalPolicy, ScaleIn, Source, Span, Step, Stray, Timestamp,
};

/// The closed cycle every pass sees. Which one makes no difference: no streak is as long as a pass.
const CYCLE: Cycle = Cycle(1_000);
/// When every pass is: long after its cycle closed.
const NOW: Timestamp = Timestamp(1_001 * CYCLE_MS + 1_000);
/// When the first id was intended: long enough ago that its create may be repeated, not so long that its launch has failed.
const CREATED: Timestamp = Timestamp(NOW.0 - 60_000);
/// The deadline of a wait that goes on.
const LATER: Timestamp = Timestamp(i64::MAX);

/// What a pass has to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whether its intents begin something.
    pub begins: Begins,
    /// Written first, all or none.
    pub intents: Vec<Intent>,
    /// Calls that go on with what was intended before: they need no intent, and a pass that fails sends them too.
    pub repeats: Vec<(Id, Call)>,
    /// Calls that the intents allow.
    pub calls: Vec<(Id, Call)>,
    /// Strays that are destroyed without an intent.
    pub destroyed: Vec<Id>,
    /// What is settled.
    pub marks: Vec<(Id, Mark)>,
}

/// Plans a pass over these records, having heard these words; none if the driver was silent.
pub fn plan(
    rules: &Rules,
    group: Group,
    instances: &[Instance; IDS],
    words: Option<&[Machine; IDS]>,
    waits: Waits,
) -> Plan {
    let durable = Durable {
        desired: group.desired.into(),
        accounted: group.desired.into(),
        passed_at: Some(NOW),
        ..Durable::default()
    };
    let memory = Memory::restored(durable, &[]);
    let seen = observation(instances, words, waits);
    let passed = engine::pass(&spec(group), group.status, &memory, &seen, NOW);
    let mut plan = Plan::default();
    plan.repeat_signals(instances);
    for step in &passed.plan.steps {
        plan.take(rules, instances, step);
    }
    plan
}

fn spec(group: Group) -> GroupSpec {
    GroupSpec {
        min: 0,
        max: group.max.into(),
        warm_up: Span(0),
        rules: Vec::new(),
        scale_in: ScaleIn::Allowed,
        removal: RemovalPolicy::Newest,
        brake: Guard::On,
        hold: Guard::On,
        projection: Guard::On,
        bindings: Vec::new(),
        ready_check: ReadyCheck::None,
        seed: 0,
    }
}

fn observation(instances: &[Instance; IDS], heard: Option<&[Machine; IDS]>, waits: Waits) -> Observation {
    let words = heard.unwrap_or(&[Machine::Unknown; IDS]);
    let each = || World::ids().zip(instances.iter().zip(words));
    let members = each().filter_map(|(id, (instance, word))| member(id, instance, *word, waits));
    let strays = each().filter_map(|(id, (instance, word))| stray(id, instance, *word));
    Observation {
        cycle: CYCLE,
        cycle_began: CYCLE.begins(Span(0)),
        driver: heard.map_or(Source::Silent, |_| Source::Answered),
        members: members.collect(),
        strays: strays.collect(),
        orders: Vec::new(),
        answers: Vec::new(),
    }
}

fn member(id: Id, instance: &Instance, word: Machine, waits: Waits) -> Option<Member> {
    let Record::Open { phase, served } = instance.record else {
        return None;
    };
    Some(Member {
        id: engine_id(id),
        created_at: created(id),
        phase: engine_phase(phase, waits),
        flags: Flags {
            was_in_service: served == Served::Once,
            ..Flags::default()
        },
        warm_up_ms: 0,
        driver: match word {
            Machine::Unknown => DriverWord::Unknown,
            Machine::Runs => DriverWord::Running(created(id)),
            Machine::Exited => DriverWord::Exited(1),
            Machine::Gone => DriverWord::Gone,
        },
        ready: ReadyWord::NotYet,
        standings: Vec::new(),
        samples: [Err(Missing::NotRead); Metric::ALL.len()],
    })
}

fn stray(id: Id, instance: &Instance, word: Machine) -> Option<Stray> {
    let unknown = word.is_there() && !matches!(instance.record, Record::Open { .. });
    unknown.then(|| Stray {
        id: engine_id(id),
        fit: if word == Machine::Runs {
            Fit::Matches
        } else {
            Fit::Differs
        },
        intended_at: Some(created(id)),
    })
}

/// Ids in the order they were minted.
const fn created(id: Id) -> Timestamp {
    Timestamp(CREATED.0 + id as i64)
}

fn engine_id(id: Id) -> InstanceId {
    InstanceId(id.into())
}

fn model_id(id: InstanceId) -> Id {
    Id::try_from(id.0).unwrap_or(Id::MAX)
}

const fn engine_phase(phase: Phase, waits: Waits) -> engine::model::Phase {
    let until = match waits {
        Waits::GoOn => LATER,
        Waits::AreOver => NOW,
    };
    match phase {
        Phase::Launching => engine::model::Phase::Launching,
        Phase::Serving => engine::model::Phase::Serving,
        Phase::Draining(why) => engine::model::Phase::Draining {
            cause: cause(why),
            until,
        },
        Phase::Stopping(why) => engine::model::Phase::Stopping {
            cause: cause(why),
            until,
        },
        Phase::Deleting(why) => engine::model::Phase::Deleting { cause: cause(why) },
    }
}

const fn cause(why: Why) -> LeaveCause {
    match why {
        Why::Surplus => LeaveCause::Surplus,
        Why::Other => LeaveCause::Exited,
    }
}

const fn why(cause: LeaveCause) -> Why {
    match cause {
        LeaveCause::Surplus => Why::Surplus,
        _ => Why::Other,
    }
}

impl Plan {
    /// Whoever is stopping is told so in every pass: the one that intended it may have died before it did.
    fn repeat_signals(&mut self, instances: &[Instance]) {
        let stopping = |instance: &Instance| {
            let Record::Open { phase, .. } = instance.record else {
                return false;
            };
            matches!(phase, Phase::Stopping(_))
        };
        let told = World::ids().zip(instances).filter(|(_, instance)| stopping(instance));
        self.repeats.extend(told.map(|(id, _)| (id, Call::Stop)));
    }

    fn take(&mut self, rules: &Rules, instances: &[Instance], step: &Step) {
        match *step {
            Step::Launch { .. } => self.intend(step, Intent::Launch),
            Step::Adopt { id } => self.intend(step, Intent::Adopt(model_id(id))),
            Step::DestroyStray { id } => self.destroy(rules, step, model_id(id)),
            Step::CreateAgain { id } => self.repeats.push((model_id(id), Call::Create)),
            Step::Drain { id, cause } => self.moves(instances, step, id, Phase::Draining(why(cause))),
            Step::TakeBack { id } => self.moves(instances, step, id, Phase::Serving),
            Step::Signal { id, cause } => {
                self.moves(instances, step, id, Phase::Stopping(why(cause)));
                self.calls.push((model_id(id), Call::Stop));
            }
            Step::Delete { id, cause } => self.delete(instances, step, id, why(cause)),
            Step::MarkRunning { id } => self.marks.push((model_id(id), Mark::Runs)),
            Step::MarkInService { id } => self.marks.push((model_id(id), Mark::Serves)),
            Step::Forget { id, .. } => self.marks.push((model_id(id), Mark::Ends)),
            // Nothing is bound, and nothing attached.
            Step::Register { .. } | Step::Deregister { .. } | Step::Detach { .. } => {}
        }
    }

    fn intend(&mut self, step: &Step, intent: Intent) {
        if step.begins() {
            self.begins = Begins::Something;
        }
        self.intents.push(intent);
    }

    fn moves(&mut self, instances: &[Instance], step: &Step, id: InstanceId, to: Phase) {
        let id = model_id(id);
        if let Record::Open { phase: from, .. } = instances[usize::from(id)].record {
            self.intend(step, Intent::Move { id, from, to });
        }
    }

    /// The first delete is intended, the others repeat it.
    fn delete(&mut self, instances: &[Instance], step: &Step, id: InstanceId, why: Why) {
        let record = instances[usize::from(model_id(id))].record;
        let asked = Phase::Deleting(why);
        if matches!(
            record,
            Record::Open {
                phase: Phase::Deleting(_),
                ..
            }
        ) {
            self.repeats.push((model_id(id), Call::Delete));
        } else {
            self.moves(instances, step, id, asked);
            self.calls.push((model_id(id), Call::Delete));
        }
    }

    fn destroy(&mut self, rules: &Rules, step: &Step, id: Id) {
        match rules.strays {
            Strays::Unwritten => self.destroyed.push(id),
            Strays::Checked | Strays::Recorded => {
                self.intend(step, Intent::Destroy(id));
                self.calls.push((id, Call::Delete));
            }
        }
    }
}
