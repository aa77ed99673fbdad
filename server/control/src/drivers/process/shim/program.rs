//! How a program starts: what it is given, and what it is not.
//!
//! Given: its folder as home and working folder, a cleared environment plus what the image and the driver say, an own
//! process group (a program that signals its group must not hit the shim), a pipe for what it prints, and an own user if
//! the server is root. Not given: descriptors, new privileges, the server's umask.

use super::super::home::{Folder, Record, make_folder};
use super::super::host::Key;
use engine::model::InstanceId;
use nix::sys::signal::SigSet;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, PipeReader, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// First of 65,536 user ids nobody has on a usual host; an instance's is this plus the last 16 bits of its id. Lower,
/// and programs could touch real users' files.
const FIRST_UID: u32 = 200_000;

/// Processes and threads one user may have: a program that forks without end fills its own share, not the host's
/// table. Only for programs with an own user; the kernel counts by user.
const PROCESSES: u64 = 4_096;

/// Where programs without a path are looked for.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program that runs.
pub struct Started {
    /// Who it is.
    pub main: Key,
    /// What it prints.
    pub output: PipeReader,
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The image names no program.
    #[error("the image `{image}` has no command: an admin must give it one")]
    NoCommand {
        /// The image.
        image: String,
    },
    /// The system refused.
    #[error("cannot {operation} {thing}: {source}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// With what.
        thing: String,
        /// The system's word.
        source: io::Error,
    },
}

impl StartError {
    /// As a shell would report it: 127 for a program that is not there, 126 for one that cannot be run.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::System {
                operation: "run",
                source,
                ..
            } if source.kind() == ErrorKind::NotFound => 127,
            Self::NoCommand { .. } => 127,
            Self::System { .. } => 126,
        }
    }
}

fn during(operation: &'static str, thing: impl ToString) -> impl FnOnce(io::Error) -> StartError {
    let thing = thing.to_string();
    move |source| StartError::System {
        operation,
        thing,
        source,
    }
}

/// Starts the program of `record` in `folder`.
pub fn start(folder: &Folder, record: &Record) -> Result<Started, StartError> {
    let owner = owner_of(record.spec.id);
    let work = folder.file("work");
    prepare(folder, record, owner).map_err(during("prepare", folder.path().display()))?;
    std::env::set_current_dir(&work).map_err(during("enter", work.display()))?;
    let (output, input) = io::pipe().map_err(during("make", "a pipe"))?;
    rustix::fs::fcntl_setfl(&output, rustix::fs::OFlags::NONBLOCK)
        .map_err(|why| during("set up", "the pipe")(why.into()))?;
    let mut command = command(folder, record, owner)?;
    if owner.is_some() {
        let most = Rlimit {
            current: Some(PROCESSES),
            maximum: Some(PROCESSES),
        };
        setrlimit(Resource::Nproc, most).map_err(|why| during("set the limit of", "processes")(why.into()))?;
    }
    let errors = input.try_clone().map_err(during("copy", "the pipe"))?;
    command.stdin(Stdio::null()).stdout(input).stderr(errors);
    let main = spawn_unmasked(&mut command).map_err(during("run", &record.spec.image.command[0]))?;
    Ok(Started { main, output })
}

/// A program inherits the mask of signals held back: none for it, the shim's own again right after.
fn spawn_unmasked(command: &mut Command) -> io::Result<Key> {
    let held = SigSet::thread_get_mask()?;
    SigSet::empty().thread_set_mask()?;
    let spawned = command.spawn();
    held.thread_set_mask()?;
    Key::of(i32::try_from(spawned?.id()).map_err(io::Error::other)?)
}

/// Makes the folder and the file the program may read.
fn prepare(folder: &Folder, record: &Record, owner: Option<u32>) -> io::Result<()> {
    make_folder(&folder.file("work"), 0o700)?;
    let user_data = folder.file("user-data");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o400)
        .open(&user_data)?;
    file.write_all(record.spec.user_data.as_bytes())?;
    for path in [folder.file("work"), user_data] {
        chown(&path, owner, owner)?;
    }
    Ok(())
}

fn command(folder: &Folder, record: &Record, owner: Option<u32>) -> Result<Command, StartError> {
    let spec = &record.spec;
    let Some((program, arguments)) = spec.image.command.split_first() else {
        return Err(StartError::NoCommand {
            image: spec.image.name.clone(),
        });
    };
    // The shim is the server's own binary, and this link leads there even where the path is closed or was replaced.
    let (path, name) = if program == "{self}" {
        ("/proc/self/exe", "tidegate")
    } else {
        (&**program, &**program)
    };
    let mut command = Command::new(path);
    command
        .arg0(name)
        .args(arguments)
        .process_group(0)
        .env_clear()
        .env("PATH", SEARCH_PATH)
        .env("LANG", "C.UTF-8");
    command.envs(spec.image.environment.iter().map(|(name, value)| (name, value)));
    let (home, user_data) = paths_for(folder, owner);
    command.env("HOME", home).env("TIDEGATE_USER_DATA", user_data);
    command
        .env("TIDEGATE_INSTANCE", spec.id.to_string())
        .env("HOSTNAME", &spec.host_name);
    command.env("ADDRESS", spec.address.to_string());
    if let Some(port) = spec.image.ports.first() {
        command.env("PORT", port.to_string());
    }
    if let Some(uid) = owner {
        command.uid(uid).gid(uid);
    }
    Ok(command)
}

/// Home and user data by their full path; by the way from its working folder if a folder above is closed to its user
/// (a data folder below `/root`), which works as long as the program stays there.
fn paths_for(folder: &Folder, owner: Option<u32>) -> (String, String) {
    if owner.is_none() || is_open_to_all(folder.path()) {
        let full = |name| folder.file(name).to_string_lossy().into_owned();
        return (full("work"), full("user-data"));
    }
    (".".to_owned(), "../user-data".to_owned())
}

/// Whether anybody may pass through every folder above.
fn is_open_to_all(path: &Path) -> bool {
    path.ancestors()
        .all(|folder| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0))
}

/// The user a program runs as: its own if the server is root and the host knows such users.
fn owner_of(id: InstanceId) -> Option<u32> {
    let uid = FIRST_UID + (id.0 & 0xffff) as u32;
    (rustix::process::geteuid().is_root() && is_mapped(uid)).then_some(uid)
}

/// Inside a user namespace only some ids exist.
fn is_mapped(uid: u32) -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.lines().any(|line| {
        let mut numbers = line
            .split_ascii_whitespace()
            .filter_map(|number| number.parse::<u64>().ok());
        let (first, _outside, count) = (numbers.next(), numbers.next(), numbers.next());
        first
            .zip(count)
            .is_some_and(|(first, count)| (first..first.saturating_add(count)).contains(&u64::from(uid)))
    })
}
