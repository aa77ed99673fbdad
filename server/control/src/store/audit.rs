//! Who did what, written in the transaction that did it.

use super::StoreError;
use super::tx::{Tx, json};
use crate::clock::Wall;
use crate::values;
use engine::model::{TenantId, ids};

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit<'a> {
    /// Minted by the caller.
    pub id: u64,
    /// Whose things were changed.
    pub tenant: TenantId,
    /// Sign-in name of who did it.
    pub user: &'a str,
    /// What, such as `create_group`.
    pub action: &'static str,
    /// On what: an id, or a name where there is no id.
    pub resource: String,
    /// The numbers; a secret is written as `"set"`.
    pub detail: serde_json::Value,
    /// When.
    pub at: Wall,
}

/// How a line is called, in the table and in the log.
pub fn name(id: u64) -> String {
    format!("aud-{}", ids::encode(id))
}

/// Writes one line.
///
/// # Errors
/// The database's answer.
pub async fn append(tx: &mut Tx, line: Audit<'_>) -> Result<(), StoreError> {
    let Audit {
        id,
        tenant,
        user,
        action,
        resource,
        detail,
        at,
    } = line;
    let sql = "INSERT INTO audit (id, tenant_id, user_name, action, resource, detail, created_wall)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.execute(
        sql,
        values![name(id), tenant, user, action, resource, json(&detail), at],
    )
    .await?;
    Ok(())
}
