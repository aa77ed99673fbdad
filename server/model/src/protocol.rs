//! Who may take which step next: the model, as the checker asks for it.

use crate::broken::{Broken, Promise};
use crate::case::Case;
use crate::driver::{self, Call, Machine};
use crate::happening;
use crate::rest::Rest;
use crate::rules::{Fence, Rules};
use crate::server::{self, At, Told, Waits};
use crate::store;
use crate::world::{Id, Name, Time, World};
use control::locked;
use stateright::{Model, Property};
use std::sync::Mutex;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A server claims the shard, or hears that it still has it.
    Claim(Name),
    /// The lease was not renewed in time.
    RunOut,
    /// A server dies and starts again.
    Crash(Name),
    /// People make the group its next version.
    Edit,
    /// A pass begins: the driver lists its machines, or is silent.
    List(Name, Told),
    /// Records are loaded, absent machines asked about, and the engine plans.
    Load(Name, Told, Waits),
    /// A server looks at its own clock.
    Check(Name),
    /// Intents are written or refused.
    Intend(Name),
    /// Intents are sent, and the answer is lost.
    IntendUnanswered(Name),
    /// Calls are sent.
    Apply(Name),
    /// What happened is written or refused.
    Settle(Name),
    /// The same, and the answer is lost.
    SettleUnanswered(Name),
    /// A transaction in doubt reaches the disk.
    Land,
    /// A transaction in doubt is undone.
    Undo,
    /// A call arrives that was sent at some time before.
    Arrive(Id, Call),
    /// A machine's program ends by itself.
    Die(Id),
}

/// A case under a set of rules.
#[derive(Debug)]
pub struct Protocol {
    /// What is there, and how much may happen.
    pub case: Case,
    /// What is checked.
    pub rules: Rules,
    /// Where worlds come to.
    pub rest: Rest,
    /// Promises of which the checker knows that they are broken.
    told: Mutex<Broken>,
}

impl Protocol {
    /// A model to check.
    pub fn new(case: Case, rules: Rules) -> Self {
        Self {
            rest: Rest::new(&case),
            case,
            rules,
            told: Mutex::default(),
        }
    }

    fn server_actions(&self, world: &World, by: Name, actions: &mut Vec<Action>) {
        let server = world.server(by);
        let free = store::is_free(world, &self.rules);
        // Only one transaction's answer is lost at a time: one more finds no turn, or is the first one's mirror image.
        let may_be_lost = world.in_doubt.is_none();
        match &server.at {
            At::Rest if server.lease.is_some() => actions.extend(Told::ALL.map(|told| Action::List(by, told))),
            At::Rest => {}
            At::Listed(listed) => {
                let told = Told::ALL
                    .into_iter()
                    .filter(|told| listed.is_some() || *told == Told::Nothing);
                let loads = told.flat_map(|told| Waits::ALL.map(|waits| Action::Load(by, told, waits)));
                actions.extend(loads);
            }
            At::Planned(_) if self.rules.fence == Fence::OwnClock => actions.push(Action::Check(by)),
            At::Planned(_) | At::Checked(_) => {
                actions.extend(free.then_some(Action::Intend(by)));
                actions.extend(may_be_lost.then_some(Action::IntendUnanswered(by)));
            }
            At::Intended(_) => actions.push(Action::Apply(by)),
            At::Applied(_) => {
                actions.extend(free.then_some(Action::Settle(by)));
                actions.extend(may_be_lost.then_some(Action::SettleUnanswered(by)));
            }
        }
        if server.at != At::Rest {
            actions.push(Action::Crash(by));
        }
        actions.extend(free.then_some(Action::Claim(by)));
    }

    fn world_actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.lease.time == Time::Runs && world.lease.epoch < self.case.claims {
            actions.push(Action::RunOut);
        }
        if store::is_free(world, &self.rules) {
            actions.push(Action::Edit);
        }
        if world.in_doubt.is_some() {
            actions.extend([Action::Land, Action::Undo]);
        }
        for id in World::ids() {
            let instance = world.instance(id);
            let sent = Call::ALL.into_iter().filter(|call| instance.calls.sent(*call));
            actions.extend(sent.map(|call| Action::Arrive(id, call)));
            if instance.machine == Machine::Runs && world.died < self.case.deaths {
                actions.push(Action::Die(id));
            }
        }
    }

    /// Takes a step.
    pub fn step(&self, world: &mut World, action: Action) {
        let (rules, case) = (&self.rules, &self.case);
        match action {
            Action::Claim(by) => store::claim(world, case, by),
            Action::RunOut => world.lease.time = Time::Over,
            Action::Crash(by) => server::crash(world, by),
            Action::Edit => store::edit(world, case),
            Action::List(by, told) => server::list(world, by, told),
            Action::Load(by, told, waits) => server::load(world, rules, case, by, (told, waits)),
            Action::Check(by) => server::check(world, by),
            Action::Intend(by) => server::intend(world, rules, case, by),
            Action::IntendUnanswered(by) => server::intend_unanswered(world, rules, case, by),
            Action::Apply(by) => server::apply(world, case, by),
            Action::Settle(by) => server::settle(world, rules, by),
            Action::SettleUnanswered(by) => server::settle_unanswered(world, rules, by),
            Action::Land => store::land(world, rules, case),
            Action::Undo => world.in_doubt = None,
            Action::Arrive(id, call) => driver::arrive(world, rules, id, call),
            Action::Die(id) => {
                world.instance_mut(id).machine = Machine::Exited;
                world.died += 1;
            }
        }
    }
}

/// Whether a promise stands, as the checker hears it. It keeps the last way to a broken one that it is told of; the first is
/// the shortest, so that is the only one it hears of.
fn stands(protocol: &Protocol, world: &World, promise: Promise) -> bool {
    if !world.broken.has(promise) {
        return true;
    }
    let mut told = locked(&protocol.told);
    let before = told.has(promise);
    told.note(promise);
    before
}

fn property(promise: Promise) -> Property<Protocol> {
    let condition = match promise {
        Promise::WithinMax => |protocol: &Protocol, world: &World| stands(protocol, world, Promise::WithinMax),
        Promise::OneMachineAnId => |protocol: &_, world: &_| stands(protocol, world, Promise::OneMachineAnId),
        Promise::DisabledBeginsNothing => {
            |protocol: &_, world: &_| stands(protocol, world, Promise::DisabledBeginsNothing)
        }
        Promise::FencedIsRefused => |protocol: &_, world: &_| stands(protocol, world, Promise::FencedIsRefused),
        Promise::DeletedStaysDeleted => |protocol: &_, world: &_| stands(protocol, world, Promise::DeletedStaysDeleted),
        Promise::IntentStands => |protocol: &_, world: &_| stands(protocol, world, Promise::IntentStands),
        Promise::LeavingAreDeleted => |protocol: &_, world: &_| stands(protocol, world, Promise::LeavingAreDeleted),
        Promise::ComesToRest => |protocol: &_, world: &_| stands(protocol, world, Promise::ComesToRest),
    };
    Property::always(promise.name(), condition)
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::of(&self.case)]
    }

    /// What follows a broken promise is nobody's business.
    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken.any() {
            return;
        }
        for by in Name::ALL {
            self.server_actions(world, by, actions);
        }
        self.world_actions(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        self.step(&mut next, action);
        if !self.rest.is_reached(&self.rules, &next) {
            next.broken.note(Promise::ComesToRest);
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let promises = Promise::ALL.map(property);
        promises.into_iter().chain(happening::properties()).collect()
    }
}
