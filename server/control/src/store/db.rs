//! The database: where it is, how it is opened, and the ways in.
//!
//! - [`Db::read`] begins a transaction that sees one moment; as many at once as there are readers. For a single statement
//!   there are [`Db::first`] and [`Db::all`].
//! - [`Db::write`] hands work to the one writing task ([`super::writer`]) and waits until it is durable.
//!
//! Durable in earnest: an intent that was answered must survive a power cut, or a machine could be paid for twice. What
//! the databases promise, and how, is in [`super::pools`].

use super::batches;
use super::checkpoints::{self, Progress};
use super::database_url::DatabaseUrl;
use super::pools::Pools;
use super::reader::{self, READERS, Reader, WANTED_MAX, Wanted};
use super::settler::{self, Asked, SETTLERS, Settler, WISHES_MAX};
use super::sql::quiet::Wish;
use super::tx::{Row, Tx, Value};
use super::voice::{self, Heard, Voice};
use super::writer::{Job, QUEUE_MAX, Writer, submit};
use super::{GroupRecord, StoreError};
use engine::model::{GroupId, TenantId};
use futures::future::BoxFuture;
use sqlx::sqlite::SqliteSynchronous;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Wakes a listener may fall behind before it is told that it missed some (it then reads by sequence anyway).
const WAKES: usize = 1024;

/// The database, cheap to clone. Made inside a tokio runtime, which its writing task lives in.
#[derive(Debug, Clone)]
pub struct Db(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pools: Pools,
    jobs: mpsc::Sender<Box<dyn Job>>,
    wanted: mpsc::Sender<Wanted>,
    wishes: mpsc::Sender<Asked>,
    wakes: broadcast::Sender<(TenantId, i64)>,
    voice: Voice,
    closing: CancellationToken,
    tasks: TaskTracker,
    /// Removed with the last handle: a test's own file.
    scratch: Option<PathBuf>,
}

/// A reading transaction: a [`Tx`] that sees one moment and ends when dropped.
#[derive(Debug)]
pub struct ReadTx(Tx);

impl Deref for ReadTx {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.0
    }
}

impl DerefMut for ReadTx {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.0
    }
}

