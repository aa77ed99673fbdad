//! Sessions: what a cookie stands for. The host's session layer calls these; what is in a session is its business.
//!
//! - Stored under the SHA-256 of the id: whoever reads the database cannot use what is there.
//! - Real time: a session ends by the wall clock, whatever the scale. What is over goes with the store's sweep.
//! - [`save`] changes a session that is there and never makes one: a request that ends after the user signed out does not
//!   sign them in again.

use crate::clock::Wall;
use crate::store::StoreError;
use crate::store::db::Db;
use crate::store::tx::{Tx, Value};
use crate::values;
use engine::model::{TenantId, UserId};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
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
    let sql = "SELECT user_id, data, expires_wall FROM sessions WHERE id_hash = $1 AND expires_wall > $2";
    let found = db.first("load a session", sql, values![hashed(id), now]).await?;
    let Some(row) = found else { return Ok(None) };
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

/// Whose session it is and where they are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub user: UserId,
    /// The tenant they are in now.
    pub tenant: TenantId,
}

/// Sessions asked after in one statement. More would be a longer text to parse for servers with few streams.
const ASKED_AT_ONCE: usize = 32;

/// Which of these sessions stand: not ended by whatever process, not over, their user still there. Cheap enough to be
/// asked several times a second for every open event stream: one indexed statement for 32 of them.
///
/// # Errors
/// The store's answer.
pub async fn standing(db: &Db, ids: &[String], now: Wall) -> Result<BTreeMap<String, Standing>, StoreError> {
    let sql = "SELECT s.id_hash, u.id AS user_id, u.tenant_id FROM sessions s JOIN users u ON u.id = s.user_id
               WHERE s.expires_wall > $1 AND s.id_hash IN
                   ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
    let mut stand = BTreeMap::new();
    for some in ids.chunks(ASKED_AT_ONCE) {
        let by_hash: BTreeMap<String, &String> = some.iter().map(|id| (hashed(id), id)).collect();
        let mut values = values![now];
        values.extend(by_hash.keys().map(Value::from));
        // The hash of nothing is never stored.
        values.resize(ASKED_AT_ONCE + 1, Value::from(""));
        for row in db.all("look which sessions stand", sql, values).await? {
            let (user, tenant) = (row.get("user_id")?, row.get("tenant_id")?);
            if let Some(id) = by_hash.get(&row.get::<String>("id_hash")?) {
                stand.insert((*id).clone(), Standing { user, tenant });
            }
        }
    }
    Ok(stand)
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
