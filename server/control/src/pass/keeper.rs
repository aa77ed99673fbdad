//! Keeps the balancers of our shards: each LoadBalancer with a VServer has its process, each deleted one has none. Those of
//! other shards are other servers': they are read here, and kept there.
//!
//! - A process that runs is reloaded only when its listeners changed, and not before every group was looked at once
//!   after a start: the members rendered into the file are those the passes last saw serving.
//! - A process that is not there is started with the members that the [`super::roll`] tells of. One that dies is brought
//!   back by the [`super::guard`], which does not wait for a slot. One that runs, whoever started it, is taken over as it is.

use super::chores::is_due;
use super::looks::{BalancerLook, Looks};
use super::roll::Roll;
use super::views::Mark;
use super::wake::Bell;
use super::{CALL_DEADLINE, within};
use crate::balancer::{Balancer, CheckPath, LoadBalancerSpec, VServerSpec};
use crate::clock::{Clock, Wall};
use crate::store::{BalancerRecord, LoopStore, StoreError, VServerRecord};
use engine::model::{InstanceId, LoadBalancerId, Span, VServerId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A check is never asked more often than this in real time: more would be load, not information.
const CHECK_REAL_MIN: Duration = Duration::from_millis(50);

/// How often members without a record are looked for, real time. More seldom, and requests go to nobody for longer; more
/// often, and a server that shares its balancers asks the store about the others' members for nothing.
const CLEAR_EVERY: Duration = Duration::from_secs(15);

/// Whether every group was looked at since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knows {
    /// Every group's serving members are known: a reload may render them.
    Everything,
    /// Not yet: a running process is left as it is.
    NotYet,
}

/// Keeps every balancer's process.
pub(super) struct Keeper {
    pub(super) store: Arc<dyn LoopStore>,
    pub(super) balancer: Arc<dyn Balancer>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) looks: Arc<Looks>,
    pub(super) bell: Arc<Bell>,
    pub(super) roll: Roll,
    pub(super) records: Vec<BalancerRecord>,
    /// Balancers without a VServer whose process is known to be gone.
    pub(super) emptied: BTreeSet<LoadBalancerId>,
    pub(super) known: Known,
    /// When members without a record were last looked for.
    pub(super) cleared: Wall,
}

/// Whether the balancers that are kept are those that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// As the store last said.
    Current,
    /// The store did not say when it was asked: it is asked again at the next look.
    Old,
}

impl Keeper {
    /// Reads which balancers there are. A store that does not answer leaves them as they were known.
    pub(super) async fn reload(&mut self) {
        // A store that hangs holds up neither slots nor renewals.
        let told = within(&*self.clock, CALL_DEADLINE, self.store.balancers()).await;
        let silent = || Err(StoreError::database("list the load balancers", "it does not answer"));
        match told.unwrap_or_else(silent) {
            Ok(records) => {
                self.looks.placed(&records);
                self.records = records;
                self.known = Known::Current;
            }
            Err(why) => {
                self.known = Known::Old;
                tracing::warn!(error = &why as &dyn std::error::Error, "balancers are kept from memory");
            }
        }
    }

    /// One round over all of them. The processes come first: what a store that is gone would say is waited for afterwards.
    pub(super) async fn keep(&mut self, knows: Knows) {
        self.keep_all(knows).await;
        if self.known == Known::Old {
            self.reload().await;
        }
        let wall = self.clock.wall();
        if is_due(wall, self.cleared, CLEAR_EVERY) {
            self.cleared = wall;
            self.clear().await;
        }
    }

    /// Lets go of members that are nobody's: a server that slept in the midst of a join wakes up when the record has ended
    /// long ago, and no pass looks for that member any more.
    async fn clear(&self) {
        let kept = self
            .records
            .iter()
            .filter(|record| !record.deleted && self.looks.keeps(record.id));
        for record in kept {
            let unknown = self.looks.unknown(record.id);
            if !unknown.is_empty() && self.looks.holds_at(self.clock.wall()) {
                self.let_go(record.id, &unknown).await;
            }
        }
    }

