//! A place for driver tests: an own folder, own addresses, an end that leaves nothing running.

use super::place::{Place, Program, machine_of, until};
use super::small_disk::SmallDisk;
use control::drivers::process::{ProcessDriver, ProcessOptions};
use control::drivers::{Driver, MachineSpec, Removal};
use engine::model::InstanceId;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use tempfile::TempDir;

/// The command of a program of these tests.
fn command(program: &Program) -> Vec<String> {
    let script = match program {
        Program::Own(arguments) => {
            return std::iter::once("{self}")
                .chain(arguments.iter().copied())
                .map(str::to_owned)
                .collect();
        }
        Program::Waits => "exec sleep 1000".to_owned(),
        Program::EndsOnTerm(code) => format!("trap 'exit {code}' TERM; echo up; while :; do sleep 0.02; done"),
        Program::IgnoresTerm => "trap '' TERM; echo up; while :; do sleep 1; done".to_owned(),
        Program::Exits(code) => format!("exit {code}"),
        Program::Prints(lines) => {
            format!("i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo line $i; done; echo done; exec sleep 1000")
        }
        Program::Script(script) => (*script).to_owned(),
    };
    ["/bin/sh", "-c", &script].map(str::to_owned).to_vec()
}

/// Everything one test needs.
pub struct Bench {
    /// Goes before the folder that it is mounted in.
    disk: Option<SmallDisk>,
    folder: TempDir,
    driver: ProcessDriver,
}

impl Bench {
    /// An empty one.
    pub fn new() -> Self {
        let folder = passable();
        let driver = Self::open(&folder, "tests");
        Self {
            disk: None,
            folder,
            driver,
        }
    }
    /// One whose instances are on a disk that can be filled; `None` where we may not mount one.
    pub fn on_a_small_disk() -> Option<Self> {
        let folder = passable();
        let disk = SmallDisk::mount(&folder.path().join("instances"))?;
        let driver = Self::open(&folder, "tests");
        Some(Self {
            disk: Some(disk),
            folder,
            driver,
        })
    }
    /// The disk of the instances.
    pub fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().expect("a small disk")
    }
    fn open(folder: &TempDir, installation: &str) -> ProcessDriver {
        let shim_command = vec![env!("CARGO_BIN_EXE_shim-for-tests").to_owned(), "shim".to_owned()];
        let options = ProcessOptions {
            root: folder.path().join("instances"),
            installation: installation.to_owned(),
            shim_command,
        };
        ProcessDriver::open(options).expect("a driver")
    }
    /// A driver of another installation that was given the same folder.
    pub fn stranger(&self) -> ProcessDriver {
        Self::open(&self.folder, "strangers")
    }
    /// Closes the folder above to all but the server.
    pub fn close_to_others(&self) {
        std::fs::set_permissions(self.folder.path(), std::fs::Permissions::from_mode(0o700)).expect("its mode");
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

/// A folder that programs may walk through: they run as other users than the server if that is root.
fn passable() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("its mode");
    folder
}

impl Place for Bench {
    fn driver(&self) -> &dyn Driver {
        &self.driver
    }
    fn another(&self) -> Box<dyn Driver> {
        Box::new(Self::open(&self.folder, "tests"))
    }
    fn spec(&self, program: &Program) -> MachineSpec {
        machine_of(command(program), address())
    }
    fn running(&self, id: InstanceId) -> usize {
        processes(id).len()
    }
    async fn wait_up(&self, id: InstanceId) {
        self.wait_printed(id, "up").await;
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

/// A loopback address no other run and no other test of this run has.
fn address() -> Ipv4Addr {
    static COUNTER: AtomicU8 = AtomicU8::new(0);
    let [.., high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 128 + COUNTER.fetch_add(1, Ordering::Relaxed) % 128, high, low)
}
