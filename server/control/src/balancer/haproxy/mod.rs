//! HAProxy 2.6 and later, driven through its runtime socket.
//!
//! One master-worker process a LoadBalancer, in its own directory `<root>/<lb id>/`. It detaches itself, so it outlives
//! the server; whoever comes next finds it by that directory's socket. What runs is asked of the process, never
//! remembered: which settings (`description` in `show info` is their digest), which members (`show servers state`),
//! which ports. So a crash between two steps leaves nothing to repair.
//!
//! - [`config`]: the file, rendered from typed values only. [`stat`]: what HAProxy says, parsed.
//! - [`socket`]: one question, one answer. [`process`]: start, reload, end. [`place`]: the directory.
//! - [`turn`]: who may change it now, of all servers of this host.
//!
//! **No member is eligible unchecked.** A joining server goes maintenance -> drain -> forced down -> ready: a server
//! that leaves maintenance is `UP` until its first check, so it must be forced down *after* that. A reload carries the
//! old worker's states over (`load-server-state-from-file`): who serves keeps serving, who is down stays down. After a
//! crash the members last seen up, or never seen by this server, start up (redispatch and retries cover a dead one),
//! all others start down; at the first start of all everyone starts down.
//!
//! **Words.** A member that was never checked is `Missing`, up or down: a streak must not start before the first check.
//! Drained = `Draining(sessions)`, dead or alive. In maintenance = `Absent`: it gets nothing and `leave` may be asked
//! again.
//!
//! A reload leaves the old worker alive until its last request ended, at most 30 s; those requests are not in `stat`.

mod acts;
pub mod config;
pub mod place;
pub mod process;
pub mod socket;
pub mod stat;
mod turn;

use super::{Balancer, BalancerError, BalancerStat, Leave, LoadBalancerSpec, MemberAddress, Members};
use crate::locked;
use async_trait::async_trait;
use engine::model::{CheckWord, InstanceId, LoadBalancerId, VServerId};
use place::Place;
use stat::Row;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Where HAProxy is looked for after PATH: distributions put it into sbin, which a user's PATH often lacks.
const ALSO_LOOKED_IN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The oldest HAProxy whose servers can be added and deleted at run time with checks.
const OLDEST: Version = Version {
    major: 2,
    minor: 6,
    patch: 0,
};

/// The question that each look asks.
const STAT: &str = "show stat; show servers state";

/// What one load balancer said when it last answered.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Each member's word.
    words: BTreeMap<(VServerId, InstanceId), CheckWord>,
    /// Who took part: neither drained nor let go of.
    serving: Vec<(VServerId, MemberAddress)>,
}

/// A version of HAProxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 2 of 2.6.12.
    pub major: u16,
    /// 6 of 2.6.12.
    pub minor: u16,
    /// 12 of 2.6.12.
    pub patch: u16,
}

