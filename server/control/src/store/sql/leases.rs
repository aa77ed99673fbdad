//! Which server works on which shard.
//!
//! The epoch grows whenever a shard changes hands, at a release too: what a former owner still sends is refused. Each
//! server says that it lives whenever it claims or renews, and holds its share of the shards among those that live
//! ([`rules`]).

use crate::clock::Wall;
use crate::store::rules::{self, lease_until};
use crate::store::tx::Tx;
use crate::store::{Lease, StoreError};
use crate::values;

/// What is done with the leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Takes what is free or expired, up to a share.
    Claim,
    /// Prolongs what is still held, and gives back what is beyond a share.
    Renew,
    /// Gives all back, and lives no more.
    Release,
}

/// Does it, and answers what `owner` holds afterwards.
pub(super) async fn act(tx: &mut Tx, owner: &str, act: Act, now: Wall) -> Result<Vec<Lease>, StoreError> {
    match act {
        Act::Claim => claim(tx, owner, now).await?,
        Act::Renew => renew(tx, owner, now).await?,
        Act::Release => release(tx, owner).await?,
    }
    held(tx, owner, now).await
}

/// Says that this server lives, forgets those that do not, and answers who lives.
pub(in crate::store) async fn live(tx: &mut Tx, owner: &str, now: Wall) -> Result<Vec<String>, StoreError> {
    let lives = "INSERT INTO servers (name, until_wall) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET until_wall = excluded.until_wall";
    tx.execute(lives, values![owner, lease_until(now)]).await?;
    tx.execute("DELETE FROM servers WHERE until_wall <= $1", values![now])
        .await?;
    let rows = tx.all("SELECT name FROM servers ORDER BY name", Vec::new()).await?;
    rows.iter().map(|row| row.get("name")).collect()
}

async fn claim(tx: &mut Tx, owner: &str, now: Wall) -> Result<(), StoreError> {
    let share = rules::share(&live(tx, owner, now).await?, owner);
    let rows = tx
        .all(
            "SELECT shard FROM leases WHERE until_wall <= $1 ORDER BY shard",
            values![now],
        )
        .await?;
    let free: Vec<u16> = rows.iter().map(|row| row.get("shard")).collect::<Result<_, _>>()?;
    let held = held(tx, owner, now).await?.len();
    for shard in rules::taken(&free, held, share) {
        // Another server may have been first since: whoever waited for its row sees that it is not free any more.
        let sql = "UPDATE leases SET owner = $1, epoch = epoch + 1, until_wall = $2
                   WHERE shard = $3 AND until_wall <= $4";
        tx.execute(sql, values![owner, lease_until(now), *shard, now]).await?;
    }
    Ok(())
}

async fn renew(tx: &mut Tx, owner: &str, now: Wall) -> Result<(), StoreError> {
    let share = rules::share(&live(tx, owner, now).await?, owner);
    let sql = "UPDATE leases SET until_wall = $3 WHERE owner = $1 AND until_wall > $2";
    tx.execute(sql, values![owner, now, lease_until(now)]).await?;
    for lease in rules::surplus(&held(tx, owner, now).await?, share) {
        let sql = "UPDATE leases SET owner = '', epoch = epoch + 1, until_wall = 0 WHERE shard = $1";
        tx.execute(sql, values![lease.shard]).await?;
    }
    Ok(())
}

async fn release(tx: &mut Tx, owner: &str) -> Result<(), StoreError> {
    let sql = "UPDATE leases SET owner = '', epoch = epoch + 1, until_wall = 0 WHERE owner = $1";
    tx.execute(sql, values![owner]).await?;
    tx.execute("DELETE FROM servers WHERE name = $1", values![owner])
        .await
        .map(|_| ())
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
