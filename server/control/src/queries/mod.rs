//! What people look at: one read of one moment a page, with the actor's tenant in every `WHERE`.
//!
//! - Lists go by keyset (sort key, id), never by offset; counts stop at [`COUNT_MAX`] ([`page`]).
//! - What nobody stores (the balancers' word about their members) comes through [`LiveView`].
//! - [`groups`], [`group`], [`instances`], [`activities`], [`decisions`], [`series`], [`instance_series`], [`logs`],
//!   [`overview`]: groups; [`templates`]; [`balancers`], [`balancer`]; [`common`]: frame, catalogue, who is signed in;
//!   [`system`]: how the installation does.

pub(crate) mod activities;
pub(crate) mod balancer;
pub(crate) mod balancers;
pub(crate) mod common;
pub(crate) mod decisions;
pub(crate) mod group;
pub(crate) mod groups;
pub(crate) mod instance_series;
pub(crate) mod instances;
mod live;
pub(crate) mod logs;
pub(crate) mod overview;
mod page;
pub(crate) mod series;
pub(crate) mod system;
pub(crate) mod templates;

pub use live::{BalancerLive, LiveView, NothingLive};
pub use page::COUNT_MAX;
