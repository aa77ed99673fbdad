//! The template wizard.

use super::{Found, text};
use crate::problem::{Code, Problem, Problems};
use crate::templates::{NewTemplate, TemplateForm};
use engine::model::VpcId;

/// Most user data in bytes (seed 2.3). More does not fit where the driver hands it over.
pub const USER_DATA_MAX: usize = 16 * 1024;
/// Most variables. More belong into a file.
pub const VARIABLES_MAX: usize = 20;
/// Longest name of a variable.
const KEY_MAX: usize = 64;
/// Longest value of a variable.
const VALUE_MAX: usize = 1024;
/// Variables that the driver sets itself (`control::drivers::ImageSpec`); another value would break the program's address.
const RESERVED: [&str; 2] = ["PORT", "ADDRESS"];
/// So do all that begin like this.
const RESERVED_PREFIX: &str = "TIDEGATE_";

/// A template as typed. Whether image, type and VPC exist is the command's to say.
///
/// # Errors
/// Everything that is wrong, at the fields of the form.
pub fn template(form: &TemplateForm) -> Result<NewTemplate, Problems> {
    let mut found = Found::default();
    let name = found.keep(text::name("name", &form.name));
    let remark = found.keep(text::remark("remark", &form.remark));
    let image = found.keep(choice_of("image", &form.image));
    let instance_type = found.keep(choice_of("instance_type", &form.instance_type));
    let vpc = found.keep(text::id::<VpcId>("vpc", "vpc", &form.vpc));
    let user_data = found.keep(user_data(&form.user_data));
    let environment = found.keep(environment(&form.environment));
    let parsed = || {
        Some(NewTemplate {
            name: name?,
            remark: remark?,
            image: image?,
            instance_type: instance_type?,
            vpc: vpc?,
            user_data: user_data?,
            environment: environment?,
        })
    };
    let parsed = parsed();
    found.end(parsed)
}

/// The name of something the catalogue offers; one that no name can be is not offered.
fn choice_of(field: &'static str, typed: &str) -> Result<String, Problem> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Problem::at(field, Code::Empty));
    }
    text::name(field, typed).map_err(|_| text::no_such(field, field, typed))
}

/// Any text up to 16 KiB, kept as it is but for line ends: a browser's form sends CR LF, a script wants LF.
fn user_data(typed: &str) -> Result<String, Problem> {
    let kept = typed.replace("\r\n", "\n");
    if kept.len() > USER_DATA_MAX {
        return Err(Problem::at("user_data", Code::TooLong).with(USER_DATA_MAX));
    }
    let known = |c: char| !c.is_control() || "\n\t".contains(c);
    text::allowed("user_data", &kept, known).map(str::to_owned)
}

/// `KEY=value`, comma-separated; a line end separates too.
fn environment(typed: &str) -> Result<Vec<(String, String)>, Problem> {
    let pieces = typed
        .split([',', '\n'])
        .map(str::trim)
        .filter(|piece| !piece.is_empty());
    let mut variables: Vec<(String, String)> = Vec::new();
    for piece in pieces {
        let (key, value) = variable(piece)?;
        if variables.iter().any(|(known, _)| *known == key) {
            return Err(Problem::at("environment", Code::NameTaken).with(key));
        }
        variables.push((key, value));
    }
    if variables.len() > VARIABLES_MAX {
        return Err(Problem::at("environment", Code::OutOfRange).with(0).with(VARIABLES_MAX));
    }
    Ok(variables)
}

