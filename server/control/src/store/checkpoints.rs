//! Brings what SQLite's log holds into the database's file, beside the writing.
//!
//! By itself SQLite does that within the commit that finds the log long: it, and everybody who waits behind it, then waits
//! for the disk a second time, and for pages all over the file. A connection of its own does it here; writers only go on
//! appending.
//!
//! While somebody writes all the time the log is never wholly brought over, so that it cannot begin anew and grows. When it
//! has [`LOG_MAX_PAGES`], the writing task brings the little that is left over itself, between two commits: nobody else
//! would get a turn between them.

use super::pools::Pools;
use sqlx::{Row as _, SqlitePool};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Commits between two rounds. More, and a start after a crash reads a longer log; fewer, and the disk is asked more for the
/// same pages.
const COMMITS: u64 = 16;
/// Pages of 4 KiB the log may have. More takes disk, and a reader looks through more; fewer makes writers wait more often.
const LOG_MAX_PAGES: i64 = 16_384;

/// What the writing task and the one that brings the log over tell each other.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    commits: watch::Sender<u64>,
    /// The log has to begin anew.
    long: Arc<AtomicBool>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            commits: watch::Sender::new(0),
            long: Arc::default(),
        }
    }

    /// The writing task has committed, and nobody writes now.
    pub(super) async fn committed(&self, pools: &Pools) {
        self.commits.send_modify(|commits| *commits += 1);
        if let Pools::Sqlite { write, .. } = pools
            && self.long.swap(false, Ordering::Relaxed)
        {
            let begun_anew = sqlx::query("PRAGMA wal_checkpoint(RESTART)").fetch_one(write).await;
            said(begun_anew.map(drop));
        }
    }
}

/// Works until the database is closed. On PostgreSQL that is the server's own business.
pub(super) async fn keep(pools: Pools, progress: Progress, closing: CancellationToken) {
    let Pools::Sqlite { log, .. } = pools else { return };
    let (mut commits, mut last) = (progress.commits.subscribe(), 0);
    while let Some(Ok(())) = closing.run_until_cancelled(commits.changed()).await {
        let now = *commits.borrow_and_update();
        if now < last + COMMITS {
            continue;
        }
        last = now;
        let pages = bring_over(&log).await;
        if pages.as_ref().is_ok_and(|pages| *pages > LOG_MAX_PAGES) {
            progress.long.store(true, Ordering::Relaxed);
        }
        said(pages.map(drop));
    }
}

/// All that no reader still needs where it is; answers how many pages the log has.
async fn bring_over(log: &SqlitePool) -> Result<i64, sqlx::Error> {
    let passed = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(log).await?;
    passed.try_get("log")
}

/// A full disk says so to those who write, too; the log holds everything until it is brought over.
fn said(done: Result<(), sqlx::Error>) {
    if let Err(why) = done {
        tracing::warn!(%why, "the database's log could not be brought into its file; it is tried again");
    }
}