impl Version {
    /// Out of the first line of `haproxy -v`.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.split_whitespace().skip_while(|w| *w != "version").nth(1)?;
        let mut parts = word.split(|c: char| !c.is_ascii_digit()).map_while(|p| p.parse().ok());
        Some(Self {
            major: parts.next()?,
            minor: parts.next()?,
            patch: parts.next().unwrap_or(0),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// HAProxy's binary, where it is looked for when nobody says where it is.
pub fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(ALSO_LOOKED_IN.iter().map(PathBuf::from))
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("haproxy"))
        .find(|file| file.is_file())
}

/// All load balancers of this host.
#[derive(Debug)]
pub struct HaproxyBalancer {
    root: PathBuf,
    program: Option<PathBuf>,
    host: config::Host,
    desks: Mutex<BTreeMap<LoadBalancerId, Arc<tokio::sync::Mutex<()>>>>,
    seen: Mutex<BTreeMap<LoadBalancerId, Seen>>,
}

impl HaproxyBalancer {
    /// `root` holds a directory a load balancer; `program` is HAProxy's binary, looked for on PATH if `None`.
    pub fn new(root: PathBuf, program: Option<PathBuf>) -> Self {
        Self {
            root: std::path::absolute(&root).unwrap_or(root),
            program,
            host: config::Host::this(),
            desks: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// The installed version, or what to install.
    pub async fn installed(&self) -> Result<Version, BalancerError> {
        let program = self.program()?;
        let text = process::version(&program).await.ok_or(BalancerError::NotInstalled)?;
        let version = Version::parse(&text).ok_or(BalancerError::NotInstalled)?;
        if version < OLDEST {
            return Err(BalancerError::TooOld {
                found: version.to_string(),
            });
        }
        Ok(version)
    }

    fn program(&self) -> Result<PathBuf, BalancerError> {
        if let Some(path) = &self.program {
            return path.is_file().then(|| path.clone()).ok_or(BalancerError::NotInstalled);
        }
        on_path().ok_or(BalancerError::NotInstalled)
    }

    fn place(&self, id: LoadBalancerId) -> Place {
        Place::new(&self.root, id)
    }

    fn desk(&self, id: LoadBalancerId) -> Arc<tokio::sync::Mutex<()>> {
        let mut desks = locked(&self.desks);
        desks.entry(id).or_default().clone()
    }

    fn seen(&self, id: LoadBalancerId) -> Option<Seen> {
        locked(&self.seen).get(&id).cloned()
    }

    fn remember(&self, id: LoadBalancerId, stat: &BalancerStat, rows: &[Row]) {
        let serving = rows.iter().filter(|row| !row.drain && !row.maintenance);
        let seen = Seen {
            words: stat.backends.iter().map(|b| ((b.vserver, b.id), b.word)).collect(),
            serving: serving.map(|row| (row.vserver, row.member)).collect(),
        };
        locked(&self.seen).insert(id, seen);
    }

    fn forget(&self, id: LoadBalancerId) {
        locked(&self.seen).remove(&id);
        locked(&self.desks).remove(&id);
    }
}

#[async_trait]
impl Balancer for HaproxyBalancer {
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError> {
        let _turn = self.turn_to_make(spec.id).await?;
        self.make_it_run(spec, members).await
    }

    async fn ensure_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        let _turn = self.turn_to_make(spec.id).await?;
        self.make_it_run(spec, &members.serving(spec).await).await
    }

    /// Whoever removes one removes its directory: without it there is no turn, so a server that slept meanwhile starts nothing.
    async fn revive_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        let _turn = self.turn_at(spec.id).await?;
        match self.ask(spec.id, "show info").await {
            Err(BalancerError::NotRunning { .. }) => self.make_it_run(spec, &members.serving(spec).await).await,
            answer => answer.map(drop),
        }
    }

    fn last_seen(&self, id: LoadBalancerId) -> Vec<(VServerId, MemberAddress)> {
        self.seen(id).unwrap_or_default().serving
    }

    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError> {
        let _turn = self.turn(id).await?;
        let place = self.place(id);
        process::end(&place).await.map_err(|why| refused(id, "end", why))?;
        place.remove().map_err(|why| refused(id, "remove its directory", why))?;
        self.forget(id);
        Ok(())
    }

    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError> {
        let answer = match self.ask(id, STAT).await {
            Err(BalancerError::NotRunning { .. }) => self.ask_in_turn(id).await?,
            answer => answer?,
        };
        let say = |why| refused(id, "show stat", why);
        let (stat, rows) = (stat::stat(&answer).map_err(say)?, stat::rows(&answer).map_err(say)?);
        self.remember(id, &stat, &rows);
        self.finish_leaves(id, &rows).await;
        Ok(stat)
    }

    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError> {
        let _turn = self.turn_at(id).await?;
        self.take_in(id, vs, member).await?;
        self.keep_file_in_step(id).await;
        Ok(())
    }

    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        let _turn = self.turn_at(id).await?;
        let answer = self.ask(id, &format!("set server {vs}/{member} state drain")).await?;
        socket::judge(&answer, &[socket::NO_SERVER, socket::NO_BACKEND]).map_err(|why| refused(id, "drain", why))
    }

    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError> {
        let _turn = self.turn_at(id).await?;
        self.take_back(id, vs, member).await
    }

    async fn until_ended(&self, id: LoadBalancerId) {
        let place = self.place(id);
        let master = match process::master(&place) {
            Some(master) => Some(master),
            None => process::by_worker(&place).await,
        };
        if let Some(master) = master
            && let Err(why) = master.until_ended().await
        {
            tracing::warn!(balancer = %id, %why, "its process cannot be watched; the next look tells whether it runs");
            std::future::pending::<()>().await;
        }
    }

    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError> {
        let _turn = self.turn_at(id).await?;
        let leave = self.let_go(id, vs, member).await?;
        self.keep_file_in_step(id).await;
        Ok(leave)
    }
}

fn refused(id: LoadBalancerId, operation: &'static str, why: impl fmt::Display) -> BalancerError {
    BalancerError::Refused {
        id,
        operation,
        why: why.to_string(),
    }
}
