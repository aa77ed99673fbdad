//! What is remembered of each member between passes: streaks in closed cycles, its last known start, its launch.

use super::Memory;
use crate::census::{Checks, Health, Moment, health, warm_from};
use crate::model::{
    Answer, DriverWord, GroupSpec, GroupStatus, InstanceId, LaunchFailure, Member, Observation, Timestamp,
};

/// What is remembered of one member. Kept small: there may be a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memo {
    /// Whose.
    pub id: InstanceId,
    /// The driver's last "running since".
    pub running_since: Option<Timestamp>,
    /// Closed cycles in a row it failed after warm-up (design 4.5).
    pub down: u16,
    /// Closed cycles in a row it was UP in every VServer, warm-up included (design 4.6).
    pub up: u16,
    /// Its launch failed, and why: counted once.
    pub failed: Option<LaunchFailure>,
    /// The last answer that is neither success nor failure (out of stock, throttled): the time to run counts from here.
    pub excused: Option<Timestamp>,
}

impl Memo {
    /// Nothing is known yet.
    pub const fn new(id: InstanceId) -> Self {
        Self {
            id,
            running_since: None,
            down: 0,
            up: 0,
            failed: None,
            excused: None,
        }
    }
}

/// Whether this pass closes a cycle that no pass folded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// A newly closed cycle.
    Fresh,
    /// The last closed cycle again, or an older one.
    Seen,
}

/// Rebuilds the memos for the members there are, by id; those of ended records fall away.
pub(super) fn follow(
    memory: &mut Memory,
    spec: &GroupSpec,
    status: GroupStatus,
    seen: &Observation,
    moment: Moment,
    closing: Closing,
) {
    let mut memos = Vec::with_capacity(seen.members.len());
    for member in &seen.members {
        let mut memo = memory.memo(member.id).copied().unwrap_or(Memo::new(member.id));
        if let DriverWord::Running(since) = member.driver {
            memo.running_since = Some(since);
        }
        match (status, closing) {
            (GroupStatus::Enabled, Closing::Fresh) => count_cycle(&mut memo, spec, member, moment),
            (GroupStatus::Enabled, Closing::Seen) => {}
            // Disabled and deleting groups judge nothing; enabling starts anew (design 4.9).
            _ => (memo.down, memo.up) = (0, 0),
        }
        memos.push(memo);
    }
    memos.sort_by_key(|memo| memo.id);
    memos.dedup_by_key(|memo| memo.id);
    memory.memos = memos;
    hear(memory, seen, moment.now);
}

fn count_cycle(memo: &mut Memo, spec: &GroupSpec, member: &Member, moment: Moment) {
    let warm = warm_from(member, Some(memo)).is_some_and(|from| from <= moment.cycle_began);
    match health(&spec.bindings, member, Checks::of(&spec.bindings, member)) {
        Health::Failing => {
            memo.up = 0;
            memo.down = if warm { memo.down.saturating_add(1) } else { 0 };
        }
        Health::Passing => {
            memo.up = memo.up.saturating_add(1);
            memo.down = 0;
        }
        Health::Unread => {}
    }
}

/// Takes in the driver's answers about launches (design 4.14).
fn hear(memory: &mut Memory, seen: &Observation, now: Timestamp) {
    for answer in &seen.answers {
        let (id, refused) = match *answer {
            Answer::Refused { id } => (id, Some(LaunchFailure::Refused)),
            Answer::OutOfStock { id } => {
                memory.durable.out_of_stock = Some(now);
                (id, None)
            }
            Answer::Throttled { id } => {
                memory.pace.throttled(now);
                (id, None)
            }
        };
        let Ok(at) = memory.memos.binary_search_by_key(&id, |memo| memo.id) else {
            continue;
        };
        let memo = &mut memory.memos[at];
        match refused {
            Some(cause) if memo.failed.is_none() => {
                memo.failed = Some(cause);
                memory.failed.push((id, cause));
            }
            Some(_) => {}
            None => memo.excused = Some(now),
        }
    }
}
