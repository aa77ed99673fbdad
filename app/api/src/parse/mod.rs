//! From texts as typed to newtypes: the only place where a field's own rules are checked, the same in browser and server.
//!
//! - Every form has one function here that answers the parsed request or *everything* that is wrong, each problem at the
//!   name of the form's field.
//! - A field is judged alone first ([`text`], [`number`]); rules across fields are `engine::model::validate`'s and are asked
//!   as soon as the fields they look at could be read, whatever else is wrong.
//! - Rules against the store (a name taken, an image that is not there) are the command's.

pub mod balancer;
pub mod group;
pub mod list;
pub mod number;
pub mod template;
pub mod text;

pub use balancer::{bind, load_balancer, vserver};
pub use group::{desired, group};
pub use list::{After, Asked, Column, Direction, Sort, list};
pub use template::template;

use crate::problem::{Problem, Problems};

/// Collects what is wrong, field by field.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<Problem>);

impl Found {
    /// Keeps the value, or notes what is wrong with it.
    pub(crate) fn keep<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.0.push(problem)).ok()
    }

    /// Notes one more problem.
    pub(crate) fn note(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The parsed request when nothing was wrong.
    pub(crate) fn end<T>(self, parsed: Option<T>) -> Result<T, Problems> {
        match parsed {
            Some(parsed) if self.0.is_empty() => Ok(parsed),
            _ => Err(Problems(self.0)),
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! How a table of forms is compared: `field Code number number` a problem.

    use crate::problem::Problems;
    use std::fmt::Debug;

    /// What is wrong, one text a problem.
    pub(crate) fn wrong<T: Debug>(parsed: Result<T, Problems>) -> Vec<String> {
        let problems = parsed.expect_err("it should be refused").0;
        let text = |p: &crate::problem::Problem| {
            let numbers: String = p.numbers.iter().map(|number| format!(" {number}")).collect();
            format!("{} {:?}{numbers}", p.field, p.code)
        };
        problems.iter().map(text).collect()
    }
}
