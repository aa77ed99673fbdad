//! A group's scaling log, newest first (seed 14.3.2.4).

use super::group::exists;
use super::page::{Keyset, each, total};
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{ActivityView, ListQuery, Page};
use api::parse::After;
use engine::model::{GroupId, TenantId};

/// A page of the log; the filter looks at instances' names and ids.
pub(crate) async fn list(
    console: &Console,
    actor: &Actor,
    id: GroupId,
    query: ListQuery,
) -> Answer<Page<ActivityView>> {
    console.look(actor, Action::ReadActivities)?;
    let keyset = Keyset::of(&query, &[])?;
    let mut tx = console.read("read a scaling log").await?;
    read(&mut tx, actor.tenant, id, &keyset)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn read(tx: &mut Tx, tenant: TenantId, id: GroupId, keyset: &Keyset) -> Result<Page<ActivityView>, Refusal> {
    exists(tx, tenant, id).await?;
    let sql = "SELECT COUNT(*) AS total FROM
                   (SELECT 1 AS one FROM activities a LEFT JOIN instances i ON i.id = a.instance_id
                    WHERE a.group_id = $1 AND a.tenant_id = $2
                        AND ($3 = '%' OR LOWER(i.name) LIKE $3 ESCAPE '!' OR a.instance_id LIKE $3 ESCAPE '!')
                    LIMIT 10000) AS counted";
    let total = total(tx, sql, values![id, tenant, keyset.pattern()]).await?;
    let sql =
        "SELECT a.id, a.kind, a.status, a.cause, a.failure, a.instance_id, i.name AS instance_name, a.size_before,
                   a.size_after, a.started_at, a.ended_at
               FROM activities a LEFT JOIN instances i ON i.id = a.instance_id
               WHERE a.group_id = $1 AND a.tenant_id = $2
                   AND ($3 = '%' OR LOWER(i.name) LIKE $3 ESCAPE '!' OR a.instance_id LIKE $3 ESCAPE '!')
                   AND (a.started_at < $4 OR (a.started_at = $4 AND a.id < $5))
               ORDER BY a.started_at DESC, a.id DESC LIMIT $6";
    let (before, last) = keyset.before();
    let rows = tx
        .all(sql, values![id, tenant, keyset.pattern(), before, last, keyset.fetch()])
        .await?;
    let rows = each(&rows, row)?;
    Ok(keyset.page(rows, total, |row| After {
        key: row.started_ms.to_string(),
        id: row.id.to_string(),
    }))
}

/// One row of the log.
pub(super) fn row(row: &Row) -> Result<ActivityView, StoreError> {
    Ok(ActivityView {
        id: row.get("id")?,
        kind: row.word("kind")?,
        status: row.word("status")?,
        cause: row.json("cause")?,
        failure: row.get("failure")?,
        instance: row.get("instance_id")?,
        instance_name: row.get("instance_name")?,
        size_before: row.get("size_before")?,
        size_after: row.get("size_after")?,
        started_ms: row.get("started_at")?,
        ended_ms: row.get("ended_at")?,
    })
}
