//! Checking a password: slowed down for guessers, silent about what was wrong.
//!
//! A name that nobody has is not logged: people type their password there by mistake.

use super::Console;
use crate::auth::Secret;
use crate::auth::users::{self, SignIn, SignInError, Visit};
use api::actor::{Actor, Role};
use api::backend::Answer;
use api::problem::{Code, Problem, Problems};

/// Checks name and password; failures count by (account, address).
pub(super) async fn check(console: &Console, name: &str, password: &str, from: &str) -> Answer<Actor> {
    let name = name.trim();
    console
        .lockout
        .begin(name, from, console.parts.clock.wall())
        .map_err(|wait| {
            let seconds = wait.as_millis().div_ceil(1_000);
            tracing::warn!(from, seconds, "too many failed sign-ins");
            Problem::at("", Code::TooManyAttempts).with(seconds)
        })?;
    let parts = &console.parts;
    let password = Secret::new(password.to_owned());
    let tried = users::sign_in(&parts.db, &console.passwords, &*parts.clock, name, password).await;
    match tried.map_err(|why| unavailable(console, &why))? {
        SignIn::Refused { account } => {
            tracing::info!(account = ?account, from, "a sign-in was refused");
            Err(Problem::at("", Code::WrongCredentials).into())
        }
        SignIn::Done { actor, visit } => {
            console.lockout.forgive(name, from);
            forget_first_password(console, &actor, visit).await;
            tracing::info!(user = %actor.user, name = actor.name, from, "signed in");
            Ok(actor)
        }
    }
}

fn unavailable(console: &Console, why: &SignInError) -> Problems {
    match why {
        SignInError::Store(why) => console.unavailable("database", why),
        SignInError::Password(why) => console.no_password(why),
    }
}

/// The file with the first admin's password has done its work at their first sign-in.
async fn forget_first_password(console: &Console, actor: &Actor, visit: Visit) {
    let (Role::PlatformAdmin, Visit::First, Some(path)) = (actor.role, visit, &console.options.first_password) else {
        return;
    };
    if let Err(why) = tokio::fs::remove_file(path).await
        && why.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %why, "remove this file: it holds the first admin's password");
    }
}
