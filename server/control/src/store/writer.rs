//! The one task that writes, with group commit.
//!
//! A commit waits for the disk; the work of a job does not. So the task takes every job that is
//! waiting (at most [`BATCH_MAX`]) into one transaction, each in its own savepoint so that one job's refusal undoes
//! nothing of another's, commits once, and only then answers them all: nobody is told "done" before it is durable.
//!
//! While a batch is under way nobody else writes, no other server either ([`super::pools`]): what a job reads stays true
//! until it is committed.
//!
//! A job whose caller went away is still done. A job that panics is undone and answered with an error.

use super::StoreError;
use super::checkpoints::Progress;
use super::pools::Pools;
use super::tx::Tx;
use super::voice::Voice;
use async_trait::async_trait;
use engine::model::TenantId;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Jobs in one transaction. Larger and the first of them waits long for its answer; smaller and the disk is asked more.
const BATCH_MAX: usize = 64;
/// Jobs that may wait. Larger only hides an overload; smaller makes callers take turns.
pub(super) const QUEUE_MAX: usize = 256;

/// What the task is handed.
#[async_trait]
pub(super) trait Job: Send {
    /// What for.
    fn operation(&self) -> &'static str;
    /// Does the work; whether to keep it.
    async fn run(&mut self, tx: &mut Tx) -> Keep;
    /// Tells the caller, once the transaction is over.
    fn answer(self: Box<Self>, ended: Result<(), Arc<sqlx::Error>>);
}

/// Whether a job's work stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It succeeded.
    Work,
    /// It was refused or failed: its savepoint is rolled back.
    Nothing,
}

/// A job made of a closure.
struct Task<F, T, E> {
    operation: &'static str,
    act: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    fn new(operation: &'static str, act: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (answer, answered) = oneshot::channel();
        (
            Self {
                operation,
                act: Some(act),
                result: None,
                answer,
            },
            answered,
        )
    }
}

#[async_trait]
impl<F, T, E> Job for Task<F, T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn operation(&self) -> &'static str {
        self.operation
    }

    async fn run(&mut self, tx: &mut Tx) -> Keep {
        let Some(act) = self.act.take() else {
            return Keep::Nothing;
        };
        let result = act(tx).await;
        let keep = if result.is_ok() { Keep::Work } else { Keep::Nothing };
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, ended: Result<(), Arc<sqlx::Error>>) {
        let operation = self.operation;
        let result = match (self.result, ended) {
            (Some(Err(refused)), _) => Err(refused),
            (_, Err(why)) => Err(StoreError::database(operation, why).into()),
            (None, Ok(())) => Err(StoreError::database(operation, "its work panicked").into()),
            (Some(done), Ok(())) => done,
        };
        // The caller may have gone away; then nobody is left to tell.
        drop(self.answer.send(result));
    }
}

/// Hands the task some work and waits until it is durable.
pub(super) async fn submit<T, E, F>(to: &mpsc::Sender<Box<dyn Job>>, operation: &'static str, work: F) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let closed = || E::from(StoreError::database(operation, "the database is closed"));
    let (task, answered) = Task::new(operation, work);
    to.send(Box::new(task)).await.map_err(|_| closed())?;
    answered.await.unwrap_or_else(|_| Err(closed()))
}

/// The task's state.
pub(super) struct Writer {
    pub(super) pools: Pools,
    pub(super) jobs: mpsc::Receiver<Box<dyn Job>>,
    pub(super) wakes: broadcast::Sender<(TenantId, i64)>,
    pub(super) voice: Voice,
    pub(super) progress: Progress,
    pub(super) closing: CancellationToken,
}

impl Writer {
    /// Works until every `Db` is gone or one is closed; jobs that wait by then are still done.
    pub(super) async fn work(mut self) {
        while let Some(first) = self.next().await {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX
                && let Ok(job) = self.jobs.try_recv()
            {
                batch.push(job);
            }
            self.batch(batch).await;
        }
    }

    async fn next(&mut self) -> Option<Box<dyn Job>> {
        tokio::select! {
            biased;
            job = self.jobs.recv() => return job,
            () = self.closing.cancelled() => self.jobs.close(),
        }
        self.jobs.recv().await
    }

    /// One transaction; answers every job of it.
    async fn batch(&self, mut batch: Vec<Box<dyn Job>>) {
        let ended = self.transact(&mut batch).await.map_err(Arc::new);
        for job in batch {
            job.answer(ended.clone());
        }
    }

    async fn transact(&self, batch: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
        let begun = self.pools.begin_write().await?;
        let mut tx = Tx::new(begun, "write");
        tx.control("SAVEPOINT job").await?;
        let last = batch.len().saturating_sub(1);
        for (nth, job) in batch.iter_mut().enumerate() {
            let keep = in_savepoint(&mut tx, job.as_mut()).await?;
            // What is rolled back leaves its savepoint open, as new; the last one ends with the commit.
            if keep == Keep::Work && nth < last {
                tx.next_savepoint().await?;
            }
        }
        let wakes = tx.commit().await?;
        self.progress.committed(&self.pools).await;
        for wake in wakes {
            self.voice.grew(wake.0, wake.1);
            // Nobody listening is no failure.
            drop(self.wakes.send(wake));
        }
        Ok(())
    }
}

/// One job in the savepoint that is open. An error here is the whole transaction's: the database undid more than was asked.
async fn in_savepoint(tx: &mut Tx, job: &mut dyn Job) -> Result<Keep, sqlx::Error> {
    let told = tx.wakes.len();
    tx.operation = job.operation();
    let keep = AssertUnwindSafe(job.run(tx))
        .catch_unwind()
        .await
        .unwrap_or(Keep::Nothing);
    if keep == Keep::Nothing {
        tx.wakes.truncate(told);
        tx.control("ROLLBACK TO SAVEPOINT job").await?;
    }
    Ok(keep)
}
