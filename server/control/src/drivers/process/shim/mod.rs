//! `tidegate shim <dir>`: the parent of one instance's program. It outlives the server and needs nothing of it.
//!
//! It starts twice. The first one starts the second and ends, so that the second belongs to nobody; the second makes its
//! own session, takes the folder's lock, becomes the reaper of everything its program leaves behind, starts the program
//! and says one line (the [`Verdict`]) on its standard output, which is then closed. From there on it only watches:
//! [`watch`].
//!
//! Rules: whoever does not get the lock was not needed. A tombstone that is there once the lock is held means no start.
//! `state.json` is written before the program starts, so a shim that dies in between never leads to a second program.
//! Synchronous and single-threaded but for the ready check: it must stay small, one runs beside every instance.

mod probe;
mod program;
mod watch;

use super::clock;
use super::home::{Folder, Home, State};
use super::host::{self, Key};
use super::output::Output;
use engine::model::{InstanceId, ReadyWord};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::process::{Resource, Rlimit};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Set in the second start.
const DETACHED: &str = "TIDEGATE_SHIM_DETACHED";

/// Limits of a shim and of its program. No core files: they would hold user data and fill the disk. The number of open
/// files is what a busy server needs; a leak beyond it is the program's.
const LIMITS: [(Resource, u64); 2] = [(Resource::Core, 0), (Resource::Nofile, 65_536)];

/// What a shim answers to whoever started it, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its program runs now.
    Started,
    /// Another shim has it, or it ran before.
    Known,
    /// It was deleted.
    Gone,
    /// It cannot run, and why.
    Failed(String),
}

impl Verdict {
    /// As the line that is sent.
    fn line(&self) -> String {
        match self {
            Self::Started => "started\n".to_owned(),
            Self::Known => "known\n".to_owned(),
            Self::Gone => "gone\n".to_owned(),
            Self::Failed(why) => format!("failed {}\n", why.replace('\n', " ")),
        }
    }
    /// Reads such a line.
    pub fn parse(line: &str) -> Option<Self> {
        match line.trim_end() {
            "started" => Some(Self::Started),
            "known" => Some(Self::Known),
            "gone" => Some(Self::Gone),
            other => other.strip_prefix("failed ").map(|why| Self::Failed(why.to_owned())),
        }
    }
}

/// Why a shim gave up: what it did, to what, and the system's word.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}: {why}")]
pub(super) struct ShimError {
    operation: &'static str,
    why: String,
}

impl ShimError {
    fn new(operation: &'static str, why: impl ToString) -> Self {
        Self {
            operation,
            why: why.to_string(),
        }
    }
}

/// Names the operation of a result.
trait During<T> {
    fn during(self, operation: &'static str) -> Result<T, ShimError>;
}

impl<T, E: ToString> During<T> for Result<T, E> {
    fn during(self, operation: &'static str) -> Result<T, ShimError> {
        self.map_err(|why| ShimError::new(operation, why))
    }
}

/// The whole life of a shim; `dir` is the instance's folder. No threads may run yet.
pub fn run(dir: &Path) -> ExitCode {
    let lived = if std::env::var_os(DETACHED).is_some() {
        supervise(dir)
    } else {
        detach()
    };
    match lived {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&Verdict::Failed(why.to_string()));
            let _unheard = writeln!(io::stderr(), "shim of {}: {why}", dir.display());
            ExitCode::FAILURE
        }
    }
}

/// Starts this very program again, to be nobody's child.
fn detach() -> Result<(), ShimError> {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| OsString::from("tidegate"));
    let again = Command::new("/proc/self/exe")
        .arg0(name)
        .args(arguments)
        .env(DETACHED, "1")
        .current_dir("/")
        .spawn();
    again.map(|_child| ()).during("start the shim a second time")
}

fn supervise(dir: &Path) -> Result<(), ShimError> {
    close_inherited().during("close what the server left open")?;
    rustix::process::setsid().during("make an own session")?;
    let folder = Folder::at(dir);
    let id = instance_id(dir)?;
    let Some(lock) = lock(&folder)? else {
        say(&Verdict::Known);
        return Ok(());
    };
    let home = Home::of_instance(dir).ok_or_else(|| ShimError::new("find the home of", dir.display()))?;
    if home.is_gone(id).during("look for the tombstone")? {
        say(&Verdict::Gone);
        return Ok(());
    }
    if folder.state().during("read state.json")?.is_some() {
        say(&Verdict::Known);
        return Ok(());
    }
    let lived = live(&home, &folder, id);
    drop(lock);
    lived
}

