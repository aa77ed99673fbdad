//! One server of a story: the real loop, and what becomes of it.

use crate::gates::{Act, Gate, GatedBalancer, GatedDriver, GatedStore, Moods, Side};
use crate::timeline::{StoryClock, Timeline, Who};
use crate::witness::Witness;
use api::system::PassOutcome;
use control::drivers::simulated::SimulatedRegion;
use control::ids::Ids;
use control::locked;
use control::pass::{Handle, Loop, LoopParts};
use control::store::{MemoryStore, StoreError};
use engine::draw::mix;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What becomes of a server: it may die at its next call of a kind, and it may sleep.
#[derive(Debug, Default)]
pub struct Fate {
    dead: AtomicBool,
    asleep: AtomicBool,
    armed: Mutex<Option<(Act, Side)>>,
    woken: Notify,
}

impl Fate {
    /// It dies when it comes there next.
    pub fn arm(&self, act: Act, side: Side) {
        *locked(&self.armed) = Some((act, side));
    }

    /// Whether it was to die somewhere and has not come there.
    pub fn is_armed(&self) -> bool {
        locked(&self.armed).is_some()
    }

    /// It dies now.
    pub fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// Whether it is dead: nothing of it comes through any more.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// It falls asleep.
    pub fn fall_asleep(&self) {
        self.asleep.store(true, Ordering::Relaxed);
    }

    /// It wakes.
    pub fn wake(&self) {
        self.asleep.store(false, Ordering::Relaxed);
        self.woken.notify_waiters();
    }

    /// Whether its time goes on.
    pub fn is_awake(&self) -> bool {
        !self.asleep.load(Ordering::Relaxed) && !self.is_dead()
    }

    /// Waits while it sleeps.
    pub async fn wait_awake(&self) {
        while self.asleep.load(Ordering::Relaxed) {
            self.woken.notified().await;
        }
    }

    /// It comes by there. One that is dead stays for ever.
    pub async fn come_by(&self, act: Act, side: Side) {
        self.wait_awake().await;
        self.meet(act, side);
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    fn meet(&self, act: Act, side: Side) {
        let mut armed = locked(&self.armed);
        if *armed == Some((act, side)) {
            *armed = None;
            self.die();
        }
    }
}

/// Ids that all servers of a story draw from, one after the other.
#[derive(Debug)]
pub struct StoryIds {
    seed: u64,
    minted: AtomicU64,
}

impl StoryIds {
    /// Of a seed.
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            minted: AtomicU64::new(0),
        }
    }
}

impl Ids for StoryIds {
    fn mint(&self) -> u64 {
        mix(self.seed, self.minted.fetch_add(1, Ordering::Relaxed), 1)
    }
}

/// What all servers of a story share.
#[derive(Clone)]
pub struct Site {
    /// True time.
    pub timeline: Arc<Timeline>,
    /// Machines and balancers.
    pub region: SimulatedRegion,
    /// What is remembered.
    pub store: MemoryStore,
    /// What goes wrong with that.
    pub moods: Arc<Moods>,
    /// Who sees everything.
    pub witness: Arc<Witness>,
    /// Where ids come from.
    pub ids: Arc<StoryIds>,
}

/// A server that runs.
pub struct Server {
    /// What becomes of it.
    pub fate: Arc<Fate>,
    /// Its clock.
    pub clock: Arc<StoryClock>,
    /// Its loop, as the rest of a server sees it.
    pub handle: Handle,
    stop: CancellationToken,
    task: JoinSet<Result<(), StoreError>>,
}

impl Server {
    /// Starts one with that number and a wall clock so far ahead.
    pub fn start(site: &Site, who: Who, ahead_ms: i64) -> Self {
        let fate = Arc::new(Fate::default());
        let gate = Gate {
            fate: fate.clone(),
            witness: site.witness.clone(),
        };
        let mark = site.store.marked();
        let clock = Arc::new(StoryClock::new(site.timeline.clone(), who, mark, ahead_ms));
        let scaling = Loop::new(LoopParts {
            store: Arc::new(GatedStore {
                gate: gate.clone(),
                moods: site.moods.clone(),
                inner: site.store.clone(),
            }),
            driver: Arc::new(GatedDriver {
                gate: gate.clone(),
                inner: site.region.driver(),
            }),
            balancer: Arc::new(GatedBalancer {
                gate,
                inner: site.region.balancer(),
            }),
            clock: clock.clone(),
            ids: site.ids.clone(),
            owner: format!("server-{who}"),
        });
        let (handle, stop, mut task) = (scaling.handle(), CancellationToken::new(), JoinSet::new());
        task.spawn(scaling.run(stop.clone()));
        Self {
            fate,
            clock,
            handle,
            stop,
            task,
        }
    }

    /// SIGTERM.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether it came to an end, or is dead and only has to be buried.
    pub fn is_over(&mut self) -> bool {
        self.fate.is_dead() || self.task.try_join_next().is_some()
    }

    /// Passes of it that broke off: defects.
    pub fn broken(&self) -> u64 {
        self.handle.figures().count(PassOutcome::BrokeOff)
    }
}
