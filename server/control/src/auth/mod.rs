//! Who asks, and what they may do.
//!
//! - [`gate`]: actor x action x resource in one table; every method of the backend asks it first.
//! - [`password`]: argon2id, a few at a time. [`lockout`]: guessing gets slower. [`users`]: signing in, a new
//!   password for somebody. [`sessions`]: what a cookie stands for.
//! - [`secret`]: what must never be printed.
//!
//! Rules: an unknown account takes as long as a wrong password; a password is never logged, shown or stored; a session is
//! stored under the hash of its id, so that whoever reads the database cannot use it.

pub mod gate;
pub mod lockout;
pub mod password;
pub mod secret;
pub mod sessions;
pub mod users;

pub use password::{PasswordError, Passwords, hash, new_password};
pub use secret::Secret;
