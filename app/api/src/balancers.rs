//! Load balancers, their VServers and the groups bound to them (seed 14.3.5).

use engine::model::{GroupId, InstanceId, LoadBalancerId, VServerId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Listeners, bound groups and bindings that a page shows. The statements have one more, as a literal: it tells that there
/// are more.
pub const LISTED_MAX: usize = 200;
/// The same of the members behind a listener.
pub const MEMBERS_MAX: usize = 1_000;

/// How requests are spread: the ways whose members can be changed while the balancer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// In turn.
    RoundRobin,
    /// To the one with the fewest connections.
    LeastConn,
    /// Fill one, then the next.
    First,
    /// By lot.
    Random,
}

impl Algorithm {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::RoundRobin, Self::LeastConn, Self::First, Self::Random];

    /// As it is typed and stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastConn => "least_conn",
            Self::First => "first",
            Self::Random => "random",
        }
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|algorithm| algorithm.word() == text);
        named.ok_or_else(|| format!("`{text}` is not one of {}", Self::ALL.map(Self::word).join(", ")))
    }
}

/// A new load balancer, as typed; it may bring its first VServer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BalancerForm {
    /// 1 to 63 characters.
    pub name: String,
    /// At most 255 characters.
    pub remark: String,
}

/// A new VServer, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VServerForm {
    /// 1 to 63 characters.
    pub name: String,
    /// 20000 to 29999.
    pub port: String,
    /// `round_robin`, `least_conn`, `first` or `random`.
    pub algorithm: String,
    /// Path of the health check.
    pub check_path: String,
    /// Product seconds between two checks, 1 to 300.
    pub check_interval_s: String,
}

/// The same, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields of the form, parsed")]
pub struct NewVServer {
    pub name: String,
    pub port: u16,
    pub algorithm: String,
    pub check_path: String,
    pub check_interval_s: u32,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerRow {
    /// Its id.
    pub id: LoadBalancerId,
    /// Its name.
    pub name: String,
    /// Its remark.
    pub remark: String,
    /// The address it listens on.
    pub address: String,
    /// How it does.
    pub health: BalancerHealth,
    /// Its listeners: id, name, port.
    pub vservers: Vec<(VServerId, String, u16)>,
    /// Product time, unix milliseconds.
    pub created_ms: i64,
}

/// How a balancer's process does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalancerHealth {
    /// Runs and answers.
    Running,
    /// No listener yet, so nothing runs.
    Idle,
    /// HAProxy is not installed.
    NotInstalled,
    /// It should run and does not serve: why.
    Failing(BalancerFault),
    /// Its process was not seen yet: it is started, or the loop has still to look at it.
    Unseen,
}

/// Why a balancer's process does not serve: a word for each reader's language, and a machine's own words beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalancerFault {
    /// Its process does not run.
    NotRunning,
    /// It does not answer as it should: what the server knows, in the server's words.
    Mute(String),
}

/// Its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerView {
    /// The list's row.
    pub row: BalancerRow,
    /// Its listeners in full.
    pub vservers: Vec<VServerView>,
}

/// A VServer with its backends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the form's fields and what serves behind it")]
pub struct VServerView {
    pub id: VServerId,
    pub name: String,
    pub port: u16,
    /// `http://address:port`.
    pub url: String,
    pub algorithm: String,
    pub check_path: String,
    pub check_interval_s: u32,
    pub groups: Vec<BoundGroup>,
    pub backends: Vec<BackendView>,
}

/// A group that serves behind a VServer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundGroup {
    /// Which.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Its members' port.
    pub port: u16,
    /// Its members' weight.
    pub weight: u16,
}

/// One member behind a VServer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendView {
    /// Which instance.
    pub id: InstanceId,
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: GroupId,
    /// `address:port`.
    pub address: String,
    /// `up`, `down`, `draining`, `checking` or `absent`.
    pub word: String,
    /// Sessions now.
    pub sessions: u32,
    /// Requests since the balancer's process started.
    pub requests: u64,
}

/// A binding, as typed (seed 14.3.5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BindForm {
    /// `vs-...`.
    pub vserver: String,
    /// The members' port, 1 to 65535.
    pub port: String,
    /// 1 to 256.
    pub weight: String,
}

/// A group's binding as shown (seed 14.3.5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns of seed 14.3.5.2")]
pub struct BindingView {
    pub balancer: LoadBalancerId,
    pub balancer_name: String,
    pub vserver: VServerId,
    pub vserver_name: String,
    pub vserver_port: u16,
    pub url: String,
    pub port: u16,
    pub weight: u16,
}
