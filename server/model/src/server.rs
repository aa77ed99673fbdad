//! A server, and a pass step by step: list, load, intend, apply, settle. A server that sleeps takes no step, for as long as
//! it likes; one that crashes forgets where it was and which lease it had.
//!
//! One pass a group at a time: that much a server keeps by itself.

use crate::case::Case;
use crate::driver::{Call, Machine};
use crate::planner;
use crate::rules::{Repeats, Rules, Unseen};
use crate::store;
use crate::world::{Doubt, IDS, Id, Name, Phase, Record, Time, World, Write};

/// A server, as far as it knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Server {
    /// The epoch of the lease it last heard it had.
    pub lease: Option<u8>,
    /// Where its pass is.
    pub at: At,
}

/// Where a pass is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum At {
    /// Nowhere.
    #[default]
    Rest,
    /// The driver said which machines there are, or nothing.
    Listed(Option<[Machine; IDS]>),
    /// Records are loaded, and what to do is known.
    Planned(Pass),
    /// Its own clock says that the lease lasts (only where nothing better is asked).
    Checked(Pass),
    /// What is to be done is written.
    Intended(Pass),
    /// Calls are sent.
    Applied(Pass),
}

/// A pass under way; what is done of it is taken out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pass {
    /// The lease it began under.
    pub epoch: u8,
    /// The spec version it loaded.
    pub version: u8,
    /// Whether intents were written since it loaded.
    pub since: Since,
    /// Whether its intents begin something.
    pub begins: Begins,
    /// What it writes before it acts.
    pub intents: Vec<Intent>,
    /// Calls it sends then.
    pub calls: Vec<(Id, Call)>,
    /// Strays it destroys without an intent.
    pub destroyed: Vec<Id>,
    /// Launches whose ids it mints then (only where that is so late).
    pub launches: u8,
    /// What it settles.
    pub marks: Vec<(Id, Mark)>,
}

/// What happened to the group's records since a pass loaded them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Since {
    /// No intent was written.
    Nothing,
    /// One was.
    Intents,
}

/// Whether intents begin a launch or a removal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Begins {
    /// They only go on.
    #[default]
    Nothing,
    /// They do.
    Something,
}

/// What is written before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// A new id and its record.
    Launch,
    /// A machine without a record gets one.
    Adopt(Id),
    /// A machine without a record is to be deleted.
    Destroy(Id),
    /// A record moves on.
    Move {
        /// Which.
        id: Id,
        /// Its phase as loaded.
        from: Phase,
        /// Its phase then.
        to: Phase,
    },
}

/// What is settled about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It begins (only where ids are minted at apply).
    Begins,
    /// The driver said running.
    Runs,
    /// It came into service.
    Serves,
    /// The driver said gone.
    Ends,
}

/// Whether the driver answers in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// It does.
    Everything,
    /// It does not.
    Nothing,
}

/// Whether the drains and graces under way are over by their deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waits {
    /// They are not.
    GoOn,
    /// They are.
    AreOver,
}

impl Waits {
    /// Both.
    pub const ALL: [Self; 2] = [Self::GoOn, Self::AreOver];
}

impl Told {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Everything, Self::Nothing];
}

impl Pass {
    /// The pass without its next steps that have nothing to do.
    fn intended(self) -> At {
        if self.calls.is_empty() && self.destroyed.is_empty() && self.launches == 0 {
            self.applied()
        } else {
            At::Intended(self)
        }
    }

    fn applied(self) -> At {
        if self.marks.is_empty() {
            At::Rest
        } else {
            At::Applied(self)
        }
    }
}

/// The driver lists its machines. Before the records are read: a machine it names has had its record by then.
pub fn list(world: &mut World, by: Name, told: Told) {
    let listed = world.instances.map(|instance| {
        let machine = instance.machine;
        if machine.is_there() { machine } else { Machine::Unknown }
    });
    world.server_mut(by).at = At::Listed((told == Told::Everything).then_some(listed));
}

/// Records are read, the driver is asked about those it did not list, and the engine plans. What only repeats is sent at
/// once.
pub fn load(world: &mut World, rules: &Rules, case: &Case, by: Name, (told, waits): (Told, Waits)) {
    let (At::Listed(listed), Some(epoch)) = (&world.server(by).at, world.server(by).lease) else {
        return;
    };
    let words = listed.map(|listed| described(world, listed, told));
    let plan = planner::plan(rules, world.group(case), &world.instances, words.as_ref(), waits);
    if rules.repeats == Repeats::EveryPass {
        for (id, call) in plan.repeats {
            world.instance_mut(id).calls.send(call);
        }
    }
    let pass = Pass {
        epoch,
        version: world.version,
        since: Since::Nothing,
        begins: plan.begins,
        intents: plan.intents,
        calls: plan.calls,
        destroyed: plan.destroyed,
        launches: 0,
        marks: plan.marks,
    };
    world.server_mut(by).at = if pass.intents.is_empty() {
        pass.intended()
    } else {
        At::Planned(pass)
    };
}

