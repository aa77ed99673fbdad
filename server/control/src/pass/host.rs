//! Looks at machines and balancers, once a slot, in a task of its own: one look at a time, and a change wakes its group.

use super::keeper::{Keeper, Known, Knows};
use super::looks::Looks;
use super::roll::Roll;
use super::views::{MachineView, Machines, Views};
use super::wake::{Bell, Work};
use super::{owner::LoopParts, wake};
use crate::clock::Wall;
use engine::model::{CheckWord, GroupId, InstanceId, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};

/// What is compared from slot to slot: a change wakes the group.
#[derive(Debug, Default)]
struct HostView {
    machines: Arc<MachineView>,
    members: BTreeMap<(VServerId, InstanceId), CheckWord>,
}

/// What a look came to.
pub(super) struct Watched {
    keeper: Keeper,
    host: HostView,
    changed: BTreeSet<GroupId>,
}

/// The looks.
pub(super) struct Host {
    make_keeper: Box<dyn Fn() -> Keeper + Send + Sync>,
    views: Arc<Views>,
    bell: Arc<Bell>,
    work: Arc<Work>,
    /// `None` while a look is under way.
    keeper: Option<Keeper>,
    /// Somebody said meanwhile that the balancers changed.
    reload_asked: bool,
    last: HostView,
    looks: JoinSet<Watched>,
    /// Groups with machines of ours that the store did not know at the last look.
    suspects: BTreeSet<GroupId>,
    /// Those of which it was said.
    said: BTreeSet<GroupId>,
}

impl Host {
    pub(super) fn new(parts: &LoopParts, views: &Arc<Views>, looks: &Arc<Looks>, handle: &wake::Handle) -> Self {
        let (store, balancer, clock) = (parts.store.clone(), parts.balancer.clone(), parts.clock.clone());
        let (roll, looks, bell) = (Roll::new(parts, looks), looks.clone(), handle.bell.clone());
        let make_keeper = move || Keeper {
            store: store.clone(),
            balancer: balancer.clone(),
            clock: clock.clone(),
            looks: looks.clone(),
            bell: bell.clone(),
            roll: roll.clone(),
            records: Vec::new(),
            emptied: BTreeSet::new(),
            known: Known::Old,
            cleared: Wall(0),
        };
        Self {
            keeper: Some(make_keeper()),
            reload_asked: false,
            make_keeper: Box::new(make_keeper),
            views: views.clone(),
            bell: handle.bell.clone(),
            work: handle.work.clone(),
            last: HostView::default(),
            looks: JoinSet::new(),
            suspects: BTreeSet::new(),
            said: BTreeSet::new(),
        }
    }

    /// Reads which balancers there are. False when a look is under way with the keeper: the bell rings when it is back. Not
    /// before, or the owner would do nothing but hear it until then.
    pub(super) async fn reload(&mut self) -> bool {
        match &mut self.keeper {
            Some(keeper) => {
                keeper.reload().await;
                true
            }
            None => {
                self.reload_asked = true;
                false
            }
        }
    }

    /// Begins a look unless one is under way.
    pub(super) fn look(&mut self, knows: Knows) {
        let Some(mut keeper) = self.keeper.take() else {
            return;
        };
        let (views, since) = (self.views.clone(), self.views.mark());
        let before = std::mem::take(&mut self.last);
        self.work.begin();
        self.looks.spawn(async move {
            for balancer in keeper.looks.all().iter() {
                views.balancer(*balancer, since).await;
            }
            keeper.keep(knows).await;
            keeper.looks.end_look();
            let host = HostView {
                machines: views.machines(since).await,
                members: members(&keeper.looks),
            };
            let changed = before.changed(&host);
            Watched { keeper, host, changed }
        });
    }

    /// The next look that is over; never if none is under way.
    pub(super) async fn looked(&mut self) -> Result<Watched, JoinError> {
        match self.looks.join_next().await {
            Some(watched) => watched,
            None => std::future::pending().await,
        }
    }

    /// Takes a look's outcome; the groups to be looked at.
    pub(super) fn take(&mut self, watched: Result<Watched, JoinError>) -> BTreeSet<GroupId> {
        self.work.end();
        if std::mem::take(&mut self.reload_asked) {
            self.bell.balancers();
        }
        match watched {
            Ok(Watched { keeper, host, changed }) => {
                self.keeper = Some(keeper);
                self.last = host;
                changed
            }
            Err(why) => {
                tracing::error!(error = &why as &dyn std::error::Error, "a look at the host broke off");
                self.keeper = Some((self.make_keeper)());
                self.bell.balancers();
                BTreeSet::new()
            }
        }
    }

    /// Says which groups have machines of ours but no row: a restored store forgot them. No pass looks at those, so
    /// nothing is done to them; whoever reads the log can. Said of what two looks in a row saw: a group may be over
    /// between a look and this.
    pub(super) fn say_unknown(&mut self, ours: impl Fn(GroupId) -> bool) {
        let machines = self.last.machines.machines.iter();
        let groups = machines.flat_map(Machines::groups);
        let unknown: BTreeSet<_> = groups.filter(|group| ours(*group)).collect();
        for group in unknown
            .intersection(&self.suspects)
            .filter(|group| !self.said.contains(*group))
        {
            let machines = self.last.machines.of_group(*group).map_or(0, <[_]>::len);
            tracing::error!(%group, machines, "machines of a group that the database does not know are left alone");
        }
        let said = unknown.intersection(&self.suspects).copied().collect();
        (self.said, self.suspects) = (said, unknown);
    }

    pub(super) async fn end(&mut self) {
        self.looks.shutdown().await;
    }
}

fn members(looks: &Looks) -> BTreeMap<(VServerId, InstanceId), CheckWord> {
    let mut words = BTreeMap::new();
    for look in looks.all().iter().filter_map(|id| looks.get(*id)) {
        words.extend(look.backends.iter().map(|line| ((line.vserver, line.id), line.word)));
    }
    words
}

impl HostView {
    /// Groups with a machine or member whose word differs from the last look's. A silent driver or balancer changes
    /// nothing: missing is not a word.
    fn changed(&self, now: &Self) -> BTreeSet<GroupId> {
        let (Some(before), Some(after)) = (&self.machines.machines, &now.machines.machines) else {
            return BTreeSet::new();
        };
        let keys = self.members.keys().chain(now.members.keys());
        let members = keys
            .filter(|key| self.members.get(key) != now.members.get(key))
            .map(|(_, id)| *id);
        let members: BTreeSet<InstanceId> = members.collect();
        let mut groups = before.differing(after);
        groups.extend(after.groups_of(&members).chain(before.groups_of(&members)));
        groups
    }
}
