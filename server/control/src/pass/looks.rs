//! What is known of the balancers between passes: their last words, who serves where, what was asked of each process.
//! From memory, so that a process that died comes back while the store does not answer.
//!
//! Several servers may share the balancers: each reads all of them, and keeps the processes of those whose shard it holds.

use super::leases::Leases;
use super::views::Mark;
use crate::balancer::{BackendStat, Balancer, BalancerError, BalancerStat, LoadBalancerSpec, MemberAddress, Members};
use crate::clock::Wall;
use crate::store::{BalancerRecord, SHARDS, shard_of_balancer};
use engine::model::{CheckWord, GroupId, InstanceId, LoadBalancerId, TenantId, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// What a balancer last said.
#[derive(Debug, Clone)]
pub struct BalancerLook {
    /// When the reading began.
    pub began: Mark,
    /// Its members' lines by id, when it answered.
    pub backends: Vec<BackendStat>,
    /// Why it did not.
    pub trouble: Option<Trouble>,
}

/// Why a balancer said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// HAProxy is not installed.
    NotInstalled,
    /// No process: it has no members.
    NotRunning,
    /// It runs and does not answer: what it would say is missing.
    Mute(String),
}

impl BalancerLook {
    pub(super) fn new(began: Mark, said: Result<BalancerStat, BalancerError>) -> Self {
        let (mut backends, trouble) = match said {
            Ok(stat) => (stat.backends, None),
            Err(BalancerError::NotInstalled) => (Vec::new(), Some(Trouble::NotInstalled)),
            Err(BalancerError::NotRunning { .. }) => (Vec::new(), Some(Trouble::NotRunning)),
            Err(why) => (Vec::new(), Some(Trouble::Mute(why.to_string()))),
        };
        backends.sort_unstable_by_key(|line: &BackendStat| (line.id, line.vserver));
        Self {
            began,
            backends,
            trouble,
        }
    }

    /// The lines of one member.
    pub(super) fn lines_of(&self, id: InstanceId) -> &[BackendStat] {
        let from = self.backends.partition_point(|line| line.id < id);
        let rest = &self.backends[from..];
        &rest[..rest.partition_point(|line| line.id == id)]
    }

    /// Whether a page says the same of both, but for how much is sent: how it does, and who serves how.
    pub(super) fn reads_like(&self, other: &Self) -> bool {
        self.trouble == other.trouble && self.words().eq(other.words())
    }

    /// Whether the two count the same requests and sessions.
    pub(super) fn counts_like(&self, other: &Self) -> bool {
        self.counts().eq(other.counts())
    }

    /// Each member's word; how many requests one in drain still has is a count.
    fn words(&self) -> impl Iterator<Item = (VServerId, InstanceId, Discriminant<CheckWord>)> {
        let each = self.backends.iter();
        each.map(|line| (line.vserver, line.id, discriminant(&line.word)))
    }

    fn counts(&self) -> impl Iterator<Item = (u64, u32)> {
        let each = self.backends.iter();
        each.map(|line| (line.requests, line.sessions))
    }

    /// Whether what it lists is all there is: it answered, or it does not run and so has no members.
    pub fn certain(&self) -> bool {
        !matches!(self.trouble, Some(Trouble::Mute(_)))
    }
}

/// From where it is known who serves behind a balancer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Source {
    /// This server's passes: it holds every shard.
    #[default]
    Passes,
    /// The store: other servers' groups are behind it, too.
    Store,
}

/// Which groups were looked at since they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// All of them.
    All,
    /// Not all.
    Some,
}

impl Source {
    /// After a server held so many shards, and so many from now on. Whoever comes to hold them all knows it by itself only
    /// once it has looked at every group that came.
    pub(super) fn after(self, (before, now): (usize, usize), looked: Looked) -> Self {
        let all = usize::from(SHARDS);
        match self {
            _ if now < all => Self::Store,
            Self::Store if before == all && looked == Looked::All => Self::Passes,
            known => known,
        }
    }
}

