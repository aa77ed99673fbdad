//! How the parts of a server do right now: what `/healthz`, `/readyz` and the page "System" say.

use super::{Meters, Passes};
use crate::clock::{Clock, Wall};
use crate::queries::{BalancerLive, LiveView};
use crate::store::StoreError;
use crate::store::db::Db;
use crate::values;
use api::balancers::BalancerHealth;
use api::system::{BalancerLine, Condition, Database, StoreView, SystemView};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long the store may take to answer a question with no work in it. Longer, and whoever asks after the server's
/// health gives up before it is told what is wrong.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// Load balancers on the page: more than anybody reads. Those in trouble come first.
const BALANCERS_SHOWN: usize = 200;

/// What vitals are read from.
#[derive(Clone)]
pub struct VitalsParts {
    /// The store.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What the loop sees and nobody stores.
    pub live: Arc<dyn LiveView>,
    /// Store, driver and balancer, counted.
    pub meters: Meters,
    /// The loop's own figures.
    pub passes: Arc<Passes>,
    /// Which database.
    pub database: Database,
    /// Its file, if it is one.
    pub file: Option<PathBuf>,
    /// When the server started.
    pub started: Wall,
}

/// Reads how the parts do.
#[derive(Clone)]
pub struct Vitals(VitalsParts);

/// How each part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Asked for this answer; silent also when the loop could not write the last time it tried.
    pub store: Condition,
    /// The loop.
    pub scaling: Condition,
    /// By its last list.
    pub driver: Condition,
    /// The worst of the load balancers'; well when there is none.
    pub balancers: Condition,
}

impl Health {
    /// Whether this server does its work: the store answers, and the loop has looked at every group and holds shards.
    /// A silent driver or balancer is another's illness: the server says so and goes on.
    pub fn is_ready(&self) -> bool {
        (self.store, self.scaling) == (Condition::Well, Condition::Well)
    }
}

impl Vitals {
    /// Of these parts.
    pub const fn new(parts: VitalsParts) -> Self {
        Self(parts)
    }

    /// How each part does. The store is asked, the others are read from memory.
    pub async fn health(&self) -> Health {
        let asked = tokio::time::timeout(ANSWERS_WITHIN, self.ask_store());
        let store = match asked.await {
            // It reads and does not write: a full disk.
            Ok(Ok(())) if self.0.meters.store.refuses() => Condition::Silent,
            Ok(Ok(())) => Condition::Well,
            Ok(Err(why)) => {
                tracing::warn!(
                    error = &why as &dyn std::error::Error,
                    "health: the store does not answer"
                );
                Condition::Silent
            }
            Err(_elapsed) => {
                tracing::warn!(deadline = ?ANSWERS_WITHIN, "health: the store does not answer in time");
                Condition::Silent
            }
        };
        let balancers = if self.0.live.any_in_trouble() {
            Condition::Silent
        } else {
            Condition::Well
        };
        Health {
            store,
            scaling: self.0.passes.condition(&*self.0.clock),
            driver: self.0.meters.driver.condition(),
            balancers,
        }
    }

    /// One row: everybody may ask after the server's health as often as they like, so an answer must cost little.
    async fn ask_store(&self) -> Result<(), StoreError> {
        let sql = "SELECT id FROM tenants ORDER BY id LIMIT 1";
        let answered = self.0.db.first("look whether the store answers", sql, values![]).await;
        answered.map(drop)
    }

    /// The page.
    ///
    /// # Errors
    /// The store's answer: without it nobody could have signed in.
    pub async fn view(&self) -> Result<SystemView, StoreError> {
        let mut balancers = self.balancers().await?;
        balancers.sort_by_key(|line| (!is_ill(&line.health), line.name.clone(), line.id));
        balancers.truncate(BALANCERS_SHOWN);
        let parts = &self.0;
        Ok(SystemView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: parts.started.0,
            now_ms: parts.clock.wall().0,
            scaling: parts.passes.view(&*parts.clock),
            store: StoreView {
                condition: if parts.meters.store.refuses() {
                    Condition::Silent
                } else {
                    Condition::Well
                },
                database: parts.database,
                size_bytes: parts.file.as_deref().and_then(size_of),
                reads: parts.meters.store.reads(),
                writes: parts.meters.store.writes(),
            },
            driver: parts.meters.driver.view(),
            balancers,
        })
    }

    /// Every load balancer of every tenant that has a listener, with what the loop last saw of it.
    async fn balancers(&self) -> Result<Vec<BalancerLine>, StoreError> {
        let lines = read(&self.0.db).await?;
        Ok(lines.into_iter().map(|line| self.seen(line)).collect())
    }

    fn seen(&self, line: BalancerLine) -> BalancerLine {
        match self.0.live.balancer(line.id) {
            Some(BalancerLive { health, backends }) => BalancerLine {
                health,
                members: u32::try_from(backends.len()).unwrap_or(u32::MAX),
                ..line
            },
            None => line,
        }
    }
}

async fn read(db: &Db) -> Result<Vec<BalancerLine>, StoreError> {
    let sql = "SELECT l.id, l.name, l.address, t.name AS tenant_name FROM load_balancers l
               JOIN tenants t ON t.id = l.tenant_id
               WHERE l.deleted_at IS NULL
                   AND EXISTS (SELECT 1 FROM vservers v WHERE v.balancer_id = l.id AND v.deleted_at IS NULL)
               ORDER BY l.name, l.id LIMIT 10001";
    let rows = db.all("look how load balancers do", sql, values![]).await?;
    let line = |row: &crate::store::tx::Row| {
        Ok(BalancerLine {
            id: row.get("id")?,
            name: row.get("name")?,
            tenant_name: row.get("tenant_name")?,
            address: row.get("address")?,
            health: BalancerHealth::Unseen,
            members: 0,
        })
    };
    rows.iter().map(line).collect()
}

fn is_ill(health: &BalancerHealth) -> bool {
    !matches!(
        health,
        BalancerHealth::Running | BalancerHealth::Idle | BalancerHealth::Unseen
    )
}

/// The database's file with the journal beside it.
fn size_of(file: &Path) -> Option<u64> {
    let journal = file.with_file_name(format!("{}-wal", file.file_name()?.to_string_lossy()));
    let bytes = |path: &Path| std::fs::metadata(path).map(|found| found.len()).ok();
    Some(bytes(file)? + bytes(&journal).unwrap_or(0))
}
