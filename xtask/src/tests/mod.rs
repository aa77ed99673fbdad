//! `make test`: the parts one after another, each with its name and time; the last line sums them.
//!
//! A part that fails does not hide the others: they run as far as they can. A part that ran no test has failed, since a test
//! that is never run looks just like one that passes. One cargo at a time, and never a release build.
//!
//! The tests on PostgreSQL share a throw-away server that is started here and ends with this process, whatever failed.

mod browser;
#[path = "../../../server/control/tests/databases/cluster.rs"]
mod cluster;
pub mod counts;
pub mod fmt;
pub mod native;
mod wasm;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Error, Result, bail};
use cluster::Cluster;
use counts::Counts;

use crate::mutants;
use crate::place::Place;
use crate::run::{self, Logged};
use crate::site::{self, Profile};

/// A first build of everything takes some 15 minutes on two cores.
pub const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);

/// How much of a failing part's log is shown; the whole is in the file.
const SHOWN_LINES: usize = 120;

/// The part that breaks the source on purpose: half an hour, so nobody runs it who does not ask for it.
const MUTANTS: &str = "mutants";

/// Which tests to run.
pub struct Choice {
    /// The long tests (`#[ignore]`) and the mutants too.
    pub all: bool,
    /// Only the parts whose name starts so, and what they rest on.
    part: String,
}

impl Choice {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let (flags, names): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| arg.starts_with('-'));
        if let Some(unknown) = flags.iter().find(|flag| **flag != "--all") {
            bail!("unknown flag {unknown}: --all");
        }
        Ok(Self {
            all: flags.contains(&"--all"),
            part: names.join(" "),
        })
    }

    fn asks_for(&self, part: &str) -> bool {
        part.starts_with(&self.part)
    }
}

pub fn run(place: &Place, choice: &Choice) -> Result<ExitCode> {
    let mut runner = Runner {
        place,
        choice,
        sum: Counts::default(),
        failed_parts: Vec::new(),
    };
    runner.part("format", || fmt::check(place));
    runner.part("clippy", || check(place, "clippy", clippy_native(place)));
    runner.part("clippy for wasm", || check(place, "clippy-wasm", clippy_wasm(place)));
    if ["format", "clippy"].contains(&choice.part.as_str()) {
        return Ok(runner.finish());
    }
    // They are compiled in a folder of their own: nothing of what follows is needed for them.
    if choice.part == MUTANTS {
        runner.part(MUTANTS, || mutants::part(place));
        return Ok(runner.finish());
    }
    let mut built = None;
    runner.need("compile", || {
        let (outcome, programs) = native::compile(place)?;
        built = programs;
        Ok(outcome)
    });
    let groups: Vec<native::Group> = built.iter().flat_map(native::groups).collect();
    let mut postgres = None;
    if groups.iter().any(|group| choice.asks_for(group.name)) {
        runner.need("postgresql", || {
            postgres = Some(Cluster::start().map_err(Error::msg)?);
            Ok(Outcome::passed())
        });
    }
    for group in &groups {
        runner.part(group.name, || native::run(place, group, postgres.as_ref(), choice.all));
    }
    runner.part("wasm", || wasm::run(place));
    if choice.asks_for("site build") || choice.asks_for("chromium") {
        let mut site_ready = false;
        runner.need("site build", || {
            build_site(place).inspect(|outcome| site_ready = outcome.counts.failed == 0)
        });
        let server = built.as_ref().is_some_and(|programs| programs.has_server);
        runner.part("chromium", || match server && site_ready {
            true => browser::run(place, choice.all),
            false => Ok(Outcome::failed("not run: the server or the site was not built".into())),
        });
    }
    if choice.all {
        runner.part(MUTANTS, || mutants::part(place));
    }
    Ok(runner.finish())
}

fn build_site(place: &Place) -> Result<Outcome> {
    let outcome = check(place, "site", site::cargo_build(place, Profile::Dev))?;
    if outcome.counts.failed == 0 {
        site::assemble(place, Profile::Dev)?;
    }
    Ok(outcome)
}

