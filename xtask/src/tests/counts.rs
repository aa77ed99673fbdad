//! How many tests passed, failed and were skipped, and how to read that from what test programs say.
//!
//! A test that finds it cannot run on this machine prints a line `skipped: why` and returns. Its harness counts it as passed;
//! here it counts as skipped, or nobody would learn that it never ran.

use std::fmt;

use serde_json::Value;

use crate::run::Ended;

/// What a test says that cannot run here.
const SAYS_SKIPPED: &str = "skipped: ";

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Sums the `test result:` lines of a Rust test program. One that says none and failed has crashed: that is a failure.
    pub fn of_rust(text: &str, ended: Ended) -> Self {
        let mut sum = Self::default();
        for line in text.lines() {
            let Some((_, result)) = line.split_once("test result: ") else {
                continue;
            };
            sum.passed += number_before(result, " passed");
            sum.failed += number_before(result, " failed");
            sum.skipped += number_before(result, " ignored");
        }
        let said = skipped_by_themselves(text).len() as u64;
        sum.passed = sum.passed.saturating_sub(said);
        sum.skipped += said;
        if ended == Ended::Badly && sum.failed == 0 {
            sum.failed = 1;
        }
        sum
    }

    /// Reads Playwright's JSON report. A flaky test has failed once, so it has failed.
    pub fn of_playwright(report: &Value, ended: Ended) -> Self {
        let number = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
        let failed = number("unexpected") + number("flaky");
        Self {
            passed: number("expected"),
            failed: match ended {
                Ended::Well => failed,
                Ended::Badly => failed.max(1),
            },
            skipped: number("skipped"),
        }
    }

    /// The end of a part's line; the last line of all has no place for it.
    pub fn and_skipped(&self) -> String {
        match self.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        }
    }
}

/// The last line of `make test`, to the letter.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The tests a Rust test program did not run, each with why.
pub fn skipped_of_rust(text: &str) -> Vec<String> {
    let left_out = text.lines().filter_map(|line| {
        let (test, why) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
        Some(format!("{test}{}", why.replacen(", ", ": ", 1)))
    });
    left_out.chain(skipped_by_themselves(text)).collect()
}

/// The tests that said they cannot run here. What passing tests print is shown (`--show-output`) below `successes:`.
fn skipped_by_themselves(text: &str) -> Vec<String> {
    let (_, shown) = text.split_once("\nsuccesses:\n").unwrap_or_default();
    let shown = shown.split("\nfailures:\n").next().unwrap_or_default();
    let (mut test, mut skipped) = ("", Vec::new());
    for line in shown.lines() {
        if let Some(name) = line.strip_prefix("---- ") {
            test = name.trim_end_matches(" stdout ----");
        } else if let Some(why) = line.strip_prefix(SAYS_SKIPPED) {
            skipped.push(format!("{test}: {why}"));
        }
    }
    skipped
}

/// The tests of Playwright's JSON report that were not run: file and title.
pub fn skipped_of_playwright(report: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (mut skipped, mut suites) = (Vec::new(), list(&report["suites"]));
    while let Some(suite) = suites.pop() {
        suites.extend(list(&suite["suites"]));
        for spec in list(&suite["specs"]) {
            if list(&spec["tests"]).iter().any(|test| test["status"] == "skipped") {
                let word = |name: &str| spec[name].as_str().unwrap_or("?").to_owned();
                skipped.push(format!("{}: {}", word("file"), word("title")));
            }
        }
    }
    skipped
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else {
        return 0;
    };
    before
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    #[test]
    fn the_lines_of_a_test_program_are_summed() {
        let text = format!("running 15 tests\n{OK}\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured");
        assert_eq!(
            Counts::of_rust(&text, Ended::Badly),
            Counts {
                passed: 13,
                failed: 2,
                skipped: 3
            }
        );
    }

    #[test]
    fn a_program_that_crashes_has_failed_even_if_it_says_nothing() {
        assert_eq!(
            Counts::of_rust("running 4 tests\n", Ended::Badly),
            Counts {
                passed: 0,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(Counts::of_rust(OK, Ended::Badly).failed, 1);
    }

    #[test]
    fn a_browser_test_that_passed_at_the_second_try_has_failed() {
        let report = serde_json::json!({"stats": {"expected": 4, "unexpected": 0, "flaky": 1, "skipped": 2}});
        assert_eq!(
            Counts::of_playwright(&report, Ended::Well),
            Counts {
                passed: 4,
                failed: 1,
                skipped: 2
            }
        );
        assert_eq!(Counts::of_playwright(&Value::Null, Ended::Badly).failed, 1);
    }

    /// As a test program says it with `--show-output`.
    const SHOWN: &str = "
running 3 tests
test fills::at_full_size ... ignored, a minute or more
test reads::a_page ... ok
test disks::a_full_one ... ok

successes:

---- disks::a_full_one stdout ----
skipped: nothing may be mounted here

---- reads::a_page stdout ----
one page was skipped: it is empty

successes:
    disks::a_full_one
    reads::a_page

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    #[test]
    fn a_test_that_cannot_run_here_has_not_passed_and_is_named_with_why() {
        assert_eq!(
            Counts::of_rust(SHOWN, Ended::Well),
            Counts {
                passed: 1,
                failed: 0,
                skipped: 2
            }
        );
        assert_eq!(
            skipped_of_rust(SHOWN),
            [
                "fills::at_full_size: a minute or more",
                "disks::a_full_one: nothing may be mounted here"
            ]
        );
    }

    #[test]
    fn what_a_failed_test_printed_is_no_word_of_one_that_cannot_run() {
        let text =
            "\nfailures:\n\n---- a stdout ----\nskipped: x\n\ntest result: FAILED. 3 passed; 1 failed; 0 ignored";
        assert_eq!(skipped_of_rust(text), [""; 0]);
        assert_eq!(Counts::of_rust(text, Ended::Badly).passed, 3);
    }

    fn spec(title: &str, status: &str) -> Value {
        serde_json::json!({"file": "a.spec.ts", "title": title, "tests": [{"status": status}]})
    }

    #[test]
    fn browser_tests_that_were_not_run_are_found_however_deep_they_stand() {
        let inner = serde_json::json!({"specs": [spec("deep", "skipped")]});
        let report = serde_json::json!({"suites": [{"specs": [spec("runs", "expected")], "suites": [inner]}]});
        assert_eq!(skipped_of_playwright(&report), ["a.spec.ts: deep"]);
        assert_eq!(skipped_of_playwright(&Value::Null), [""; 0]);
    }

    #[test]
    fn the_sum_reads_as_the_last_line_must_whatever_was_skipped() {
        let counts = Counts {
            passed: 7,
            failed: 1,
            skipped: 2,
        };
        assert_eq!(counts.to_string(), "7 passed, 1 failed");
        assert_eq!(counts.and_skipped(), ", 2 skipped");
        assert_eq!(Counts::default().and_skipped(), "");
    }
}
