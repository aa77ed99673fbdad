//! Running other programs: shown to the user, or into a log with a limit on time; and ours, built for release before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::site::Profile;

/// How often a waiting loop looks. Longer makes every part end later, shorter burns a core.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often a long part says that it is alive. A first build is silent for minutes otherwise.
const ALIVE_EVERY: Duration = Duration::from_secs(30);

/// Runs it, its words shown; an error if it does not succeed.
pub fn shown(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Builds these programs for release, and `package` if it is not the server's. Always with the packages of `make serve`:
/// with others in one build, crates that are shared would be compiled twice.
pub fn release(place: &Place, package: Option<&str>, bins: &[&str]) -> Result<()> {
    let packages = ["server", "xtask"].into_iter().chain(package);
    let mut cargo = place.cargo();
    cargo.args(["build", "--release"]);
    cargo.args(packages.flat_map(|package| ["-p", package]));
    cargo.args(bins.iter().flat_map(|bin| ["--bin", *bin]));
    shown(&mut cargo)
}

/// A program built for release that starts servers itself: it is told which, with which site, and where it may write.
pub fn beside_server(place: &Place, program: &str) -> Command {
    let mut command = Command::new(place.target.join("release").join(program));
    command.arg("--server").arg(place.target.join("release/tidegate"));
    command.arg("--site").arg(place.site(Profile::Release));
    command.arg("--folder").arg(place.own(program));
    command
}

/// A variable that make hands on: one that nobody gave is empty there.
pub fn given(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Says variables as flags: `("SEED", "--seed")`.
pub fn say(command: &mut Command, words: &[(&str, &str)]) {
    for (variable, flag) in words {
        if let Some(value) = given(variable) {
            command.args([*flag, &value]);
        }
    }
}

/// Runs a program in the foreground; our own exit code is whether it did well.
pub fn exit_code(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", name(command)))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Well,
    /// By an exit code, a signal or the limit on its time.
    Badly,
}

/// A program that ran into a log.
pub struct Logged {
    pub ended: Ended,
    pub text: String,
    pub log: PathBuf,
}

/// Runs `command` with all it says in `log`; with `stdout`, its standard output goes there instead. After `limit` it is
/// killed and has failed: a hanging test must not hang CI.
pub fn logged(command: &mut Command, log: &Path, stdout: Option<&Path>, limit: Duration) -> Result<Logged> {
    let create = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        File::create(path).with_context(|| format!("cannot write {}", path.display()))
    };
    let err = create(log)?;
    let out = stdout.map_or_else(|| Ok(err.try_clone()?), create)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .with_context(|| format!("cannot start {}", name(command)))?;
    let status = wait(&mut child, log, limit)?;
    let mut text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    if status.is_none() {
        text.push_str(&format!("\nkilled: not done after {} s\n", limit.as_secs()));
    }
    Ok(Logged {
        ended: match status {
            Some(status) if status.success() => Ended::Well,
            _ => Ended::Badly,
        },
        text,
        log: log.to_owned(),
    })
}

/// `None` if the limit passed and the child was killed.
fn wait(child: &mut Child, log: &Path, limit: Duration) -> Result<Option<ExitStatus>> {
    let start = now();
    let mut next_sign = ALIVE_EVERY;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let passed = start.elapsed();
        if passed > limit {
            terminate(child)?;
            return Ok(None);
        }
        if passed > next_sign {
            next_sign += ALIVE_EVERY;
            eprintln!("   ... {} s: {}", passed.as_secs(), last_line(log));
        }
        pause(LOOK_EVERY);
    }
}

/// Asks a child to end, and kills it if it has not after ten seconds, which is what a server may take.
pub fn terminate(child: &mut Child) -> Result<()> {
    Command::new("kill").arg(child.id().to_string()).status()?;
    let start = now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > Duration::from_secs(10) {
            child.kill()?;
            child.wait()?;
        }
        pause(LOOK_EVERY);
    }
    Ok(())
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("")
        .trim()
        .to_owned()
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "xtask measures builds; nothing here is driven by a test's clock"
)]
pub fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "std can wait for a child with a limit only by looking again"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