    /// Of those that no pass here knows the store has the last word: a record is written before its member joins, so whoever
    /// is listed and has none has ended.
    async fn let_go(&self, id: LoadBalancerId, unknown: &[(VServerId, InstanceId)]) {
        let ids: Vec<_> = unknown.iter().map(|(_, member)| *member).collect();
        let Some(Ok(recorded)) = within(&*self.clock, CALL_DEADLINE, self.store.recorded(&ids)).await else {
            return;
        };
        for (vserver, member) in unknown.iter().filter(|(_, member)| !recorded.contains(member)) {
            tracing::warn!(balancer = %id, %vserver, instance = %member, "a member without a record is let go of");
            let left = within(&*self.clock, CALL_DEADLINE, self.balancer.leave(id, *vserver, *member)).await;
            if let Some(Err(why)) = left {
                tracing::warn!(balancer = %id, error = &why as &dyn std::error::Error, "it stays for now");
            }
        }
    }

    async fn keep_all(&mut self, knows: Knows) {
        for record in self.records.clone() {
            if !self.looks.keeps(record.id) {
                self.emptied.remove(&record.id);
                self.looks.unkeep(record.id);
            } else if !self.looks.holds_at(self.clock.wall()) {
                self.bring_back(record.id).await;
            } else if record.deleted {
                self.end(&record).await;
            } else if record.vservers.is_empty() {
                self.empty(&record).await;
            } else {
                self.emptied.remove(&record.id);
                self.keep_one(&record, knows).await;
            }
        }
    }

    async fn keep_one(&mut self, record: &BalancerRecord, knows: Knows) {
        let spec = match self.spec(record) {
            Ok(spec) => spec,
            Err(why) => return tracing::error!(balancer = %record.id, why, "a stored listener does not parse"),
        };
        let runs = self.looks.get(record.id).is_some_and(|look| look.trouble.is_none());
        let known = self.looks.kept(record.id).as_ref() == Some(&spec);
        if runs && (known || knows == Knows::NotYet) {
            return;
        }
        if let Err(why) = self.looks.ensure(&*self.balancer, spec, &self.roll).await {
            tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "a balancer is not kept");
            self.looks.put(record.id, BalancerLook::new(Mark::default(), Err(why)));
        }
    }

    /// Its lease is over, so another server may keep it by now, and otherwise: what was made before comes back, no more.
    async fn bring_back(&self, id: LoadBalancerId) {
        let runs = self.looks.get(id).is_some_and(|look| look.trouble.is_none());
        if runs {
            return;
        }
        if let Some(Err(why)) = self.looks.revive(&*self.balancer, id, &self.roll).await {
            tracing::warn!(balancer = %id, error = &why as &dyn std::error::Error, "it does not come back");
        }
    }

    /// Its last VServer was deleted: nobody may be answered at that port any more, and another one may take it.
    async fn empty(&mut self, record: &BalancerRecord) {
        if self.emptied.contains(&record.id) {
            return;
        }
        match self.looks.remove(&*self.balancer, record.id).await {
            Ok(()) => drop(self.emptied.insert(record.id)),
            Err(why) => {
                tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "not ended yet");
            }
        }
    }

    async fn end(&mut self, record: &BalancerRecord) {
        if let Err(why) = self.looks.remove(&*self.balancer, record.id).await {
            return tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "not ended yet");
        }
        match self.store.balancer_ended(record.id).await {
            Ok(()) => self.bell.balancers(),
            // Said again at every slot until it is stored. Not at once: a store that is gone would be asked without a pause.
            Err(why) => {
                tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "its end is not stored yet");
            }
        }
    }

    fn spec(&self, record: &BalancerRecord) -> Result<LoadBalancerSpec, String> {
        let listeners = record.vservers.iter().map(|vserver| self.listener(vserver));
        let vservers = listeners.collect::<Result<_, _>>()?;
        Ok(LoadBalancerSpec {
            id: record.id,
            address: record.address,
            vservers,
        })
    }

    fn listener(&self, record: &VServerRecord) -> Result<VServerSpec, String> {
        let interval = self.clock.anchor().real(Span::secs(i64::from(record.check_interval_s)));
        Ok(VServerSpec {
            id: record.id,
            port: record.port,
            algorithm: record.algorithm.parse()?,
            check_path: CheckPath::try_from(record.check_path.clone())?,
            check_interval: interval.max(CHECK_REAL_MIN),
        })
    }
}