impl Db {
    /// Opens the SQLite file, made if it is not there. Call [`Db::migrate`] next.
    ///
    /// # Errors
    /// The file cannot be opened or is no database.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_as(path, SqliteSynchronous::Full, None).await
    }

    /// Opens the PostgreSQL database, which has to be there. Call [`Db::migrate`] next.
    ///
    /// # Errors
    /// It does not answer within 5 s, or does not let us in.
    pub async fn connect(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let opened = Pools::postgres(url).await;
        opened
            .map(|pools| Self::working(pools, None))
            .map_err(|why| StoreError::database("open the database", why))
    }

    /// A migrated SQLite database of its own in the directory for temporary files, gone with its last handle. For tests: it
    /// does not wait for the disk.
    ///
    /// # Errors
    /// The file cannot be made.
    pub async fn scratch() -> Result<Self, StoreError> {
        let name = getrandom::u64().map_err(|why| StoreError::database("make a scratch database", why.to_string()))?;
        let path = std::env::temp_dir().join(format!("tidegate-scratch-{name:016x}.db"));
        let db = Self::open_as(&path, SqliteSynchronous::Off, Some(path.clone())).await?;
        db.migrate().await?;
        Ok(db)
    }

    async fn open_as(
        path: &Path,
        synchronous: SqliteSynchronous,
        scratch: Option<PathBuf>,
    ) -> Result<Self, StoreError> {
        let opened = Pools::sqlite(path, synchronous).await;
        opened
            .map(|pools| Self::working(pools, scratch))
            .map_err(|why| StoreError::database("open the database", why))
    }

    fn working(pools: Pools, scratch: Option<PathBuf>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_MAX);
        let wakes = broadcast::Sender::new(WAKES);
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let voice = Voice::new();
        let progress = Progress::new();
        tasks.spawn(checkpoints::keep(pools.clone(), progress.clone(), closing.clone()));
        let writer = Writer {
            pools: pools.clone(),
            jobs: queue,
            wakes: wakes.clone(),
            voice: voice.clone(),
            progress,
            closing: closing.clone(),
        };
        tasks.spawn(writer.work());
        let (wanted, asked) = batches::queue(WANTED_MAX, &closing);
        let reader = Reader {
            pools: pools.clone(),
            wanted: asked,
        };
        for _ in 0..READERS {
            tasks.spawn(reader.clone().work());
        }
        let (wishes, asked) = batches::queue(WISHES_MAX, &closing);
        let settler = Settler {
            jobs: jobs.clone(),
            asked,
        };
        for _ in 0..SETTLERS {
            tasks.spawn(settler.clone().work());
        }
        tasks.close();
        Self(Arc::new(Inner {
            pools,
            jobs,
            wanted,
            wishes,
            wakes,
            voice,
            closing,
            tasks,
            scratch,
        }))
    }

    /// Brings the schema to the newest version; does nothing if it is there. A database of a newer program is refused.
    ///
    /// # Errors
    /// A migration failed, or was changed after it was applied.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let done = self.0.pools.migrate().await;
        done.map_err(|why| StoreError::database("bring the schema to its newest version", why))
    }

    /// Begins a transaction that sees one moment: `let mut tx = db.read("list groups").await?;`. It ends when dropped;
    /// do not hold it across slow things.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(&self, operation: &'static str) -> Result<ReadTx, StoreError> {
        let begun = self.0.pools.begin_read().await;
        let begun = begun.map_err(|why| StoreError::database(operation, why))?;
        Ok(ReadTx(Tx::new(begun, operation)))
    }

    /// The first row of one statement's answer, if there is one: cheaper than a transaction around it, which is one
    /// question more.
    ///
    /// # Errors
    /// The database's answer.
    pub async fn first(
        &self,
        operation: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        self.once(operation).await?.first(sql, values).await
    }

    /// Every row of one statement's answer, as [`Db::first`].
    ///
    /// # Errors
    /// The database's answer.
    pub async fn all(
        &self,
        operation: &'static str,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.once(operation).await?.all(sql, values).await
    }

    async fn once(&self, operation: &'static str) -> Result<Tx, StoreError> {
        let ready = self.0.pools.once().await;
        let ready = ready.map_err(|why| StoreError::database(operation, why))?;
        Ok(Tx::new(ready, operation))
    }

    /// A group as a pass reads it; `None` if it is gone. Asked together with whoever asks at the same time.
    ///
    /// # Errors
    /// The database does not answer within 5 s, or what is stored cannot be read.
    pub(super) async fn load(&self, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
        reader::ask(&self.0.wanted, group).await
    }

    /// Writes a settlement in which nothing happened but a cycle, together with others of its kind.
    ///
    /// # Errors
    /// The lease is lost, or the database does not answer.
    pub(super) async fn settle(&self, wish: Wish) -> Result<(), StoreError> {
        settler::ask(&self.0.wishes, wish).await
    }

    /// Does `work` in one writing transaction and answers once it is durable. An error of `work` undoes all of it and
    /// is answered as it is.
    ///
    /// ```ignore
    /// db.write("create group", move |tx| Box::pin(async move {
    ///     tx.execute("INSERT ...", values![id, now]).await?;
    ///     audit::append(tx, line).await?;
    ///     Ok(id)
    /// })).await
    /// ```
    ///
    /// The work must await nothing but `tx`: every other writer waits for it.
    ///
    /// # Errors
    /// What `work` answers, or that the database does not.
    pub async fn write<T, E, F>(&self, operation: &'static str, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        submit(&self.0.jobs, operation, work).await
    }

    /// Wakes after each commit that appended events: whose, and up to which sequence. Other servers' too, once they are
    /// heard ([`Db::heard`]).
    pub fn events(&self) -> broadcast::Receiver<(TenantId, i64)> {
        self.0.wakes.subscribe()
    }

    /// What other servers on the same database say from now on; none where there can be no other. From the first call on
    /// this one hears them and tells them, too: of events at once, of groups and balancers by [`Db::tell_group`] and
    /// [`Db::tell_balancers`].
    pub fn heard(&self) -> Option<broadcast::Receiver<Heard>> {
        let ears = self.0.pools.ears()?;
        let (voice, closing) = (&self.0.voice, &self.0.closing);
        let heard = voice.listen();
        if voice.begin() {
            let speak = voice::speak(voice.clone(), ears.to_ask.clone(), closing.clone());
            let listen = voice::listen(voice.clone(), ears, self.0.wakes.clone(), closing.clone());
            self.0.tasks.spawn(speak);
            self.0.tasks.spawn(listen);
        }
        Some(heard)
    }

    /// Tells other servers to look at this group.
    pub fn tell_group(&self, id: GroupId) {
        self.0.voice.group(id);
    }

    /// Tells other servers to look at the load balancers.
    pub fn tell_balancers(&self) {
        self.0.voice.balancers();
    }

    /// Finishes the writing jobs that wait and closes the database; later writes and reads are refused, and so are reads
    /// and settlements of passes that wait by then: a loop has to end before.
    pub async fn close(&self) {
        self.0.closing.cancel();
        self.0.tasks.wait().await;
        self.0.pools.close().await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(path) = &self.scratch else { return };
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            // It may not be there; what stays behind is a temporary file.
            drop(std::fs::remove_file(name));
        }
    }
}
