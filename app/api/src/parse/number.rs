//! Whole numbers within a range.

use crate::problem::{Code, Problem};
use std::ops::RangeInclusive;

/// A whole number within `range`.
///
/// # Errors
/// Empty, not a whole number, or the range it misses.
pub fn within<T>(field: &str, text: &str, range: RangeInclusive<T>) -> Result<T, Problem>
where
    T: TryFrom<i64> + Into<i64> + Copy,
{
    let (from, to): (i64, i64) = ((*range.start()).into(), (*range.end()).into());
    let outside = || Problem::at(field, Code::OutOfRange).with(from).with(to);
    let number = whole(field, text)?.ok_or_else(outside)?;
    if !(from..=to).contains(&number) {
        return Err(outside());
    }
    T::try_from(number).map_err(|_| outside())
}

/// A whole number above 0 and at most `most`.
///
/// # Errors
/// Empty, not a whole number, not positive, or the range it misses.
pub fn positive(field: &str, text: &str, most: i64) -> Result<i64, Problem> {
    match whole(field, text)? {
        Some(number) if number <= 0 => Err(Problem::at(field, Code::NotPositive)),
        Some(number) if number <= most => Ok(number),
        _ => Err(Problem::at(field, Code::OutOfRange).with(1).with(most)),
    }
}

/// A whole number; `None` when it is one, but larger than any field may be.
fn whole(field: &str, text: &str) -> Result<Option<i64>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::at(field, Code::Empty));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::at(field, Code::NotANumber));
    }
    Ok(text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_exactly_or_refused_with_what_it_misses() {
        let range = || Problem::at("port", Code::OutOfRange).with(1).with(65_535);
        let table = [
            ("1", Ok(1_u16)),
            (" 65535 ", Ok(65_535)),
            ("007", Ok(7)),
            ("", Err(Problem::at("port", Code::Empty))),
            ("   ", Err(Problem::at("port", Code::Empty))),
            ("0", Err(range())),
            ("65536", Err(range())),
            ("-1", Err(range())),
            ("99999999999999999999999", Err(range())),
            ("-", Err(Problem::at("port", Code::NotANumber))),
            ("+5", Err(Problem::at("port", Code::NotANumber))),
            ("1.5", Err(Problem::at("port", Code::NotANumber))),
            ("1e3", Err(Problem::at("port", Code::NotANumber))),
            ("0x1f", Err(Problem::at("port", Code::NotANumber))),
            ("eighty", Err(Problem::at("port", Code::NotANumber))),
        ];
        for (typed, read) in table {
            assert_eq!(within("port", typed, 1..=u16::MAX), read, "{typed:?}");
        }
    }

    #[test]
    fn zero_and_below_are_said_to_be_not_positive() {
        assert_eq!(positive("cpu", "100", 100), Ok(100));
        for typed in ["0", "-3", "000"] {
            assert_eq!(positive("cpu", typed, 100), Err(Problem::at("cpu", Code::NotPositive)));
        }
        for typed in ["101", "99999999999999999999999"] {
            let range = Problem::at("cpu", Code::OutOfRange).with(1).with(100);
            assert_eq!(positive("cpu", typed, 100), Err(range));
        }
    }
}
