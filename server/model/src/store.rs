//! The database: what a transaction is checked by, and what it writes. One transaction is one step; on its way to the disk
//! it may outlive the connection it came by ([`World::in_doubt`]).

use crate::broken::Promise;
use crate::case::Case;
use crate::driver::Call;
use crate::rules::{Edits, Fence, Marks, Minting, Rules, Strays, Turns, Unseen};
use crate::server::{self, Begins, Intent, Mark, Pass, Since};
use crate::world::{Id, Name, Phase, Record, Served, Time, Why, World, Write};
use control::store::rules::may_begin;

/// Whether a transaction may begin: at most one is under way.
pub fn is_free(world: &World, rules: &Rules) -> bool {
    world.in_doubt.is_none() || rules.turns == Turns::AsTheyCome
}

/// Whether the shard is this server's by this epoch. A lease that is over and that nobody claimed still is.
pub fn holds(world: &World, by: Name, epoch: u8) -> bool {
    world.lease.owner == by && world.lease.epoch == epoch
}

/// A server takes the shard if it is free, or hears that it is still its own.
pub fn claim(world: &mut World, case: &Case, by: Name) {
    let free = world.lease.time == Time::Over && world.lease.epoch < case.claims;
    // The two are alike: the first to come is called A.
    let named = world.lease.epoch > 0 || by == Name::A;
    if free && named {
        world.lease.owner = by;
        world.lease.epoch += 1;
        world.lease.time = Time::Runs;
    }
    if world.lease.owner == by && world.lease.time == Time::Runs {
        world.server_mut(by).lease = Some(world.lease.epoch);
    }
}

/// Whether these intents may be written.
pub fn grants_intents(world: &World, rules: &Rules, case: &Case, by: Name, pass: &Pass) -> bool {
    let fenced = rules.fence == Fence::Epoch && !holds(world, by, pass.epoch);
    let seen = rules.unseen == Unseen::Passed || pass.since == Since::Nothing;
    !fenced && seen && is_current(world, rules, case, pass) && pass.intents.iter().all(|intent| stands(world, *intent))
}

fn is_current(world: &World, rules: &Rules, case: &Case, pass: &Pass) -> bool {
    let begins = pass.begins == Begins::Something;
    match rules.edits {
        Edits::Checked => pass.version == world.version && (!begins || may_begin(world.group(case).status)),
        Edits::Unseen => true,
    }
}

/// Whether a record is where it was loaded, and an id that is taken in is new.
fn stands(world: &World, intent: Intent) -> bool {
    match intent {
        Intent::Launch => true,
        Intent::Adopt(id) | Intent::Destroy(id) => world.instance(id).record == Record::None,
        Intent::Move { id, from, .. } => {
            matches!(world.instance(id).record, Record::Open { phase, .. } if phase == from)
        }
    }
}

/// Writes them; the pass then has the creates of what was minted to send.
pub fn write_intents(world: &mut World, rules: &Rules, case: &Case, by: Name, mut pass: Pass) -> Pass {
    if !holds(world, by, pass.epoch) {
        world.broken.note(Promise::FencedIsRefused);
    }
    if pass.begins == Begins::Something && rules.minting == Minting::AtIntent {
        world.check_status(case);
    }
    for intent in std::mem::take(&mut pass.intents) {
        match intent {
            Intent::Launch => launch(world, rules, case, &mut pass),
            Intent::Adopt(id) => world.instance_mut(id).record = begun(Phase::Launching),
            Intent::Destroy(id) => destroy(world, rules, id),
            Intent::Move { id, to, .. } => move_on(world, id, to),
        }
    }
    server::note_unseen(world, rules, pass.epoch);
    pass
}

/// A launch whose ids are used up finds no place: as where every subnet is full, nothing is written of it.
fn launch(world: &mut World, rules: &Rules, case: &Case, pass: &mut Pass) {
    if rules.minting == Minting::AtApply {
        pass.launches += 1;
    } else if world.minted < case.ids {
        let id = world.minted;
        world.minted += 1;
        world.instance_mut(id).record = begun(Phase::Launching);
        pass.calls.push((id, Call::Create));
        world.check_max(case);
    }
}

fn destroy(world: &mut World, rules: &Rules, id: Id) {
    if rules.strays == Strays::Recorded {
        world.instance_mut(id).record = begun(Phase::Deleting(Why::Other));
    }
}

const fn begun(phase: Phase) -> Record {
    Record::Open {
        phase,
        served: Served::Never,
    }
}

fn move_on(world: &mut World, id: Id, to: Phase) {
    if let Record::Open { phase, .. } = &mut world.instance_mut(id).record {
        *phase = to;
    }
}

/// Whether this settlement may be written.
pub fn grants_marks(world: &World, rules: &Rules, by: Name, pass: &Pass) -> bool {
    rules.fence != Fence::Epoch || holds(world, by, pass.epoch)
}

/// Writes it.
pub fn write_marks(world: &mut World, rules: &Rules, by: Name, pass: &Pass) {
    if !holds(world, by, pass.epoch) {
        world.broken.note(Promise::FencedIsRefused);
    }
    for (id, mark) in &pass.marks {
        write_mark(world, rules, *id, *mark);
    }
}

fn write_mark(world: &mut World, rules: &Rules, id: Id, mark: Mark) {
    let record = world.instance(id).record;
    let next = match (record, mark) {
        (Record::None, Mark::Begins) => begun(Phase::Launching),
        (Record::Open { .. }, Mark::Ends) => Record::Ended,
        (Record::Open { phase, .. }, Mark::Serves) => Record::Open {
            phase,
            served: Served::Once,
        },
        (Record::Open { phase, served }, Mark::Runs) if may_serve(rules, phase) => {
            if phase.leaves() {
                world.broken.note(Promise::IntentStands);
            }
            Record::Open {
                phase: Phase::Serving,
                served,
            }
        }
        (record, _) => record,
    };
    world.instance_mut(id).record = next;
}

fn may_serve(rules: &Rules, phase: Phase) -> bool {
    rules.marks == Marks::Any || phase == Phase::Launching
}

/// What is in doubt reaches the disk.
pub fn land(world: &mut World, rules: &Rules, case: &Case) {
    let Some(doubt) = world.in_doubt.take() else { return };
    match doubt.write {
        Write::Intents(pass) => drop(write_intents(world, rules, case, doubt.by, pass)),
        Write::Marks(pass) => write_marks(world, rules, doubt.by, &pass),
    }
}

/// People change the group.
pub fn edit(world: &mut World, case: &Case) {
    if usize::from(world.version) + 1 < case.versions.len() {
        world.version += 1;
    }
}
