//! The tests that run on this machine: all compiled by one cargo, then run by group so that each group has its time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::cluster::Cluster;
use super::counts::{self, Counts};
use super::{BUILD_LIMIT, Outcome, Profile, Reach};
use crate::place::Place;
use crate::run::{self, Ended, Logged};

/// One test program; the slowest takes a minute on two busy cores. The long tests have no such budget.
const PROGRAM_LIMIT: Duration = Duration::from_secs(10 * 60);
const LONG_PROGRAM_LIMIT: Duration = Duration::from_secs(60 * 60);

/// Integration tests with a time of their own, by how the name of their file starts. All others are `native`.
const GROUPS: [(&str, &[&str]); 4] = [
    ("native", &[]),
    ("stores", &["store"]),
    (
        "drivers and balancer",
        &["driver", "balancer", "process", "haproxy", "shim", "load"],
    ),
    ("world", &["world", "pass", "loop", "soak"]),
];

/// The names of the groups.
pub fn group_names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|(name, _)| *name)
}

/// What cargo built.
pub struct Programs {
    tests: Vec<TestProgram>,
    /// Whether there is a `tidegate` for the tests that need a real server; it lies at `server(place)`.
    pub has_server: bool,
}

pub struct TestProgram {
    /// `control::store`: package and target.
    name: String,
    /// The file of an integration test; `None` for the tests inside a crate.
    pub integration: Option<String>,
    pub executable: PathBuf,
    package: PathBuf,
}

impl TestProgram {
    /// Of what cargo says about something it built; `None` if that holds no tests.
    pub fn of(message: &Value) -> Option<Self> {
        let executable = PathBuf::from(message["executable"].as_str()?);
        if message["profile"]["test"].as_bool() != Some(true) {
            return None;
        }
        let target = message["target"]["name"].as_str().unwrap_or("").to_owned();
        let manifest = Path::new(message["manifest_path"].as_str().unwrap_or(""));
        let package = manifest.parent().unwrap_or(Path::new(""));
        let package_name = package.file_name().unwrap_or_default().to_string_lossy();
        Some(Self {
            name: format!("{package_name}::{target}"),
            integration: (message["target"]["kind"][0] == "test").then_some(target),
            executable,
            package: package.to_owned(),
        })
    }

    /// Has it started where cargo would start it. A database of whoever runs this is none of the tests' business.
    pub fn as_cargo_starts_it(&self, command: &mut Command) {
        command
            .current_dir(&self.package)
            .env("CARGO_MANIFEST_DIR", &self.package);
        command.env_remove("DATABASE_URL").env_remove("TIDEGATE_TEST_STORE");
    }
}

pub struct Group<'a> {
    pub name: &'static str,
    programs: Vec<&'a TestProgram>,
}

/// Compiles all tests, and the plain programs they start. No programs if that failed.
pub fn compile(place: &Place) -> Result<(Outcome, Option<Programs>)> {
    let mut cargo = place.cargo();
    cargo.args([
        "build",
        "--workspace",
        "--exclude",
        "frontend",
        "--lib",
        "--bins",
        "--tests",
    ]);
    cargo.arg("--message-format=json-render-diagnostics");
    let messages = place.own("test-logs/compile.json");
    let log = place.own("test-logs/compile.log");
    let Logged { ended, text, log } = run::logged(&mut cargo, &log, Some(&messages), BUILD_LIMIT)?;
    let programs = match ended {
        Ended::Well => Some(read(&fs::read_to_string(messages)?, &server(place))?),
        Ended::Badly => None,
    };
    Ok((Outcome::of_one(ended, text, log), programs))
}

/// Where the tests find `tidegate`: a copy, so that a build meanwhile (another clone may share cargo's folder) does not
/// change the program under test.
pub fn server(place: &Place) -> PathBuf {
    place.own("test-bin/tidegate")
}

