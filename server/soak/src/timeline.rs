//! The true time of a story, who waits for which instant of it, and what each server's clock makes of it.

use async_trait::async_trait;
use control::clock::{Anchor, Clock, TimeScale, Wall};
use control::locked;
use engine::model::Timestamp;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Where every story begins: a whole cycle will do.
pub const BEGIN_MS: i64 = 1_800_000_000_000;

/// Whose waiting it is: a server's, by its number; the world's own is [`WORLD`].
pub type Who = u32;
/// The region's own waiting.
pub const WORLD: Who = u32::MAX;

/// Instants waited for, in their order.
type Sleepers = BTreeMap<(i64, u64), (Who, Waker)>;

/// True time.
#[derive(Debug)]
pub struct Timeline {
    now: AtomicI64,
    /// When a server's product time last stood still, because it had been further.
    held: AtomicI64,
    sleepers: Mutex<(u64, Sleepers)>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            now: AtomicI64::new(BEGIN_MS),
            held: AtomicI64::new(0),
            sleepers: Mutex::default(),
        }
    }
}

impl Timeline {
    /// Now, milliseconds.
    pub fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// When a server's product time last stood still; 0 if it never did.
    pub fn held(&self) -> i64 {
        self.held.load(Ordering::Relaxed)
    }

    /// The next instant that anybody waits for who is awake.
    pub fn next(&self, awake: impl Fn(Who) -> bool) -> Option<i64> {
        let sleepers = self.lock();
        let mut all = sleepers.1.iter();
        all.find(|(_, (who, _))| awake(*who)).map(|((until, _), _)| *until)
    }

    /// Goes on to that instant.
    pub fn set(&self, now: i64) {
        self.now.store(now, Ordering::Relaxed);
    }

    /// Wakes whoever is due and awake.
    pub fn wake(&self, awake: impl Fn(Who) -> bool) {
        let now = self.now();
        let mut sleepers = self.lock();
        while let Some(key) = due(&sleepers.1, now, &awake) {
            if let Some((_, waker)) = sleepers.1.remove(&key) {
                waker.wake();
            }
        }
    }

    /// Waits, as one of those.
    pub const fn wait(&self, who: Who, until: i64) -> Sleep<'_> {
        Sleep {
            timeline: self,
            who,
            until,
            key: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Sleepers)> {
        locked(&self.sleepers)
    }
}

fn due(sleepers: &Sleepers, now: i64, awake: &impl Fn(Who) -> bool) -> Option<(i64, u64)> {
    let ripe = sleepers.range(..(now + 1, 0));
    ripe.into_iter().find(|(_, (who, _))| awake(*who)).map(|(key, _)| *key)
}

/// One waiting.
#[derive(Debug)]
pub struct Sleep<'a> {
    timeline: &'a Timeline,
    who: Who,
    until: i64,
    key: Option<(i64, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.timeline.now() >= self.until {
            return Poll::Ready(());
        }
        let mut sleepers = self.timeline.lock();
        let key = self.key.unwrap_or_else(|| {
            sleepers.0 += 1;
            (self.until, sleepers.0)
        });
        sleepers.1.insert(key, (self.who, cx.waker().clone()));
        drop(sleepers);
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.timeline.lock().1.remove(&key);
        }
    }
}

/// A clock that a server or the region has: true time and what was set wrong.
#[derive(Debug)]
pub struct StoryClock {
    timeline: Arc<Timeline>,
    who: Who,
    /// How far its wall clock is ahead.
    ahead_ms: AtomicI64,
    /// The latest product instant anybody was told.
    latest: AtomicI64,
}

impl StoryClock {
    /// Of a server that starts with that mark and that error.
    pub const fn new(timeline: Arc<Timeline>, who: Who, mark: Timestamp, ahead_ms: i64) -> Self {
        Self {
            timeline,
            who,
            ahead_ms: AtomicI64::new(ahead_ms),
            latest: AtomicI64::new(mark.0),
        }
    }

    /// Somebody sets it.
    pub fn set_ahead(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for StoryClock {
    fn wall(&self) -> Wall {
        Wall(self.timeline.now() + self.ahead_ms.load(Ordering::Relaxed))
    }

    fn anchor(&self) -> Anchor {
        Anchor {
            wall: Wall(BEGIN_MS),
            product: Timestamp(BEGIN_MS),
            scale: TimeScale(1),
        }
    }

    fn now(&self) -> Timestamp {
        let formula = self.anchor().product(self.wall()).0;
        let latest = self.latest.fetch_max(formula, Ordering::Relaxed).max(formula);
        if formula < latest {
            self.timeline.held.store(self.timeline.now(), Ordering::Relaxed);
        }
        Timestamp(latest)
    }

    async fn wait(&self, span: Duration) {
        let until = Wall(self.timeline.now()).plus(span).0;
        self.timeline.wait(self.who, until).await;
    }
}
