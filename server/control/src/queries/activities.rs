//! A group's scaling log, newest first (seed 14.3.2.4).

use super::group::exists;
use super::page::{Key, Keyset, List, Ordered, Way};
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{ActivityView, ListQuery, Page};
use api::parse::{After, Column, Direction};
use engine::model::{GroupId, TenantId};

/// A page of the log; the filter looks at instances' names and ids.
pub(crate) async fn list(
    console: &Console,
    actor: &Actor,
    id: GroupId,
    query: ListQuery,
) -> Answer<Page<ActivityView>> {
    console.look(actor, Action::ReadActivities)?;
    let keyset = Keyset::of_log(&query)?;
    let mut tx = console.read("read a scaling log").await?;
    read(&mut tx, actor.tenant, id, &keyset)
        .await
        .map_err(|refusal| console.problems(refusal))
}

/// Newest first: its only order.
const NEWEST: Ordered<'static> = Ordered {
    column: Column::Created,
    key: Key::Number,
    direction: Direction::Down,
    way: &Way {
        page:
            "SELECT a.id, a.kind, a.status, a.cause, a.failure, a.instance_id, i.name AS instance_name, a.size_before,
                   a.size_after, a.started_at, a.ended_at
               FROM activities a LEFT JOIN instances i ON i.id = a.instance_id
               WHERE a.group_id = $1 AND a.tenant_id = $2 AND (a.started_at, a.id) < ($3, $4)
               ORDER BY a.started_at DESC, a.id DESC LIMIT $5",
        search: "SELECT a.id, a.kind, a.status, a.cause, a.failure, a.instance_id, found.instance_name, a.size_before,
                     a.size_after, a.started_at, a.ended_at
                 FROM (SELECT l.started_at, l.id, i.name AS instance_name
                       FROM (SELECT a.started_at, a.id, a.instance_id FROM activities a
                             WHERE a.group_id = $1 AND a.tenant_id = $2 AND (a.started_at, a.id) < ($3, $4)
                             ORDER BY a.started_at DESC, a.id DESC LIMIT 10000) AS l
                       LEFT JOIN instances i ON i.id = l.instance_id
                       WHERE LOWER(i.name) LIKE $6 ESCAPE '!' OR l.instance_id LIKE $6 ESCAPE '!'
                       ORDER BY l.started_at DESC, l.id DESC LIMIT $5) AS found
                 CROSS JOIN activities a WHERE a.id = found.id ORDER BY found.started_at DESC, found.id DESC",
        end: "SELECT l.started_at AS key, l.id
              FROM (SELECT a.started_at, a.id FROM activities a
                    WHERE a.group_id = $1 AND a.tenant_id = $2 AND (a.started_at, a.id) < ($3, $4)
                    ORDER BY a.started_at DESC, a.id DESC LIMIT 10000) AS l
              ORDER BY l.started_at, l.id LIMIT 1",
    },
};

const LIST: List<ActivityView> = List {
    count: "SELECT COUNT(*) AS total FROM
                    (SELECT 1 AS one FROM groups_ g JOIN activities a ON a.group_id = g.id
                     WHERE g.id = $1 AND g.tenant_id = $2 LIMIT 10000) AS counted",
    matches: "SELECT COUNT(*) AS looked, COALESCE(SUM(
                      CASE WHEN LOWER(i.name) LIKE $3 ESCAPE '!' OR l.instance_id LIKE $3 ESCAPE '!'
                      THEN 1 ELSE 0 END), 0) AS total
                  FROM (SELECT a.instance_id FROM activities a WHERE a.group_id = $1 AND a.tenant_id = $2
                        ORDER BY a.started_at DESC, a.id DESC LIMIT 10000) AS l
                  LEFT JOIN instances i ON i.id = l.instance_id",
    row,
    key: |row, _| After {
        key: row.started_ms.to_string(),
        id: row.id.to_string(),
    },
};

async fn read(tx: &mut Tx, tenant: TenantId, id: GroupId, keyset: &Keyset) -> Result<Page<ActivityView>, Refusal> {
    exists(tx, tenant, id).await?;
    Ok(LIST.in_order(tx, keyset, NEWEST, values![id, tenant]).await?)
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