/// What a pass saw of one group.
#[derive(Debug, Default)]
pub(super) struct Crew {
    /// Who serves where.
    pub(super) serving: Vec<(VServerId, MemberAddress)>,
    /// Everybody who has a record.
    pub(super) records: Vec<InstanceId>,
}

/// What this server holds of what all share.
#[derive(Debug, Default)]
struct Share {
    /// They end by this server's own clock: from then on they may be another's.
    leases: Leases,
    source: Source,
}

/// The last look at each balancer, who serves where, and what each process is to be.
#[derive(Debug, Default)]
pub(super) struct Looks {
    looks: Mutex<BTreeMap<LoadBalancerId, Arc<BalancerLook>>>,
    places: Mutex<Places>,
    crews: Mutex<BTreeMap<GroupId, Crew>>,
    share: Mutex<Share>,
    kept: Mutex<BTreeMap<LoadBalancerId, LoadBalancerSpec>>,
    kept_changed: Notify,
    /// Whose start was tried: from then on a process that is not there is a fault.
    tried: Mutex<BTreeSet<LoadBalancerId>>,
    over: Notify,
    turns: Mutex<BTreeMap<LoadBalancerId, Arc<tokio::sync::Mutex<()>>>>,
}

/// Where VServers are.
#[derive(Debug, Default)]
struct Places {
    of: BTreeMap<VServerId, LoadBalancerId>,
    /// Every balancer once: each pass asks for all of them.
    all: Arc<[LoadBalancerId]>,
    /// Whose each of them is.
    tenants: BTreeMap<LoadBalancerId, TenantId>,
}

impl Looks {
    pub(super) fn get(&self, id: LoadBalancerId) -> Option<Arc<BalancerLook>> {
        lock(&self.looks).get(&id).cloned()
    }

    /// What pages show of a balancer: its last look. None while all that was seen is that nobody has started its process yet.
    pub(super) fn shown(&self, id: LoadBalancerId) -> Option<Arc<BalancerLook>> {
        let look = self.get(id)?;
        let starts = look.trouble == Some(Trouble::NotRunning) && !lock(&self.tried).contains(&id);
        (!starts).then_some(look)
    }

    pub(super) fn put(&self, id: LoadBalancerId, look: BalancerLook) -> Arc<BalancerLook> {
        let look = Arc::new(look);
        // Whoever keeps it has started it, be that another server.
        if look.trouble.is_none() {
            lock(&self.tried).insert(id);
        }
        lock(&self.looks).insert(id, look.clone());
        look
    }

    /// The balancer a VServer belongs to.
    pub(super) fn place(&self, vserver: VServerId) -> Option<LoadBalancerId> {
        lock(&self.places).of.get(&vserver).copied()
    }

    /// Every balancer there is.
    pub(super) fn all(&self) -> Arc<[LoadBalancerId]> {
        lock(&self.places).all.clone()
    }

    /// Every balancer there is, with whose it is.
    pub(super) fn tenants(&self) -> BTreeMap<LoadBalancerId, TenantId> {
        lock(&self.places).tenants.clone()
    }

    /// Whether any of them said why it does not answer.
    pub(super) fn any_in_trouble(&self) -> bool {
        let all = self.all();
        let mut seen = all.iter().filter_map(|id| self.shown(*id));
        seen.any(|look| look.trouble.is_some())
    }

    /// A look at all of them is over.
    pub(super) fn end_look(&self) {
        self.over.notify_one();
    }

    /// Waits until a look is over that was not waited for yet.
    pub(super) async fn looked(&self) {
        self.over.notified().await;
    }

    /// A pass saw who serves in a group.
    pub(super) fn serving(&self, group: GroupId, crew: Crew) {
        lock(&self.crews).insert(group, crew);
    }

