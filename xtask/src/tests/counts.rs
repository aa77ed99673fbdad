//! How many tests passed, failed and were skipped, and how to read that from what test programs say.

use std::fmt;

use serde_json::Value;

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
    pub fn of_rust(text: &str, success: bool) -> Self {
        let mut sum = Self::default();
        for line in text.lines() {
            let Some((_, result)) = line.split_once("test result: ") else {
                continue;
            };
            sum.passed += number_before(result, " passed");
            sum.failed += number_before(result, " failed");
            sum.skipped += number_before(result, " ignored");
        }
        if !success && sum.failed == 0 {
            sum.failed = 1;
        }
        sum
    }

    /// Reads Playwright's JSON report. A flaky test has failed once, so it has failed.
    pub fn of_playwright(report: &Value, success: bool) -> Self {
        let number = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
        let failed = number("unexpected") + number("flaky");
        let failed = if success { failed } else { failed.max(1) };
        Self {
            passed: number("expected"),
            failed,
            skipped: number("skipped"),
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed")?;
        if *skipped > 0 {
            write!(f, ", {skipped} skipped")
        } else {
            Ok(())
        }
    }
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
            Counts::of_rust(&text, false),
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
            Counts::of_rust("running 4 tests\n", false),
            Counts {
                passed: 0,
                failed: 1,
                skipped: 0
            }
        );
        assert_eq!(Counts::of_rust(OK, false).failed, 1);
    }

    #[test]
    fn a_browser_test_that_passed_at_the_second_try_has_failed() {
        let report = serde_json::json!({"stats": {"expected": 4, "unexpected": 0, "flaky": 1, "skipped": 2}});
        assert_eq!(
            Counts::of_playwright(&report, true),
            Counts {
                passed: 4,
                failed: 1,
                skipped: 2
            }
        );
        assert_eq!(Counts::of_playwright(&Value::Null, false).failed, 1);
    }

    #[test]
    fn the_sum_reads_as_the_last_line_must() {
        assert_eq!(
            Counts {
                passed: 7,
                failed: 0,
                skipped: 0
            }
            .to_string(),
            "7 passed, 0 failed"
        );
        assert_eq!(
            Counts {
                passed: 7,
                failed: 1,
                skipped: 2
            }
            .to_string(),
            "7 passed, 1 failed, 2 skipped"
        );
    }
}
