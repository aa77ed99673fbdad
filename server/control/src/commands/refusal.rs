//! How a transaction says no: with what is wrong (for the user), or with what failed (for the log).

use crate::store::StoreError;
use api::problem::{Code, Problem, Problems};

/// Why a command or query was not done.
#[derive(Debug)]
pub enum Refusal {
    /// The user can do something about it.
    Wrong(Problems),
    /// The user cannot.
    Failed(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(why: StoreError) -> Self {
        Self::Failed(why)
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self::Wrong(problems)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Wrong(problem.into())
    }
}

/// Not there, or another tenant's: the same answer.
pub(crate) fn not_found() -> Refusal {
    Problem::at("", Code::NotFound).into()
}
