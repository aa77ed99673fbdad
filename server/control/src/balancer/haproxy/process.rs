//! The master process of one load balancer: checked, started, reloaded, ended.
//!
//! Ours = the pid file names it and its command line has our directory after `-C`; looked at *after* a pidfd is open,
//! so a pid that was given to somebody else meanwhile is never signalled. A zombie (its parent may never reap it) is
//! not running.

use super::place::{CANDIDATE, CONFIG, PID, Place, SAID};
use super::socket;
use crate::drivers::process::host;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::process::Command;
use tokio::time::{interval, timeout};

/// How long HAProxy may take to read its file and bind. It tries a taken port for 2 s by itself.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long a master may take to end after SIGTERM before SIGKILL.
const END_LIMIT: Duration = Duration::from_secs(3);

/// How often a level is looked at while waiting for it: each look is one short question.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Looks without a master after which a start is given up: a killed one would be waited for to the limit, and nobody would
/// serve meanwhile. Fewer, and one that has not written its pid yet is taken for dead.
const ABSENT_LOOKS: u32 = 15;

/// How much of HAProxy's words goes into an error.
const WORDS_MAX: usize = 600;

/// A running master, pinned: the descriptor stays with this very process.
#[derive(Debug)]
pub struct Master {
    pid: Pid,
    /// Start time in ticks since boot: tells two processes of one id apart.
    born: u64,
    pin: OwnedFd,
}

impl Master {
    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether it is gone or a zombie. Its command line would vanish before its sockets do.
    fn has_ended(&self) -> bool {
        !host::stat(self.pid()).is_ok_and(|stat| stat.lives() && stat.key.start == self.born)
    }

    /// Waits until it ends: its descriptor becomes readable then, whoever its parent is.
    #[expect(
        deprecated,
        reason = "the safe one; a descriptor owned for the whole wait is what the other asks for by `unsafe`"
    )]
    pub async fn until_ended(self) -> io::Result<()> {
        let pin = AsyncFd::with_interest(self.pin, Interest::READABLE)?;
        pin.readable().await.map(drop)
    }

    /// Kills it as a crash would; its workers end with it.
    pub fn kill(&self) {
        let _ended_meanwhile_is_fine = pidfd_send_signal(&self.pin, Signal::KILL);
    }
}

/// The running master of this place, if any.
pub fn master(place: &Place) -> Option<Master> {
    pinned(place, place.read(PID)?.trim().parse().ok()?)
}

/// The master by its worker, should the pid file be lost.
pub fn master_of_worker(place: &Place, worker: &str) -> Option<Master> {
    pinned(place, host::stat(worker.parse().ok()?).ok()?.parent)
}

fn pinned(place: &Place, pid: i32) -> Option<Master> {
    let pid = Pid::from_raw(pid)?;
    let pin = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let stat = host::stat(pid.as_raw_nonzero().get()).ok()?;
    (is_ours(place, pid) && stat.lives()).then_some(Master {
        pid,
        born: stat.key.start,
        pin,
    })
}

fn is_ours(place: &Place, pid: Pid) -> bool {
    let line = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
    let arguments: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
    arguments
        .windows(2)
        .any(|pair| pair[0] == b"-C" && OsStr::from_bytes(pair[1]) == place.directory().as_os_str())
}

/// The first line of `haproxy -v`.
pub async fn version(program: &Path) -> Option<String> {
    let said = Command::new(program)
        .arg("-v")
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let said = timeout(START_LIMIT, said).await.ok()?.ok()?;
    String::from_utf8_lossy(&said.stdout).lines().next().map(str::to_owned)
}

/// Lets HAProxy check the candidate file.
pub async fn check(program: &Path, place: &Place) -> Result<(), String> {
    run(program, place, &["-c", "-f", CANDIDATE]).await
}

/// Starts HAProxy with the installed file; it detaches and has bound its ports when this returns.
pub async fn start(program: &Path, place: &Place) -> Result<(), String> {
    run(program, place, &["-W", "-D", "-f", CONFIG, "-p", PID]).await
}

/// Runs HAProxy in its directory. Its words go to a file: a pipe would be held open by what it leaves behind.
async fn run(program: &Path, place: &Place, arguments: &[&str]) -> Result<(), String> {
    let said = File::create(place.file(SAID)).map_err(|why| why.to_string())?;
    let also = said.try_clone().map_err(|why| why.to_string())?;
    let mut command = Command::new(program);
    command
        .arg("-C")
        .arg(place.directory())
        .args(arguments)
        .current_dir("/")
        .env_clear();
    command
        .stdin(Stdio::null())
        .stdout(said)
        .stderr(also)
        .kill_on_drop(true);
    let status = timeout(START_LIMIT, command.status()).await;
    match status {
        Err(_) => Err(format!("{} took over {} s", program.display(), START_LIMIT.as_secs())),
        Ok(Err(why)) => Err(format!("{} cannot be run: {why}", program.display())),
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{status}: {}", words(place))),
    }
}

/// HAProxy's complaints, in short.
fn words(place: &Place) -> String {
    let said = place.read(SAID).unwrap_or_default();
    let complaints: Vec<&str> = said.lines().filter(|line| line.starts_with("[ALERT]")).collect();
    complaints
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(WORDS_MAX)
        .collect()
}

/// Tells the master to read its file again and start a new worker.
pub fn reload(master: &Master) -> io::Result<()> {
    Ok(pidfd_send_signal(&master.pin, Signal::USR2)?)
}

/// Waits until the process at this place says it has these settings.
pub async fn until_it_runs(place: &Place, digest: &str) -> Result<(), String> {
    let absent = AtomicU32::new(0);
    let runs = async || {
        if master(place).is_none() && absent.fetch_add(1, Ordering::Relaxed) >= ABSENT_LOOKS {
            return Some(Err("it ended as soon as it was started".to_owned()));
        }
        let answer = socket::ask(place, "show info").await.ok()?;
        (socket::info(&answer, "description") == Some(digest)).then_some(Ok(()))
    };
    let over = || Err(format!("not ready after {} s", START_LIMIT.as_secs()));
    until(START_LIMIT, runs).await.unwrap_or_else(over)
}

/// Looks again and again until there is something, or the limit is over.
pub async fn until<T, F: Future<Output = Option<T>>>(limit: Duration, look: impl Fn() -> F) -> Option<T> {
    let looking = async {
        let mut again = interval(LOOK_AGAIN);
        loop {
            again.tick().await;
            if let Some(seen) = look().await {
                return seen;
            }
        }
    };
    timeout(limit, looking).await.ok()
}

/// Ends the master and with it its workers; nothing running is fine.
pub async fn end(place: &Place) -> Result<(), String> {
    let master = match master(place) {
        Some(master) => master,
        None => match by_worker(place).await {
            Some(master) => master,
            None => return Ok(()),
        },
    };
    for signal in [Signal::TERM, Signal::KILL] {
        let _ended_meanwhile_is_fine = pidfd_send_signal(&master.pin, signal);
        let ended = async || master.has_ended().then_some(());
        if until(END_LIMIT, ended).await.is_some() {
            return Ok(());
        }
    }
    Err(format!("its process {} does not end", master.pid.as_raw_nonzero()))
}

/// The master of whoever answers at this place.
pub async fn by_worker(place: &Place) -> Option<Master> {
    let answer = socket::ask(place, "show info").await.ok()?;
    master_of_worker(place, socket::info(&answer, "Pid")?)
}
