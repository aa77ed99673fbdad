//! The checks of `api`, by form: one message in browser and server.

use super::typed::form_of;
use crate::calls::Values;
use api::parse;
use api::problem::{Problem, Problems};

fn wrong<T>(parsed: Result<T, Problems>) -> Vec<Problem> {
    parsed.err().map(|problems| problems.0).unwrap_or_default()
}

/// A group.
pub fn group(values: &Values) -> Vec<Problem> {
    wrong(parse::group(&form_of(values)))
}

/// A template.
pub fn template(values: &Values) -> Vec<Problem> {
    wrong(parse::template(&form_of(values)))
}

/// A load balancer.
pub fn balancer(values: &Values) -> Vec<Problem> {
    wrong(parse::load_balancer(&form_of(values)))
}

/// A VServer.
pub fn vserver(values: &Values) -> Vec<Problem> {
    wrong(parse::vserver(&form_of(values)))
}

/// A binding.
pub fn bind(values: &Values) -> Vec<Problem> {
    wrong(parse::bind(&form_of(values)))
}
