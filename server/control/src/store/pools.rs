//! The two databases: how each is opened, how a transaction begins in it, and what that promises.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | a reader sees one moment | a transaction of WAL mode | `REPEATABLE READ READ ONLY` |
//! | one writer at a time | `BEGIN IMMEDIATE` locks the file | `READ COMMITTED` behind one advisory lock |
//! | durable | `synchronous=FULL` | as its administrator set it; the default is |
//!
//! *Writing on PostgreSQL.* Several servers may share a database, and the writing task of each commits many jobs at once
//! ([`super::writer`]). Row locks would have two such batches wait for each other in a circle, and a batch that is killed
//! for that cannot be repeated, since its jobs are done once. So a batch first takes the database's one *turn to write*
//! and keeps it until its commit: writers follow one another, over all servers, exactly as with SQLite. Each statement
//! after that sees all that was committed before, so "read, decide, write" in a job needs no lock of its own: a fence, a
//! spec version, the lowest free address or an event sequence that was read is still true when the job writes. No
//! statement outside of [`super::Db::write`] changes anything. A server that dies or hangs with the turn in its hands
//! loses it after [`IDLE_LIMIT_MS`].
//!
//! *Telling each other to look* is PostgreSQL's own, too: [`super::voice`].

use super::database_url::DatabaseUrl;
use super::migrations;
use sqlx::migrate::MigrateError;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{
    ConnectOptions as _, Connection as _, Database, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection,
    SqlitePool, Transaction,
};
use std::path::Path;
use std::time::Duration;

/// Readers at once. More than a few times the cores only adds switching; fewer makes pages queue.
const READERS: u32 = 8;
/// How long a connection waits for another process's lock, and a transaction for a connection. Longer and a stuck
/// neighbour, or a database that is gone, stalls passes; shorter and a busy moment fails them.
pub(super) const WAIT: Duration = Duration::from_secs(5);
/// Prepared statements kept by a connection: all of ours fit, so none is parsed twice.
const STATEMENTS: usize = 512;
/// Rows that a connection's thread hands over before it waits for whoever reads them: a page of a list fits, so that its
/// thread is not woken again in the middle of it.
const ROWS: usize = 256;
/// PostgreSQL ends a transaction that is asked nothing for so long, in milliseconds. Longer and the other servers wait
/// for one that hangs; shorter and a slow job is cut off.
const IDLE_LIMIT_MS: &str = "10000";
/// PostgreSQL gives up a statement after so long, in milliseconds. None of ours takes a hundredth of it; without a limit
/// one bad plan would hold up every writer.
const STATEMENT_LIMIT_MS: &str = "30000";
/// The first half of the advisory lock's key ("tide" in ASCII); the second is the id of our own table, so that two
/// schemas of one database do not wait for each other.
const TURN_TO_WRITE: &str = "SELECT pg_advisory_xact_lock(1953064037, 'leases'::regclass::oid::int)";

/// The pools of a database; cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Pools {
    /// One file; `write` has one connection, used by the writing task and by migrations, and so has `log`, used by
    /// [`super::checkpoints`].
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        log: SqlitePool,
    },
    /// A database server; `write` has one connection, too.
    Postgres { read: PgPool, write: PgPool },
}

/// What other servers are heard by.
pub(super) struct Ears {
    /// For the one connection that listens: whoever keeps it waits on it for ever.
    pub(super) to_hear: PgPool,
    /// For what has to be asked before.
    pub(super) to_ask: PgPool,
}

/// A transaction that was begun, or a connection for one statement, which is a transaction by itself.
#[derive(Debug)]
pub(super) enum Begun {
    Sqlite(Transaction<'static, Sqlite>),
    SqliteOnce(PoolConnection<Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    PostgresOnce(PoolConnection<Postgres>),
}

/// What statements are asked of, by database.
pub(super) enum Asked<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Begun {
    pub(super) fn asked(&mut self) -> Asked<'_> {
        match self {
            Self::Sqlite(tx) => Asked::Sqlite(tx),
            Self::SqliteOnce(connection) => Asked::Sqlite(connection),
            Self::Postgres(tx) => Asked::Postgres(tx),
            Self::PostgresOnce(connection) => Asked::Postgres(connection),
        }
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
            Self::SqliteOnce(_) | Self::PostgresOnce(_) => Ok(()),
        }
    }
}

