//! A small world for loop tests: a clock driven by hand, a driver and a balancer in memory with named faults, and a real
//! store in a scratch file. The loop in it is the real one.

#![allow(dead_code, reason = "each test binary uses its part of the world")]

pub mod balancer;
pub mod clock;
pub mod driver;
pub mod fixture;
pub mod store;

use balancer::FakeBalancer;
use clock::HandClock;
use control::clock::Clock;
use control::ids::Ids;
use control::pass::{Handle, Loop, LoopParts};
use control::store::db::Db;
use control::store::sql::SqlStore;
use control::store::{LoopStore, StoreError};
use driver::FakeDriver;
use engine::model::{GroupId, GroupSpec};
use fixture::Rows;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::MoodyStore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Ids by counting, so that a failing test's ids are the same next time.
#[derive(Default)]
pub struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn mint(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1_000
    }
}

/// Everything a loop needs, and the loop.
pub struct World {
    pub clock: Arc<HandClock>,
    pub driver: Arc<FakeDriver>,
    pub balancer: Arc<FakeBalancer>,
    pub rows: Rows,
    pub store: Arc<dyn LoopStore>,
    /// The same: what it does is in the test's hands.
    pub mood: Arc<MoodyStore>,
    ids: Arc<CountedIds>,
    running: Option<Running>,
    /// Further servers on the same store, driver and balancer.
    others: Vec<Running>,
}

/// A server that runs.
type Running = (Handle, CancellationToken, JoinHandle<Result<(), StoreError>>);

impl Deref for World {
    type Target = Rows;
    fn deref(&self) -> &Rows {
        &self.rows
    }
}

impl World {
    pub async fn new() -> Self {
        let clock = Arc::new(HandClock::new());
        let driver = Arc::new(FakeDriver::new(clock.clone()));
        let db = Db::scratch().await.expect("a scratch database");
        let leases = clock.clone();
        let sql = SqlStore::with_lease_clock(db.clone(), Arc::new(move || leases.wall()));
        let mood = Arc::new(MoodyStore::new(sql, clock.clone()));
        fixture::catalogue(&db).await;
        let (balancer, ids) = (Arc::default(), Arc::default());
        Self {
            clock,
            driver,
            balancer,
            rows: Rows { db },
            store: mood.clone(),
            mood,
            ids,
            running: None,
            others: Vec::new(),
        }
    }

    /// A server starts.
    pub async fn start(&mut self) {
        self.running = Some(self.server("world"));
        self.settle().await;
    }

    /// Another server starts beside it; how the rest of it sees its loop.
    pub async fn start_another(&mut self, owner: &str) -> Handle {
        let running = self.server(owner);
        let handle = running.0.clone();
        self.others.push(running);
        self.settle().await;
        handle
    }

    /// kill -9 of every server that was started beside the first.
    pub async fn crash_others(&mut self) {
        for (_, _, task) in self.others.drain(..) {
            task.abort();
            drop(task.await);
        }
    }

    fn server(&self, owner: &str) -> Running {
        let parts = LoopParts {
            store: self.store.clone(),
            driver: self.driver.clone(),
            balancer: self.balancer.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            owner: owner.to_owned(),
        };
        let scaling = Loop::new(parts);
        let (handle, stop) = (scaling.handle(), CancellationToken::new());
        let stopping = stop.clone();
        #[expect(clippy::disallowed_methods, reason = "the test owns it: stop and crash end it")]
        let task = tokio::spawn(scaling.run(stopping));
        (handle, stop, task)
    }

    pub fn handle(&self) -> &Handle {
        &self.running.as_ref().expect("a server that runs").0
    }

    /// kill -9: nothing of it goes on.
    pub async fn crash(&mut self) {
        let (_, _, task) = self.running.take().expect("a server that runs");
        task.abort();
        drop(task.await);
    }

    /// SIGTERM.
    pub async fn stop(&mut self) {
        let (_, stop, task) = self.running.take().expect("a server that runs");
        stop.cancel();
        task.await.expect("it ends").expect("the loop ran");
    }

    /// Why the server ended by itself.
    pub async fn ended(&mut self) -> StoreError {
        let (_, _, task) = self.running.take().expect("a server that runs");
        assert!(task.is_finished(), "it runs on");
        task.await.expect("it ends").expect_err("nobody stopped it")
    }

    /// Somebody says "look now" about a group.
    pub async fn wake(&self, group: GroupId) {
        self.handle().wake_group(group);
        self.settle().await;
    }

    /// People change what they set, and the loop is told.
    pub async fn change(&self, group: GroupId, spec: &GroupSpec) {
        self.edit(group, spec).await;
        self.wake(group).await;
    }

    /// Lets product time go on, slot by slot.
    pub async fn run(&self, seconds: u64) {
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            self.settle().await;
        }
    }

    /// Cycles of 15 s.
    pub async fn cycles(&self, count: u64) {
        self.run(count * 15).await;
    }

    /// Waits until nobody has anything left to do at this instant. A pass that hangs in a call has: it waits for the
    /// clock.
    async fn settle(&self) {
        for _ in 0..SETTLE_TURNS {
            tokio::task::yield_now().await;
            if self.clock.overdue() {
                continue;
            }
            if tokio::time::timeout(SETTLE_MAX, self.all_at_rest()).await.is_err() {
                return;
            }
        }
    }

    async fn all_at_rest(&self) {
        self.handle().at_rest().await;
        for (handle, ..) in &self.others {
            handle.at_rest().await;
        }
    }
}

/// Turns of the scheduler that let every wake reach its task; more only cost time.
const SETTLE_TURNS: usize = 12;
/// How long a pass may stay in a call before the test's clock has to move on.
const SETTLE_MAX: Duration = Duration::from_millis(150);
