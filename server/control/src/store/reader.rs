//! The tasks that read groups for passes.
//!
//! Every group whose cycle closes in a slot asks for its record at the same moment, and what a statement costs is mostly
//! asking it: so a task takes all that wait (at most [`load::AT_ONCE`]) and reads them in one transaction, by one set of
//! statements. Each caller gets what was committed before it asked, or later, as with a transaction of its own.

use super::batches::Batches;
use super::pools::{Pools, WAIT};
use super::sql::load;
use super::tx::Tx;
use super::{GroupRecord, StoreError};
use engine::model::GroupId;
use std::collections::BTreeMap;
use tokio::sync::{mpsc, oneshot};

/// Tasks. One reads while another one's rows are parsed; more only take the readers from pages.
pub(super) const READERS: usize = 2;
/// Requests that may wait. More than a slot has groups, so that a batch is full when there are enough.
pub(super) const WANTED_MAX: usize = 1_024;

const OPERATION: &str = "load a group";

/// Who asks for which group.
pub(super) struct Wanted {
    group: GroupId,
    answer: oneshot::Sender<Result<Option<GroupRecord>, StoreError>>,
}

/// What the tasks share.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) pools: Pools,
    pub(super) wanted: Batches<Wanted>,
}

/// Asks for a group. One that does not come in the time a connection may take has not come at all: the loop goes on without.
pub(super) async fn ask(to: &mpsc::Sender<Wanted>, group: GroupId) -> Result<Option<GroupRecord>, StoreError> {
    let failed = |why: &str| StoreError::database(OPERATION, why.to_owned());
    let asked = async {
        let (answer, answered) = oneshot::channel();
        let sent = to.send(Wanted { group, answer }).await;
        sent.map_err(|_| failed("the database is closed"))?;
        answered.await.map_err(|_| failed("the database is closed"))?
    };
    let waited = tokio::time::timeout(WAIT, asked).await;
    waited.unwrap_or_else(|_elapsed| Err(failed("the database does not answer in time")))
}

impl Reader {
    /// Works until the database is closed or every handle to it is gone.
    pub(super) async fn work(self) {
        while let Some(batch) = self.wanted.next().await {
            self.answer(batch).await;
        }
    }

    /// One transaction for all who still wait. If a row is broken each group is read by itself: it is that group's trouble.
    async fn answer(&self, mut batch: Vec<Wanted>) {
        batch.retain(|wanted| !wanted.answer.is_closed());
        let mut ids: Vec<GroupId> = batch.iter().map(|wanted| wanted.group).collect();
        ids.sort_unstable();
        ids.dedup();
        let together = self.read(&ids).await;
        for Wanted { group, answer } in batch {
            let found = match &together {
                Ok(records) => Ok(records.get(&group).cloned()),
                Err(Failed::Begin(why)) => Err(StoreError::database(OPERATION, why.to_string())),
                Err(Failed::Read(_)) => self
                    .read(&[group])
                    .await
                    .map(|mut one| one.remove(&group))
                    .map_err(Failed::why),
            };
            // The caller may have gone away; then nobody is left to tell.
            drop(answer.send(found));
        }
    }

    async fn read(&self, ids: &[GroupId]) -> Result<BTreeMap<GroupId, GroupRecord>, Failed> {
        let begun = self.pools.begin_read().await;
        let begun = begun.map_err(|why| Failed::Begin(StoreError::database(OPERATION, why)))?;
        let found = load::groups(&mut Tx::new(begun, OPERATION), ids).await;
        found.map_err(Failed::Read)
    }
}

/// Why a batch was not read.
enum Failed {
    /// The database does not answer.
    Begin(StoreError),
    /// Something in it cannot be read.
    Read(StoreError),
}

impl Failed {
    fn why(self) -> StoreError {
        match self {
            Self::Begin(why) | Self::Read(why) => why,
        }
    }
}
