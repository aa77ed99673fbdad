//! Sessions: what a cookie stands for. The host's session layer calls these five; what is in a session is its business.
//!
//! - Stored under the SHA-256 of the id: whoever reads the database cannot use what is there.
//! - Real time: a session ends by the wall clock, whatever the scale.
//! - [`save`] changes a session that is there and never makes one: a request that ends after the user signed out does not
//!   sign them in again.

use crate::clock::Wall;
use crate::store::db::Db;
use crate::store::{StoreError, tx::Tx};
use crate::values;
use engine::model::UserId;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What is kept of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose, once somebody signed in: their sessions end when their password is set anew.
    pub user: Option<UserId>,
    /// The session layer's own data.
    pub data: String,
    /// When it ends.
    pub expires: Wall,
}

/// Whether a new session could take its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is stored.
    Stored,
    /// There is one with this id: draw another.
    IdTaken,
}

/// Stores a new session.
///
/// # Errors
/// The store's answer.
pub async fn create(db: &Db, id: &str, session: Session) -> Result<Created, StoreError> {
    let id = hashed(id);
    db.write("create a session", move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO sessions (id_hash, user_id, data, expires_wall) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (id_hash) DO NOTHING";
            let added = tx
                .execute(sql, values![id, user(&session), session.data, session.expires])
                .await?;
            Ok(if added == 1 { Created::Stored } else { Created::IdTaken })
        })
    })
    .await
}

/// Changes a session that is there.
///
/// # Errors
/// The store's answer.
pub async fn save(db: &Db, id: &str, session: Session) -> Result<(), StoreError> {
    let id = hashed(id);
    let sql = "UPDATE sessions SET user_id = $2, data = $3, expires_wall = $4 WHERE id_hash = $1";
    let values = values![id, user(&session), session.data, session.expires];
    db.write("save a session", move |tx| {
        Box::pin(async move { tx.execute(sql, values).await.map(drop) })
    })
    .await
}

/// The session of this id, unless it is over.
///
/// # Errors
/// The store's answer.
pub async fn load(db: &Db, id: &str, now: Wall) -> Result<Option<Session>, StoreError> {
    let mut tx = db.read("load a session").await?;
    let sql = "SELECT user_id, data, expires_wall FROM sessions WHERE id_hash = $1 AND expires_wall > $2";
    let Some(row) = tx.first(sql, values![hashed(id), now]).await? else {
        return Ok(None);
    };
    Ok(Some(Session {
        user: row.get("user_id")?,
        data: row.get("data")?,
        expires: row.get("expires_wall")?,
    }))
}

/// Ends a session; one that is not there is ended already.
///
/// # Errors
/// The store's answer.
pub async fn delete(db: &Db, id: &str) -> Result<(), StoreError> {
    let (id, sql) = (hashed(id), "DELETE FROM sessions WHERE id_hash = $1");
    db.write("end a session", move |tx| {
        Box::pin(async move { tx.execute(sql, values![id]).await.map(drop) })
    })
    .await
}

/// Removes sessions that are over, at most `limit`; answers how many.
///
/// # Errors
/// The store's answer.
pub async fn sweep(db: &Db, now: Wall, limit: u32) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sessions WHERE id_hash IN
                   (SELECT id_hash FROM sessions WHERE expires_wall <= $1 ORDER BY expires_wall LIMIT $2)";
    db.write("sweep sessions", move |tx| {
        Box::pin(async move { tx.execute(sql, values![now, limit]).await })
    })
    .await
}

/// Ends every session of a user, in a transaction that has a reason for it.
///
/// # Errors
/// The store's answer.
pub async fn end_all_of(tx: &mut Tx, user: UserId) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM sessions WHERE user_id = $1", values![user])
        .await
}

fn user(session: &Session) -> String {
    session.user.map(|user| user.to_string()).unwrap_or_default()
}

fn hashed(id: &str) -> String {
    Sha256::digest(id.as_bytes())
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _cannot_fail = write!(hex, "{byte:02x}");
            hex
        })
}
