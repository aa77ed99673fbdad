//! Members that leave because there are more than desired, because a person said so, or because the group is deleted;
//! and those that come back (design 4.4, 4.9, 4.10).

use super::Draft;
use crate::census::{Role, recoverable};
use crate::model::{
    CheckWord, DriverWord, InstanceId, LeaveCause, Order, Reason, RemovalPolicy, Source, Step, Timestamp, Trail,
};
use std::cmp::Reverse;

/// Who leaves first: pending, then warming, then healthy by the removal policy; ties by id.
type Rank = (u8, i64, InstanceId);

impl<T: Trail> Draft<'_, T> {
    /// Carries out what people asked of single members.
    pub(super) fn remove_by_hand(&mut self) {
        for at in self.places(|_, look| !matches!(look.role, Role::Gone | Role::Leaving)) {
            let id = self.seen.members[at].id;
            if self.ordered_out(id) {
                self.trail.say(|| Reason::RemovedByHand { id });
                self.begin_removal(at, LeaveCause::ByHand);
            }
        }
    }

    fn ordered_out(&self, id: InstanceId) -> bool {
        self.seen.orders.contains(&Order::Remove { id })
    }

    /// Recovers before it creates: oldest first, the reverse of who leaves first by default.
    pub(super) fn take_back(&mut self) {
        let missing = self.size.saturating_sub(self.have());
        if missing == 0 || self.cohorts.recoverable == 0 {
            return;
        }
        let mut places = self.places(recoverable);
        places.retain(|at| !self.ordered_out(self.seen.members[*at].id));
        places.sort_by_key(|at| (self.seen.members[*at].created_at, self.seen.members[*at].id));
        for at in places.into_iter().take(missing as usize) {
            let id = self.seen.members[at].id;
            self.taken[at] = true;
            self.recovered = self.recovered.saturating_add(1);
            self.trail.say(|| Reason::TakenBack { id });
            self.steps.push(Step::TakeBack { id });
        }
    }

    /// More than desired: the others leave.
    pub(super) fn remove_surplus(&mut self) {
        let surplus = self.have().saturating_sub(self.size);
        if surplus == 0 {
            return;
        }
        let mut places = self.places(|member, look| {
            !member.flags.protected && matches!(look.role, Role::Pending | Role::Warming | Role::Healthy)
        });
        places.sort_by_cached_key(|at| self.rank(*at));
        places.truncate(surplus as usize);
        let leaving = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let (desired, have) = (self.size, self.have());
        self.trail.say(|| Reason::Surplus {
            count: leaving,
            desired,
            have,
        });
        if leaving < surplus {
            self.trail.say(|| Reason::SurplusProtected {
                wanted: surplus,
                leaving,
            });
        }
        for at in places {
            self.begin_removal(at, LeaveCause::Surplus);
        }
    }

    fn rank(&self, at: usize) -> Rank {
        let member = &self.seen.members[at];
        let Timestamp(created) = member.created_at;
        // `!created` turns the order round and, unlike negation, has no value it cannot turn.
        let age = match self.spec.removal {
            RemovalPolicy::Newest => !created,
            RemovalPolicy::Oldest => created,
        };
        match self.looks[at].role {
            Role::Pending => (0, !created, member.id),
            Role::Warming => (1, !created, member.id),
            _ => (2, age, member.id),
        }
    }

    /// Deleting: all leave, protection off; what a user attached lives on.
    pub(super) fn delete_group(&mut self) {
        self.trail.say(|| Reason::Deleting);
        if self.seen.driver == Source::Silent {
            self.trail.say(|| Reason::DriverSilent);
            return self.progress();
        }
        for at in self.places(|_, look| !matches!(look.role, Role::Gone | Role::Leaving)) {
            if self.seen.members[at].flags.attached {
                self.detach(at);
            } else {
                self.begin_removal(at, LeaveCause::GroupDeleted);
            }
        }
        self.progress();
        self.handle_strays();
    }

    /// Out of every VServer first, then out of the group.
    fn detach(&mut self, at: usize) {
        let member = &self.seen.members[at];
        self.taken[at] = true;
        let stands = member
            .standings
            .iter()
            .filter(|standing| standing.word != CheckWord::Absent);
        let before = self.steps.len();
        self.steps.extend(stands.map(|standing| Step::Deregister {
            id: member.id,
            vserver: standing.vserver,
        }));
        if self.steps.len() == before && member.driver != DriverWord::Gone {
            self.trail.say(|| Reason::Detached { id: member.id });
            self.steps.push(Step::Detach { id: member.id });
        }
    }

    /// Longest down first, then oldest; ties by id.
    pub(super) fn by_urgency(&self, places: &mut [usize]) {
        places.sort_by_key(|at| {
            (
                Reverse(self.looks[*at].down),
                self.seen.members[*at].created_at,
                self.seen.members[*at].id,
            )
        });
    }
}
