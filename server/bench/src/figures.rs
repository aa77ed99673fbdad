//! The lines: `name<TAB>value<TAB>unit<TAB>bound<TAB>ok|over`. A figure without a bound has `-` for both.

use std::process::ExitCode;

/// What a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not more than this.
    AtMost(f64),
    /// Less than this.
    Below(f64),
    /// Nothing: it is shown.
    None,
}

/// All lines of a run.
#[derive(Debug, Default)]
pub struct Sheet {
    ok: u32,
    over: u32,
    missing: u32,
    headed: bool,
}

impl Sheet {
    /// Prints one line.
    pub fn line(&mut self, name: &str, value: f64, unit: &str, bound: Bound) {
        if !self.headed {
            println!("# name\tvalue\tunit\tbound\tverdict");
            self.headed = true;
        }
        let (text, holds) = match bound {
            Bound::AtMost(most) => (format!("<={most}"), Some(value <= most)),
            Bound::Below(end) => (format!("<{end}"), Some(value < end)),
            Bound::None => ("-".to_owned(), None),
        };
        let verdict = match holds {
            Some(true) => {
                self.ok += 1;
                "ok"
            }
            Some(false) => {
                self.over += 1;
                "over"
            }
            None => "-",
        };
        println!("{name}\t{}\t{unit}\t{text}\t{verdict}", short(value));
    }

    /// Something could not be measured.
    pub fn missing(&mut self, name: &str, why: &anyhow::Error) {
        self.missing += 1;
        println!("{name}\t-\t-\t-\tnot measured");
        eprintln!("bench: {name}: {why:#}");
    }

    /// The last line; fails only if something could not be measured.
    pub fn finish(self) -> ExitCode {
        let Self { ok, over, missing, .. } = self;
        if missing == 0 {
            println!("{ok} ok, {over} over");
            return ExitCode::SUCCESS;
        }
        println!("{ok} ok, {over} over, {missing} not measured");
        ExitCode::FAILURE
    }
}

/// Three digits are more than a noisy machine means.
fn short(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_its_bound_holds_only_if_the_bound_says_at_most() {
        let mut sheet = Sheet::default();
        sheet.line("a", 5.0, "us", Bound::AtMost(5.0));
        sheet.line("b", 5.0, "s", Bound::Below(5.0));
        sheet.line("c", 5.0, "s", Bound::None);
        assert_eq!((sheet.ok, sheet.over, sheet.missing), (1, 1, 0));
    }

    #[test]
    fn a_figure_has_three_digits() {
        assert_eq!([1234.5, 12.34, 0.123].map(short), ["1234", "12.3", "0.12"]);
    }
}
