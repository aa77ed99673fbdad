//! Machines that carry our id and this group's tag but have no record (design 4.15).
//!
//! One that is wanted is taken in before anything is launched; the others are destroyed, a few a cycle. More strays than
//! records look like a lost store, and then nothing is destroyed until a person says so.

use super::{Draft, careful};
use crate::model::{GroupStatus, InstanceId, Reason, Step, Trail};

impl<T: Trail> Draft<'_, T> {
    /// At most max(1, 20 %) a closed cycle.
    pub(super) fn handle_strays(&mut self) {
        let count = self.cohorts.strays;
        if count == 0 {
            return;
        }
        self.trail.say(|| Reason::Strays { count });
        let doubted = count > self.cohorts.members && !self.memory.durable.strays_confirmed;
        if doubted {
            self.trail.say(|| Reason::StraysNeedAPerson { count });
        }
        if self.memory.strays_handled == Some(self.seen.cycle) {
            return;
        }
        self.memory.strays_handled = Some(self.seen.cycle);
        let mut strays: Vec<InstanceId> = self.seen.strays.clone();
        strays.sort_unstable();
        let limit = careful(self.size.max(self.cohorts.everything()));
        for id in strays.into_iter().take(limit as usize) {
            let wanted = self.status == GroupStatus::Enabled && self.have() < self.size;
            if wanted {
                self.recovered = self.recovered.saturating_add(1);
                self.trail.say(|| Reason::StrayAdopted { id });
                self.steps.push(Step::Adopt { id });
            } else if !doubted {
                self.trail.say(|| Reason::StrayDestroyed { id });
                self.steps.push(Step::DestroyStray { id });
            }
        }
    }
}
