//! What is due by the wall clock whatever the groups do: leases, the product clock's mark, retention.
//!
//! A store that does not answer is asked again at the next slot; nothing here is worth stopping for.

use super::LEASE_RENEW;
use crate::clock::{Clock, Wall};
use crate::store::{Lease, LoopStore, StoreError};
use engine::model::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often the product clock's mark is stored, real time (design 2).
const MARK_EVERY: Duration = Duration::from_secs(10);
/// How often rows past their retention are removed, real time, and how many at a time.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_ROWS: u32 = 1_000;

/// The shards a server owns, by number.
pub(super) type Leases = BTreeMap<u16, Lease>;

/// When each was last done.
pub(super) struct Chores {
    store: Arc<dyn LoopStore>,
    clock: Arc<dyn Clock>,
    owner: String,
    renewed: Wall,
    marked: Wall,
    swept: Wall,
}

impl Chores {
    pub(super) fn new(store: Arc<dyn LoopStore>, clock: Arc<dyn Clock>, owner: String) -> Self {
        Self {
            store,
            clock,
            owner,
            renewed: Wall(0),
            marked: Wall(0),
            swept: Wall(0),
        }
    }

    /// Takes every shard that is free.
    pub(super) async fn claim(&mut self) -> Result<Leases, StoreError> {
        let leases = self.store.claim(&self.owner).await?;
        self.renewed = self.clock.wall();
        Ok(by_shard(leases))
    }

    /// Does what is due; the leases, if they were renewed.
    pub(super) async fn work(&mut self) -> Option<Leases> {
        let wall = self.clock.wall();
        let mut leases = None;
        if wall.since(self.renewed) >= LEASE_RENEW {
            leases = self.renew(wall).await;
        }
        if wall.since(self.marked) >= MARK_EVERY && said("mark", self.store.mark(self.mark()).await) {
            self.marked = wall;
        }
        if wall.since(self.swept) >= SWEEP_EVERY {
            self.swept = wall;
            said("sweep", self.store.sweep(self.clock.now(), wall, SWEEP_ROWS).await);
        }
        leases
    }

    /// Gives every shard back.
    pub(super) async fn release(&self) -> Result<(), StoreError> {
        self.store.release(&self.owner).await
    }

    /// now + 10 s x scale: a start never begins before what this run may still reach.
    fn mark(&self) -> Timestamp {
        self.clock.now().plus(self.clock.anchor().scaled(MARK_EVERY))
    }

    async fn renew(&mut self, wall: Wall) -> Option<Leases> {
        match self.store.renew(&self.owner).await {
            Ok(leases) => {
                self.renewed = wall;
                Some(by_shard(leases))
            }
            Err(why) => {
                tracing::warn!(error = &why as &dyn std::error::Error, "leases are not renewed");
                None
            }
        }
    }
}

fn by_shard(leases: Vec<Lease>) -> Leases {
    leases.into_iter().map(|lease| (lease.shard, lease)).collect()
}

/// Logs a failed chore; true when it was done.
fn said(chore: &'static str, done: Result<(), StoreError>) -> bool {
    if let Err(why) = &done {
        tracing::warn!(chore, error = why as &dyn std::error::Error, "not done now");
    }
    done.is_ok()
}
