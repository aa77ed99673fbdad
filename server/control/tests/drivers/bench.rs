//! A place for driver tests: an own folder, own addresses, an end that leaves nothing running.

use control::drivers::process::{ProcessDriver, ProcessOptions};
use control::drivers::{Driver, ImageSpec, Machine, MachineSpec, MachineWord, Removal};
use control::ids::{Ids, RandomIds};
use engine::model::{GroupId, InstanceId};
use std::future::Future;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The longest any of these tests waits for one thing.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A group to tag machines with.
pub const GROUP: GroupId = GroupId(7);

/// What a program of a test does.
#[derive(Debug, Clone)]
pub enum Program {
    /// Waits for ever.
    Waits,
    /// Prints `up`, and ends with this code on SIGTERM.
    EndsOnTerm(i32),
    /// Prints `up`, and ignores SIGTERM.
    IgnoresTerm,
    /// Ends at once with this code.
    Exits(i32),
    /// Prints that many lines and `done`, then waits.
    Prints(u32),
    /// A shell script; only for process tests.
    Script(&'static str),
    /// Arguments of the shim's own binary; only for process tests.
    Own(&'static [&'static str]),
}

impl Program {
    fn command(&self) -> Vec<String> {
        let script = match self {
            Self::Own(arguments) => {
                return std::iter::once("{self}")
                    .chain(arguments.iter().copied())
                    .map(str::to_owned)
                    .collect();
            }
            Self::Waits => "exec sleep 1000".to_owned(),
            Self::EndsOnTerm(code) => format!("trap 'exit {code}' TERM; echo up; while :; do sleep 0.02; done"),
            Self::IgnoresTerm => "trap '' TERM; echo up; while :; do sleep 1; done".to_owned(),
            Self::Exits(code) => format!("exit {code}"),
            Self::Prints(lines) => {
                format!("i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo line $i; done; echo done; exec sleep 1000")
            }
            Self::Script(script) => (*script).to_owned(),
        };
        ["/bin/sh", "-c", &script].map(str::to_owned).to_vec()
    }
}

/// Everything one test needs.
pub struct Bench {
    folder: TempDir,
    driver: ProcessDriver,
}

impl Bench {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Programs run as other users than the server if that is root: they must get through.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("its mode");
        let driver = Self::open(&folder);
        Self { folder, driver }
    }
    fn open(folder: &TempDir) -> ProcessDriver {
        let shim_command = vec![env!("CARGO_BIN_EXE_shim-for-tests").to_owned(), "shim".to_owned()];
        let options = ProcessOptions {
            root: folder.path().join("instances"),
            installation: "tests".to_owned(),
            shim_command,
        };
        ProcessDriver::open(options).expect("a driver")
    }
    /// The driver.
    pub fn driver(&self) -> &ProcessDriver {
        &self.driver
    }
    /// Another driver on the same machines: what a server sees after a restart.
    pub fn another(&self) -> ProcessDriver {
        Self::open(&self.folder)
    }
    /// A machine nobody has created yet, at its own address.
    pub fn spec(&self, program: &Program) -> MachineSpec {
        let id = InstanceId(RandomIds.mint());
        let image = ImageSpec {
            name: "test".to_owned(),
            command: program.command(),
            environment: Vec::new(),
            ports: vec![8080],
            ready_path: None,
        };
        MachineSpec {
            id,
            group: GROUP,
            name: "web-abc123".to_owned(),
            host_name: "web-host".to_owned(),
            vcpu_milli: 250,
            memory_bytes: 64 << 20,
            address: address(),
            image,
            user_data: "hello = \"$(id)\"\n".to_owned(),
        }
    }
    /// Creates such a machine.
    pub async fn start(&self, program: &Program) -> InstanceId {
        let spec = self.spec(program);
        self.driver.create(&spec).await.expect("it is created");
        spec.id
    }
    /// What the driver says of it.
    pub async fn machine(&self, id: InstanceId) -> Machine {
        self.driver.describe(id).await.expect("an answer")
    }
    /// Its word.
    pub async fn word(&self, id: InstanceId) -> MachineWord {
        self.machine(id).await.word
    }
    /// All it printed.
    pub async fn printed(&self, id: InstanceId) -> String {
        self.driver.logs(id, 1 << 20).await.expect("logs")
    }
    /// Waits until it printed this.
    pub async fn wait_printed(&self, id: InstanceId, text: &str) -> String {
        until(text, async || {
            Some(self.printed(id).await).filter(|printed| printed.contains(text))
        })
        .await
    }
    /// Waits until it ended, and says with which code.
    pub async fn wait_exit(&self, id: InstanceId) -> i32 {
        until("its end", async || match self.word(id).await {
            MachineWord::Exited { code } => Some(code),
            _ => None,
        })
        .await
    }
    /// Deletes it, to the end.
    pub async fn remove(&self, id: InstanceId) {
        until("its removal", async || {
            Some(self.driver.delete(id).await.expect("an answer")).filter(|removal| *removal == Removal::Gone)
        })
        .await;
    }
    /// Its folder.
    pub fn folder(&self, id: InstanceId) -> PathBuf {
        self.folder.path().join("instances").join(id.to_string())
    }
    /// The process id of its shim.
    pub fn shim_pid(&self, id: InstanceId) -> i32 {
        let state = std::fs::read(self.folder(id).join("state.json")).expect("a state");
        let state: serde_json::Value = serde_json::from_slice(&state).expect("JSON");
        state["shim"]["pid"]
            .as_i64()
            .and_then(|pid| pid.try_into().ok())
            .expect("a pid")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let (driver, root) = (self.driver.clone(), self.folder.path().join("instances"));
        let clean = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
                    let Ok(id) = entry.file_name().to_string_lossy().parse() else {
                        continue;
                    };
                    until("the clean end", async || {
                        driver.delete(id).await.ok().filter(|removal| *removal == Removal::Gone)
                    })
                    .await;
                }
            });
        };
        let _best_effort = std::thread::spawn(clean).join();
    }
}

/// Living processes of this instance on the host, by its id in their environment.
pub fn processes(id: InstanceId) -> Vec<i32> {
    let mark = format!("TIDEGATE_INSTANCE={id}");
    let pids = std::fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == mark.as_bytes())
            && is_alive(*pid)
    })
    .collect()
}

/// Whether a process is there and no zombie.
pub fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Looks again and again, with a limit.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let mut beat = tokio::time::interval(Duration::from_millis(10));
    let found = tokio::time::timeout(LIMIT, async {
        loop {
            beat.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    });
    found
        .await
        .unwrap_or_else(|_late| panic!("waited {LIMIT:?} in vain for {what}"))
}

/// A loopback address no other run and no other test of this run has.
fn address() -> Ipv4Addr {
    static COUNTER: AtomicU8 = AtomicU8::new(0);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 128 + COUNTER.fetch_add(1, Ordering::Relaxed) % 128, high, low)
}