/// The driver's words, with what it says of records that its list has no machine of.
fn described(world: &World, mut words: [Machine; IDS], told: Told) -> [Machine; IDS] {
    for (word, instance) in words.iter_mut().zip(&world.instances) {
        let recorded = matches!(instance.record, Record::Open { .. });
        if told == Told::Everything && recorded && !word.is_there() {
            *word = instance.machine;
        }
    }
    words
}

/// The server looks at its own clock, which is right.
pub fn check(world: &mut World, by: Name) {
    let At::Planned(pass) = &world.server(by).at else {
        return;
    };
    let pass = pass.clone();
    let holds = store::holds(world, by, pass.epoch) && world.lease.time == Time::Runs;
    world.server_mut(by).at = if holds { At::Checked(pass) } else { At::Rest };
}

/// The intents are written, or the pass is dropped.
pub fn intend(world: &mut World, rules: &Rules, case: &Case, by: Name) {
    let Some(pass) = to_intend(world, by) else { return };
    let granted = store::grants_intents(world, rules, case, by, &pass);
    let next = granted.then(|| store::write_intents(world, rules, case, by, pass).intended());
    world.server_mut(by).at = next.unwrap_or_default();
}

/// The intents are sent and granted, and the answer is lost: the pass is dropped, and the transaction is still under way.
pub fn intend_unanswered(world: &mut World, rules: &Rules, case: &Case, by: Name) {
    let Some(pass) = to_intend(world, by) else { return };
    if store::grants_intents(world, rules, case, by, &pass) {
        let write = Write::Intents(Pass {
            calls: Vec::new(),
            destroyed: Vec::new(),
            marks: Vec::new(),
            ..pass
        });
        world.in_doubt = Some(Doubt { by, write });
        world.server_mut(by).at = At::Rest;
    }
}

fn to_intend(world: &World, by: Name) -> Option<Pass> {
    match &world.server(by).at {
        At::Planned(pass) | At::Checked(pass) => Some(pass.clone()),
        _ => None,
    }
}

/// Calls are sent. They arrive when they do, or never: so a crash between two of them is a call that never arrives.
pub fn apply(world: &mut World, case: &Case, by: Name) {
    let At::Intended(pass) = &world.server(by).at else {
        return;
    };
    let mut pass = pass.clone();
    mint_late(world, case, &mut pass);
    for id in std::mem::take(&mut pass.destroyed) {
        world.check_status(case);
        world.instance_mut(id).calls.send(Call::Delete);
    }
    for (id, call) in std::mem::take(&mut pass.calls) {
        world.instance_mut(id).calls.send(call);
    }
    world.server_mut(by).at = pass.applied();
}

/// The mutant's launches: nothing is written of them yet.
fn mint_late(world: &mut World, case: &Case, pass: &mut Pass) {
    let launches = std::mem::take(&mut pass.launches);
    for id in (world.minted..case.ids).take(launches.into()) {
        world.minted += 1;
        world.instance_mut(id).calls.send(Call::Create);
        pass.marks.push((id, Mark::Begins));
        world.check_max(case);
        world.check_status(case);
    }
}

/// What happened is written, or dropped.
pub fn settle(world: &mut World, rules: &Rules, by: Name) {
    let At::Applied(pass) = &world.server(by).at else {
        return;
    };
    let pass = pass.clone();
    if store::grants_marks(world, rules, by, &pass) {
        store::write_marks(world, rules, by, &pass);
    }
    world.server_mut(by).at = At::Rest;
}

/// The same, and the answer is lost.
pub fn settle_unanswered(world: &mut World, rules: &Rules, by: Name) {
    let At::Applied(pass) = &world.server(by).at else {
        return;
    };
    let pass = pass.clone();
    if store::grants_marks(world, rules, by, &pass) {
        let write = Write::Marks(pass);
        world.in_doubt = Some(Doubt { by, write });
        world.server_mut(by).at = At::Rest;
    }
}

/// The server dies, and starts again: it knows nothing.
pub fn crash(world: &mut World, by: Name) {
    *world.server_mut(by) = Server::default();
}

/// Intents were written: passes of this lease that loaded before have not seen them.
pub fn note_unseen(world: &mut World, rules: &Rules, epoch: u8) {
    if rules.unseen == Unseen::Passed {
        return;
    }
    for server in &mut world.servers {
        if let At::Planned(pass) | At::Checked(pass) = &mut server.at
            && pass.epoch == epoch
        {
            pass.since = Since::Intents;
        }
    }
}
