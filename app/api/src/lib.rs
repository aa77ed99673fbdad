//! What console and server agree on: requests, answers, problems, texts, the `Backend` trait. No Leptos, no I/O.
//!
//! - [`actor`]: who asks. [`problem`]: how a refusal is said. [`backend`]: what can be asked.
//! - [`groups`], [`templates`], [`balancers`], [`catalogue`], [`session`], [`live`]: one file an area; each holds the
//!   form a browser sends (texts as typed), the parsed request, and the views it gets back.
//! - [`system`]: how the installation does. [`texts`]: the typed catalogue, English and Chinese.
//!
//! Parsing into newtypes happens here, once: one message in browser and server (design 1).

pub mod actor;
pub mod backend;
pub mod balancers;
pub mod catalogue;
pub mod groups;
pub mod live;
pub mod parse;
pub mod problem;
pub mod session;
pub mod system;
pub mod templates;
pub mod texts;
