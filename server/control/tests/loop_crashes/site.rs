//! A place for the real loop: a folder with its database, a balancer and a group in it; the loop as a process that can be
//! killed; and what is counted on the host.

use crate::fixture::{self, BALANCER, GROUP, Rows, TENANT, VSERVER, served};
use control::balancer::Balancer;
use control::balancer::haproxy::HaproxyBalancer;
use control::balancer::haproxy::place::Place;
use control::balancer::haproxy::{process, socket};
use control::clock::system::wall_now;
use control::drivers::ImageSpec;
use control::store::Db;
use control::store::tx::json;
use control::values;
use engine::census::InstanceState;
use engine::model::{CheckWord, GroupSpec, InstanceId};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// How long a stage may take; a busy host takes seconds, something stuck takes for ever.
const LIMIT: Duration = Duration::from_secs(40);
/// Where a stage is looked at again.
const LOOK: Duration = Duration::from_millis(15);
/// How long a slow answer of a member takes: long enough for a removal to be taken back meanwhile.
const SLOW: Duration = Duration::from_millis(700);

static NEXT: AtomicU32 = AtomicU32::new(1);

/// What there is, counted on the host and in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Records that are not terminated, by state.
    pub records: BTreeMap<String, usize>,
    /// Programs of instances that live on the host.
    pub programs: usize,
    /// HAProxy's members, by what it says of them.
    pub members: BTreeMap<String, usize>,
    /// The scaling log: rows by kind and status, edits left out.
    pub log: BTreeMap<String, usize>,
    /// Whether the group is still to be kept.
    pub group: bool,
    /// Whether HAProxy runs.
    pub balancer: bool,
}

impl Counted {
    /// So many members, all of them in service, and nothing under way.
    pub fn serves(&self, count: usize) -> bool {
        let only = |words: &BTreeMap<String, usize>, word: &str| {
            words.values().sum::<usize>() == count && words.get(word).copied().unwrap_or(0) == count
        };
        only(&self.records, "in_service") && only(&self.members, "up") && self.programs == count && self.rests()
    }

    /// Nothing of the group is left, here or there.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.members.is_empty() && self.programs == 0 && self.rests()
    }

    fn rests(&self) -> bool {
        !self.log.keys().any(|row| row.ends_with(" running"))
    }
}

/// The loop as a process.
struct Running(Child);

impl Running {
    fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child of ours")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already_is_fine = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Everything one story needs.
pub struct Site {
    folder: TempDir,
    pub rows: Rows,
    balancer: HaproxyBalancer,
    address: Ipv4Addr,
    port: u16,
    running: Option<Running>,
    /// Whether the loop has killed itself.
    pub crashed: bool,
    /// The most programs that ever lived at once.
    pub programs_max: usize,
}

impl Site {
    /// A group of that spec on a database of its own, at that many product seconds a second; nothing runs yet.
    pub async fn new(scale: u32, spec: &GroupSpec) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Programs run as other users than the server if that is root: they must get through.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("its mode");
        let (address, port) = door();
        let rows = Rows {
            db: open(&folder.path().join("tidegate.db")).await,
        };
        let site = Self {
            balancer: HaproxyBalancer::new(folder.path().join("balancers"), None),
            folder,
            rows,
            address,
            port,
            running: None,
            crashed: false,
            programs_max: 0,
        };
        site.fill(scale, spec).await;
        site
    }