impl Pools {
    /// Opens the file, made if it is not there.
    pub(super) async fn sqlite(path: &Path, synchronous: SqliteSynchronous) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(WAIT)
            .foreign_keys(true)
            .pragma("wal_autocheckpoint", "0")
            .statement_cache_capacity(STATEMENTS)
            .row_buffer_size(ROWS);
        // A file needs no question whether it is still there: that would be another one before each.
        let pool = |size, options| sized::<Sqlite>(size).test_before_acquire(false).connect_with(options);
        // The writer first: it makes the file and turns WAL on, which readers may not.
        let write = pool(1, options.clone()).await?;
        let log = pool(1, options.clone()).await?;
        let read = pool(READERS, options.pragma("query_only", "ON")).await?;
        Ok(Self::Sqlite { read, write, log })
    }

    /// Opens the database, which has to be there.
    pub(super) async fn postgres(url: &DatabaseUrl) -> Result<Self, sqlx::Error> {
        let options = url.options().clone().statement_cache_capacity(STATEMENTS);
        reach(&options).await?;
        let options = options.options([
            ("lock_timeout", format!("{}", WAIT.as_millis())),
            ("idle_in_transaction_session_timeout", IDLE_LIMIT_MS.to_owned()),
            ("statement_timeout", STATEMENT_LIMIT_MS.to_owned()),
        ]);
        let pool = |size, options| sized::<Postgres>(size).connect_lazy_with(options);
        Ok(Self::Postgres {
            read: pool(READERS, options.clone()),
            write: pool(1, options),
        })
    }

    /// Brings the schema to the newest version.
    pub(super) async fn migrate(&self) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite { write, .. } => migrations::sqlite().run(write).await,
            Self::Postgres { write, .. } => {
                // A connection of its own, without our limits on time: another server may be migrating, and rewriting a
                // table takes what it takes. Closed in any case: a refusal leaves the migrator's lock with its session.
                let options = write.connect_options().as_ref().clone().options([
                    ("lock_timeout", "0"),
                    ("idle_in_transaction_session_timeout", "0"),
                    ("statement_timeout", "0"),
                ]);
                let mut alone = options.connect().await?;
                let done = migrations::postgres().run(&mut alone).await;
                drop(alone.close().await);
                done
            }
        }
    }

    /// Begins to read one moment.
    pub(super) async fn begin_read(&self) -> Result<Begun, sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => read.begin().await.map(Begun::Sqlite),
            Self::Postgres { read, .. } => {
                let begun = read.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await;
                begun.map(Begun::Postgres)
            }
        }
    }

    /// For one statement that reads: it sees one moment by itself, and spares the question that begins a transaction.
    pub(super) async fn once(&self) -> Result<Begun, sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => read.acquire().await.map(Begun::SqliteOnce),
            Self::Postgres { read, .. } => read.acquire().await.map(Begun::PostgresOnce),
        }
    }

    /// Begins to write, alone: nobody else writes until it ends.
    pub(super) async fn begin_write(&self) -> Result<Begun, sqlx::Error> {
        match self {
            Self::Sqlite { write, .. } => begin_immediate(write).await.map(Begun::Sqlite),
            Self::Postgres { write, .. } => {
                let mut begun = write.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
                sqlx::query(TURN_TO_WRITE).execute(&mut *begun).await?;
                Ok(Begun::Postgres(begun))
            }
        }
    }

    /// What other servers are told and heard by; none where there cannot be any.
    pub(super) fn ears(&self) -> Option<Ears> {
        let Self::Postgres { read, .. } = self else { return None };
        let options = read.connect_options().as_ref().clone();
        Some(Ears {
            to_hear: sized::<Postgres>(1).connect_lazy_with(options),
            to_ask: read.clone(),
        })
    }

    /// Closes all connections, once they are no longer in use.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { read, write, log } => {
                // The writer last: whoever closes a file last brings its whole log over.
                futures::join!(read.close(), log.close());
                write.close().await;
            }
            Self::Postgres { read, write } => {
                futures::join!(read.close(), write.close());
            }
        }
    }
}

/// Begins on the one connection that writes. A commit that failed (a full disk) was undone by SQLite itself, and sqlx, whose
/// `ROLLBACK` then found nothing to undo, counts that transaction as open for ever: such a connection begins nothing any more,
/// so it makes room for a new one.
async fn begin_immediate(write: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    const BEGIN: &str = "BEGIN IMMEDIATE";
    match write.begin_with(BEGIN).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            write.acquire().await?.close().await?;
            write.begin_with(BEGIN).await
        }
        begun => begun,
    }
}

/// Tries once, for the reason: a pool would only say that it waited in vain.
async fn reach(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    match tokio::time::timeout(WAIT, options.connect()).await {
        Ok(connected) => connected?.close().await,
        Err(_elapsed) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// A pool of at most so many connections.
fn sized<DB: Database>(size: u32) -> PoolOptions<DB> {
    PoolOptions::new().max_connections(size).acquire_timeout(WAIT)
}