    /// A group is gone.
    pub(super) fn forget(&self, group: GroupId) {
        lock(&self.crews).remove(&group);
    }

    /// These shards are ours, and from there it is known who serves.
    pub(super) fn hold(&self, leases: Leases, source: Source) {
        *lock(&self.share) = Share { leases, source };
    }

    /// Whether what is held is held for certain.
    pub(super) fn holds_at(&self, now: Wall) -> bool {
        lock(&self.share).leases.until().is_some_and(|until| now < until)
    }

    /// Whether this server keeps a balancer's process.
    pub(super) fn keeps(&self, id: LoadBalancerId) -> bool {
        lock(&self.share).leases.holds(shard_of_balancer(id))
    }

    /// From where it is known who serves.
    pub(super) fn source(&self) -> Source {
        lock(&self.share).source
    }

    /// What a process was last made to be; `None` if it is not to be there.
    pub(super) fn kept(&self, id: LoadBalancerId) -> Option<LoadBalancerSpec> {
        lock(&self.kept).get(&id).cloned()
    }

    /// Every process that is to be there.
    pub(super) fn all_kept(&self) -> Vec<LoadBalancerId> {
        lock(&self.kept).keys().copied().collect()
    }

    /// A process is as it should be.
    fn keep(&self, spec: LoadBalancerSpec) {
        lock(&self.kept).insert(spec.id, spec);
        self.kept_changed.notify_one();
    }

    /// A process is not to be there, or it is not known what it is.
    pub(super) fn unkeep(&self, id: LoadBalancerId) {
        lock(&self.kept).remove(&id);
    }

    /// Waits until a process is kept that was not, or was kept otherwise.
    pub(super) async fn kept_changed(&self) {
        self.kept_changed.notified().await;
    }

    /// Who reads one balancer and who starts it take turns: a reading begun before a start is over would say that nobody
    /// is a member.
    pub(super) fn turn(&self, id: LoadBalancerId) -> Arc<tokio::sync::Mutex<()>> {
        lock(&self.turns).entry(id).or_default().clone()
    }

    /// Makes a process be as `spec` says, with those members, and keeps it so. Members are looked up within the turn: who
    /// reads the balancer after that finds them in it. Why it did not run is no news any more.
    pub(super) async fn ensure(
        &self,
        balancer: &dyn Balancer,
        spec: LoadBalancerSpec,
        members: &dyn Members,
    ) -> Result<(), BalancerError> {
        let turn = self.turn(spec.id);
        let _turn = turn.lock().await;
        let made = balancer.ensure_of(&spec, members).await;
        lock(&self.tried).insert(spec.id);
        made?;
        if self.get(spec.id).is_some_and(|look| look.trouble.is_some()) {
            lock(&self.looks).remove(&spec.id);
        }
        self.keep(spec);
        Ok(())
    }

    /// Starts a process again as it was last asked for; `None` if it is not to be there. What it is to be is read within
    /// the turn: one that is removed at the same time does not come back.
    pub(super) async fn revive(
        &self,
        balancer: &dyn Balancer,
        id: LoadBalancerId,
        members: &dyn Members,
    ) -> Option<Result<(), BalancerError>> {
        let turn = self.turn(id);
        let _turn = turn.lock().await;
        let spec = self.kept(id)?;
        // One that another server was faster to start, or to end, stays as that server left it: it may know better.
        Some(balancer.revive_of(&spec, members).await)
    }

    /// Ends a process; from here on it is not kept, and what was seen of it says nothing of one that is started later.
    pub(super) async fn remove(&self, balancer: &dyn Balancer, id: LoadBalancerId) -> Result<(), BalancerError> {
        let turn = self.turn(id);
        let _turn = turn.lock().await;
        self.unkeep(id);
        lock(&self.tried).remove(&id);
        lock(&self.looks).remove(&id);
        balancer.remove(id).await
    }