    async fn fill(&self, scale: u32, spec: &GroupSpec) {
        let rows = &self.rows;
        fixture::catalogue(&rows.db).await;
        let wall = wall_now();
        let clock = values![wall, wall, scale];
        let sql = "INSERT INTO installation (one, id, anchor_wall, anchor_product, anchor_scale, mark_product,
                                             created_wall)
                   VALUES (1, 'crashes', $1, $2, $3, 0, $1)";
        rows.run_sql(sql, clock).await;
        let [_, b, c, _] = self.address.octets();
        let cidr = format!("127.{b}.{c}.0/24");
        rows.run_sql("UPDATE subnets SET cidr = $1", values![cidr]).await;
        rows.run_sql("UPDATE load_balancers SET address = $1", values![self.address])
            .await;
        rows.run_sql("UPDATE vservers SET port = $1", values![self.port]).await;
        self.answer_after(SLOW).await;
        rows.group(GROUP, spec).await;
    }

    /// Members that are launched from now on take so long for a request.
    pub async fn answer_after(&self, delay: Duration) {
        let image = ImageSpec {
            name: "web".to_owned(),
            command: ["{self}", "slow-web", &delay.as_millis().to_string()]
                .map(str::to_owned)
                .to_vec(),
            environment: Vec::new(),
            ports: vec![8080],
            ready_path: None,
        };
        self.rows
            .run_sql("UPDATE images SET spec = $1", values![json(&image)])
            .await;
    }

    /// Starts the loop; `fail_at` is where it kills itself.
    pub fn start(&mut self, fail_at: Option<&str>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loop-for-tests"));
        command
            .arg(self.folder.path())
            .arg(env!("CARGO_BIN_EXE_shim-for-tests"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match fail_at {
            Some(point) => command.env("TIDEGATE_FAIL_AT", point),
            None => command.env_remove("TIDEGATE_FAIL_AT"),
        };
        self.running = Some(Running(command.spawn().expect("the loop")));
    }

    /// SIGTERM's way: its input ends, and it ends well.
    pub async fn stop(&mut self) {
        let mut running = self.running.take().expect("a loop");
        drop(running.0.stdin.take());
        let waited = async {
            let mut again = tokio::time::interval(LOOK);
            loop {
                again.tick().await;
                if let Some(status) = running.ended() {
                    return status;
                }
            }
        };
        let status = tokio::time::timeout(LIMIT, waited).await.ok();
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
    }

    /// "Look now". A loop that died meanwhile hears nothing, and its successor looks by itself.
    pub fn wake(&mut self) {
        if let Some(Running(child)) = &mut self.running
            && let Some(input) = &mut child.stdin
        {
            let _died_meanwhile_is_fine = input.write_all(b"look\n");
        }
    }

    /// People change what they set, and the loop is told.
    pub async fn change(&mut self, spec: &GroupSpec) {
        self.rows.edit(GROUP, spec).await;
        self.wake();
    }

    /// Looks until what is counted is as it should be. A loop that killed itself is started again, without its point.
    pub async fn until(&mut self, what: &str, is_there: impl Fn(&Counted) -> bool) -> Counted {
        let mut last = Counted::default();
        let waited = async {
            let mut again = tokio::time::interval(LOOK);
            loop {
                again.tick().await;
                self.outlive_crash();
                last = self.counted().await;
                self.programs_max = self.programs_max.max(last.programs);
                if is_there(&last) {
                    return;
                }
            }
        };
        let in_time = tokio::time::timeout(LIMIT, waited).await.is_ok();
        let log = if in_time {
            Vec::new()
        } else {
            self.rows.log(GROUP).await
        };
        assert!(in_time, "waited {LIMIT:?} in vain: {what}: {last:#?}\n{log:#?}");
        last
    }

    /// A loop told to kill itself after the last thing there is to do does so a moment after it can be seen.
    pub async fn notice_crash(&mut self) {
        let waited = async {
            let mut again = tokio::time::interval(LOOK);
            while !self.crashed {
                again.tick().await;
                self.outlive_crash();
            }
        };
        let _never_reached_is_the_callers_to_say = tokio::time::timeout(Duration::from_secs(2), waited).await;
    }

    fn outlive_crash(&mut self) {
        let Some(status) = self.running.as_mut().and_then(Running::ended) else {
            return;
        };
        let killed = status.signal() == Some(Signal::KILL.as_raw());
        assert!(killed && !self.crashed, "the loop ended by itself: {status}");
        self.crashed = true;
        self.start(None);
    }

    /// What there is now.
    pub async fn counted(&self) -> Counted {
        let record = self.rows.loaded(GROUP).await;
        let instances = record.iter().flat_map(|record| &record.instances);
        let stat = self.balancer.stat(BALANCER).await;
        let members = stat.iter().flat_map(|stat| &stat.backends);
        let activities = self.rows.log(GROUP).await;
        let automatic = activities.iter().filter(|row| !row.starts_with("edit"));
        Counted {
            records: tally(instances.map(|row| word(&row.state))),
            programs: self.programs().len(),
            members: tally(members.map(|line| member_word(line.word))),
            log: tally(automatic.map(|row| row.split(' ').take(2).collect::<Vec<_>>().join(" "))),
            group: record.is_some(),
            balancer: process::master(&self.place()).is_some(),
        }
    }

    /// Living programs of instances, counted by `/proc`: their ids and pids.
    pub fn programs(&self) -> BTreeMap<InstanceId, i32> {
        let entries = std::fs::read_dir(self.folder.path().join("instances"))
            .into_iter()
            .flatten();
        entries
            .filter_map(|entry| {
                let folder = entry.ok()?.path();
                let id = folder.file_name()?.to_str()?.parse().ok()?;
                Some((id, main_of(&folder)?))
            })
            .collect()
    }

    /// kill -9 of one instance's program.
    pub fn kill(&self, id: InstanceId) {
        signal(self.programs()[&id]);
    }

    pub fn place(&self) -> Place {
        Place::new(&self.folder.path().join("balancers"), BALANCER)
    }

    /// The file of the database, with everything committed in it. Nobody may have it open.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("tidegate.db")
    }

    /// Puts another database file in the place of this one.
    pub async fn put_back(&mut self, backup: &Path) {
        self.rows.db.close().await;
        for ending in ["-wal", "-shm"] {
            let _may_be_missing = std::fs::remove_file(format!("{}{ending}", self.database().display()));
        }
        copy_database(backup, &self.database());
        self.rows.db = open(&self.database()).await;
    }

    /// Copies the database as it is now; nobody may have it open.
    pub fn back_up(&self, backup: &Path) {
        copy_database(&self.database(), backup);
    }

    /// A request that a member answers late; the connection, as long as it is to last.
    pub fn slow_request(&self) -> std::net::TcpStream {
        let mut stream = std::net::TcpStream::connect((self.address, self.port)).expect("the balancer listens");
        stream
            .write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
            .expect("it takes a request");
        stream
    }

    /// How many members HAProxy itself says it sends requests to, checked again since its start or not yet.
    pub async fn eligible(&self) -> usize {
        let stat = socket::ask(&self.place(), "show stat").await.unwrap_or_default();
        let status = |line: &str| line.split(',').nth(17).map(str::to_owned);
        let members = stat
            .lines()
            .filter(|line| line.split(',').nth(1).is_some_and(|name| name.starts_with("i-")));
        members
            .filter_map(status)
            .filter(|status| status.starts_with("UP") || status == "no check")
            .count()
    }

    /// Whether somebody answers at the balancer's door.
    pub fn is_open(&self) -> bool {
        std::net::TcpStream::connect_timeout(&(self.address, self.port).into(), Duration::from_millis(200)).is_ok()
    }

    /// People delete the load balancer.
    pub async fn delete_balancer(&mut self) {
        self.rows
            .run_sql("UPDATE vservers SET deleted_at = 1 WHERE id = $1", values![VSERVER])
            .await;
        let row = values![BALANCER, TENANT];
        let sql = "UPDATE load_balancers SET deleted_at = 1 WHERE id = $1 AND tenant_id = $2";
        self.rows.run_sql(sql, row).await;
        self.wake();
    }

    /// Whether the loop has stored that the deleted balancer's process is no more.
    pub async fn balancer_ended(&self) -> bool {
        let mut tx = self.rows.db.read("read a balancer").await.expect("a read");
        let row = tx
            .one("SELECT ended FROM load_balancers WHERE id = $1", values![BALANCER])
            .await;
        row.expect("its row").get::<i64>("ended").expect("a number") == 1
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(master) = process::master(&self.place()) {
            master.kill();
        }
        let entries = std::fs::read_dir(self.folder.path().join("instances"))
            .into_iter()
            .flatten();
        for folder in entries.flatten().map(|entry| entry.path()) {
            for pid in [pid_of(&folder, "shim"), main_of(&folder)].into_iter().flatten() {
                signal(pid);
            }
        }
    }
}

