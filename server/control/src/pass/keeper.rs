//! Keeps the balancers: each LoadBalancer with a VServer has its process, each deleted one has none.
//!
//! - A process that runs is reloaded only when its listeners changed, and not before every group was looked at once
//!   after a start: the members rendered into the file are those the passes last saw serving.
//! - A process that is not there is started at once, with the members of the last passes: from memory, not the store.

use super::views::Mark;
use super::wake::Bell;
use crate::balancer::{
    Algorithm, BackendStat, Balancer, BalancerError, CheckPath, LoadBalancerSpec, MemberAddress, VServerSpec,
};
use crate::clock::Clock;
use crate::store::{BalancerRecord, LoopStore, VServerRecord};
use engine::model::{GroupId, InstanceId, LoadBalancerId, Span, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A check is never asked more often than this in real time: more would be load, not information.
const CHECK_REAL_MIN: Duration = Duration::from_millis(50);

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
    pub(super) fn new(began: Mark, said: Result<crate::balancer::BalancerStat, BalancerError>) -> Self {
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

    /// Whether what it lists is all there is: it answered, or it does not run and so has no members.
    pub fn certain(&self) -> bool {
        !matches!(self.trouble, Some(Trouble::Mute(_)))
    }
}

/// The last look at each balancer, and who serves where.
#[derive(Debug, Default)]
pub(super) struct Looks {
    looks: Mutex<BTreeMap<LoadBalancerId, Arc<BalancerLook>>>,
    places: Mutex<Places>,
    members: Mutex<BTreeMap<GroupId, Vec<(VServerId, MemberAddress)>>>,
}

/// Where VServers are.
#[derive(Debug, Default)]
struct Places {
    of: BTreeMap<VServerId, LoadBalancerId>,
    /// Every balancer once: each pass asks for all of them.
    all: Arc<[LoadBalancerId]>,
}

impl Looks {
    pub(super) fn get(&self, id: LoadBalancerId) -> Option<Arc<BalancerLook>> {
        lock(&self.looks).get(&id).cloned()
    }

    pub(super) fn put(&self, id: LoadBalancerId, look: BalancerLook) -> Arc<BalancerLook> {
        let look = Arc::new(look);
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

    /// A pass saw these members serving.
    pub(super) fn serving(&self, group: GroupId, members: Vec<(VServerId, MemberAddress)>) {
        lock(&self.members).insert(group, members);
    }

    /// A group is gone.
    pub(super) fn forget(&self, group: GroupId) {
        lock(&self.members).remove(&group);
    }

    fn members_of(&self, spec: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
        let ours = |vserver: &VServerId| spec.vservers.iter().any(|known| known.id == *vserver);
        let members = lock(&self.members);
        members
            .values()
            .flatten()
            .filter(|(vserver, _)| ours(vserver))
            .copied()
            .collect()
    }

    fn placed(&self, records: &[BalancerRecord]) {
        let live = records.iter().filter(|record| !record.deleted);
        let pairs = live.flat_map(|record| record.vservers.iter().map(|vserver| (vserver.id, record.id)));
        let of: BTreeMap<_, _> = pairs.collect();
        let all: BTreeSet<_> = of.values().copied().collect();
        *lock(&self.places) = Places {
            of,
            all: all.into_iter().collect(),
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Maps are whole after every statement: a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    pub(super) ensured: BTreeMap<LoadBalancerId, LoadBalancerSpec>,
    pub(super) records: Vec<BalancerRecord>,
}

impl Keeper {
    /// Reads which balancers there are. A store that does not answer leaves them as they were known.
    pub(super) async fn reload(&mut self) {
        match self.store.balancers().await {
            Ok(records) => {
                self.looks.placed(&records);
                self.records = records;
            }
            Err(why) => {
                tracing::warn!(error = &why as &dyn std::error::Error, "balancers are kept from memory");
            }
        }
    }

    /// One round over all of them.
    pub(super) async fn keep(&mut self, knows: Knows) {
        for record in self.records.clone() {
            if record.deleted {
                self.end(&record).await;
            } else if !record.vservers.is_empty() {
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
        let known = self.ensured.get(&record.id) == Some(&spec);
        if runs && (known || knows == Knows::NotYet) {
            return;
        }
        let members = self.looks.members_of(&spec);
        match self.balancer.ensure(&spec, &members).await {
            Ok(()) => {
                self.ensured.insert(record.id, spec);
            }
            Err(why) => {
                tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "a balancer is not kept");
                self.looks.put(record.id, BalancerLook::new(Mark::default(), Err(why)));
            }
        }
    }

    async fn end(&mut self, record: &BalancerRecord) {
        if let Err(why) = self.balancer.remove(record.id).await {
            return tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "not ended yet");
        }
        self.ensured.remove(&record.id);
        if let Err(why) = self.store.balancer_ended(record.id).await {
            tracing::warn!(balancer = %record.id, error = &why as &dyn std::error::Error, "its end is not stored yet");
        }
        self.bell.balancers();
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
            algorithm: algorithm(&record.algorithm)?,
            check_path: CheckPath::try_from(record.check_path.clone())?,
            check_interval: interval.max(CHECK_REAL_MIN),
        })
    }
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    match text {
        "round_robin" => Ok(Algorithm::RoundRobin),
        "least_conn" => Ok(Algorithm::LeastConn),
        "first" => Ok(Algorithm::First),
        "random" => Ok(Algorithm::Random),
        other => Err(format!(
            "`{other}` is not one of round_robin, least_conn, first, random"
        )),
    }
}
