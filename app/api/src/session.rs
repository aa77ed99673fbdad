//! Signing in and out, and where one may be led afterwards.

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

/// A path of ours, or nothing: never another host's (`//x`, `/\x`, `https:`), and nothing but printable ASCII, so that
/// it can stand in a header. No address of the console is longer than the limit.
pub fn own_path(asked: &str) -> Option<&str> {
    let local = asked.starts_with('/') && !asked.starts_with("//") && !asked.contains('\\');
    let clean = asked.len() <= 2_000 && asked.bytes().all(|byte| byte.is_ascii_graphic());
    (local && clean).then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn one_is_led_to_an_own_path_only() {
        for own in ["/", "/groups/asg-1?tab=log", "/groups?after=x#top"] {
            assert_eq!(own_path(own), Some(own));
        }
        let long = format!("/{}", "x".repeat(2_000));
        for foreign in [
            "",
            "groups",
            "//evil.example",
            "/\\evil",
            "https://evil.example",
            "/a b",
            "/a\r\nSet-Cookie: x",
            "/\u{e9}",
            &long,
        ] {
            assert_eq!(own_path(foreign), None, "{foreign:?}");
        }
    }
}