async fn open(path: &Path) -> Db {
    let db = Db::open(path).await.expect("a database");
    db.migrate().await.expect("its schema");
    db
}

fn signal(pid: i32) {
    let _gone_meanwhile_is_fine = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
}

fn pid_of(folder: &Path, who: &str) -> Option<i32> {
    let state = std::fs::read(folder.join("state.json")).ok()?;
    let state: serde_json::Value = serde_json::from_slice(&state).ok()?;
    state[who]["pid"].as_i64()?.try_into().ok()
}

/// The program's pid while it lives and is this instance's.
fn main_of(folder: &Path) -> Option<i32> {
    let pid = pid_of(folder, "main")?;
    let id = folder.file_name()?.to_str()?;
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mark = format!("TIDEGATE_INSTANCE={id}");
    let ours = environment
        .split(|byte| *byte == 0)
        .any(|entry| entry == mark.as_bytes());
    ours.then_some(pid)
}

fn tally(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

fn word(state: &InstanceState) -> String {
    let word = serde_json::to_value(state).expect("a word");
    word.as_str().expect("a word").to_owned()
}

fn member_word(word: CheckWord) -> String {
    match word {
        CheckWord::Up => "up",
        CheckWord::Down => "down",
        CheckWord::Draining(_) => "draining",
        CheckWord::Missing => "unchecked",
        CheckWord::Absent => "set aside",
    }
    .to_owned()
}

/// An address and a port nobody else has; the address's /24 is the site's subnet too.
fn door() -> (Ipv4Addr, u16) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let [.., high, low] = (std::process::id() & 0x7fff).to_be_bytes();
    let third = low.wrapping_add(u8::try_from(number % 256).expect("a byte"));
    let address = Ipv4Addr::new(
        127,
        120 + (high ^ u8::try_from(number / 256).unwrap_or(0)) % 100,
        third,
        2,
    );
    let from = std::process::id() % 9_000 + number * 7;
    let port = (0..10_000)
        .map(|n| 20_000 + u16::try_from((from + n) % 10_000).expect("below 10,000"))
        .find(|port| TcpListener::bind((address, *port)).is_ok())
        .expect("one of 10,000 ports is free");
    (address, port)
}

/// What stories begin with: a group behind the balancer, three at most.
pub fn group(size: u32) -> GroupSpec {
    GroupSpec { max: 3, ..served(size) }
}

/// A database is its file and the log of what is not in the file yet.
fn copy_database(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("a copy");
    let log = |path: &Path| format!("{}-wal", path.display());
    if Path::new(&log(from)).exists() {
        std::fs::copy(log(from), log(to)).expect("a copy of the log");
    }
}
