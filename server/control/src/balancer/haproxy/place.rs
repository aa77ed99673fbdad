//! One load balancer's directory: its files, written whole or not at all.
//!
//! HAProxy is started *in* this directory and knows its files and its socket by bare names, so no path ever gets into
//! the file it reads, and a deep data directory never meets the 108 bytes a socket address may have. We reach the
//! socket through `/proc/self/fd/<directory>/`, which is short for the same reason.

use super::super::LoadBalancerSpec;
use engine::model::LoadBalancerId;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The file HAProxy reads.
pub const CONFIG: &str = "haproxy.cfg";
/// A file not yet checked.
pub const CANDIDATE: &str = "haproxy.new";
/// The states a new worker starts from.
pub const STATES: &str = "servers.state";
/// The master's pid, written by HAProxy.
pub const PID: &str = "haproxy.pid";
/// The runtime socket.
pub const SOCKET: &str = "admin.sock";
/// What the last start or check had to say.
pub const SAID: &str = "haproxy.said";
/// What `ensure` was last asked for and got, as JSON.
const SPEC: &str = "spec.json";

/// A load balancer's directory.
#[derive(Debug, Clone)]
pub struct Place {
    directory: PathBuf,
}

impl Place {
    /// The directory of `id` under `root`, which must be absolute.
    pub fn new(root: &Path, id: LoadBalancerId) -> Self {
        Self {
            directory: root.join(id.to_string()),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// One of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Makes the directory, for its owner alone: the socket in it is the balancer's master key.
    pub fn make(&self) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)
    }

    /// Takes the turn at this directory among all processes of this host, until the file is closed: an end of the process
    /// does that, too. `None` while somebody has it.
    pub fn take_turn(&self) -> io::Result<Option<File>> {
        let taken = File::open(&self.directory)?;
        match flock(&taken, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Ok(None),
            done => done?,
        }
        // One that was removed and made again meanwhile is another directory.
        let same = fs::metadata(&self.directory)?.ino() == taken.metadata()?.ino();
        Ok(same.then_some(taken))
    }

    /// Removes the directory; gone already is fine.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.directory) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The directory opened, for short names below `/proc/self/fd/`.
    pub fn open(&self) -> io::Result<OwnedFd> {
        Ok(rustix::fs::open(
            &self.directory,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?)
    }

    /// Writes a file by rename. Not synced: after a power cut no HAProxy runs and `ensure` writes all files anew.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let fresh = self.file(&format!("{name}.part"));
        fs::write(&fresh, text)?;
        fs::rename(fresh, self.file(name))
    }

    /// A file's text, if it can be read.
    pub fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.file(name)).ok()
    }

    /// Removes a file if it is there.
    pub fn drop(&self, name: &str) {
        let _gone_already_is_fine = fs::remove_file(self.file(name));
    }

    /// Makes the checked candidate the file.
    pub fn install(&self) -> io::Result<()> {
        fs::rename(self.file(CANDIDATE), self.file(CONFIG))
    }

    /// What runs here according to the last successful `ensure`.
    pub fn spec(&self) -> Option<LoadBalancerSpec> {
        serde_json::from_str(&self.read(SPEC)?).ok()
    }

    /// Remembers what runs here for a server that comes later.
    pub fn write_spec(&self, spec: &LoadBalancerSpec) -> io::Result<()> {
        self.write(SPEC, &serde_json::to_string(spec)?)
    }
}
