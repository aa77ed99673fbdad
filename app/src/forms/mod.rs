//! Forms: what was typed, what is wrong with it, and the fields that show both.

pub mod check;
pub mod field;
pub mod post;
pub mod typed;
