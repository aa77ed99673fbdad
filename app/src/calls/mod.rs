//! Server functions: the only way a page reaches the server. POST only, stable endpoints under `/api`, thin: take the
//! backend and the actor from the context, call, answer. Each says `output = JsonAnswer`: see [`crate::wire`].
//!
//! - [`error`]: what a refusal looks like on its way to the page, the typing included.
//! - [`session`], [`groups`], [`templates`], [`balancers`], [`search`],
//!   [`system`]: one file an area.
//! - `visit` (server only): what the host put into the context of this request.

pub mod balancers;
pub mod error;
pub mod groups;
pub mod search;
pub mod session;
pub mod system;
pub mod templates;
#[cfg(feature = "ssr")]
pub(crate) mod visit;

pub use error::{CallError, Values};
#[cfg(feature = "ssr")]
pub use session::{ClientAddress, SessionDoor, SessionHandle};