fn variable(piece: &str) -> Result<(String, String), Problem> {
    let form = || Problem::at("environment", Code::NotOfForm).with("KEY=value, KEY=value");
    let (key, value) = piece.split_once('=').ok_or_else(form)?;
    let (key, value) = (key.trim_end(), value.trim_start());
    if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(form());
    }
    text::at_most("environment", key, KEY_MAX)?;
    text::at_most("environment", value, VALUE_MAX)?;
    text::allowed("environment", key, |c| c.is_ascii_alphanumeric() || c == '_')?;
    text::allowed("environment", value, |c| !c.is_control())?;
    if RESERVED.contains(&key) || key.starts_with(RESERVED_PREFIX) {
        return Err(Problem::at("environment", Code::NameTaken).with(key));
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::wrong;

    fn typed(change: impl FnOnce(&mut TemplateForm)) -> TemplateForm {
        let mut form = TemplateForm {
            name: "web".to_owned(),
            image: "sample-web".to_owned(),
            instance_type: "t.quarter".to_owned(),
            vpc: VpcId(1).to_string(),
            ..TemplateForm::default()
        };
        change(&mut form);
        form
    }

    #[test]
    fn a_template_is_read_with_its_variables_in_order() {
        let form = typed(|f| {
            f.environment = "B=2, A = one=1 ,\n C=".into();
            f.user_data = "#!/bin/sh\r\n\techo hi\r\n".into();
        });
        let read = template(&form).expect("good");
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(read.environment, [pair("B", "2"), pair("A", "one=1"), pair("C", "")]);
        assert_eq!(read.user_data, "#!/bin/sh\n\techo hi\n");
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        type Change = fn(&mut TemplateForm);
        let many = |count: usize| (0..count).map(|n| format!("K{n}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(
            template(&typed(|f| f.environment = many(20)))
                .expect("good")
                .environment
                .len(),
            20
        );
        assert_eq!(
            wrong(template(&typed(|f| f.environment = many(21)))),
            ["environment OutOfRange 0 20"]
        );
        let table: &[(Change, &str)] = &[
            (|f| f.name = " ".into(), "name Empty"),
            (|f| f.name = "x".repeat(64), "name TooLong 63"),
            (|f| f.name = "</title><script>".into(), "name BadCharacter <"),
            (|f| f.remark = "x".repeat(256), "remark TooLong 255"),
            (|f| f.image = String::new(), "image Empty"),
            (|f| f.image = "../etc".into(), "image NoSuch image ../etc"),
            (|f| f.image = "<script>".into(), "image NoSuch image <script>"),
            (|f| f.instance_type = String::new(), "instance_type Empty"),
            (
                |f| f.instance_type = "</title>".into(),
                "instance_type NoSuch instance_type </title>",
            ),
            (|f| f.vpc = String::new(), "vpc Empty"),
            (|f| f.vpc = "vpc".into(), "vpc NoSuch vpc vpc"),
            (|f| f.user_data = "x".repeat(16_385), "user_data TooLong 16384"),
            (|f| f.user_data = "a\0b".into(), "user_data BadCharacter U+0000"),
            (
                |f| f.environment = "A".into(),
                "environment NotOfForm KEY=value, KEY=value",
            ),
            (
                |f| f.environment = "=1".into(),
                "environment NotOfForm KEY=value, KEY=value",
            ),
            (
                |f| f.environment = "1A=1".into(),
                "environment NotOfForm KEY=value, KEY=value",
            ),
            (|f| f.environment = "A-B=1".into(), "environment BadCharacter -"),
            (|f| f.environment = "A=\u{7f}".into(), "environment BadCharacter U+007F"),
            (|f| f.environment = "A=1,A=2".into(), "environment NameTaken A"),
            (|f| f.environment = "PORT=1".into(), "environment NameTaken PORT"),
            (
                |f| f.environment = "TIDEGATE_X=1".into(),
                "environment NameTaken TIDEGATE_X",
            ),
            (
                |f| f.environment = format!("A={}", "x".repeat(1_025)),
                "environment TooLong 1024",
            ),
        ];
        for (change, problem) in table {
            assert_eq!(wrong(template(&typed(*change))), [*problem]);
        }
    }

    #[test]
    fn user_data_is_measured_in_bytes_and_sixteen_kib_fit() {
        assert!(template(&typed(|f| f.user_data = "x".repeat(16_384))).is_ok());
        assert_eq!(
            wrong(template(&typed(|f| f.user_data = "组".repeat(5_462)))),
            ["user_data TooLong 16384"]
        );
    }
}
