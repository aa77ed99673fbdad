//! Where product time stood: the anchor and the mark (design 2).
//!
//! The anchor changes only with the scale, and only while no other server lives: all servers of a database run by one
//! anchor. One that slept for so long that it counted as gone may have been overtaken: it is refused when it next says that
//! it lives. The mark is product time a little ahead of now; a start begins at the later of the formula and the mark, so
//! product time never runs back, even when the wall clock did.

use super::StoreError;
use super::db::Db;
use super::sql::leases;
use super::tx::Tx;
use crate::clock::{Anchor, TimeScale, Wall};
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

/// Why a server does not get its product time.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Product time would run at two paces.
    #[error(
        "other servers on this database run at time scale {theirs}, not {ours}: start this one with --time-scale {theirs}, \
         or stop them first"
    )]
    Scale {
        /// The one they run at.
        theirs: u32,
        /// The one this server was to run at.
        ours: u32,
    },
}

/// What is stored; none before the first start.
///
/// # Errors
/// The database's answer.
pub async fn load_anchor(db: &Db) -> Result<Option<StoredTime>, StoreError> {
    stored(&mut *db.read("load the clock's anchor").await?).await
}

async fn stored(tx: &mut Tx) -> Result<Option<StoredTime>, StoreError> {
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

/// What a server runs by that starts with this scale, as whatever it owns leases as: the stored anchor, or a new one if the
/// scale is another. From here on the server lives, so that whoever starts next sees it.
///
/// # Errors
/// The database's answer, or another server runs at another scale.
pub async fn agree(db: &Db, server: &str, scale: TimeScale, wall: Wall) -> Result<StoredTime, ClockError> {
    let server = server.to_owned();
    db.write("agree on product time", move |tx| {
        Box::pin(async move { agreed(tx, &server, scale, wall).await })
    })
    .await
}

async fn agreed(tx: &mut Tx, server: &str, scale: TimeScale, wall: Wall) -> Result<StoredTime, ClockError> {
    let now = tx.database_wall().await?;
    let living = leases::live(tx, server, now).await?;
    let first = || StoreError::database("start the clock", "no first start was made");
    let stored = stored(tx).await?.ok_or_else(first)?;
    let anchor = stored.anchored(wall, scale);
    if anchor == stored.anchor {
        return Ok(stored);
    }
    if living.iter().any(|other| other != server) {
        return Err(ClockError::Scale {
            theirs: stored.anchor.scale.0,
            ours: scale.0,
        });
    }
    save(tx, anchor).await?;
    Ok(StoredTime { anchor, ..stored })
}

/// Stores the anchor of a new scale.
async fn save(tx: &mut Tx, anchor: Anchor) -> Result<(), StoreError> {
    let Anchor { wall, product, scale } = anchor;
    let sql = "UPDATE installation SET anchor_wall = $1, anchor_product = $2, anchor_scale = $3 WHERE one = 1";
    tx.execute(sql, values![wall, product, scale.0]).await.map(|_| ())
}

/// Refuses a server that runs by another anchor than the stored one: whoever set it anew did not see that server.
pub(super) async fn same(tx: &mut Tx, ours: Anchor) -> Result<(), StoreError> {
    match stored(tx).await? {
        Some(StoredTime { anchor, .. }) if anchor != ours => Err(StoreError::OtherTime { theirs: anchor.scale.0 }),
        _ => Ok(()),
    }
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
