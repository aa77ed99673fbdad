//! Who sends the members their traffic: one process per LoadBalancer, outliving the server.
//!
//! Only our ids, numbers, addresses and parsed types ever reach it (design 6). Not running = no membership; running but
//! mute = wait. Never gone from a list is never gone from service: deregister asks, `stat` tells.
//!
//! Several servers of one host may share the balancers. One of them keeps a balancer's process; all of them read it and
//! change members of their own groups. So that neither undoes what the other does, they take *turns* at a balancer: whoever
//! starts, reloads or changes it has the turn, and "not running" is said by nobody while somebody has it.

use api::parse::balancer::{CHECK_PATH_MAX, is_check_path};
use async_trait::async_trait;
use engine::model::{CheckWord, InstanceId, LoadBalancerId, VServerId};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::time::Duration;

pub use api::balancers::Algorithm;

pub mod haproxy;

/// A check path: `/`, then letters, digits, `-._~/`; at most 128 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CheckPath(String);

impl CheckPath {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CheckPath {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if is_check_path(&text) {
            return Ok(Self(text));
        }
        Err(format!(
            "a check path starts with / and has letters, digits and - . _ ~ / only, at most {CHECK_PATH_MAX}"
        ))
    }
}

impl From<CheckPath> for String {
    fn from(path: CheckPath) -> Self {
        path.0
    }
}

/// One HTTP listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VServerSpec {
    /// Its id: the names of its frontend and backend are made of it.
    pub id: VServerId,
    /// The port it listens on, 20000 to 29999.
    pub port: u16,
    /// How requests are spread.
    pub algorithm: Algorithm,
    /// What the health check asks for.
    pub check_path: CheckPath,
    /// Real time between two checks, at least 50 ms (already scaled).
    pub check_interval: Duration,
}

/// A member as a VServer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAddress {
    /// Who.
    pub id: InstanceId,
    /// Its own address.
    pub address: Ipv4Addr,
    /// The port of the binding.
    pub port: u16,
    /// 1 to 256.
    pub weight: u16,
}

/// One load balancer with its listeners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancerSpec {
    /// Its id: the name of its directory and process.
    pub id: LoadBalancerId,
    /// The address it listens on.
    pub address: Ipv4Addr,
    /// Its listeners, by id.
    pub vservers: Vec<VServerSpec>,
}

/// One member's line of `show stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendStat {
    /// In which VServer.
    pub vserver: VServerId,
    /// Who.
    pub id: InstanceId,
    /// Up, down, draining with so many in flight.
    pub word: CheckWord,
    /// Requests since the process started.
    pub requests: u64,
    /// Sessions now.
    pub sessions: u32,
}

/// What one balancer process said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalancerStat {
    /// Its members.
    pub backends: Vec<BackendStat>,
}

/// Why a balancer did not do it.
#[derive(Debug, thiserror::Error)]
pub enum BalancerError {
    /// No HAProxy on this host.
    #[error("HAProxy was not found: install it (Debian: apt-get install haproxy) or set `haproxy` in tidegate.toml")]
    NotInstalled,
    /// A HAProxy that cannot add servers at run time.
    #[error("HAProxy {found} is too old: install 2.6 or later, or set `haproxy` in tidegate.toml to its path")]
    TooOld {
        /// What was found.
        found: String,
    },
    /// Its process does not run: it has no members.
    #[error("load balancer {id} is not running")]
    NotRunning {
        /// Which.
        id: LoadBalancerId,
    },
    /// It runs and does not answer: wait.
    #[error("load balancer {id} does not answer: {why}")]
    Mute {
        /// Which.
        id: LoadBalancerId,
        /// What is known.
        why: String,
    },
    /// It answered something else than expected.
    #[error("load balancer {id} would not {operation}: {why}")]
    Refused {
        /// Which.
        id: LoadBalancerId,
        /// What was asked.
        operation: &'static str,
        /// Its words.
        why: String,
    },
}

/// What a leave answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// It is not a member any more.
    Left,
    /// Connections are still attached: ask again.
    Going,
}

/// Tells who serves behind a load balancer, when it has to be known.
#[async_trait]
pub trait Members: Send + Sync {
    /// Everybody who may be sent requests, of all groups.
    async fn serving(&self, spec: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)>;
}

/// A load balancer product. Every call may be repeated.
#[async_trait]
pub trait Balancer: Send + Sync {
    /// Makes the process run with these listeners; `members` are rendered into the file when it must (re)start or
    /// reload. Reloads only when bind, algorithm or check change. Members that run already stay.
    async fn ensure(
        &self,
        spec: &LoadBalancerSpec,
        members: &[(VServerId, MemberAddress)],
    ) -> Result<(), BalancerError>;
    /// The same with members that are asked for within the turn: whoever is told as serving has been let go of by no other
    /// server when it is rendered.
    async fn ensure_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        self.ensure(spec, &members.serving(spec).await).await
    }
    /// Starts it again if it does not run and nobody has removed it since; one that runs stays as whoever keeps it made it.
    async fn revive_of(&self, spec: &LoadBalancerSpec, members: &dyn Members) -> Result<(), BalancerError> {
        self.ensure_of(spec, members).await
    }
    /// Who took part when this server last read it, from memory; a product that does not keep that names nobody.
    fn last_seen(&self, _id: LoadBalancerId) -> Vec<(VServerId, MemberAddress)> {
        Vec::new()
    }
    /// Ends the process and removes its directory.
    async fn remove(&self, id: LoadBalancerId) -> Result<(), BalancerError>;
    /// What its members do. Who was let go of and could not be removed at once is removed on the way.
    async fn stat(&self, id: LoadBalancerId) -> Result<BalancerStat, BalancerError>;
    /// Adds a member, forced down until its first check passes.
    async fn join(&self, id: LoadBalancerId, vs: VServerId, member: MemberAddress) -> Result<(), BalancerError>;
    /// No new sessions for this member.
    async fn drain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError>;
    /// Back from drain.
    async fn undrain(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<(), BalancerError>;
    /// Waits until the process that runs now has ended; at once if none runs. A product that cannot be watched waits for
    /// ever: then the next look at it tells.
    async fn until_ended(&self, _id: LoadBalancerId) {
        std::future::pending().await
    }
    /// Takes the member out: its sessions are shut down, maintenance, deleted.
    async fn leave(&self, id: LoadBalancerId, vs: VServerId, member: InstanceId) -> Result<Leave, BalancerError>;
}
