//! A queue whose requests are taken many at a time, by several tasks in turn.

use super::sql::load::AT_ONCE;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

/// The taking end, shared by the tasks.
pub(super) struct Batches<T> {
    queue: Arc<Mutex<mpsc::Receiver<T>>>,
    closing: CancellationToken,
}

impl<T> Clone for Batches<T> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
            closing: self.closing.clone(),
        }
    }
}

/// A queue in which at most `waiting` requests wait; both of its ends.
pub(super) fn queue<T>(waiting: usize, closing: &CancellationToken) -> (mpsc::Sender<T>, Batches<T>) {
    let (to, queue) = mpsc::channel(waiting);
    let batches = Batches {
        queue: Arc::new(Mutex::new(queue)),
        closing: closing.clone(),
    };
    (to, batches)
}

impl<T> Batches<T> {
    /// All that wait, at most [`AT_ONCE`]; `None` once the database is closed or nobody is left to ask.
    pub(super) async fn next(&self) -> Option<Vec<T>> {
        let gathered = async {
            let mut batch = Vec::new();
            let count = self.queue.lock().await.recv_many(&mut batch, AT_ONCE).await;
            (count > 0).then_some(batch)
        };
        self.closing.run_until_cancelled(gathered).await.flatten()
    }
}
