//! The console: pages and components, rendered on the server and hydrated in the browser.
//!
//! - [`calls`]: server functions, the only thing that touches the network.
//! - [`shell`]: the HTML document around [`App`]; [`visit`]: who visits, in which language and theme.
//! - [`pages`]: one file a page: resource, suspend, small pure components.
//! - [`components`]: what several pages share. [`forms`]: typed values, checked while typing. [`charts`]: pure options.
//! - [`live`]: the one event stream of a browser. [`wire`]: how answers are read.
//!
//! Both sides render the same text from the same data: no clock, locale, random or `window` is read while rendering.

#![recursion_limit = "256"]

pub mod calls;
pub mod charts;
pub mod components;
pub mod forms;
pub mod live;
pub mod pages;
mod shell;
pub mod visit;
pub mod wire;

pub use shell::{App, shell};
