//! The doors' traits on the database.

use crate::doors::health::Vitals;
use crate::doors::live::{Events, EventsError};
use crate::doors::session::{SessionRow, SessionRows, SessionsError};
use api::live::LiveEvent;
use async_trait::async_trait;
use control::auth::sessions::{self, Created, Session, Standing};
use control::chain;
use control::clock::Wall;
use control::metrics::exposition::Exposition;
use control::metrics::{self, Health};
use control::store::{Db, StoreError, events};
use engine::model::TenantId;
use std::collections::BTreeMap;
use tokio::sync::broadcast;

/// Sessions.
#[derive(Debug, Clone)]
pub struct Sessions(pub Db);

#[async_trait]
impl SessionRows for Sessions {
    async fn create(&self, id: &str, row: SessionRow) -> Result<(), SessionsError> {
        match sessions::create(&self.0, id, kept(row)).await {
            Ok(Created::Stored) => Ok(()),
            // 128 random bits: this does not happen, and if it does, the visitor tries again.
            Ok(Created::IdTaken) => Err(SessionsError("the new session's id is taken".to_owned())),
            Err(why) => Err(failed(&why)),
        }
    }
    async fn save(&self, id: &str, row: SessionRow) -> Result<(), SessionsError> {
        sessions::save(&self.0, id, kept(row)).await.map_err(|why| failed(&why))
    }
    async fn load(&self, id: &str, now: Wall) -> Result<Option<SessionRow>, SessionsError> {
        let found = sessions::load(&self.0, id, now).await.map_err(|why| failed(&why))?;
        Ok(found.map(|Session { user, data, expires }| SessionRow { user, data, expires }))
    }
    async fn delete(&self, id: &str) -> Result<(), SessionsError> {
        sessions::delete(&self.0, id).await.map_err(|why| failed(&why))
    }
    async fn standing(&self, ids: &[String], now: Wall) -> Result<BTreeMap<String, Standing>, SessionsError> {
        sessions::standing(&self.0, ids, now).await.map_err(|why| failed(&why))
    }
}

/// How the parts do, and what was counted.
pub struct Watch {
    /// Reads the parts.
    pub vitals: metrics::Vitals,
    /// Writes the counts.
    pub exposition: Exposition,
}

#[async_trait]
impl Vitals for Watch {
    async fn health(&self) -> Health {
        self.vitals.health().await
    }
    fn metrics(&self) -> Result<String, std::fmt::Error> {
        self.exposition.text()
    }
}

fn kept(row: SessionRow) -> Session {
    Session {
        user: row.user,
        data: row.data,
        expires: row.expires,
    }
}

fn failed(why: &StoreError) -> SessionsError {
    SessionsError(chain::of(why))
}

/// What changed, by tenant.
#[derive(Debug, Clone)]
pub struct TenantEvents(pub Db);

#[async_trait]
impl Events for TenantEvents {
    async fn latest(&self, tenant: TenantId) -> Result<i64, EventsError> {
        let last = events::last(&self.0, tenant).await;
        last.map_err(|why| EventsError(chain::of(&why)))
    }
    async fn after(&self, tenant: TenantId, seq: i64, limit: u32) -> Result<Vec<LiveEvent>, EventsError> {
        let events = events::after(&self.0, tenant, seq, limit).await;
        events.map_err(|why| EventsError(chain::of(&why)))
    }
    fn listen(&self) -> broadcast::Receiver<(TenantId, i64)> {
        self.0.events()
    }
}
