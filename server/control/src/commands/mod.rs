//! What people change: gate -> parse -> one transaction with the audit row, the scaling log and the events -> wake.
//!
//! - [`console`]: the backend itself and what it needs. [`act`]: what every change writes beside itself. [`refusal`]: how a
//!   transaction says no. [`wake`]: how the loop is told to look.
//! - [`held`]: a group as a command holds it, and the one way it is stored again. [`groups`], [`size`], [`status`],
//!   [`bindings`], [`instances`], [`templates`], [`balancers`], [`vservers`]: one file an area.
//! - [`backend`]: the methods of `api::backend`, one line each.
//!
//! Rules: a refused command changes nothing, not even an audit row; every change of a group's status, spec, template,
//! bindings or desired makes a new spec version, which fences what the loop planned on the old one.

mod act;
mod backend;
mod balancers;
mod bindings;
mod console;
mod groups;
mod held;
mod instances;
mod refusal;
mod sign_in;
mod size;
mod status;
mod templates;
mod vservers;
pub mod wake;

use console::names;
pub use console::{Console, Options, Parts};
pub use refusal::Refusal;
pub(crate) use refusal::not_found;
pub use wake::{NoWake, Wake};
