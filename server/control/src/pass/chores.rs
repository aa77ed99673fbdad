//! What is due by the wall clock whatever the groups do: leases, the product clock's mark, retention.
//!
//! A round of chores is a task of its own ([`Rounds`]), one at a time: a store that hangs holds up no slot. A store that does
//! not answer is asked again in the next round; nothing here is worth stopping for.
//!
//! Leases come back by themselves. Each renewal takes what is free or has run out, our own too: after a store that was gone
//! for longer than a lease lasts, or a host that was suspended, nobody has to start the server again. With every renewal
//! the shards are shared anew among the servers that live: what is beyond a share is not held any more, and a pass under
//! way there ends as after a lost lease. Only a server that others left behind in product time ends: asked again it would be
//! refused again.

use super::LEASE_RENEW;
use super::complaint::Complaint;
use super::leases::Leases;
use super::wake::Work;
use crate::clock::{Clock, Wall};
use crate::store::retention::Swept;
use crate::store::{LoopStore, SHARDS, StoreError};
use engine::model::{GroupId, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// How often the product clock's mark is stored, real time (design 2).
const MARK_EVERY: Duration = Duration::from_secs(10);
/// How often rows past their retention are removed, real time, how many at a time, and how many times in a row while there
/// are more. 10,000 busy groups write some 40,000 events a minute: with fewer the database grows without end, with many
/// more a backlog would keep the leases waiting.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_ROWS: u32 = 1_000;
const SWEEPS_MAX: usize = 60;
/// A round of chores sweeps no longer than this, real time: leases are renewed every five seconds.
const SWEEP_FOR: Duration = Duration::from_secs(2);

/// How often the groups of our shards are listed although the shards are the same, real time: groups that another server's
/// console made appear by that. Longer, and those wait; shorter, and 10,000 rows are read for nothing.
const LIST_EVERY: Duration = Duration::from_secs(15);

/// What a server holds, as the store has just said.
#[derive(Debug)]
pub(super) struct Holding {
    pub(super) leases: Leases,
    /// The groups of these shards; `None` when they were not listed.
    pub(super) groups: Option<Vec<GroupId>>,
}

/// When each was last done.
#[derive(Clone)]
struct Chores {
    store: Arc<dyn LoopStore>,
    clock: Arc<dyn Clock>,
    owner: String,
    renewed: Wall,
    marked: Wall,
    swept: Wall,
    listed: Wall,
    /// The leases whose groups were last listed.
    known: Leases,
    /// That leases are not renewed.
    unrenewed: Complaint,
}

/// The chores, round by round.
pub(super) struct Rounds {
    /// As they were before the round under way.
    chores: Chores,
    under_way: JoinSet<Round>,
    work: Arc<Work>,
}

/// A round that is over.
pub(super) struct Round {
    chores: Chores,
    holding: Result<Option<Holding>, StoreError>,
}

impl Rounds {
    pub(super) fn new(store: Arc<dyn LoopStore>, clock: Arc<dyn Clock>, owner: String, work: Arc<Work>) -> Self {
        let chores = Chores {
            store,
            clock,
            owner,
            renewed: Wall(0),
            marked: Wall(0),
            swept: Wall(0),
            listed: Wall(0),
            known: Leases::default(),
            unrenewed: Complaint::default(),
        };
        Self {
            chores,
            under_way: JoinSet::new(),
            work,
        }
    }

    /// Takes what is free of this server's share, at the start.
    pub(super) async fn claim(&mut self) -> Result<Leases, StoreError> {
        let wall = self.chores.clock.wall();
        let leases = self.chores.leases().await?;
        // The start lists the groups of what it claimed.
        (self.chores.renewed, self.chores.listed) = (wall, wall);
        self.chores.known.clone_from(&leases);
        Ok(leases)
    }

    /// Begins a round unless one is under way, or nothing is due.
    pub(super) fn begin(&mut self) {
        if !self.under_way.is_empty() || !self.chores.is_due() {
            return;
        }
        let mut chores = self.chores.clone();
        self.work.begin();
        self.under_way.spawn(async move {
            let holding = chores.work().await;
            Round { chores, holding }
        });
    }

    /// The round that is over; `None` if none is under way.
    pub(super) async fn over(&mut self) -> Option<Result<Round, JoinError>> {
        self.under_way.join_next().await
    }

    /// Takes a round's outcome: what is held, if the store said so; or why this server must not go on.
    pub(super) fn take(&mut self, round: Result<Round, JoinError>) -> Result<Option<Holding>, StoreError> {
        self.work.end();
        match round {
            Ok(Round { chores, holding }) => {
                self.chores = chores;
                holding
            }
            Err(why) => {
                tracing::error!(error = &why as &dyn std::error::Error, "a round of chores broke off");
                Ok(None)
            }
        }
    }

    /// Ends the round under way and gives every shard back.
    pub(super) async fn end(&mut self) -> Result<(), StoreError> {
        self.under_way.shutdown().await;
        self.chores.store.release(&self.chores.owner).await
    }
}

impl Chores {
    fn is_due(&self) -> bool {
        let wall = self.clock.wall();
        let due = |last, every| is_due(wall, last, every);
        due(self.renewed, LEASE_RENEW) || due(self.marked, MARK_EVERY) || due(self.swept, SWEEP_EVERY)
    }

    /// Does what is due. A round that renews leases does nothing else: what went is let go at once, and a store that does not
    /// renew them is asked for nothing more.
    async fn work(&mut self) -> Result<Option<Holding>, StoreError> {
        let wall = self.clock.wall();
        if is_due(wall, self.renewed, LEASE_RENEW) {
            return self.hold(wall).await;
        }
        if is_due(wall, self.marked, MARK_EVERY) && said("mark", self.store.mark(self.mark()).await) {
            self.marked = wall;
        }
        if is_due(wall, self.swept, SWEEP_EVERY) {
            self.sweep(wall).await;
        }
        Ok(None)
    }

    /// Bounded in rows a transaction, in transactions, and in time; what is left then is for the next round.
    async fn sweep(&mut self, begun: Wall) {
        for _ in 0..SWEEPS_MAX {
            let wall = self.clock.wall();
            let swept = self.store.sweep(self.clock.now(), wall, SWEEP_ROWS).await;
            let more = matches!(swept, Ok(Swept::InPart));
            if !said("sweep", swept) || !more {
                self.swept = begun;
                return;
            }
            if wall.since(begun) >= SWEEP_FOR {
                return;
            }
        }
    }

    /// What is held from now on; `None` when the store does not say.
    async fn hold(&mut self, wall: Wall) -> Result<Option<Holding>, StoreError> {
        match self.leases().await {
            Ok(leases) => {
                // From the answer on: a slow store would be asked for nothing else.
                self.renewed = self.clock.wall();
                if let Some(lasted) = self.unrenewed.over(wall) {
                    tracing::info!(lasted_s = lasted.as_secs(), "leases are renewed again");
                }
                let groups = self.groups(&leases, wall).await;
                Ok(Some(Holding { leases, groups }))
            }
            Err(why @ StoreError::OtherTime { .. }) => Err(why),
            Err(why) => {
                if let Some(lasts) = self.unrenewed.there(wall) {
                    let lasts_s = lasts.as_secs();
                    tracing::warn!(
                        error = &why as &dyn std::error::Error,
                        lasts_s,
                        "leases are not renewed"
                    );
                }
                Ok(None)
            }
        }
    }

    /// Renews what is still held, and takes what is free or has run out, up to a share, if that is not everything. Renews
    /// at a start, too: what a run before this one left held may be about to end.
    async fn leases(&self) -> Result<Leases, StoreError> {
        let asked = self.clock.wall();
        let renewed = self.store.renew(&self.owner).await?;
        if renewed.len() == usize::from(SHARDS) {
            return Ok(Leases::measured(renewed, asked));
        }
        Ok(Leases::measured(self.store.claim(&self.owner).await?, asked))
    }

    /// The groups of these shards: when others came, and now and then. A list that failed is read in the next round.
    async fn groups(&mut self, leases: &Leases, wall: Wall) -> Option<Vec<GroupId>> {
        let same = leases.shards().eq(self.known.shards());
        if same && !is_due(wall, self.listed, LIST_EVERY) {
            return None;
        }
        let shards: Vec<u16> = leases.shards().collect();
        match self.store.heads(&shards).await {
            Ok(heads) => {
                self.listed = wall;
                self.known.clone_from(leases);
                Some(heads.into_iter().map(|head| head.id).collect())
            }
            Err(why) => {
                tracing::warn!(error = &why as &dyn std::error::Error, "groups are not listed now");
                None
            }
        }
    }

    /// now + 10 s x scale: a start never begins before what this run may still reach.
    fn mark(&self) -> Timestamp {
        self.clock.now().plus(self.clock.anchor().scaled(MARK_EVERY))
    }
}

/// Whether something last done then is due; at once if the clock was set back, since nobody knows how far.
pub(super) fn is_due(wall: Wall, last: Wall, every: Duration) -> bool {
    wall < last || wall.since(last) >= every
}

/// Logs a failed chore; true when it was done.
fn said<T>(chore: &'static str, done: Result<T, StoreError>) -> bool {
    if let Err(why) = &done {
        tracing::warn!(chore, error = why as &dyn std::error::Error, "not done now");
    }
    done.is_ok()
}
