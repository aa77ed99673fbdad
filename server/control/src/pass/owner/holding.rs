//! What the owner does when shards change hands: groups that came are looked at, those that went are let go, and whoever keeps
//! balancers is told the share.

use super::{Listed, Loop, Slot};
use crate::pass::chores::Holding;
use crate::pass::looks::{Looked, Source};
use crate::store::{Lease, shard_of};
use engine::model::GroupId;

impl Loop {
    /// Who owns what from now on. Groups of shards that came are looked at; those of shards that went are let go, once the
    /// pass under way is over: there is never more than one of a group.
    pub(super) fn hold(&mut self, holding: Holding) {
        let before = std::mem::replace(&mut self.leases, holding.leases);
        if before.len() != self.leases.len() {
            tracing::info!(before = before.len(), now = self.leases.len(), "shards changed hands");
        }
        for (id, slot) in &mut self.groups {
            let shard = shard_of(*id);
            slot.anew |= may_be_anothers(before.get(shard), self.leases.get(shard));
            if slot.anew && slot.kept.is_some() {
                *slot = Slot {
                    looked: slot.looked,
                    ..Slot::default()
                };
            }
        }
        let gone = self
            .groups
            .iter()
            .filter(|(id, slot)| slot.kept.is_some() && !self.is_ours(**id));
        let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
        gone.into_iter().for_each(|id| self.let_go(id));
        // As often as groups are listed, balancers are, too: a wake that crosses servers may get lost.
        let moved = !before.shards().eq(self.leases.shards());
        self.listed = match &holding.groups {
            Some(_) => Listed::All,
            None if moved => Listed::Before,
            None => self.listed,
        };
        if holding.groups.is_some() && self.handle.looks.source() == Source::Store {
            self.bell.balancers();
        }
        for id in holding.groups.into_iter().flatten() {
            if self.is_ours(id) && !self.groups.contains_key(&id) {
                self.groups.insert(id, Slot::default());
                self.begin(id, self.clock.wall());
            }
        }
        self.tell_share(before.len());
        self.finish_start();
        self.figures.holds(self.groups.len(), self.leases.len());
    }

    /// Tells whoever keeps balancers what is held, of which so many shards were held before.
    pub(super) fn tell_share(&self, before: usize) {
        let looked = if self.listed == Listed::All && self.groups.values().all(|slot| slot.looked) {
            Looked::All
        } else {
            Looked::Some
        };
        let source = self.handle.looks.source().after((before, self.leases.len()), looked);
        self.handle.looks.hold(self.leases.clone(), source);
    }

    pub(super) fn is_ours(&self, group: GroupId) -> bool {
        self.leases.holds(shard_of(group))
    }

    /// Gone, or another server's now: who serves in it is not ours to say any more.
    pub(super) fn let_go(&mut self, group: GroupId) {
        self.groups.remove(&group);
        self.handle.looks.forget(group);
    }
}

/// Whether another server may have had the shard between these two: its epoch grows by one each time it changes hands, so
/// one that we took again ourselves after it had run out is one ahead.
const fn may_be_anothers(before: Option<&Lease>, now: Option<&Lease>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => now.epoch > before.epoch + 1,
        _ => true,
    }
}