    /// The members that the passes last saw serving.
    pub(super) fn members_of(&self, spec: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
        let ours = |vserver: &VServerId| spec.vservers.iter().any(|known| known.id == *vserver);
        let crews = lock(&self.crews);
        let each = crews.values().flat_map(|crew| &crew.serving);
        each.filter(|(vserver, _)| ours(vserver)).copied().collect()
    }

    /// Everybody who has a record in a group that a pass here has looked at.
    fn recorded(&self) -> BTreeSet<InstanceId> {
        let crews = lock(&self.crews);
        crews.values().flat_map(|crew| crew.records.iter().copied()).collect()
    }

    /// Those of these members whose groups no pass has looked at: they are other servers'.
    pub(super) fn strangers(&self, members: Vec<(VServerId, MemberAddress)>) -> Vec<(VServerId, MemberAddress)> {
        let known = self.recorded();
        let each = members.into_iter();
        each.filter(|(_, member)| !known.contains(&member.id)).collect()
    }

    /// Whom a balancer listed when it was last read although no pass here knows of a record: other servers' members, and
    /// those that are nobody's any more.
    pub(super) fn unknown(&self, id: LoadBalancerId) -> Vec<(VServerId, InstanceId)> {
        let Some(look) = self.get(id) else {
            return Vec::new();
        };
        let known = self.recorded();
        let lines = look.backends.iter().filter(|line| !known.contains(&line.id));
        lines.map(|line| (line.vserver, line.id)).collect()
    }

