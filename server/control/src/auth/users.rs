//! Users as the store knows them: signing in, reading one again, a new password for somebody.

use super::password::{Match, PASSWORD_MAX_BYTES};
use super::{PasswordError, Passwords, Secret, sessions};
use crate::clock::{Clock, Wall};
use crate::ids::Ids;
use crate::store::StoreError;
use crate::store::audit::{self, Audit};
use crate::store::db::Db;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use engine::model::{Timestamp, UserId};

/// Sign-in name of the first admin; the first start writes the row.
pub const FIRST_ADMIN: &str = "admin";

/// What signing in came to.
#[derive(Debug)]
pub enum SignIn {
    /// It is them.
    Done {
        /// Who.
        actor: Actor,
        /// Whether they ever signed in before.
        visit: Visit,
    },
    /// Name or password is wrong; which of them is the log's business only.
    Refused {
        /// Whose password it was not, if there is such a user.
        account: Option<UserId>,
    },
}

/// Whether a user ever signed in before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Never.
    First,
    /// They did.
    Again,
}

/// Why signing in could not be decided.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum SignInError {
    #[error("could not look a user up")]
    Store(#[from] StoreError),
    #[error("could not compare a password")]
    Password(#[from] PasswordError),
}

/// Checks name and password. An unknown name takes as long as a wrong password.
///
/// # Errors
/// The store's answer, or no randomness.
pub async fn sign_in(
    db: &Db,
    passwords: &Passwords,
    clock: &dyn Clock,
    name: &str,
    password: Secret<String>,
) -> Result<SignIn, SignInError> {
    let found = if password.expose().len() <= PASSWORD_MAX_BYTES {
        by_name(db, name).await?
    } else {
        None
    };
    let stored = found.as_ref().map(|found| found.hash.clone());
    let matched = passwords.compare(password.clone(), stored).await?;
    let account = found.as_ref().map(|found| found.actor.user);
    let (Some(found), Match::Yes | Match::YesButOld) = (found, matched) else {
        return Ok(SignIn::Refused { account });
    };
    if matched == Match::YesButOld {
        let hash = passwords.hash(password).await?;
        rehash(db, found.actor.user, found.hash, hash).await?;
    }
    note_visit(db, found.actor.user, clock.now()).await?;
    Ok(SignIn::Done {
        actor: found.actor,
        visit: found.visit,
    })
}

/// The user as they are now: a changed role acts at once, a deleted user is nobody.
///
/// # Errors
/// The store's answer.
pub async fn by_id(db: &Db, user: UserId) -> Result<Option<Actor>, StoreError> {
    let sql = "SELECT u.id, u.name, u.tenant_id, t.name AS tenant_name, u.role
               FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.id = $1";
    let found = db.first("read a user", sql, values![user]).await?;
    found.map(|row| actor(&row)).transpose()
}

/// Why a password could not be set.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum ResetError {
    #[error("there is no user named {0}")]
    NoSuchUser(String),
    #[error("could not set the password")]
    Store(#[from] StoreError),
    #[error("could not make a password")]
    Password(#[from] PasswordError),
}

/// `tidegate admin reset-password`: gives a user a new random password and ends all their sessions.
///
/// # Errors
/// There is no such user, or the store's answer.
pub async fn reset_password(db: &Db, ids: &dyn Ids, wall: Wall, name: &str) -> Result<Secret<String>, ResetError> {
    let password = super::new_password()?;
    let hash = Passwords::default().hash(password.clone()).await?;
    let (name, audit_id) = (name.to_owned(), ids.mint());
    db.write("reset a password", move |tx| {
        Box::pin(async move { reset(tx, audit_id, &name, &hash, wall).await })
    })
    .await?;
    Ok(password)
}

async fn reset(tx: &mut Tx, audit_id: u64, name: &str, hash: &str, wall: Wall) -> Result<(), ResetError> {
    let sql = "UPDATE users SET password_hash = $2 WHERE name = $1 RETURNING id, tenant_id";
    let row = tx.first(sql, values![name, hash]).await?;
    let row = row.ok_or_else(|| ResetError::NoSuchUser(name.to_owned()))?;
    let user: UserId = row.get("id")?;
    sessions::end_all_of(tx, user).await?;
    let line = Audit {
        id: audit_id,
        tenant: row.get("tenant_id")?,
        user: "(this host)",
        action: "reset_password",
        resource: user.to_string(),
        detail: serde_json::json!({ "name": name, "password": "set" }),
        at: wall,
    };
    Ok(audit::append(tx, line).await?)
}

struct Found {
    actor: Actor,
    hash: String,
    visit: Visit,
}

async fn by_name(db: &Db, name: &str) -> Result<Option<Found>, StoreError> {
    let sql = "SELECT u.id, u.name, u.tenant_id, t.name AS tenant_name, u.role, u.password_hash, u.signed_in_at
               FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.name = $1";
    let found = db.first("look a user up", sql, values![name]).await?;
    let Some(row) = found else { return Ok(None) };
    let before: Option<Timestamp> = row.get("signed_in_at")?;
    let visit = if before.is_some() { Visit::Again } else { Visit::First };
    Ok(Some(Found {
        actor: actor(&row)?,
        hash: row.get("password_hash")?,
        visit,
    }))
}

fn actor(row: &Row) -> Result<Actor, StoreError> {
    Ok(Actor {
        user: row.get("id")?,
        name: row.get("name")?,
        tenant: row.get("tenant_id")?,
        tenant_name: row.get("tenant_name")?,
        role: row.word("role")?,
    })
}

/// Replaces a hash of old costs, unless the password was set anew meanwhile.
async fn rehash(db: &Db, user: UserId, old: String, new: String) -> Result<(), StoreError> {
    let sql = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    let values = values![user, old, new];
    db.write("renew a password's hash", move |tx| {
        Box::pin(async move { tx.execute(sql, values).await.map(drop) })
    })
    .await
}

async fn note_visit(db: &Db, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE users SET signed_in_at = $2 WHERE id = $1";
    let values = values![user, now];
    db.write("note a sign-in", move |tx| {
        Box::pin(async move { tx.execute(sql, values).await.map(drop) })
    })
    .await
}
