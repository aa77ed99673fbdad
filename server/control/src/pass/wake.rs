//! "Look now": what anybody may say to the loop. It never says what changed; the pass reads the stored state.
//!
//! Bounded by nature: a set of ids, so a thousand wakes of one group are one look.

use super::lag::LagReport;
use super::looks::{BalancerLook, Looks};
use crate::metrics::Passes;
use engine::model::{GroupId, LoadBalancerId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Who is to be looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Woken {
    pub(crate) groups: BTreeSet<GroupId>,
    pub(crate) balancers: bool,
    /// Every group of ours, and the balancers.
    pub(crate) everything: bool,
}

#[derive(Debug, Default)]
pub(super) struct Bell {
    woken: Mutex<Woken>,
    notify: Notify,
}

impl Bell {
    pub(super) fn group(&self, id: GroupId) {
        self.lock().groups.insert(id);
        self.notify.notify_one();
    }

    pub(super) fn balancers(&self) {
        self.lock().balancers = true;
        self.notify.notify_one();
    }

    pub(super) fn everything(&self) {
        let mut woken = self.lock();
        (woken.balancers, woken.everything) = (true, true);
        drop(woken);
        self.notify.notify_one();
    }

    /// Everything said since the last time.
    pub(super) fn take(&self) -> Woken {
        std::mem::take(&mut self.lock())
    }

    pub(super) async fn rung(&self) {
        self.notify.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Woken> {
        // A set of ids is whole after every statement: a panic elsewhere does not spoil it.
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much is under way: a level that can be waited for.
#[derive(Debug, Default)]
pub(super) struct Work(tokio::sync::watch::Sender<usize>);

impl Work {
    pub(super) fn begin(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub(super) fn end(&self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// The loop, as the rest of the server sees it.
#[derive(Debug, Clone, Default)]
pub struct Handle {
    pub(super) work: Arc<Work>,
    pub(super) bell: Arc<Bell>,
    pub(super) looks: Arc<Looks>,
    pub(super) figures: Arc<Passes>,
}

impl Handle {
    /// Look at this group now.
    pub fn wake_group(&self, id: GroupId) {
        self.bell.group(id);
    }

    /// Look at the balancers now: one was made, changed or deleted.
    pub fn wake_balancers(&self) {
        self.bell.balancers();
    }

    /// Look at everything now: nobody knows what was missed.
    pub fn wake_all(&self) {
        self.bell.everything();
    }

    /// Everything said since the last time, where no loop runs.
    #[cfg(test)]
    pub(crate) fn woken(&self) -> Woken {
        self.bell.take()
    }

    /// What a balancer last said; `None` before the first look, and while its process is started for the first time.
    pub fn balancer(&self, id: LoadBalancerId) -> Option<Arc<BalancerLook>> {
        self.looks.shown(id)
    }

    /// Whether any balancer with a listener was in trouble when it was last looked at.
    pub fn any_balancer_in_trouble(&self) -> bool {
        self.looks.any_in_trouble()
    }

    /// Waits until no pass and no look is under way: what a hand-driven clock waits for before it moves on.
    pub async fn at_rest(&self) {
        // The loop holds the sender as long as it lives; when it is gone, nothing is under way.
        drop(self.work.0.subscribe().wait_for(|count| *count == 0).await);
    }

    /// How late passes begin.
    pub fn lag(&self) -> LagReport {
        self.figures.lag.view().into()
    }

    /// What the loop counts of itself.
    pub fn figures(&self) -> Arc<Passes> {
        self.figures.clone()
    }
}
