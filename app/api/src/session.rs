//! Signing in and out.

use crate::actor::Actor;
use serde::{Deserialize, Serialize};

/// What the sign-in page sends.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInForm {
    /// Sign-in name.
    pub name: String,
    /// Never logged: no `Debug`.
    pub password: String,
}

/// What every page needs to draw its frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Who is signed in, if anybody.
    pub actor: Option<Actor>,
    /// Product time now, unix milliseconds.
    pub now_ms: i64,
    /// Wall time now, unix milliseconds; with `scale` the browser goes on counting product time by itself.
    pub wall_ms: i64,
    /// Product seconds in a real one.
    pub scale: u32,
    /// Set when HAProxy is missing: what to install.
    pub balancer_missing: bool,
    /// The server's version.
    pub version: String,
}
