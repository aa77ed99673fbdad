//! Which server works on which shard.
//!
//! The epoch grows whenever a shard changes hands, at a release too: what a former owner still sends is refused.

use crate::clock::Wall;
use crate::store::rules::lease_until;
use crate::store::tx::Tx;
use crate::store::{Lease, StoreError};
use crate::values;

/// What is done with the leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Takes every shard that is free or expired.
    Claim,
    /// Prolongs what is still held.
    Renew,
    /// Gives all back.
    Release,
}

/// Does it, and answers what `owner` holds afterwards.
pub(super) async fn act(tx: &mut Tx, owner: &str, act: Act, now: Wall) -> Result<Vec<Lease>, StoreError> {
    let until = lease_until(now);
    let (sql, values) = match act {
        Act::Claim => (
            "UPDATE leases SET owner = $1, epoch = epoch + 1, until_wall = $3 WHERE until_wall <= $2",
            values![owner, now, until],
        ),
        Act::Renew => (
            "UPDATE leases SET until_wall = $3 WHERE owner = $1 AND until_wall > $2",
            values![owner, now, until],
        ),
        Act::Release => (
            "UPDATE leases SET owner = '', epoch = epoch + 1, until_wall = 0 WHERE owner = $1",
            values![owner],
        ),
    };
    tx.execute(sql, values).await?;
    held(tx, owner, now).await
}

async fn held(tx: &mut Tx, owner: &str, now: Wall) -> Result<Vec<Lease>, StoreError> {
    let sql = "SELECT shard, epoch, until_wall FROM leases WHERE owner = $1 AND until_wall > $2 ORDER BY shard";
    let rows = tx.all(sql, values![owner, now]).await?;
    rows.iter()
        .map(|row| {
            Ok(Lease {
                shard: row.get("shard")?,
                epoch: row.get("epoch")?,
                until: row.get("until_wall")?,
            })
        })
        .collect()
}
