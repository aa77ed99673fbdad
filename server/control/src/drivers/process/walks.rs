//! Walks over `/proc`, shared by those who ask at the same time.
//!
//! All groups of a slot ask at once, and a walk reads a line of every process of the host: a walk each would cost groups
//! times processes. A walk that began after somebody asked is as good as their own; one that was under way by then is not.

use super::host::Table;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// The last walk, and how many were begun.
#[derive(Debug, Default)]
pub(super) struct Walks {
    begun: AtomicU64,
    last: Mutex<(u64, Arc<Table>)>,
}

impl Walks {
    /// What a walk says that began after this was asked: somebody else's or, by `walk`, one's own.
    ///
    /// # Errors
    /// What `walk` answers.
    pub(super) async fn fresh<E>(&self, walk: impl Future<Output = Result<Table, E>>) -> Result<Arc<Table>, E> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.0 <= asked {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            *last = (number, Arc::new(walk.await?));
        }
        Ok(Arc::clone(&last.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::AtomicUsize;

    #[tokio::test]
    async fn who_asks_while_a_walk_is_under_way_shares_the_next_one_and_who_asks_later_has_their_own() {
        let (walks, made) = (Walks::default(), AtomicUsize::new(0));
        let ask = || {
            walks.fresh(async {
                made.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Table::default())
            })
        };
        let all = futures::future::join_all((0..20).map(|_| ask())).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(
            made.load(Ordering::SeqCst),
            2,
            "the first one's, and one for all who came while it was made"
        );
        ask().await.expect("a table");
        assert_eq!(made.load(Ordering::SeqCst), 3);
    }
}
