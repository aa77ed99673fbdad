//! Where product time stood: the anchor and the mark (design 2).
//!
//! The anchor changes only with the scale. The mark is product time a little ahead of now; a start begins at the later of
//! the formula and the mark, so product time never runs back, even when the wall clock did.

use super::StoreError;
use super::db::Db;
use crate::clock::{Anchor, TimeScale};
use crate::values;
use engine::model::Timestamp;

/// What is stored of product time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredTime {
    /// The anchor.
    pub anchor: Anchor,
    /// Product time never starts before this.
    pub mark: Timestamp,
}

/// What is stored; none before the first start.
///
/// # Errors
/// The database's answer.
pub async fn load_anchor(db: &Db) -> Result<Option<StoredTime>, StoreError> {
    let mut tx = db.read("load the clock's anchor").await?;
    let sql = "SELECT anchor_wall, anchor_product, anchor_scale, mark_product FROM installation WHERE one = 1";
    let Some(row) = tx.first(sql, Vec::new()).await? else {
        return Ok(None);
    };
    let anchor = Anchor {
        wall: row.get("anchor_wall")?,
        product: row.get("anchor_product")?,
        scale: TimeScale(row.get("anchor_scale")?),
    };
    Ok(Some(StoredTime {
        anchor,
        mark: row.get("mark_product")?,
    }))
}

/// Stores the anchor of a new scale.
///
/// # Errors
/// The database's answer.
pub async fn save_anchor(db: &Db, anchor: Anchor) -> Result<(), StoreError> {
    let Anchor { wall, product, scale } = anchor;
    db.write("save the clock's anchor", move |tx| {
        Box::pin(async move {
            let sql = "UPDATE installation SET anchor_wall = $1, anchor_product = $2, anchor_scale = $3 WHERE one = 1";
            tx.execute(sql, values![wall, product, scale.0]).await.map(|_| ())
        })
    })
    .await
}

/// Moves the mark forward; never back.
///
/// # Errors
/// The database's answer.
pub async fn mark(db: &Db, product: Timestamp) -> Result<(), StoreError> {
    db.write("mark product time", move |tx| {
        Box::pin(async move {
            let sql = "UPDATE installation SET mark_product = $1 WHERE one = 1 AND mark_product < $1";
            tx.execute(sql, values![product]).await.map(|_| ())
        })
    })
    .await
}