/// What a part came to.
pub struct Outcome {
    pub counts: Counts,
    /// Shown if the part failed or was skipped.
    pub words: String,
    pub log: Option<PathBuf>,
}

impl Outcome {
    fn passed() -> Self {
        Self {
            counts: Counts {
                passed: 1,
                ..Counts::default()
            },
            words: String::new(),
            log: None,
        }
    }

    fn failed(words: String) -> Self {
        Self {
            counts: Counts {
                failed: 1,
                ..Counts::default()
            },
            words,
            log: None,
        }
    }

    fn skipped(words: &str) -> Self {
        Self {
            counts: Counts {
                skipped: 1,
                ..Counts::default()
            },
            words: words.to_owned(),
            log: None,
        }
    }
}

struct Runner<'a> {
    place: &'a Place,
    choice: &'a Choice,
    sum: Counts,
    failed_parts: Vec<String>,
}

impl Runner<'_> {
    /// Runs a part if it was asked for.
    fn part(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        if self.choice.asks_for(name) {
            self.need(name, work);
        }
    }

    /// Runs a part others rest on, whatever was asked for.
    fn need(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        let start = run::now();
        let mut outcome = work().unwrap_or_else(|error| Outcome::failed(format!("{error:#}")));
        if outcome.counts == Counts::default() {
            outcome.counts.failed = 1;
            outcome.words.push_str("\nno test ran");
        }
        println!(
            "== {name:<24} {:>7.1} s  {}",
            start.elapsed().as_secs_f64(),
            outcome.counts
        );
        if outcome.counts.failed > 0 {
            self.failed_parts.push(name.to_owned());
            print_tail(&outcome);
        } else if outcome.counts.passed == 0 {
            println!("   {}", outcome.words);
        }
        self.sum.add(outcome.counts);
    }

    fn finish(self) -> ExitCode {
        if !self.failed_parts.is_empty() {
            println!(
                "failed: {} (logs in {})",
                self.failed_parts.join(", "),
                self.place.own("test-logs").display()
            );
        }
        println!("{}", self.sum);
        if self.sum.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn print_tail(outcome: &Outcome) {
    let lines: Vec<&str> = outcome.words.lines().filter(|line| !is_progress(line)).collect();
    let from = lines.len().saturating_sub(SHOWN_LINES);
    for line in &lines[from..] {
        println!("   | {line}");
    }
    if let Some(log) = &outcome.log {
        println!("   log: {}", log.display());
    }
}

/// What cargo says of crates that are fine.
fn is_progress(line: &str) -> bool {
    let words = ["Compiling ", "Checking ", "Fresh ", "Downloaded ", "Downloading "];
    words.iter().any(|word| line.trim_start().starts_with(word))
}

/// A part that is one command and counts as one.
fn check(place: &Place, name: &str, mut command: Command) -> Result<Outcome> {
    let log = place.own(format!("test-logs/{name}.log"));
    let Logged { success, text, log } = run::logged(&mut command, &log, None, BUILD_LIMIT)?;
    let counts = if success {
        Counts {
            passed: 1,
            ..Counts::default()
        }
    } else {
        Counts {
            failed: 1,
            ..Counts::default()
        }
    };
    Ok(Outcome {
        counts,
        words: text,
        log: Some(log),
    })
}

/// Not the frontend: in one build with the server it would turn on the browser's half of Leptos there.
fn clippy_native(place: &Place) -> Command {
    let mut cargo = place.cargo();
    cargo.args([
        "clippy",
        "--workspace",
        "--exclude",
        "frontend",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    cargo
}

fn clippy_wasm(place: &Place) -> Command {
    let mut cargo = place.cargo();
    cargo.args([
        "clippy",
        "-p",
        "frontend",
        "-p",
        "golden",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    cargo.args(["--profile", "wasm-dev", "--", "-D", "warnings"]);
    cargo
}
