//! The file HAProxy reads, and the state file a new worker starts from. Pure: the same values give the same text.
//!
//! Only ids, numbers, addresses and three parsed types (check path, host, algorithm) are written; file names are
//! constants (see [`place`](super::place)). The digest of everything but the members is the `description`, so a
//! running process says itself which settings it has.

use super::super::{Algorithm, LoadBalancerSpec, MemberAddress, VServerSpec};
use super::place::{SOCKET, STATES};
use super::stat::Row;
use engine::model::{CheckWord, VServerId};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::Duration;

/// Whom the worker runs as when the server is root: nobody, on every Linux.
const NOBODY: u32 = 65_534;

/// Connections a process takes at most. More than the load generator opens; each costs two descriptors and, once in
/// use, some 32 KiB.
const CONNECTIONS_MAX: u64 = 20_000;

/// Descriptors a process needs beside its connections (listeners, checks, logs): too few and checks fail under load.
const DESCRIPTORS_ASIDE: u64 = 512;

/// Threads a process has at most: one does 30,000 requests a second, and many balancers share the host.
const THREADS_MAX: usize = 4;

/// Requests `First` lets a member have before it takes the next one; without a limit it would never take the next.
const FIRST_FILLS_UP_TO: u32 = 64;

/// What the shortest check interval may be; below it checks are a load of their own.
const CHECK_INTERVAL_MIN: Duration = Duration::from_millis(50);

/// Longest time between checks: HAProxy's timers end at 24 days.
const CHECK_INTERVAL_MAX: Duration = Duration::from_secs(86_400);

/// What of this host goes into every file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// The server is root: the worker becomes nobody.
    pub root: bool,
    /// Connections a process takes.
    pub connections: u64,
    /// Threads of a process.
    pub threads: usize,
}

impl Host {
    /// This host, as this process may use it.
    pub fn this() -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile)
            .maximum
            .unwrap_or(1 << 20);
        Self {
            root: rustix::process::geteuid().is_root(),
            connections: (limit.saturating_sub(DESCRIPTORS_ASIDE) / 2).clamp(64, CONNECTIONS_MAX),
            threads: std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(THREADS_MAX),
        }
    }
}

/// What `show info` says of a process with these settings: changes exactly when a reload is needed.
pub fn digest(spec: &LoadBalancerSpec, host: Host) -> String {
    let bytes = Sha256::digest(body(spec, host, &[]));
    let hex = bytes.iter().take(8).fold(String::new(), |mut text, byte| {
        let _never_fails = write!(text, "{byte:02x}");
        text
    });
    format!("tidegate-{hex}")
}

/// The whole file.
pub fn render(spec: &LoadBalancerSpec, host: Host, members: &[(VServerId, MemberAddress)]) -> String {
    let body = body(spec, host, members);
    format!(
        "# Written by tidegate: changes are lost.\nglobal\n    description {}\n{body}",
        digest(spec, host)
    )
}

fn body(spec: &LoadBalancerSpec, host: Host, members: &[(VServerId, MemberAddress)]) -> String {
    let mut text = global(host);
    text.push_str(DEFAULTS);
    for vs in &spec.vservers {
        text.push_str(&listener(spec, vs));
        let mut mine: Vec<MemberAddress> = members.iter().filter(|(id, _)| *id == vs.id).map(|(_, m)| *m).collect();
        mine.sort_by_key(|m| m.id);
        mine.dedup_by_key(|m| m.id);
        for member in mine {
            let _never_fails = writeln!(text, "    server {} {}", member.id, server(vs, &member));
        }
    }
    text
}

fn global(host: Host) -> String {
    // noreuseport: two HAProxies on one port would share its requests in silence.
    let mut text = format!(
        "    stats socket unix@{SOCKET} level admin mode 600\n    stats timeout 10s\n    server-state-file {STATES}\n    \
         maxconn {}\n    nbthread {}\n    noreuseport\n    hard-stop-after 30s\n",
        host.connections, host.threads
    );
    if host.root {
        let _never_fails = write!(text, "    uid {NOBODY}\n    gid {NOBODY}\n");
    }
    text
}

/// `redispatch 1`: every retry goes to another member at once, so one that just died costs a request nothing.
const DEFAULTS: &str = "
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout queue 10s
    timeout http-request 10s
    timeout http-keep-alive 30s
    timeout check 2s
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response
    load-server-state-from-file global