/// Closes every descriptor but the first three. The server opens all of its own to be closed on exec; one that a
/// library did not must not reach a program. Nothing of this process is open yet.
fn close_inherited() -> io::Result<()> {
    let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|descriptor| *descriptor > 2)
        .collect();
    for descriptor in open {
        // One of them was the listing itself: already closed.
        let _closed = nix::unistd::close(descriptor);
    }
    Ok(())
}

/// The instance's id is its folder's name.
fn instance_id(dir: &Path) -> Result<InstanceId, ShimError> {
    let name = dir
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    name.parse().during("read the instance id of the folder")
}

/// The lock; no folder means somebody deleted it.
fn lock(folder: &Folder) -> Result<Option<File>, ShimError> {
    folder.lock().during("take the lock")
}

/// From the first word in `state.json` to the last.
fn live(home: &Home, folder: &Folder, id: InstanceId) -> Result<(), ShimError> {
    let record = folder
        .record()
        .during("read spec.json")?
        .ok_or_else(|| ShimError::new("find", "spec.json"))?;
    let signals = settle(folder)?;
    let mut state = first_state().during("read its own line in /proc")?;
    folder.save_state(&state).during("write state.json")?;
    let mut output = Output::open(folder.path()).during("open the log")?;
    match program::start(folder, &record) {
        Ok(started) => {
            state.main = Some(started.main);
            folder.save_state(&state).during("write state.json")?;
            say(&Verdict::Started);
            quiet().during("close its standard output")?;
            let probe = probe::Probe::begin(&record.spec);
            watch::Watch::new(home, folder, id, state, started, output, signals, probe).run()
        }
        Err(why) => {
            let _bounded = output.write(format!("tidegate: {why}\n").as_bytes());
            state.exit = Some(why.exit_code());
            folder.save_state(&state).during("write state.json")?;
            Err(ShimError::new("start the program", why))
        }
    }
}

/// Everything a program inherits, set once for the shim itself; from here on signals only arrive where they are read.
fn settle(folder: &Folder) -> Result<SignalFd, ShimError> {
    let errors = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(folder.file("shim.log"));
    rustix::stdio::dup2_stderr(errors.during("open shim.log")?).during("send errors to shim.log")?;
    let _cosmetic = rustix::thread::set_name(c"tidegate-shim");
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::thread::set_no_new_privs(true).during("forbid new privileges")?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).during("become the reaper")?;
    for (resource, most) in LIMITS {
        let most = Some(
            rustix::process::getrlimit(resource)
                .maximum
                .map_or(most, |allowed| allowed.min(most)),
        );
        rustix::process::setrlimit(
            resource,
            Rlimit {
                current: most,
                maximum: most,
            },
        )
        .during("set its limits")?;
    }
    let watched: SigSet = [
        Signal::SIGCHLD,
        Signal::SIGUSR1,
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
    ]
    .into_iter()
    .collect();
    watched.thread_set_mask().during("hold signals back")?;
    SignalFd::with_flags(&watched, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).during("listen for signals")
}

fn first_state() -> io::Result<State> {
    let own = i32::try_from(std::process::id()).map_err(io::Error::other)?;
    Ok(State {
        boot: host::boot_id()?,
        shim: Key::of(own)?,
        main: None,
        since: clock::wall(),
        exit: None,
        ready: ReadyWord::NotYet,
    })
}

/// One line to whoever waits for it; nobody may.
fn say(verdict: &Verdict) {
    let mut out = io::stdout().lock();
    let _unheard = out.write_all(verdict.line().as_bytes()).and_then(|()| out.flush());
}

/// Lets go of the standard output, so that whoever waits hears the end of it.
fn quiet() -> io::Result<()> {
    Ok(rustix::stdio::dup2_stdout(
        OpenOptions::new().write(true).open("/dev/null")?,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_as_it_was_said() {
        let verdicts = [
            Verdict::Started,
            Verdict::Known,
            Verdict::Gone,
            Verdict::Failed("no such program".to_owned()),
        ];
        for verdict in verdicts {
            assert_eq!(Verdict::parse(&verdict.line()), Some(verdict));
        }
        assert_eq!(Verdict::parse(""), None);
    }
}
