//! Three real servers on one PostgreSQL and one host: each gets its share, each shows and changes everything, one load
//! balancer has one process, and one that sleeps through its leases does no harm when it wakes.

#[path = "../control/tests/databases/cluster.rs"]
mod cluster;
#[path = "support/site.rs"]
mod site;
mod support;

use cluster::Cluster;
use rustix::process::{Pid, Signal, kill_process};
use site::{Listener, PAUSE, Server, end_all_of, folder, is_open, is_served, passed, until};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long one that woke is watched: it sees at once that a process has ended meanwhile.
const WATCHED: Duration = Duration::from_secs(3);

/// The host: what runs on it ends with the test, however it ends.
struct Host(TempDir);

impl Drop for Host {
    fn drop(&mut self) {
        end_all_of(self.0.path());
    }
}

impl Host {
    fn new() -> Self {
        Self(folder())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// One more server with the folders that all share.
    fn server(&self, name: &str, cluster: &Cluster) -> Server {
        let shared = |name: &str| self.at(name).display().to_string();
        let more = [
            "--driver-process-root".to_owned(),
            shared("process"),
            "--balancer-root".to_owned(),
            shared("balancers"),
        ];
        let log = self.at(&format!("{name}.log"));
        Server::launch(&self.at(name), &log, Some(&cluster.url()), &more)
    }

    /// How many programs of each instance run.
    fn programs(&self) -> BTreeMap<String, usize> {
        let mut programs = BTreeMap::new();
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            if let Some(id) = instance_of(&process.path(), &self.at("process")) {
                let status = std::fs::read_to_string(process.path().join("status")).unwrap_or_default();
                assert!(!status.contains("THP_enabled:\t1"), "{id} holds huge pages");
                *programs.entry(id).or_default() += 1;
            }
        }
        programs
    }

    /// Each instance has one program, and there are so many.
    fn runs(&self, count: usize) -> bool {
        let programs = self.programs();
        assert!(programs.values().all(|count| *count == 1), "I4: {programs:?}");
        programs.len() == count
    }
}

/// Whose program a process is: it works in its instance's folder, and was told its id.
fn instance_of(process: &Path, root: &Path) -> Option<String> {
    let place = std::fs::read_link(process.join("cwd")).ok()?;
    let environment = std::fs::read(process.join("environ")).ok()?;
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let mut words = environment.split('\0');
    let id = words.find_map(|word| word.strip_prefix("TIDEGATE_INSTANCE="))?;
    place.starts_with(root).then(|| id.to_owned())
}

/// The servers by name, signed in by the first one's session.
fn servers(host: &Host, cluster: &Cluster) -> BTreeMap<&'static str, Server> {
    let mut first = host.server("a", cluster);
    first.cookie = first.process.sign_in(&support::first_password(&host.at("a")));
    let cookie = first.cookie.clone();
    let mut servers = BTreeMap::from([("a", first)]);
    for name in ["b", "c"] {
        let mut server = host.server(name, cluster);
        server.cookie.clone_from(&cookie);
        servers.insert(name, server);
    }
    servers
}

fn leases(servers: &BTreeMap<&str, Server>) -> Vec<i64> {
    let each = servers.values();
    each.map(|server| server.count("tidegate_leases ")).collect()
}

/// Whether all is held, by each its part.
fn is_fair(servers: &BTreeMap<&str, Server>) -> bool {
    let shares = leases(servers);
    shares.iter().all(|share| *share >= 21) && shares.iter().sum::<i64>() == 64
}

/// How often a server has made a balancer's process be there.
fn made(server: &Server) -> i64 {
    server.count("tidegate_balancer_calls_total{call=\"ensure\"")
}

/// Who has the one group there is, of those that may be asked.
fn owner(servers: &BTreeMap<&'static str, Server>, but: Option<&str>) -> Option<&'static str> {
    let mut asked = servers.iter().filter(|(name, _)| Some(**name) != but);
    asked
        .find(|(_, server)| server.count("tidegate_groups ") == 1)
        .map(|(name, _)| *name)
}

fn signal(server: &Server, signal: Signal) {
    let pid = i32::try_from(server.process.child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), signal).expect("it runs");
}

#[test]
fn three_servers_share_the_work_and_one_that_slept_through_its_leases_does_no_harm() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let host = Host::new();
    let servers = servers(&host, &cluster);
    let group = servers["a"].group();
    let port = servers["a"].front(&group);
    until("a fair share for each", || {
        let mut shares = leases(&servers);
        shares.sort_unstable();
        shares == [21, 21, 22]
    });
    for (name, server) in &servers {
        assert!(server.get("/groups").contains("web"), "the console of {name}");
        assert!(
            !host.at(name).join("balancers").exists(),
            "{name} keeps balancers apart"
        );
    }
    servers["b"].resize(&group, 2);
    until("the second instance", || host.runs(2));

    let sleeper = owner(&servers, None).expect("somebody owns the group");
    servers[sleeper].resize(&group, 3);
    signal(&servers[sleeper], Signal::STOP);
    until("another server to take over", || {
        owner(&servers, Some(sleeper)).is_some()
    });
    until("what was begun to be finished", || host.runs(3));
    let successor = owner(&servers, Some(sleeper)).expect("somebody owns the group");
    servers[successor].resize(&group, 2);
    until("the third one's end", || host.runs(2));

    signal(&servers[sleeper], Signal::CONT);
    until("the sleeper to get a share again", || is_fair(&servers));
    assert!(host.runs(2), "{:?}", host.programs());
    assert!(is_served(port));
    servers[sleeper].deletes(&group);
    until("the end of all programs", || host.runs(0));
    what_ended_while_its_keeper_slept_stays_ended(&servers);
}

fn what_ended_while_its_keeper_slept_stays_ended(servers: &BTreeMap<&'static str, Server>) {
    let before: BTreeMap<_, _> = servers.iter().map(|(name, server)| (*name, made(server))).collect();
    // Not the server that made the first one: what a server made last is looked up in its log.
    let Listener {
        balancer,
        vserver,
        port,
    } = servers["b"].listener("late");
    let keeper = || servers.iter().find(|(name, server)| made(server) > before[*name]);
    until("a keeper", || keeper().is_some() && is_open(port));
    let sleeper = *keeper().expect("a keeper").0;
    let awake = |(name, _): &(&&str, &Server)| **name != sleeper;
    let others = || servers.iter().filter(awake).map(|(_, server)| server);
    let held = || others().map(|server| server.count("tidegate_leases ")).sum::<i64>();
    let share = held();

    signal(&servers[sleeper], Signal::STOP);
    until("the others to take over", || held() > share);
    let other = others().next().expect("two are awake");
    other.post(
        "/api/balancers/delete-vserver",
        &format!("id={balancer}&vserver={vserver}"),
    );
    until("the listener's end", || !is_open(port));

    signal(&servers[sleeper], Signal::CONT);
    until("the sleeper to get a share again", || is_fair(servers));
    let over = passed(WATCHED);
    while !over() {
        assert!(!is_open(port), "{sleeper} brought back what it kept");
        std::thread::park_timeout(PAUSE);
    }
}
