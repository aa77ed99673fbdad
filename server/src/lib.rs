//! The host: configuration, doors and the commands of `tidegate`.
//!
//! - [`cli`]: the command line. [`config`]: settings. [`lock`]: one server a data folder. [`telemetry`]: the log.
//! - [`doors`]: everything that comes in by HTTP.
//! - [`serve`]: puts the parts together, runs them and ends them.

pub mod cli;
pub mod config;
pub mod doors;
pub mod lock;
pub mod serve;
pub mod telemetry;
