//! What a story came to: a table for people, JSON for programs.

use crate::watcher::{Most, Watched};
use anyhow::Context as _;
use control::load::LoadReport;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// On which database a story runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// A file in the data folder.
    Sqlite,
    /// A throw-away PostgreSQL.
    Postgres,
}

impl Store {
    /// The story's name and its folder's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A story that was told.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Which.
    pub story: String,
    /// What its order and times came from.
    pub seed: u64,
    /// How long it took.
    pub seconds: u64,
    /// kill -9 of anything.
    pub kills: u32,
    /// Faults by name; those that hit nobody (no instance lived) are not counted.
    pub faults: BTreeMap<String, u32>,
    /// What could not be done here, and why.
    pub skipped: Vec<String>,
    /// From the last mend to the moment all was equal; none if it never was.
    pub quiet_after_ms: Option<u64>,
    /// What a client saw.
    pub load: Option<LoadReport>,
    /// Samples.
    pub samples: u64,
    /// Samples without the records.
    pub samples_without_records: u64,
    /// Samples without HAProxy.
    pub samples_without_balancer: u64,
    /// The most that was seen at one moment, by group.
    pub most: BTreeMap<String, Most>,
    /// Anything else that was measured.
    pub figures: BTreeMap<String, String>,
    /// What the server complained of, and how often.
    pub logged: BTreeMap<String, u32>,
    /// What must not be.
    pub violations: Vec<String>,
}

impl Told {
    /// Of which nothing is known yet.
    pub fn new(story: &str, seed: u64) -> Self {
        Self {
            story: story.to_owned(),
            seed,
            seconds: 0,
            kills: 0,
            faults: BTreeMap::new(),
            skipped: Vec::new(),
            quiet_after_ms: None,
            load: None,
            samples: 0,
            samples_without_records: 0,
            samples_without_balancer: 0,
            most: BTreeMap::new(),
            figures: BTreeMap::new(),
            logged: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    /// Adds what the watcher saw.
    pub fn watched(&mut self, watched: Watched) {
        self.samples = watched.samples;
        self.samples_without_records = watched.without_records;
        self.samples_without_balancer = watched.without_balancer;
        self.most = watched.most;
        self.violations.extend(watched.violations);
    }

    /// Adds what a server complained of in its log. A pass that broke off is a defect, and so is a panic.
    pub fn logged(&mut self, log: &Path) {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for line in lines {
            let (level, message) = (&line["level"], line["fields"]["message"].as_str().unwrap_or_default());
            if level == "ERROR" || level == "WARN" {
                let level = level.as_str().unwrap_or_default();
                *self.logged.entry(format!("{level} {message}")).or_default() += 1;
            }
            if message.contains("broke off") {
                self.violations.push(format!("in a server's log: {line}"));
            }
        }
        let panics = text.matches("panicked at").count();
        if panics > 0 {
            let log = log.display();
            self.violations.push(format!("a server panicked {panics} times: {log}"));
        }
    }

    /// Adds a figure.
    pub fn figure(&mut self, name: &str, value: impl ToString) {
        self.figures.insert(name.to_owned(), value.to_string());
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line =
            |f: &mut fmt::Formatter<'_>, name: &str, value: &dyn fmt::Display| writeln!(f, "  {name:<34} {value:>12}");
        writeln!(f, "== {} (SEED={}, {} s)", self.story, self.seed, self.seconds)?;
        line(f, "kills", &self.kills)?;
        for (fault, count) in &self.faults {
            line(f, &format!("  {fault}"), count)?;
        }
        for skipped in &self.skipped {
            writeln!(f, "  skipped: {skipped}")?;
        }
        let quiet = self
            .quiet_after_ms
            .map(|ms| format!("{}.{} s", ms / 1000, ms % 1000 / 100));
        line(f, "quiet after", &quiet.as_deref().unwrap_or("never"))?;
        line(f, "samples", &self.samples)?;
        line(f, "  without the records", &self.samples_without_records)?;
        line(f, "  without HAProxy", &self.samples_without_balancer)?;
        for (name, most) in &self.most {
            let Most {
                max,
                records,
                machines,
                members,
            } = most;
            writeln!(
                f,
                "  most at once of {name}: {records} records, {machines} machines, {members} members (at most {max})"
            )?;
        }
        for (name, value) in &self.figures {
            line(f, name, value)?;
        }
        if let Some(load) = &self.load {
            writeln!(f, "  what a client saw: {load}")?;
        }
        for (message, count) in &self.logged {
            writeln!(f, "  logged {count:>6}  {message}")?;
        }
        for violation in &self.violations {
            writeln!(f, "  VIOLATION {violation}")?;
        }
        write!(f, "  {:<34} {:>12}", "violations", self.violations.len())
    }
}

/// Writes all of it for programs.
pub fn write(file: &Path, told: &[Told]) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(told).context("a report is plain data")?;
    std::fs::write(file, json).with_context(|| format!("cannot write {}", file.display()))
}
