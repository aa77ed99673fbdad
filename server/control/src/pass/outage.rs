//! A pass whose store does not answer, or answers late: what goes on without it, and what is remembered of what was not
//! stored.

use super::LEASE_MARGIN;
use super::apply::{Applied, Orders};
use super::group::{Kept, Look, Moment, Passing};
use super::intended::Intended;
use super::open::{about, is_repeat, leaving, repeats};
use super::views::MachineView;
use crate::store::{GroupRecord, StoreError};

impl Passing {
    /// The store does not answer. Nothing begins and nothing moves; what was intended before is said again.
    pub(super) async fn go_on(&self, kept: &mut Kept, machines: &MachineView, moment: Moment) {
        let Some(open) = kept.open.take() else { return };
        let seen = self.look(&open.record, kept, machines, moment).await;
        let members = if self.clock.wall().plus(LEASE_MARGIN) < moment.lease.until {
            seen.members
        } else {
            leaving(seen.members)
        };
        let mut applied = self.hands.repeat_open(&members, &kept.signalled).await;
        let orders = Orders {
            members: &members,
            departures: &[],
            now: moment.now,
        };
        for step in repeats(seen.driver, &members, &kept.answers) {
            applied = applied.join(self.hands.carry_out(&open.record, orders, &step).await);
        }
        kept.answers.extend(applied.answers);
        kept.words.extend(applied.words);
        kept.signalled.extend(applied.signalled);
        kept.open = Some(open);
    }

    /// The store reads and does not write (a full disk): of the plan only what needs no intent is done.
    pub(super) async fn without_intents(&self, look: Look<'_>, passed: &engine::Passed, why: &StoreError) -> Applied {
        if !matches!(why, StoreError::Database { .. }) {
            return Applied::default();
        }
        let none = Intended::default();
        self.apply(look, passed, &none, |step| is_repeat(look.record, step))
            .await
    }

    /// A commit whose answer was lost may be there: then its cycle is judged, and not a second time.
    pub(super) async fn be_sure(&self, record: &GroupRecord, kept: &mut Kept) -> Result<(), StoreError> {
        let Some(judged) = kept.unsure.as_ref().and_then(|memory| memory.closed.as_ref()) else {
            return Ok(());
        };
        let stored = self.store.series(record.id, 1).await?;
        let is_there = stored.last().is_some_and(|last| last.cycle == judged.cycle);
        let memory = kept.unsure.take();
        if is_there {
            kept.memory = memory;
            kept.minutes.settled();
        }
        Ok(())
    }
}

/// The pass is not stored: what the driver answered before it stays to be observed, beside what it has answered now. Strays
/// whose destruction is not in the scaling log are not remembered as if it were.
pub(super) fn unsettled(kept: &mut Kept, applied: Applied) {
    let told = std::mem::take(&mut kept.answers);
    let before = told
        .into_iter()
        .filter(|answer| !applied.answers.iter().any(|new| about(new) == about(answer)));
    kept.answers = before.chain(applied.answers.iter().copied()).collect();
    kept.words.extend(applied.words);
    kept.signalled.extend(applied.signalled);
}
