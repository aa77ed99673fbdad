//! What is put in place of what, and what a test program's words say of it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, bail};

use super::table::Suite;
use crate::run::Ended;
use crate::tests::counts::Counts;

/// What `timeout` says when it ends a program.
const TIMED_OUT: &str = "timeout: sending signal";

/// What a suite says of the source as it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// All is well.
    Passed,
    /// Something is not: the first test that failed, or how the program ended.
    Failed(String),
    /// The source does not compile, and why.
    NotBuilt(String),
    /// None of its tests was asked for: nothing is known.
    Nothing,
}

/// What became of a mutant.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// By whom.
    Caught(String),
    Survived,
    /// It proves nothing: the table is wrong.
    NotBuilt(String),
    /// The table names tests that are not there.
    NoTest(&'static str),
}

impl Verdict {
    pub const fn is_caught(&self) -> bool {
        matches!(self, Self::Caught(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught(by) => write!(f, "caught by {by}"),
            Self::Survived => write!(f, "SURVIVED"),
            Self::NotBuilt(why) => write!(f, "DOES NOT COMPILE: {why}"),
            Self::NoTest(program) => write!(f, "NO TEST RAN in {program}"),
        }
    }
}

/// The text with `put` where `find` is. What is there twice would be changed at a place nobody looked at, and what is not
/// there any more would be a mutant that changes nothing and survives.
pub fn replaced(text: &str, find: &str, put: &str) -> Result<String> {
    match text.matches(find).count() {
        1 => Ok(text.replacen(find, put, 1)),
        0 => bail!("its text is not there any more: bring xtask/src/mutants/table up to the source"),
        times => bail!("its text is there {times} times: take in some of what surrounds it"),
    }
}

/// What a test program's words say.
pub fn said(text: &str, ended: Ended) -> Said {
    if ended == Ended::Badly {
        let first = text.lines().find_map(failed_test);
        return Said::Failed(first.unwrap_or_else(|| without_a_name(text)).to_owned());
    }
    match Counts::of_rust(text, ended).passed {
        0 => Said::Nothing,
        _ => Said::Passed,
    }
}

fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// How a program ended that named no test.
fn without_a_name(text: &str) -> &'static str {
    if text.contains(TIMED_OUT) {
        "the limit on time"
    } else {
        "a crash"
    }
}

/// The first error of a compiler.
pub fn first_error(text: &str) -> String {
    let error = text.lines().find(|line| line.starts_with("error"));
    error.unwrap_or("cargo did not say why").to_owned()
}

/// The tests of several suites by program: no names at all if one of them wants all of a program's tests.
pub fn together<'a>(suites: impl Iterator<Item = &'a Suite>) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut wanted = BTreeMap::<&str, Option<BTreeSet<&str>>>::new();
    for suite in suites {
        let tests = wanted.entry(suite.program).or_insert_with(|| Some(BTreeSet::new()));
        match tests {
            Some(tests) if !suite.tests.is_empty() => tests.extend(suite.tests),
            _ => *tests = None,
        }
    }
    let all = wanted.into_iter();
    all.map(|(program, tests)| (program, tests.unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: &str = "test a ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured";

    #[test]
    fn a_text_is_replaced_only_where_it_is_there_exactly_once() {
        assert_eq!(replaced("a < b", "<", "<=").expect("once"), "a <= b");
        assert!(replaced("a < b", ">", "<=").is_err());
        assert!(replaced("a < b < c", "<", "<=").is_err());
    }

    #[test]
    fn the_first_test_that_failed_is_who_caught_it() {
        let text =
            "test a ... ok\ntest size::b ... FAILED\ntest c ... FAILED\ntest result: FAILED. 1 passed; 2 failed;";
        assert_eq!(said(text, Ended::Badly), Said::Failed("size::b".to_owned()));
    }

    #[test]
    fn a_program_without_an_end_or_with_a_bad_one_has_failed() {
        let hangs = "running 2 tests\ntimeout: sending signal TERM to command 'x'\n";
        assert_eq!(said(hangs, Ended::Badly), Said::Failed("the limit on time".to_owned()));
        assert_eq!(
            said("running 2 tests\n", Ended::Badly),
            Said::Failed("a crash".to_owned())
        );
    }

    #[test]
    fn tests_that_are_not_there_say_nothing() {
        assert_eq!(said(PASSED, Ended::Well), Said::Passed);
        assert_eq!(
            said("test result: ok. 0 passed; 0 failed; 0 ignored", Ended::Well),
            Said::Nothing
        );
    }

    #[test]
    fn a_compilers_first_error_is_what_is_shown() {
        let text = "   Compiling engine\nwarning: unused\nerror[E0308]: mismatched types\nerror: aborting";
        assert_eq!(first_error(text), "error[E0308]: mismatched types");
    }

    #[test]
    fn only_being_caught_is_good() {
        let verdicts = [
            (Verdict::Caught("rules size::a".to_owned()), "caught by rules size::a"),
            (Verdict::Survived, "SURVIVED"),
            (Verdict::NotBuilt("error".to_owned()), "DOES NOT COMPILE: error"),
            (Verdict::NoTest("rules"), "NO TEST RAN in rules"),
        ];
        for (verdict, words) in verdicts {
            assert_eq!(verdict.to_string(), words);
            assert_eq!(verdict.is_caught(), words.starts_with("caught"));
        }
    }

    #[test]
    fn suites_of_one_program_are_run_together_and_all_of_it_is_no_names() {
        let suite = |program: &'static str, tests: &'static [&'static str]| Suite { program, tests };
        let suites = [
            suite("a", &["x", "y"]),
            suite("b", &["z"]),
            suite("a", &["x"]),
            suite("b", &[]),
            suite("b", &["w"]),
        ];
        let wanted = together(suites.iter());
        let names: Vec<(&str, Vec<&str>)> = wanted
            .into_iter()
            .map(|(program, tests)| (program, tests.into_iter().collect()))
            .collect();
        assert_eq!(names, [("a", vec!["x", "y"]), ("b", vec![])]);
    }
}
