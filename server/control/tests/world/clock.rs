//! A clock that moves when the test says so.

use async_trait::async_trait;
use control::clock::{Anchor, Clock, TimeScale, Wall};
use engine::model::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Where every test's time begins: any whole cycle will do.
const BEGIN_MS: i64 = 1_800_000_000_000;

pub struct HandClock {
    wall: watch::Sender<i64>,
    /// Deadlines waited for, by number: the test moves on only when none is overdue.
    waiting: Mutex<BTreeMap<u64, i64>>,
    next: Mutex<u64>,
}

impl HandClock {
    pub fn new() -> Self {
        Self {
            wall: watch::Sender::new(BEGIN_MS),
            waiting: Mutex::default(),
            next: Mutex::default(),
        }
    }

    /// Moves on.
    pub fn advance(&self, span: Duration) {
        self.wall
            .send_modify(|wall| *wall += i64::try_from(span.as_millis()).expect("a test's span"));
    }

    /// Whether somebody waits for an instant that is past: it has still to notice.
    pub fn overdue(&self) -> bool {
        let now = *self.wall.borrow();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .any(|until| *until <= now)
    }
}

/// Takes a deadline off the list however the wait ends.
struct Waiting<'a>(&'a HandClock, u64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.1);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn wall(&self) -> Wall {
        Wall(*self.wall.borrow())
    }

    fn anchor(&self) -> Anchor {
        Anchor {
            wall: Wall(BEGIN_MS),
            product: Timestamp(BEGIN_MS),
            scale: TimeScale(1),
        }
    }

    fn now(&self) -> Timestamp {
        self.anchor().product(self.wall())
    }

    async fn wait(&self, span: Duration) {
        let until = self.wall().plus(span).0;
        let number = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            *next += 1;
            *next
        };
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, until);
        let _waiting = Waiting(self, number);
        drop(self.wall.subscribe().wait_for(|wall| *wall >= until).await);
    }
}
