//! The tasks that hand the writer quiet settlements, many at once (see [`super::sql::quiet`]).
//!
//! One whose lease is lost is refused alone. When one of them cannot be written, all are undone and each is written by
//! itself. When the commit fails, nobody is tried again: whether it is there is not known.

use super::StoreError;
use super::batches::Batches;
use super::sql::quiet::{self, Wish};
use super::writer::{Job, submit};
use engine::model::{GroupId, TenantId};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Tasks. While what one has handed over becomes durable, another one gathers the next.
pub(super) const SETTLERS: usize = 2;
/// Settlements that may wait: more only hides an overload.
pub(super) const WISHES_MAX: usize = 256;

const OPERATION: &str = "settle a pass";

/// A settlement and who waits for it.
pub(super) struct Asked {
    wish: Wish,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// What the tasks share.
#[derive(Clone)]
pub(super) struct Settler {
    pub(super) jobs: mpsc::Sender<Box<dyn Job>>,
    pub(super) asked: Batches<Asked>,
}

/// Why many were not written.
enum Failed {
    /// One of them could not be.
    Work,
    /// The database did not keep what was written.
    Commit(StoreError),
}

impl From<StoreError> for Failed {
    fn from(why: StoreError) -> Self {
        Self::Commit(why)
    }
}

/// Asks for a settlement and waits until it is durable.
pub(super) async fn ask(to: &mpsc::Sender<Asked>, wish: Wish) -> Result<(), StoreError> {
    let closed = || StoreError::database(OPERATION, "the database is closed");
    let (answer, answered) = oneshot::channel();
    to.send(Asked { wish, answer }).await.map_err(|_| closed())?;
    answered.await.unwrap_or_else(|_| Err(closed()))
}

impl Settler {
    /// Works until the database is closed or every handle to it is gone.
    pub(super) async fn work(self) {
        while let Some(batch) = self.asked.next().await {
            self.settle(batch).await;
        }
    }

    /// A second settlement of one group waits for the first.
    async fn settle(&self, batch: Vec<Asked>) {
        let mut groups = BTreeSet::<GroupId>::new();
        let (firsts, seconds): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|asked| groups.insert(asked.wish.fence.group));
        self.together(firsts).await;
        for asked in seconds {
            self.together(vec![asked]).await;
        }
    }

    async fn together(&self, batch: Vec<Asked>) {
        let (wishes, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|asked| (asked.wish, asked.answer)).unzip();
        let wishes = Arc::new(wishes);
        let tried = self.write(Arc::clone(&wishes)).await;
        for (nth, answer) in answers.into_iter().enumerate() {
            let settled = match &tried {
                Ok(each) => said(&each[nth]),
                Err(Failed::Commit(why)) => Err(StoreError::database(OPERATION, why.to_string())),
                Err(Failed::Work) => self.alone(Arc::clone(&wishes), nth).await,
            };
            // The caller may have gone away; then nobody is left to tell.
            drop(answer.send(settled));
        }
    }

    async fn write(&self, wishes: Arc<Vec<Wish>>) -> Result<Vec<Result<TenantId, GroupId>>, Failed> {
        submit(&self.jobs, OPERATION, move |tx| {
            Box::pin(async move {
                let each = quiet::all(tx, &wishes)
                    .await
                    .map_err(|_each_is_asked_again| Failed::Work)?;
                Ok(each)
            })
        })
        .await
    }

    async fn alone(&self, wishes: Arc<Vec<Wish>>, nth: usize) -> Result<(), StoreError> {
        submit(&self.jobs, OPERATION, move |tx| {
            Box::pin(async move {
                let each = quiet::all(tx, std::slice::from_ref(&wishes[nth])).await?;
                each.first().map_or(Ok(()), said)
            })
        })
        .await
    }
}

fn said(answer: &Result<TenantId, GroupId>) -> Result<(), StoreError> {
    answer.map(|_| ()).map_err(|group| StoreError::Fenced { group })
}
