//! What every change writes beside itself, in the same transaction: the audit row, the scaling log, the events.

use crate::auth::gate::Action;
use crate::clock::Wall;
use crate::ids::Ids;
use crate::store::audit::{self, Audit};
use crate::store::tx::{Tx, json, word};
use crate::store::{StoreError, events};
use crate::values;
use api::actor::Actor;
use api::groups::{ActivityKind, ActivityStatus, Cause};
use api::live::Change;
use engine::model::{ActivityId, GroupId, InstanceId, TenantId, Timestamp};
use std::sync::Arc;

/// A change under way: who, what, when.
pub(super) struct Act {
    pub(super) actor: Actor,
    pub(super) action: Action,
    pub(super) now: Timestamp,
    pub(super) wall: Wall,
    pub(super) ids: Arc<dyn Ids>,
}

/// A line of the scaling log that ends as it begins.
pub(super) struct Line {
    pub(super) kind: ActivityKind,
    pub(super) cause: Cause,
    pub(super) instance: Option<InstanceId>,
    /// Desired before and after.
    pub(super) size: (u32, u32),
}

impl Act {
    pub(super) const fn tenant(&self) -> TenantId {
        self.actor.tenant
    }

    /// Writes who did what, and tells browsers what to read again.
    pub(super) async fn record(
        &self,
        tx: &mut Tx,
        resource: impl ToString,
        detail: serde_json::Value,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let line = Audit {
            id: self.ids.mint(),
            tenant: self.tenant(),
            user: &self.actor.name,
            action: self.action.name(),
            resource: resource.to_string(),
            detail,
            at: self.wall,
        };
        audit::append(tx, line).await?;
        events::append(tx, self.tenant(), changes, self.now).await?;
        Ok(())
    }

    /// An edit by this person, for the scaling log.
    pub(super) fn edit(&self, what: &str, size: (u32, u32)) -> Line {
        let cause = Cause::Person {
            name: self.actor.name.clone(),
            what: what.to_owned(),
        };
        Line {
            kind: ActivityKind::Edit,
            cause,
            instance: None,
            size,
        }
    }

    /// Writes a line of the scaling log.
    pub(super) async fn log(&self, tx: &mut Tx, group: GroupId, line: Line) -> Result<(), StoreError> {
        let sql = "INSERT INTO activities (id, tenant_id, group_id, kind, status, cause, instance_id, size_before,
                       size_after, started_at, ended_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
        let id = ActivityId(self.ids.mint());
        let instance = line.instance.map(|id| id.to_string()).unwrap_or_default();
        let (kind, status, cause) = (word(line.kind), word(ActivityStatus::Succeeded), json(&line.cause));
        let (before, after) = line.size;
        let values = values![
            id,
            self.tenant(),
            group,
            kind,
            status,
            cause,
            instance,
            before,
            after,
            self.now
        ];
        tx.execute(sql, values).await.map(drop)
    }
}
