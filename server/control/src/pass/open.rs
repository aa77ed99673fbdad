//! What was intended and is not over: the steps that go on while the store does not answer.
//!
//! Only what was written is said again. A launch that has its record is created, a member in drain is drained, one that is
//! stopping is signalled, one that is being deleted is deleted: every call may be repeated, and none of them is new. Nothing
//! moves from one phase to the next: that would be an intent.
//!
//! A store that is gone for us may be there for another server, which takes our shards once our leases are over. What can
//! still be undone (a drain is taken back, a launch is given up) is therefore ours to repeat only while the lease lasts; a
//! member that is stopping or being deleted goes on whoever owns it.

use crate::store::{GroupRecord, InstanceRow, Intent, Placed};
use engine::census::InstanceState;
use engine::model::{Answer, DriverWord, InstanceId, Member, Phase, Source, Step, Timestamp};

/// The open steps of one group. A group at rest has none, so this costs memory only where something is under way.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// As it was loaded, with the records that have an open step only.
    pub(super) record: GroupRecord,
}

impl Open {
    /// Of a record as it was loaded.
    pub(super) fn of(record: &GroupRecord) -> Option<Self> {
        let rows = record.instances.iter().filter(|row| is_open(row.phase)).cloned();
        Self::with(record, rows.collect())
    }

    /// Of a record as these intents have left it.
    pub(super) fn after(
        record: &GroupRecord,
        intents: &[Intent],
        places: &[Option<Placed>],
        now: Timestamp,
    ) -> Option<Self> {
        let moved = record.instances.iter().map(|row| moved(row, intents));
        let launches = intents.iter().filter(|intent| matches!(intent, Intent::Launch { .. }));
        let launched = launches
            .zip(places)
            .filter_map(|(intent, place)| launched(record, intent, (*place)?, now));
        let rows = moved.chain(launched).filter(|row| is_open(row.phase));
        Self::with(record, rows.collect())
    }

    fn with(record: &GroupRecord, instances: Vec<InstanceRow>) -> Option<Self> {
        let open = !instances.is_empty();
        open.then(|| Self {
            record: GroupRecord {
                instances,
                orders: Vec::new(),
                ..record.clone()
            },
        })
    }
}

/// Creates and deletes to say again. A create only where the driver says that it has never heard of it and has not
/// answered about it.
pub(super) fn repeats(driver_said: Source, members: &[Member], answers: &[Answer]) -> Vec<Step> {
    let answered = |id: InstanceId| answers.iter().any(|answer| about(answer) == id);
    let one = |member: &Member| match (member.phase, member.driver) {
        (Phase::Launching, DriverWord::Unknown) if driver_said == Source::Answered && !answered(member.id) => {
            Some(Step::CreateAgain { id: member.id })
        }
        (Phase::Deleting { cause }, driver) if driver != DriverWord::Gone => {
            Some(Step::Delete { id: member.id, cause })
        }
        _ => None,
    };
    members.iter().filter_map(one).collect()
}

/// Which launch an answer is about.
pub(super) const fn about(answer: &Answer) -> InstanceId {
    match *answer {
        Answer::Refused { id } | Answer::OutOfStock { id } | Answer::Throttled { id } => id,
    }
}

/// The members that are on their way out for good, whoever owns them.
pub(super) fn leaving(members: Vec<Member>) -> Vec<Member> {
    let leaves = |member: &Member| matches!(member.phase, Phase::Stopping { .. } | Phase::Deleting { .. });
    members.into_iter().filter(leaves).collect()
}

/// Whether a step of a plan needs no intent and ends nothing that was not intended to end. Strays are left alone as well:
/// their destruction could not be told.
pub(super) fn is_repeat(record: &GroupRecord, step: &Step) -> bool {
    match step {
        Step::CreateAgain { .. } | Step::Register { .. } | Step::Deregister { .. } => true,
        Step::Delete { id, .. } => {
            let deleting = |row: &InstanceRow| row.id == *id && matches!(row.phase, Phase::Deleting { .. });
            record.instances.iter().any(deleting)
        }
        _ => false,
    }
}

const fn is_open(phase: Phase) -> bool {
    !matches!(phase, Phase::Serving)
}

fn moved(row: &InstanceRow, intents: &[Intent]) -> InstanceRow {
    let to = intents.iter().find_map(|intent| match intent {
        Intent::Move { id, to, .. } if *id == row.id => Some(*to),
        _ => None,
    });
    InstanceRow {
        phase: to.unwrap_or(row.phase),
        ..row.clone()
    }
}

/// The record that a launch has begun.
fn launched(record: &GroupRecord, intent: &Intent, place: Placed, now: Timestamp) -> Option<InstanceRow> {
    let Intent::Launch {
        id,
        name,
        flags,
        warm_up_ms,
        activity,
        ..
    } = intent
    else {
        return None;
    };
    Some(InstanceRow {
        id: *id,
        name: name.clone(),
        phase: Phase::Launching,
        state: InstanceState::Pending,
        flags: *flags,
        warm_up_ms: *warm_up_ms,
        address: place.address,
        subnet: place.subnet,
        template: (record.launch.template, record.launch.template_version),
        activity: Some(activity.id),
        created_at: now,
    })
}
