//! What every change writes beside itself, in the same transaction: the audit row, the scaling log, the events.

use crate::auth::gate::Action;
use crate::clock::Wall;
use crate::ids::Ids;
use crate::store::audit::{self, Audit};
use crate::store::sql::insert_activity;
use crate::store::tx::Tx;
use crate::store::{NewActivity, StoreError, events};
use api::actor::Actor;
use api::groups::{ActivityKind, ActivityStatus, Cause};
use api::live::Change;
use engine::model::{ActivityId, GroupId, InstanceId, TenantId, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A change under way: who, what, when.
pub(super) struct Act {
    pub(super) actor: Actor,
    pub(super) action: Action,
    pub(super) now: Timestamp,
    pub(super) wall: Wall,
    pub(super) ids: Arc<dyn Ids>,
    /// The id of the request that asked for it.
    pub(super) request: Option<String>,
    pub(super) made: Mutex<Made>,
}

/// What a change has made so far: said with it, so that its request can be followed to the loop.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    spec_version: Option<i64>,
    order: Option<String>,
    /// Audit row and resource, one a recorded change.
    recorded: Vec<(String, String)>,
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

    /// The change made this version of the group's spec: the passes that follow name it in their lines.
    pub(super) fn made_version(&self, version: i64) {
        self.made().spec_version = Some(version);
    }

    /// The change made this order: the pass that carries it out names it in its line.
    pub(super) fn made_order(&self, id: &str) {
        self.made().order = Some(id.to_owned());
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        // Whole after every statement: a panic elsewhere does not spoil it.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log line of each recorded change; for after the commit, so that nothing is said that was undone.
    pub(super) fn say(&self) {
        let made = self.made().clone();
        let request = self.request.as_deref().unwrap_or("-");
        let (version, order) = (made.spec_version, made.order.as_deref());
        for (audit, resource) in &made.recorded {
            tracing::info!(
                request,
                audit,
                user = self.actor.name,
                action = self.action.name(),
                resource,
                spec_version = version,
                order,
                "changed"
            );
        }
    }

    /// Writes who did what, and tells browsers what to read again.
    pub(super) async fn record(
        &self,
        tx: &mut Tx,
        resource: impl ToString,
        detail: serde_json::Value,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let (id, resource) = (self.ids.mint(), resource.to_string());
        let line = Audit {
            id,
            tenant: self.tenant(),
            user: &self.actor.name,
            action: self.action.name(),
            resource: resource.clone(),
            detail: self.linked(detail),
            at: self.wall,
        };
        audit::append(tx, line).await?;
        self.made().recorded.push((audit::name(id), resource));
        events::append(tx, self.tenant(), changes, self.now).await?;
        Ok(())
    }

    /// The detail with what links it to the request before it and to the passes after it.
    fn linked(&self, mut detail: serde_json::Value) -> serde_json::Value {
        let made = self.made();
        let links = [
            ("request", self.request.clone().map(serde_json::Value::from)),
            ("spec_version", made.spec_version.map(serde_json::Value::from)),
            ("order", made.order.clone().map(serde_json::Value::from)),
        ];
        if let Some(detail) = detail.as_object_mut() {
            let known = links
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)));
            detail.extend(known);
        }
        detail
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
        let activity = NewActivity {
            id: ActivityId(self.ids.mint()),
            kind: line.kind,
            cause: line.cause,
            size: line.size,
        };
        let (owner, ended) = ((self.tenant(), group), (ActivityStatus::Succeeded, self.now));
        insert_activity(tx, owner, line.instance, &activity, ended).await
    }
}
