//! Machines that carry our id and this group's tag but have no record (design 4.15).
//!
//! - One that matches and is wanted is taken in before anything is launched; as many as are wanted, at once, since that
//!   harms nobody.
//! - The others are destroyed, at most max(1, 20 %) a closed cycle.
//! - More strays than records, or a store older than the machines, look like a lost store: then nothing is destroyed
//!   until a person says so. Whoever deletes the group has said so: its name was typed to have all of it destroyed.

use super::{Draft, careful};
use crate::memory::StrayDoubt;
use crate::model::{Fit, GroupStatus, Reason, Step, Stray, Trail};

impl<T: Trail> Draft<'_, T> {
    /// Says that there are some, whatever may be done about them.
    pub(super) fn say_strays(&mut self) {
        let count = self.cohorts.strays;
        if count == 0 {
            return;
        }
        self.trail.say(|| Reason::Strays { count });
        match self.stray_doubt() {
            Some(StrayDoubt::StoreIsOlder) => self.trail.say(|| Reason::StoreIsOlder { count }),
            Some(StrayDoubt::MostAreStrays) => self.trail.say(|| Reason::StraysNeedAPerson { count }),
            None => {}
        }
    }

    /// Takes in those that are wanted, destroys some of the others.
    pub(super) fn handle_strays(&mut self) {
        self.say_strays();
        if self.cohorts.strays == 0 {
            return;
        }
        let mut strays = self.seen.strays.clone();
        strays.sort_unstable_by_key(|stray| stray.id);
        strays.dedup_by_key(|stray| stray.id);
        strays.retain(|stray| !self.adopted(*stray));
        self.destroy(&strays);
    }

    /// Whether a stray matches and is wanted: then it is a member from here on.
    fn adopted(&mut self, Stray { id, fit, .. }: Stray) -> bool {
        let wanted = self.status == GroupStatus::Enabled && self.have() < self.size;
        if fit == Fit::Differs || !wanted {
            return false;
        }
        self.recovered = self.recovered.saturating_add(1);
        self.trail.say(|| Reason::StrayAdopted { id });
        self.steps.push(Step::Adopt { id });
        true
    }

    fn destroy(&mut self, strays: &[Stray]) {
        if strays.is_empty() || self.stray_doubt().is_some() || self.memory.strays_handled == Some(self.seen.cycle) {
            return;
        }
        self.memory.strays_handled = Some(self.seen.cycle);
        let limit = careful(self.size.max(self.cohorts.everything()));
        for Stray { id, .. } in strays.iter().copied().take(limit as usize) {
            self.trail.say(|| Reason::StrayDestroyed { id });
            self.steps.push(Step::DestroyStray { id });
        }
    }

    /// Why nothing is destroyed, unless a person said that it may be.
    fn stray_doubt(&self) -> Option<StrayDoubt> {
        let deleting = matches!(self.status, GroupStatus::Deleting | GroupStatus::Deleted);
        let durable = &self.memory.durable;
        durable.stray_doubt.filter(|_| !durable.strays_confirmed && !deleting)
    }
}
