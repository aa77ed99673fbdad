//! Driver `process`: each instance is a program on this host, under a shim.
//!
//! The folder of an instance is the only thing server and shim share ([`home`] says what is in it); there is no
//! connection to lose, so a restart of either changes nothing. Orders are files (a tombstone, a request to stop) plus a
//! signal that says "look now". Answers are `state.json` plus what `/proc` says of the processes it names.
//!
//! A shim that was killed leaves its program running: the word stays `Running`, and stops and deletes are then done by
//! the driver itself. Processes of one host are not isolated like VMs; see [`shim`] for what they are kept from.

mod act;
mod clock;
mod home;
pub(crate) mod host;
mod launch;
mod look;
mod output;
pub mod shim;
mod walks;

use self::home::Home;
use self::host::{Table, Unit};
use self::walks::Walks;
use crate::clock::Wall;
use crate::drivers::{Driver, DriverError, Machine, MachineSpec, Removal, Usage};
use async_trait::async_trait;
use engine::model::InstanceId;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use clock::{boot_ns, thread_cpu_ns};

/// What a [`ProcessDriver`] needs to know.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// The folder of all instances, by its full path; made if it is missing.
    pub root: PathBuf,
    /// Whose machines these are. Folders of another installation are never touched.
    pub installation: String,
    /// Program and arguments that start a shim; the instance's folder is added as the last argument.
    pub shim_command: Vec<String>,
}

/// Runs instances as processes of this host.
#[derive(Debug, Clone)]
pub struct ProcessDriver {
    parts: Arc<Parts>,
    walks: Arc<Walks>,
}

/// What calls share; all of it is used on blocking threads.
#[derive(Debug)]
struct Parts {
    home: Home,
    installation: String,
    shim_command: Vec<String>,
    unit: Unit,
    /// The most CPU time ever read of an instance. Time that moves from a living process to its parent's account is
    /// rounded to ticks and may be missed by one walk; what is cumulative must not run back.
    cpu_ns_read: Mutex<BTreeMap<InstanceId, u64>>,
    /// When tombstones were last swept.
    swept: Mutex<Wall>,
}

impl ProcessDriver {
    /// Opens the folder, and takes over whatever runs below it.
    pub fn open(options: ProcessOptions) -> io::Result<Self> {
        let ProcessOptions {
            root,
            installation,
            shim_command,
        } = options;
        if !root.is_absolute() || shim_command.is_empty() {
            let why = format!(
                "needs a full path and a shim command, not `{}` and {shim_command:?}",
                root.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let swept = clock::wall();
        let home = Home::open(&root, swept)?;
        home.sweep_tombstones(swept)?;
        let parts = Parts {
            home,
            installation,
            shim_command,
            unit: Unit::here(),
            cpu_ns_read: Mutex::default(),
            swept: Mutex::new(swept),
        };
        Ok(Self {
            parts: Arc::new(parts),
            walks: Arc::default(),
        })
    }

    /// Does file work on a thread that may wait.
    async fn off<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Parts) -> Result<T, DriverError> + Send + 'static,
    ) -> Result<T, DriverError> {
        let parts = Arc::clone(&self.parts);
        let worked = tokio::task::spawn_blocking(move || work(&parts)).await;
        worked.unwrap_or_else(|why| Err(unknown(operation)(why)))
    }
}

#[async_trait]
impl Driver for ProcessDriver {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        self.off("list", Parts::list).await
    }
    async fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        self.off("describe", move |parts| parts.describe(id)).await
    }
    async fn usage(&self, ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        const OPERATION: &str = "read usage";
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let walk = self.off(OPERATION, |_| Table::read().map_err(unknown(OPERATION)));
        let (table, ids) = (self.walks.fresh(walk).await?, ids.to_vec());
        self.off(OPERATION, move |parts| parts.usage(&ids, &table)).await
    }
    async fn create(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        let spec = spec.clone();
        self.off("create", move |parts| parts.create(spec)).await
    }
    async fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError> {
        self.off("stop", move |parts| parts.stop(id, grace)).await
    }
    async fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        self.off("delete", move |parts| parts.delete(id)).await
    }
    async fn logs(&self, id: InstanceId, limit_bytes: usize) -> Result<String, DriverError> {
        self.off("read logs", move |parts| parts.logs(id, limit_bytes)).await
    }
}

/// "It may have happened", in the driver's words.
fn unknown<E: Display>(operation: &'static str) -> impl FnOnce(E) -> DriverError {
    move |why| DriverError::Unknown {
        operation,
        why: why.to_string(),
    }
}

/// "A person must look", in the driver's words.
fn refused(operation: &'static str, why: impl Display) -> DriverError {
    DriverError::Refused {
        operation,
        why: why.to_string(),
    }
}
