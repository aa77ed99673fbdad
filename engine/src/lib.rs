//! Tidegate's brain. Pure: no I/O, no clock, no calendar, no stateful randomness; native and wasm.
//!
//! The live loop, dry runs, previews, replays, the estimator and every test call these functions; a rule lives here
//! once and nowhere else.
//!
//! - [`model`]: the words (ids, units, group, instance, observation, plan, reasons).
//! - [`memory`]: what a group remembers between passes, and [`memory::fold`].
//! - [`census`]: what each member is, and how many of each.
//! - [`mod@decide`]: how many instances a group should have, and why.
//! - [`mod@plan`]: which steps bring it there, bounded, recovering before creating.

pub mod census;
pub mod decide;
pub mod memory;
pub mod model;
pub mod plan;