    /// Which balancers there are. What is known of others is forgotten, but for turns that somebody has or waits for.
    pub(super) fn placed(&self, records: &[BalancerRecord]) {
        let live = || records.iter().filter(|record| !record.deleted);
        let pairs = live().flat_map(|record| record.vservers.iter().map(|vserver| (vserver.id, record.id)));
        let of: BTreeMap<_, _> = pairs.collect();
        let all: BTreeSet<_> = of.values().copied().collect();
        let tenants = live().filter(|record| all.contains(&record.id));
        let tenants = tenants.map(|record| (record.id, record.tenant)).collect();
        *lock(&self.places) = Places {
            of,
            all: all.into_iter().collect(),
            tenants,
        };
        let known: BTreeSet<_> = records.iter().map(|record| record.id).chain(self.all_kept()).collect();
        lock(&self.looks).retain(|id, _| known.contains(id));
        lock(&self.tried).retain(|id| known.contains(id));
        lock(&self.turns).retain(|id, turn| known.contains(id) || Arc::strong_count(turn) > 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Maps are whole after every statement: a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balancer::Leave;
    use async_trait::async_trait;
    use std::net::Ipv4Addr;

    /// Whose processes take a moment to end.
    struct Slow;

    #[async_trait]
    impl Balancer for Slow {
        async fn ensure(&self, _: &LoadBalancerSpec, _: &[(VServerId, MemberAddress)]) -> Result<(), BalancerError> {
            Ok(())
        }
        async fn remove(&self, _: LoadBalancerId) -> Result<(), BalancerError> {
            tokio::task::yield_now().await;
            Ok(())
        }
        async fn stat(&self, _: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
            Ok(BalancerStat::default())
        }
        async fn join(&self, _: LoadBalancerId, _: VServerId, _: MemberAddress) -> Result<(), BalancerError> {
            Ok(())
        }
        async fn drain(&self, _: LoadBalancerId, _: VServerId, _: InstanceId) -> Result<(), BalancerError> {
            Ok(())
        }
        async fn undrain(&self, _: LoadBalancerId, _: VServerId, _: InstanceId) -> Result<(), BalancerError> {
            Ok(())
        }
        async fn leave(&self, _: LoadBalancerId, _: VServerId, _: InstanceId) -> Result<Leave, BalancerError> {
            Ok(Leave::Left)
        }
    }

    /// Behind which nobody serves.
    struct Nobody;

    #[async_trait]
    impl Members for Nobody {
        async fn serving(&self, _: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
            Vec::new()
        }
    }

    fn spec(id: LoadBalancerId) -> LoadBalancerSpec {
        LoadBalancerSpec {
            id,
            address: Ipv4Addr::LOCALHOST,
            vservers: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_process_that_is_removed_at_the_same_time_is_not_started_again() {
        let (looks, id) = (Looks::default(), LoadBalancerId(1));
        looks.ensure(&Slow, spec(id), &Nobody).await.expect("it is kept");
        let revive = looks.revive(&Slow, id, &Nobody);
        let (removed, revived) = tokio::join!(biased; looks.remove(&Slow, id), revive);
        assert!(removed.is_ok() && revived.is_none());
        assert_eq!(looks.all_kept(), []);
    }

    #[tokio::test]
    async fn a_process_that_nobody_has_started_yet_is_no_trouble_and_one_that_was_started_and_is_gone_is() {
        let (looks, id) = (Looks::default(), LoadBalancerId(1));
        let see_none = || {
            let look = BalancerLook::new(Mark::default(), Err(BalancerError::NotRunning { id }));
            looks.put(id, look)
        };
        see_none();
        assert!(looks.shown(id).is_none());
        looks.ensure(&Slow, spec(id), &Nobody).await.expect("it is kept");
        assert!(looks.shown(id).is_none(), "it was not looked at yet");
        see_none();
        let shown = looks.shown(id).expect("a fault");
        assert_eq!(shown.trouble, Some(Trouble::NotRunning));
        looks.remove(&Slow, id).await.expect("it is gone");
        see_none();
        assert!(looks.shown(id).is_none(), "it may begin anew");
    }

    #[test]
    fn whoever_comes_to_hold_every_shard_asks_the_store_until_it_has_looked_at_every_group() {
        for (known, held, looked, then) in [
            (Source::Passes, (0, 64), Looked::All, Source::Passes),
            (Source::Passes, (64, 32), Looked::All, Source::Store),
            (Source::Store, (32, 64), Looked::All, Source::Store),
            (Source::Store, (64, 64), Looked::Some, Source::Store),
            (Source::Store, (64, 64), Looked::All, Source::Passes),
        ] {
            assert_eq!(known.after(held, looked), then, "{known:?} {held:?} {looked:?}");
        }
    }

    #[test]
    fn members_whose_group_no_pass_here_has_looked_at_are_other_servers() {
        let looks = Looks::default();
        let member = |id| MemberAddress {
            id: InstanceId(id),
            address: Ipv4Addr::LOCALHOST,
            port: 8080,
            weight: 1,
        };
        let crew = Crew {
            serving: Vec::new(),
            records: vec![InstanceId(1)],
        };
        looks.serving(GroupId(7), crew);
        let listed = [1, 2].map(|id| (VServerId(3), member(id))).to_vec();
        assert_eq!(looks.strangers(listed), [(VServerId(3), member(2))]);
    }

    #[test]
    fn what_is_known_of_a_balancer_that_is_gone_is_forgotten_but_for_a_turn_in_use() {
        let (looks, [idle, used, kept]) = (Looks::default(), [1, 2, 3].map(LoadBalancerId));
        for id in [idle, used, kept] {
            looks.turn(id);
            looks.put(id, BalancerLook::new(Mark::default(), Ok(BalancerStat::default())));
        }
        looks.keep(spec(kept));
        let turn = looks.turn(used);
        looks.placed(&[]);
        let ids: Vec<_> = lock(&looks.looks).keys().copied().collect();
        assert_eq!(ids, [kept]);
        let turns: Vec<_> = lock(&looks.turns).keys().copied().collect();
        assert_eq!(turns, [used, kept]);
        drop(turn);
        looks.placed(&[]);
        assert!(!lock(&looks.turns).contains_key(&used));
    }
}