";

fn listener(spec: &LoadBalancerSpec, vs: &VServerSpec) -> String {
    let (address, port) = (spec.address, vs.port);
    format!(
        "\nfrontend {}\n    bind {address}:{port}\n    http-request disable-l7-retry unless METH_GET or {{ method \
         HEAD OPTIONS }}\n    default_backend {id}\n\nbackend {id}\n    balance {algorithm}\n    option httpchk GET \
         {path}\n    # check every {inter} ms\n",
        frontend(spec, vs),
        id = vs.id,
        algorithm = algorithm(vs.algorithm),
        path = vs.check_path.as_str(),
        inter = interval_ms(vs),
    )
}

/// A frontend's name says what it is bound to, so a running process tells which addresses it holds.
pub fn frontend(spec: &LoadBalancerSpec, vs: &VServerSpec) -> String {
    format!("{}-{}-{}", vs.id, spec.address, vs.port)
}

fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RoundRobin => "roundrobin",
        Algorithm::LeastConn => "leastconn",
        Algorithm::First => "first",
        Algorithm::Random => "random",
    }
}

fn interval_ms(vs: &VServerSpec) -> u128 {
    vs.check_interval
        .clamp(CHECK_INTERVAL_MIN, CHECK_INTERVAL_MAX)
        .as_millis()
}

/// What follows a server's name, in the file and in `add server`.
pub fn server(vs: &VServerSpec, member: &MemberAddress) -> String {
    let limit = match vs.algorithm {
        Algorithm::First => format!(" maxconn {FIRST_FILLS_UP_TO}"),
        Algorithm::RoundRobin | Algorithm::LeastConn | Algorithm::Random => String::new(),
    };
    let (address, port, weight) = (member.address, member.port, weight(member));
    format!(
        "{address}:{port} check inter {}ms fall 3 rise 1 weight {weight}{limit}",
        interval_ms(vs)
    )
}

/// A member's weight as HAProxy takes it.
pub fn weight(member: &MemberAddress) -> u16 {
    member.weight.clamp(1, 256)
}

/// The first two lines of a state file.
const STATES_HEAD: &str = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight \
    srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state \
    srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port \
    srv_check_addr srv_agent_addr srv_agent_port\n";

/// How a member starts that the file would start up and unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Up until a check says otherwise.
    Up,
    /// Down until a check passes.
    Down,
    /// Up, and no new sessions.
    Draining,
}

impl Start {
    /// After a crash, by the last word seen.
    pub fn after(word: Option<CheckWord>) -> Self {
        match word {
            Some(CheckWord::Up) => Self::Up,
            Some(CheckWord::Draining(_)) => Self::Draining,
            Some(CheckWord::Missing | CheckWord::Absent | CheckWord::Down) | None => Self::Down,
        }
    }
}

/// A state file for a first start or one after a crash.
pub fn states(members: &[(VServerId, MemberAddress)], start: impl Fn(VServerId, &MemberAddress) -> Start) -> String {
    let mut text = STATES_HEAD.to_owned();
    for (vs, member) in members {
        let (operation, admin) = match start(*vs, member) {
            Start::Up => continue,
            Start::Down => (0, 0),
            Start::Draining => (2, 8),
        };
        text.push_str(&state(*vs, member, operation, admin));
    }
    text
}

/// A state file for a reload: the old worker's own words, and `fresh` members down.
pub fn carried(rows: &[Row], fresh: &[(VServerId, MemberAddress)]) -> String {
    let mut text = STATES_HEAD.to_owned();
    for row in rows {
        text.push_str(&row.line);
        text.push('\n');
    }
    for (vs, member) in fresh {
        text.push_str(&state(*vs, member, 0, 0));
    }
    text
}

fn state(vs: VServerId, member: &MemberAddress, operation: u8, admin: u8) -> String {
    let weight = weight(member);
    let (id, address, port) = (member.id, member.address, member.port);
    let health = operation;
    format!(
        "0 {vs} 0 {id} {address} {operation} {admin} {weight} {weight} 0 1 0 {health} 6 0 0 0 - {port} - 0 0 - - 0\n"
    )
}
