//! Compiles test programs in the copy, with a cheap profile and a target folder of their own, and runs some of their tests.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::source::Source;
use super::table::{Mutant, Suite};
use super::verdict::{Said, Verdict, first_error, replaced, said, together};
use crate::place::Place;
use crate::run::{self, Ended, Logged};
use crate::tests::BUILD_LIMIT;
use crate::tests::native::TestProgram;

/// A profile of the root `Cargo.toml`: little is optimised, since each mutant is compiled once and runs for seconds.
const PROFILE: &str = "mutants";
/// What a suite may take. The longest takes a minute unbroken; a mutant that never ends is ended then, with all it started.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// `timeout` ends a program by itself; should it not, this does, a little later.
const LIMIT_OF_TIMEOUT: Duration = Duration::from_secs(6 * 60);

pub struct Bench<'a> {
    pub place: &'a Place,
    pub source: Source,
}

impl Bench<'_> {
    /// Nothing is begun while the table does not fit the source.
    pub fn check(&self, mutants: &[&'static Mutant]) -> Result<()> {
        for mutant in mutants {
            self.broken(mutant)?;
        }
        Ok(())
    }

    /// Whoever is to notice has to be content without a mutant, or what they say of one means nothing.
    pub fn content(&self, mutants: &[&'static Mutant]) -> Result<()> {
        for (program, tests) in together(mutants.iter().flat_map(|mutant| mutant.suites)) {
            let said = self.ask("unbroken", program, &tests)?;
            if said != Said::Passed {
                bail!("without a mutant {program} says {said:?}: what it says of one means nothing");
            }
        }
        Ok(())
    }

    /// Makes one, asks until somebody notices, and puts the source right.
    pub fn judge(&self, mutant: &'static Mutant) -> Result<Verdict> {
        let whole = self.source.read(mutant.file)?;
        self.source.write(mutant.file, &self.broken(mutant)?)?;
        let verdict = self.first_to_notice(mutant);
        self.source.write(mutant.file, &whole)?;
        verdict
    }

    /// The text of its file with it.
    fn broken(&self, mutant: &Mutant) -> Result<String> {
        let whole = self.source.read(mutant.file)?;
        replaced(&whole, mutant.find, mutant.put).with_context(|| format!("{} in {}", mutant.name, mutant.file))
    }

    fn first_to_notice(&self, mutant: &'static Mutant) -> Result<Verdict> {
        for Suite { program, tests } in mutant.suites.iter().copied() {
            match self.ask(mutant.name, program, &tests.iter().copied().collect())? {
                Said::Passed => {}
                Said::Failed(by) => return Ok(Verdict::Caught(format!("{program} {by}"))),
                Said::NotBuilt(why) => return Ok(Verdict::NotBuilt(why)),
                Said::Nothing => return Ok(Verdict::NoTest(program)),
            }
        }
        Ok(Verdict::Survived)
    }

    /// What some of a program's tests say of the copy as it is.
    fn ask(&self, about: &str, program: &str, tests: &BTreeSet<&str>) -> Result<Said> {
        let built = match self.build(about, program)? {
            Ok(built) => built,
            Err(why) => return Ok(Said::NotBuilt(why)),
        };
        // In a group of its own, which it ends as a whole, even if this process is gone by then.
        let mut command = Command::new("timeout");
        command.args(["--verbose", "--kill-after=10"]);
        command.arg(LIMIT.as_secs().to_string()).arg(&built.executable);
        command.args(tests);
        built.as_cargo_starts_it(&mut command);
        let log = self.place.own(format!("test-logs/mutants/{about}-{program}.log"));
        let Logged { ended, text, .. } = run::logged(&mut command, &log, None, LIMIT_OF_TIMEOUT)?;
        Ok(said(&text, ended))
    }

    /// The program, or the compiler's first error. The same features as everywhere: in one compilation of all packages.
    fn build(&self, about: &str, program: &str) -> Result<Result<TestProgram, String>> {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(self.source.folder());
        cargo.env("CARGO_TARGET_DIR", self.place.target.join("of-mutants"));
        cargo.args(["build", "--workspace", "--exclude", "frontend", "--profile", PROFILE]);
        cargo.args(["--test", program, "--message-format=json-render-diagnostics"]);
        let logs = self.place.own("test-logs/mutants");
        let messages = logs.join("build.json");
        let log = logs.join(format!("{about}-build.log"));
        let Logged { ended, text, .. } = run::logged(&mut cargo, &log, Some(&messages), BUILD_LIMIT)?;
        if ended == Ended::Badly {
            return Ok(Err(first_error(&text)));
        }
        let messages = fs::read_to_string(messages)?;
        let values = messages.lines().map(serde_json::from_str::<Value>);
        let mut built = values.filter_map(|message| TestProgram::of(&message.ok()?));
        let found = built.find(|test| test.integration.as_deref() == Some(program));
        let found = found.with_context(|| format!("cargo built no test program {program}"))?;
        Ok(Ok(found))
    }
}
