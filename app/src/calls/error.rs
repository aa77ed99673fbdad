//! A refusal on its way to the page.

use api::problem::{Code, Problem, Problems};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A form's fields by name, as typed.
pub type Values = BTreeMap<String, String>;

/// The part of the server that does not answer when all of it cannot be reached: a word of `texts::problems`.
const CONNECTION: &str = "connection";

/// All that is wrong, and what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{problems}")]
pub struct CallError {
    /// What is wrong.
    pub problems: Problems,
    /// The form as typed, when it was posted without JavaScript: the page that is rendered next fills it in again.
    /// Empty with JavaScript (the inputs still hold it) and for forms with a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub typed: Values,
}

impl CallError {
    /// One problem of the whole request.
    pub fn whole(code: Code) -> Self {
        Self::from(Problems::from(Problem::at("", code)))
    }
    /// The first code, which decides the page.
    pub fn code(&self) -> Option<Code> {
        self.problems.0.first().map(|problem| problem.code)
    }
    /// Was the server not reached at all?
    pub fn is_unreached(&self) -> bool {
        let part = self.problems.0.first().and_then(|problem| problem.numbers.first());
        self.code() == Some(Code::Unavailable) && part.is_some_and(|part| part == CONNECTION)
    }
}

impl From<Problems> for CallError {
    fn from(problems: Problems) -> Self {
        Self {
            problems,
            typed: Values::new(),
        }
    }
}

impl FromServerFnError for CallError {
    type Encoder = crate::wire::Json;

    /// The framework's own failures: the server was not reached, or the two do not speak the same version.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let part = match error {
            ServerFnErrorErr::Request(_) => CONNECTION,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => "arguments",
            _ => "answer",
        };
        Self::from(Problems::from(Problem::at("", Code::Unavailable).with(part).with("-")))
    }
}