fn read(messages: &str, server: &Path) -> Result<Programs> {
    let mut programs = Programs {
        tests: Vec::new(),
        has_server: false,
    };
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let Some(test) = TestProgram::of(&message) {
            programs.tests.push(test);
            continue;
        }
        let is_server = message["target"]["name"] == "tidegate";
        if let Some(executable) = message["executable"].as_str().filter(|_| is_server) {
            fs::create_dir_all(server.parent().unwrap_or(server))?;
            fs::copy(executable, server).with_context(|| format!("cannot copy {executable}"))?;
            programs.has_server = true;
        }
    }
    programs.tests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

/// The groups that have a program, in the order they run.
pub fn groups(programs: &Programs) -> Vec<Group<'_>> {
    GROUPS
        .iter()
        .map(|(name, _)| Group {
            name,
            programs: programs.tests.iter().filter(|test| group_of(test) == *name).collect(),
        })
        .filter(|group| !group.programs.is_empty())
        .collect()
}

fn group_of(test: &TestProgram) -> &'static str {
    let Some(file) = &test.integration else { return "native" };
    let has = |starts: &[&str]| starts.iter().any(|start| file.starts_with(start));
    GROUPS
        .iter()
        .find(|(_, starts)| has(starts))
        .map_or("native", |(name, _)| name)
}

/// Runs a group's programs. Without `postgres` those that need one start their own, or say what is missing.
pub fn run(place: &Place, group: &Group, postgres: Option<&Cluster>, reach: Reach) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for test in &group.programs {
        let mut program = Command::new(&test.executable);
        test.as_cargo_starts_it(&mut program);
        program.env("TIDEGATE_SITE_ROOT", place.site(Profile::Dev));
        program.env("TIDEGATE_BIN", server(place));
        if let Some(postgres) = postgres {
            program.env("TIDEGATE_TEST_POSTGRES", postgres.url());
        }
        // What a test says that cannot run here is among what passing tests print.
        program.arg("--show-output");
        let limit = match reach {
            Reach::Usual => PROGRAM_LIMIT,
            Reach::Long => {
                program.arg("--include-ignored");
                LONG_PROGRAM_LIMIT
            }
        };
        let log = place.own(format!("test-logs/{}.log", test.name.replace("::", "-")));
        let Logged { ended, text, log } = run::logged(&mut program, &log, None, limit)?;
        let counts = Counts::of_rust(&text, ended);
        let skipped = counts::skipped_of_rust(&text);
        outcome.skipped.extend(
            skipped
                .iter()
                .map(|test_and_why| format!("{} {test_and_why}", test.name)),
        );
        if counts.failed > 0 {
            outcome
                .words
                .push_str(&format!("{}:\n{}\n", test.name, failures(&text)));
            outcome.log = Some(log);
        }
        outcome.counts.add(counts);
    }
    Ok(outcome)
}

/// What a test program says about what failed; all of it if it did not come that far.
fn failures(text: &str) -> &str {
    text.find("\nfailures:\n").map_or(text, |from| &text[from..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(package: &str, target: &str, kind: &str) -> String {
        serde_json::json!({
            "reason": "compiler-artifact", "manifest_path": format!("/x/{package}/Cargo.toml"),
            "target": {"name": target, "kind": [kind]}, "profile": {"test": true},
            "executable": format!("/t/{target}"),
        })
        .to_string()
    }

    fn names_of(messages: &[String]) -> Vec<(&'static str, usize)> {
        let programs = read(&messages.join("\n"), Path::new("/nowhere")).unwrap();
        groups(&programs)
            .iter()
            .map(|group| (group.name, group.programs.len()))
            .collect()
    }

    #[test]
    fn programs_are_grouped_by_the_file_of_their_test() {
        let messages = [
            artifact("control", "control", "lib"),
            artifact("control", "store_contract", "test"),
            artifact("control", "balancer", "test"),
            artifact("server", "console", "test"),
        ];
        assert_eq!(
            names_of(&messages),
            [("native", 2), ("stores", 1), ("drivers and balancer", 1)]
        );
    }

    #[test]
    fn a_library_called_like_a_group_stays_native() {
        assert_eq!(names_of(&[artifact("store", "store", "lib")]), [("native", 1)]);
    }
}
