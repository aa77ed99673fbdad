//! Names, remarks, ids, choices.

use crate::problem::{Code, Problem};
use std::str::FromStr;

/// Longest name in characters. Longer and no table column, process title or host name would hold it.
pub const NAME_MAX: usize = 63;
/// Longest remark in characters.
pub const REMARK_MAX: usize = 255;
/// Longest text that is quoted back in a message; a page of pasted text should not come back as one.
const QUOTED_MAX: usize = 64;

/// A name: 1 to 63 letters and digits of any script, spaces and `-_.`; blanks around it are dropped.
///
/// # Errors
/// Empty, too long, or the first character that is not allowed.
pub fn name(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::at(field, Code::Empty));
    }
    at_most(field, text, NAME_MAX)?;
    let known = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    allowed(field, text, known).map(str::to_owned)
}

/// A remark: at most 255 characters, none of them a control character; may be empty.
///
/// # Errors
/// Too long, or the first character that is not allowed.
pub fn remark(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    at_most(field, text, REMARK_MAX)?;
    allowed(field, text, |c| !c.is_control()).map(str::to_owned)
}

/// An id of the wanted kind; `what` names it (`template`, `vserver`).
///
/// # Errors
/// Empty, or no such thing: a text that is no id names nothing.
pub fn id<T: FromStr>(field: &str, what: &str, text: &str) -> Result<T, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::at(field, Code::Empty));
    }
    text.parse().map_err(|_| no_such(field, what, text))
}

/// There is no `what` named so; the name is quoted shortened and without control characters.
pub fn no_such(field: &str, what: &str, named: &str) -> Problem {
    Problem::at(field, Code::NoSuch).with(what).with(quoted(named))
}

/// One of a few words.
///
/// # Errors
/// Empty, or the words it may be.
pub fn choice<T: Copy>(field: &str, text: &str, words: &[(&str, T)]) -> Result<T, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::at(field, Code::Empty));
    }
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Problem::at(field, Code::NotOneOf).with(known.join(", "))
    })
}

/// At most so many characters.
pub(crate) fn at_most(field: &str, text: &str, limit: usize) -> Result<(), Problem> {
    if text.chars().nth(limit).is_some() {
        return Err(Problem::at(field, Code::TooLong).with(limit));
    }
    Ok(())
}

/// Only characters that are known; the first other one is named.
pub(crate) fn allowed<'a>(field: &str, text: &'a str, known: impl Fn(char) -> bool) -> Result<&'a str, Problem> {
    match text.chars().find(|c| !known(*c)) {
        None => Ok(text),
        Some(other) => Err(Problem::at(field, Code::BadCharacter).with(shown(other))),
    }
}

/// A character as a message can show it: invisible ones by their number.
fn shown(character: char) -> String {
    let invisible = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if invisible || character.is_control() || character.is_whitespace() {
        format!("U+{:04X}", u32::from(character))
    } else {
        character.to_string()
    }
}

fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(QUOTED_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_letters_and_digits_of_any_script_spaces_and_three_marks() {
        for good in [
            "a",
            "web-1",
            "Web tier_2.eu",
            "前端组 1",
            "größe",
            &"x".repeat(63),
            &"组".repeat(63),
        ] {
            assert_eq!(name("name", good), Ok(good.to_owned()));
        }
        assert_eq!(name("name", "  web  "), Ok("web".to_owned()));
    }

    #[test]
    fn a_name_that_is_refused_says_why() {
        let table = [
            ("", Problem::at("name", Code::Empty)),
            (" \t ", Problem::at("name", Code::Empty)),
            (&"x".repeat(64), Problem::at("name", Code::TooLong).with(63)),
            ("</title><script>", Problem::at("name", Code::BadCharacter).with("<")),
            ("a/b", Problem::at("name", Code::BadCharacter).with("/")),
            ("a\u{7}b", Problem::at("name", Code::BadCharacter).with("U+0007")),
            ("a\nb", Problem::at("name", Code::BadCharacter).with("U+000A")),
            ("a\u{a0}b", Problem::at("name", Code::BadCharacter).with("U+00A0")),
            ("a\u{202e}b", Problem::at("name", Code::BadCharacter).with("U+202E")),
        ];
        for (typed, problem) in table {
            assert_eq!(name("name", typed), Err(problem), "{typed:?}");
        }
    }

    #[test]
    fn a_remark_may_be_empty_and_say_anything_visible() {
        assert_eq!(remark("remark", ""), Ok(String::new()));
        assert_eq!(
            remark("remark", "<b>\"why\" & how</b>"),
            Ok("<b>\"why\" & how</b>".to_owned())
        );
        let long = Problem::at("remark", Code::TooLong).with(255);
        assert_eq!(remark("remark", &"x".repeat(256)), Err(long));
        let control = Problem::at("remark", Code::BadCharacter).with("U+0000");
        assert_eq!(remark("remark", "a\0"), Err(control));
    }

    #[test]
    fn an_id_of_another_kind_names_nothing() {
        use engine::model::TemplateId;
        assert_eq!(
            id("template", "template", &TemplateId(7).to_string()),
            Ok(TemplateId(7))
        );
        let empty: Result<TemplateId, _> = id("template", "template", " ");
        assert_eq!(empty, Err(Problem::at("template", Code::Empty)));
        for typed in ["tpl-1", "asg-0000000000007", "TPL-0000000000007", "'; DROP TABLE"] {
            let read: Result<TemplateId, _> = id("template", "template", typed);
            assert_eq!(read, Err(no_such("template", "template", typed)));
        }
        let pasted = no_such("template", "template", &"x\n".repeat(900));
        assert_eq!(pasted.numbers[1].len(), 64);
    }

    #[test]
    fn a_word_that_is_not_offered_is_refused_with_those_that_are() {
        let words = [("on", 1), ("off", 0)];
        assert_eq!(choice("brake", "off", &words), Ok(0));
        assert_eq!(choice("brake", "", &words), Err(Problem::at("brake", Code::Empty)));
        let other = Problem::at("brake", Code::NotOneOf).with("on, off");
        assert_eq!(choice("brake", "ON", &words), Err(other));
    }
}
