//! `make test`: the parts one after another, each with its name and time; the last line sums them.
//!
//! The last line is `N passed, N failed`, to the letter: programs read it. What was skipped, and why, stands before it.
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
use crate::run::{self, Ended, Logged};
use crate::site::{self, Profile};

/// A first build of everything takes some 15 minutes on two cores.
pub const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);

/// How much of a failing part's log is shown; the whole is in the file.
const SHOWN_LINES: usize = 120;

/// The part that breaks the source on purpose: half an hour, so nobody runs it who does not ask for it.
const MUTANTS: &str = "mutants";

/// The parts beside the groups of tests that run on this machine.
const OTHER_PARTS: [&str; 8] = [
    "format",
    "clippy",
    "clippy for wasm",
    "compile",
    "wasm",
    "site build",
    "chromium",
    MUTANTS,
];

/// Which tests are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of `make test`.
    Usual,
    /// The long ones (`#[ignore]`) and the mutants too.
    Long,
}

/// Which tests to run.
#[derive(Debug)]
pub struct Choice {
    reach: Reach,
    /// Only the parts whose name starts so, and what they rest on.
    part: String,
}

impl Choice {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let (flags, names): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| arg.starts_with('-'));
        if let Some(unknown) = flags.iter().find(|flag| **flag != "--all") {
            bail!("unknown flag {unknown}: --all");
        }
        let reach = match flags.is_empty() {
            true => Reach::Usual,
            false => Reach::Long,
        };
        let part = names.join(" ");
        let parts: Vec<&str> = OTHER_PARTS.into_iter().chain(native::group_names()).collect();
        if !parts.iter().any(|name| name.starts_with(&part)) {
            bail!("there is no part {part}: {}", parts.join(", "));
        }
        Ok(Self { reach, part })
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
        skipped: Vec::new(),
        failed_parts: Vec::new(),
    };
    runner.part("format", || fmt::check(place));
    runner.part("clippy", || check(place, "clippy", clippy_native(place)));
    runner.part("clippy for wasm", || check(place, "clippy-wasm", clippy_wasm(place)));
    if ["format", "clippy"].contains(&choice.part.as_str()) {
        return Ok(runner.finish());
    }
    // They are compiled in a folder of their own: nothing of what follows is needed for them.
    if !choice.part.is_empty() && choice.asks_for(MUTANTS) {
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
        runner.part(group.name, || {
            native::run(place, group, postgres.as_ref(), choice.reach)
        });
    }
    runner.part("wasm", || wasm::run(place));
    if choice.asks_for("site build") || choice.asks_for("chromium") {
        let mut site_ready = false;
        runner.need("site build", || {
            build_site(place).inspect(|outcome| site_ready = outcome.counts.failed == 0)
        });
        let server = built.as_ref().is_some_and(|programs| programs.has_server);
        runner.part("chromium", || match server && site_ready {
            true => browser::run(place, choice.reach),
            false => Ok(Outcome::failed("not run: the server or the site was not built".into())),
        });
    }
    if choice.reach == Reach::Long {
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
#[derive(Default)]
pub struct Outcome {
    pub counts: Counts,
    /// Each test that was not run, with why.
    pub skipped: Vec<String>,
    /// Shown if the part failed or was skipped.
    pub words: String,
    pub log: Option<PathBuf>,
}

impl Outcome {
    /// Of a part that is one command and counts as one.
    fn of_one(ended: Ended, words: String, log: PathBuf) -> Self {
        let mut outcome = match ended {
            Ended::Well => Self::passed(),
            Ended::Badly => Self::failed(words),
        };
        outcome.log = Some(log);
        outcome
    }

    fn passed() -> Self {
        Self {
            counts: Counts {
                passed: 1,
                ..Counts::default()
            },
            ..Self::default()
        }
    }

    fn failed(words: String) -> Self {
        Self {
            counts: Counts {
                failed: 1,
                ..Counts::default()
            },
            words,
            ..Self::default()
        }
    }

    fn skipped(why: &str) -> Self {
        Self {
            counts: Counts {
                skipped: 1,
                ..Counts::default()
            },
            words: why.to_owned(),
            skipped: vec![why.to_owned()],
            ..Self::default()
        }
    }
}

struct Runner<'a> {
    place: &'a Place,
    choice: &'a Choice,
    sum: Counts,
    /// Part, test and why.
    skipped: Vec<String>,
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
            "== {name:<24} {:>7.1} s  {}{}",
            start.elapsed().as_secs_f64(),
            outcome.counts,
            outcome.counts.and_skipped()
        );
        if outcome.counts.failed > 0 {
            self.failed_parts.push(name.to_owned());
            print_tail(&outcome);
        } else if outcome.counts.passed == 0 {
            println!("   {}", outcome.words);
        }
        self.sum.add(outcome.counts);
        let skipped = outcome.skipped.iter().map(|what| format!("{name}: {what}"));
        self.skipped.extend(skipped);
    }

    fn finish(self) -> ExitCode {
        if self.sum.skipped > 0 {
            println!("skipped: {}", self.sum.skipped);
        }
        for what in &self.skipped {
            println!("   {what}");
        }
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
    let Logged { ended, text, log } = run::logged(&mut command, &log, None, BUILD_LIMIT)?;
    Ok(Outcome::of_one(ended, text, log))
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

#[cfg(test)]
mod choosing {
    use super::*;

    #[test]
    fn a_part_that_there_is_not_is_refused_with_those_there_are() {
        let why = Choice::parse(&["typo"]).expect_err("no such part").to_string();
        assert!(why.starts_with("there is no part typo: format, clippy,"), "{why}");
        for part in ["native", "drivers and balancer", "world", "chromium"] {
            assert!(why.contains(part), "{part}: {why}");
        }
    }

    #[test]
    fn a_part_may_be_called_by_the_beginning_of_its_name_and_without_one_all_are() {
        let choice = |args: &[&str]| Choice::parse(args).expect("there is such a part");
        let drivers = choice(&["drivers", "and"]);
        assert!(drivers.asks_for("drivers and balancer") && !drivers.asks_for("native"));
        let all = choice(&["--all"]);
        assert!(all.asks_for("format") && all.asks_for("world") && all.reach == Reach::Long);
        assert_eq!(choice(&["wasm"]).reach, Reach::Usual);
    }
}
