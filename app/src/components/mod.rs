//! What several pages share: small, pure, each with what it needs as properties.

pub mod chart;
pub mod clock;
pub mod commands;
pub mod confirm;
pub mod frame;
pub mod gauge;
pub mod icon;
pub mod list;
pub mod markup;
pub mod menu;
pub mod palette;
pub mod popover;
pub mod refusal;
#[cfg(feature = "hydrate")]
pub mod script;
pub mod state;
pub mod title;
pub mod trail;
