//! The console: pages and components, rendered on the server and hydrated in the browser.
//!
//! - [`calls`]: server functions, the only thing that touches the network.
//! - [`shell`]: the HTML document around [`App`].

pub mod calls;
mod shell;

pub use shell::{App, shell};
