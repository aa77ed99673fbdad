//! Knows when nobody has anything left to do at this instant, and only then lets the story go on.
//!
//! A runtime of one thread without a timer parks when no task can run. That is the instant waited for: the one task that
//! tells the story is woken there, moves the clock, and everybody else goes on.

use control::locked;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The bell that rings when all are waiting.
#[derive(Debug, Clone, Default)]
pub struct Quiet(Arc<Mutex<Bell>>);

#[derive(Debug, Default)]
struct Bell {
    waiting: Option<Waker>,
    rung: bool,
}

impl Quiet {
    fn ring(&self) {
        let mut bell = locked(&self.0);
        if let Some(waiting) = bell.waiting.take() {
            bell.rung = true;
            waiting.wake();
        }
    }

    /// Waits until no other task can run.
    pub const fn wait(&self) -> Waiting<'_> {
        Waiting(self)
    }
}

/// See [`Quiet::wait`].
#[derive(Debug)]
pub struct Waiting<'a>(&'a Quiet);

impl Future for Waiting<'_> {
    type Output = ();
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut bell = locked(&self.0.0);
        if std::mem::take(&mut bell.rung) {
            return Poll::Ready(());
        }
        bell.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Runs a story's telling on this thread.
///
/// # Panics
/// The system has no memory for a runtime.
pub fn run<T, F: Future<Output = T>>(tell: impl FnOnce(Quiet) -> F) -> T {
    let quiet = Quiet::default();
    let bell = quiet.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .on_thread_park(move || bell.ring())
        .build();
    let runtime = runtime.unwrap_or_else(|why| panic!("a runtime of one thread: {why}"));
    runtime.block_on(tell(quiet))
}
