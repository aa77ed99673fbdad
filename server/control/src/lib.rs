//! The scaling loop and everything it touches. No axum, no Leptos: loop tests and soak build without them.
//!
//! - [`clock`]: real and product time, passed in. [`ids`]: minted ids, passed in.
//! - [`store`]: what is remembered; [`drivers`]: where machines run; [`balancer`]: who sends them traffic.
//! - [`pass`]: observe -> fold -> decide -> plan -> intend -> apply -> settle.
//! - [`load`]: the load generator, `tidegate load`.
//! - [`auth`], [`commands`], [`queries`]: the two halves of every change and every page. [`request`]: the id a request
//!   is followed by. [`chain`]: an error with its causes, for the log. [`locked()`]: how a lock is taken.
//! - [`metrics`]: what is counted and timed, and how the parts do.

pub mod auth;
pub mod balancer;
pub mod chain;
pub mod clock;
pub mod commands;
pub mod drivers;
#[cfg(feature = "failpoints")]
pub mod failpoints;
pub mod ids;
pub mod load;
mod locked;
pub mod metrics;
pub mod pass;
pub mod queries;
pub mod request;
pub mod store;

pub use locked::locked;
