//! The real control loop in a simulated world: a seed is a story of hours, run in a moment, the same every time.
//!
//! - [`story`]: what a seed makes of itself: a group, its traffic, what goes wrong and when, what people do.
//! - [`scene`]: plays a story: the loop of `control::pass` on the store in memory, the `simulated` driver and balancer, a
//!   clock that jumps to the next instant anybody waits for ([`timeline`]), and a runtime that knows when nobody has
//!   anything left to do ([`quiet`]).
//! - [`server`]: one server in it, which may crash before or after any call, sleep, or have its clock set.
//! - [`witness`]: sees every call and says when an invariant of the design breaks; [`rest`] says so once all is calm.
//! - [`shrink`]: the shortest story in which the same invariant still breaks.
//!
//! Rules: nothing here reads a clock, a random number or an environment variable while a story runs, everything of a story
//! runs on one thread, and what comes of it is a function of the seed, the hours and the kept events alone.

pub mod crowd;
pub mod dice;
pub mod gates;
pub mod quiet;
pub mod rest;
pub mod scene;
pub mod server;
pub mod shrink;
pub mod story;
pub mod timeline;
pub mod witness;

pub use scene::{Played, play};
pub use story::Story;
pub use witness::{Invariant, Violation};
