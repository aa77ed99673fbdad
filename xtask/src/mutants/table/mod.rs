//! The mutants: what each breaks, by which text in place of which, and who is to notice.
//!
//! The texts are the source's own, line ends and indentation included. Whoever changes such a line changes it here, too: a
//! test says so, and the runner begins nothing while one text is not there exactly once.

mod engine;
mod fences;
mod passes;
mod seeds;

/// One way in which the source is broken on purpose.
#[derive(Debug)]
pub struct Mutant {
    pub name: &'static str,
    /// What goes wrong, for people.
    pub breaks: &'static str,
    /// The invariant of the design or the rule that it breaks.
    pub rule: &'static str,
    /// From the root of the clone.
    pub file: &'static str,
    /// What is there, exactly once.
    pub find: &'static str,
    /// What is put in its place.
    pub put: &'static str,
    /// Who is asked, the cheapest first; the first one is expected to notice.
    pub suites: &'static [Suite],
}

/// Some of a test program's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// The name of the program's target.
    pub program: &'static str,
    /// Parts of the names of its tests; none stands for all of them.
    pub tests: &'static [&'static str],
}

/// The engine's tables and properties.
const RULES: Suite = rules(&[]);
/// The real loop, with driver, balancer and clock in the test's hands.
const PASS: Suite = pass(&[]);
/// The store's contract, without the databases that have to be started.
const CONTRACT: Suite = contract(&["memory::", "sqlite::"]);
/// The named stories of the simulated world.
const STORIES: Suite = stories(&[]);

const fn rules(tests: &'static [&'static str]) -> Suite {
    let program = "rules";
    Suite { program, tests }
}

const fn pass(tests: &'static [&'static str]) -> Suite {
    let program = "pass";
    Suite { program, tests }
}

const fn contract(tests: &'static [&'static str]) -> Suite {
    let program = "store_contract";
    Suite { program, tests }
}

const fn stories(tests: &'static [&'static str]) -> Suite {
    let program = "world_scenarios";
    Suite { program, tests }
}

const fn seeds(tests: &'static [&'static str]) -> Suite {
    let program = "world";
    Suite { program, tests }
}

const fn driver(tests: &'static [&'static str]) -> Suite {
    let program = "drivers";
    Suite { program, tests }
}

const fn balancer(tests: &'static [&'static str]) -> Suite {
    let program = "balancer";
    Suite { program, tests }
}

/// Every mutant, those of one crate in a row: then it is compiled once for each and not twice.
pub fn all() -> Vec<&'static Mutant> {
    [engine::MUTANTS, fences::MUTANTS, passes::MUTANTS, seeds::MUTANTS]
        .into_iter()
        .flatten()
        .collect()
}

impl Mutant {
    /// Its row in `docs/reliability.md`.
    pub fn row(&self) -> String {
        let by = self.suites.first().map_or_else(String::new, Suite::words);
        format!("| `{}` | {} | {} | {by} |", self.name, self.breaks, self.rule)
    }
}

impl Suite {
    /// Which tests, for people.
    fn words(&self) -> String {
        let tests = self.tests.iter().map(|test| format!(" `{test}`"));
        format!("{}{}", self.program, tests.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::verdict::replaced;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    fn source(file: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the clone");
        fs::read_to_string(root.join(file)).expect("a file of the clone")
    }

    #[test]
    fn each_mutant_changes_a_text_that_is_there_exactly_once() {
        for mutant in all() {
            let text = source(mutant.file);
            let broken = replaced(&text, mutant.find, mutant.put);
            assert!(broken.is_ok_and(|broken| broken != text), "{}", mutant.name);
        }
    }

    #[test]
    fn there_are_enough_of_them_each_with_a_name_of_its_own_and_somebody_to_notice() {
        let names: BTreeSet<&str> = all().iter().map(|mutant| mutant.name).collect();
        assert_eq!(names.len(), all().len());
        assert!(names.len() >= 36);
        assert!(all().iter().all(|mutant| !mutant.suites.is_empty()));
    }

    #[test]
    fn the_guide_lists_them_as_they_are() {
        let guide = source("docs/reliability.md");
        let rows: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `")).collect();
        let wanted: Vec<String> = all().iter().map(|mutant| mutant.row()).collect();
        assert!(
            rows == wanted,
            "docs/reliability.md differs from what `xtask mutants --table` prints"
        );
    }
}
