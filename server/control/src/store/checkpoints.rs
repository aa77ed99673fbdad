//! Brings what SQLite's log holds into the database's file, beside the writing.
//!
//! By itself SQLite does that within the commit that finds the log long: it, and everybody who waits behind it, then waits
//! for the disk a second time, and for pages all over the file. A connection of its own does it here; writers only go on
//! appending.
//!
//! While somebody writes all the time the log is never wholly brought over, so that it cannot begin anew and grows. When it
//! has [`LOG_MAX_PAGES`], writers wait once until the little that is left is over there too.

use super::pools::Pools;
use sqlx::{Row as _, SqlitePool};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Commits between two rounds. More, and a start after a crash reads a longer log; fewer, and the disk is asked more for the
/// same pages.
const COMMITS: u64 = 16;
/// Pages of 4 KiB the log may have. More takes disk, and a reader looks through more; fewer makes writers wait more often.
const LOG_MAX_PAGES: i64 = 16_384;

/// Commits so far: told by the writing task.
pub(super) type Commits = watch::Sender<u64>;

/// Works until the database is closed. On PostgreSQL that is the server's own business.
pub(super) async fn keep(pools: Pools, mut commits: watch::Receiver<u64>, closing: CancellationToken) {
    let Pools::Sqlite { log, .. } = pools else { return };
    let mut last = 0;
    while let Some(Ok(())) = closing.run_until_cancelled(commits.changed()).await {
        let now = *commits.borrow_and_update();
        if now < last + COMMITS {
            continue;
        }
        last = now;
        if let Err(why) = round(&log).await {
            // A full disk says so to those who write, too; the log holds everything until then.
            tracing::warn!(%why, "the database's log could not be brought into its file; it is tried again");
        }
    }
}

async fn round(log: &SqlitePool) -> Result<(), sqlx::Error> {
    let passed = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(log).await?;
    let pages: i64 = passed.try_get("log")?;
    if pages > LOG_MAX_PAGES {
        sqlx::query("PRAGMA wal_checkpoint(RESTART)").fetch_one(log).await?;
    }
    Ok(())
}
