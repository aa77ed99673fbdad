//! The lease-and-intent protocol (design 2 and 6) as a model whose every state is searched: two servers, one group, any of
//! them asleep or dead at any point, calls that arrive late. Nothing of this ships; `docs/model.md` says what is modelled,
//! what is left out and why that is sound, and what was found.
//!
//! - [`case`]: a small world to begin with, and what people do to the group.
//! - [`rules`]: the protocol's rules, each with the mutant that lacks it.
//! - [`world`]: one state. [`store`]: what transactions do to it; [`driver`]: what calls do.
//! - [`planner`]: what a pass does about what it saw. No copy of any rule: it asks `engine::pass`.
//! - [`server`]: a pass, step by step. [`protocol`]: who may take which step next, for the checker.
//! - [`broken`]: the promises, and which of them a step broke. [`rest`]: where the world comes to once faults stop.
//!   [`happening`]: what has to happen somewhere, or the search proves nothing.
//!
//! Rules: a step is one that a crash can come before or after, and nothing smaller; whatever may happen at any time is a
//! step of its own; time is no number but the step in which it runs out.

pub mod broken;
pub mod case;
pub mod driver;
pub mod happening;
pub mod planner;
pub mod protocol;
pub mod rest;
pub mod rules;
pub mod server;
pub mod store;
pub mod world;
