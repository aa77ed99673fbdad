//! How a refusal is said: which field, which code, which numbers. `texts` renders it in the reader's language.

use serde::{Deserialize, Serialize};

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The form's field name (`name`, `min`, `threshold`, ...), or empty for the whole request.
    pub field: String,
    /// What is wrong.
    pub code: Code,
    /// The numbers and names that the sentence needs, in the order the text takes them.
    pub numbers: Vec<String>,
}

/// What can be wrong. Append-only; every variant has a sentence in each language (`texts::problems`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Required.
    Empty,
    /// Longer than {0} characters.
    TooLong,
    /// Shorter than {0} characters.
    TooShort,
    /// Not a whole number.
    NotANumber,
    /// Outside {0} to {1}.
    OutOfRange,
    /// Has a character that is not allowed: {0}.
    BadCharacter,
    /// Max {1} is below min {0}.
    MaxBelowMin,
    /// A CPU or memory rule needs min of at least 1.
    MinZeroWithRule,
    /// Must be above 0.
    NotPositive,
    /// The same metric twice: {0}.
    MetricTwice,
    /// Not one of: {0}.
    NotOneOf,
    /// There is no {0} named {1}.
    NoSuch,
    /// The name {0} is taken.
    NameTaken,
    /// The port {0} is used by {1}.
    PortTaken,
    /// Still used by {0}.
    InUse,
    /// Already bound.
    AlreadyBound,
    /// Desired {0} is not within {1} to {2}.
    DesiredOutOfBounds,
    /// Somebody changed it meanwhile (version {0}, yours {1}).
    Stale,
    /// Name or password is wrong.
    WrongCredentials,
    /// Too many attempts: try again in {0} s.
    TooManyAttempts,
    /// Sign in first.
    SignInFirst,
    /// Your role may not do this.
    Forbidden,
    /// Not found.
    NotFound,
    /// Only possible when {0}.
    WrongState,
    /// The typed name differs from {0}.
    NameNotRepeated,
    /// A part of the server does not answer ({0}); nothing was changed, try again. Incident {1}.
    Unavailable,
    /// Not of the form {0}.
    NotOfForm,
    /// The port {0} is used by a program that is none of the tenant's; which one is nobody's business.
    PortForeign,
}

impl Problem {
    /// A problem at a field.
    pub fn at(field: &str, code: Code) -> Self {
        Self {
            field: field.to_owned(),
            code,
            numbers: Vec::new(),
        }
    }
    /// The same with one more number or name for its sentence.
    #[must_use]
    pub fn with(mut self, number: impl ToString) -> Self {
        self.numbers.push(number.to_string());
        self
    }
}

/// All that is wrong with a request; never empty when it is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", self.0.iter().map(|p| format!("{}: {:?} {:?}", p.field, p.code, p.numbers)).collect::<Vec<_>>().join("; "))]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Problems {
    /// The HTTP status that says the same: 401, 403, 404, 409, 422, 429 or 503.
    pub fn status(&self) -> u16 {
        match self.0.first().map(|p| p.code) {
            Some(Code::SignInFirst | Code::WrongCredentials) => 401,
            Some(Code::Forbidden) => 403,
            Some(Code::NotFound) => 404,
            Some(Code::Stale | Code::InUse) => 409,
            Some(Code::TooManyAttempts) => 429,
            Some(Code::Unavailable) => 503,
            _ => 422,
        }
    }
}
