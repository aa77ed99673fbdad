//! Members that leave a VServer and live on: their requests in flight are waited for, at most [`DRAIN_MAX`].
//!
//! A member that is removed has its deadline in its phase. One that only leaves a VServer (unbound, set aside, detached)
//! goes on serving elsewhere, so its deadlines are in the group's durable memory: written with the first pass that asks
//! it out, looked at by the later ones, of whichever server, and dropped when it is out.

use super::DRAIN_MAX;
use super::intend::deadline;
use crate::clock::Clock;
use crate::store::GroupRecord;
use engine::memory::Departure;
use engine::model::{CheckWord, DriverWord, Member, Observation, Phase, Source, Step, Timestamp};

/// The departures after a pass: those under way keep their deadline, new ones get theirs, and those that are over go.
pub(super) fn departures(
    record: &GroupRecord,
    seen: &Observation,
    steps: &[Step],
    (clock, now): (&dyn Clock, Timestamp),
) -> Vec<Departure> {
    let known = record.durable.departures.iter().copied();
    let mut under_way: Vec<_> = known.filter(|one| goes_on(one, record, (seen, now), steps)).collect();
    for step in steps {
        let Step::Deregister { id, vserver } = *step else {
            continue;
        };
        let lives_on = seen.members.iter().any(|member| member.id == id && lives_on(member));
        if lives_on && !under_way.iter().any(|one| (one.id, one.vserver) == (id, vserver)) {
            let until = deadline(clock, now, DRAIN_MAX);
            under_way.push(Departure { id, vserver, until });
        }
    }
    under_way.sort_unstable_by_key(|one| (one.id, one.vserver));
    under_way
}

/// Whether a member that is asked out of a VServer goes on elsewhere. Of one that is gone nothing is in flight.
pub(super) fn lives_on(member: &Member) -> bool {
    matches!(member.phase, Phase::Launching | Phase::Serving) && member.driver != DriverWord::Gone
}

/// Asked out again in this pass, or not only because nobody says now where it stands. Bound again, it stays.
fn goes_on(one: &Departure, record: &GroupRecord, (seen, now): (&Observation, Timestamp), steps: &[Step]) -> bool {
    let (id, vserver) = (one.id, one.vserver);
    let Some(member) = seen.members.iter().find(|member| member.id == id && lives_on(member)) else {
        return false;
    };
    let bound = record.spec.bindings.iter().any(|binding| binding.vserver == vserver);
    let mut standings = member.standings.iter().filter(|standing| standing.vserver == vserver);
    let silent = seen.driver == Source::Silent || standings.any(|standing| standing.word == CheckWord::Missing);
    steps.contains(&Step::Deregister { id, vserver }) || silent || !bound && now < one.until
}
