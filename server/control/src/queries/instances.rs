//! The list of a group's instances that are not gone, newest first (seed 14.3.2.3).

use super::group::exists;
use super::page::{Key, Keyset, List, Ordered, Way};
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{InstanceView, ListQuery, Page};
use api::parse::{After, Column, Direction};
use engine::model::{GroupId, TenantId};

/// A page of them; the filter looks at names and ids.
pub(crate) async fn list(
    console: &Console,
    actor: &Actor,
    id: GroupId,
    query: ListQuery,
) -> Answer<Page<InstanceView>> {
    console.look(actor, Action::ListInstances)?;
    let keyset = Keyset::of_log(&query)?;
    let mut tx = console.read("list a group's instances").await?;
    read(&mut tx, actor.tenant, id, &keyset)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn read(tx: &mut Tx, tenant: TenantId, id: GroupId, keyset: &Keyset) -> Result<Page<InstanceView>, Refusal> {
    exists(tx, tenant, id).await?;
    Ok(LIST.in_order(tx, keyset, NEWEST, values![id, tenant]).await?)
}

/// Newest first: its only order.
const NEWEST: Ordered<'static> = Ordered {
    column: Column::Created,
    key: Key::Number,
    direction: Direction::Down,
    way: &Way {
        page:
            "SELECT i.id, i.name, i.group_id, t.name AS template_name, i.template_version, i.zone, i.address, i.state,
                   i.flags, i.created_at, i.running_at, s.cpu_milli, s.memory_milli
               FROM instances i
               JOIN templates t ON t.id = i.template_id
               LEFT JOIN instance_samples s ON s.instance_id = i.id
               WHERE i.group_id = $1 AND i.tenant_id = $2 AND i.terminated_at IS NULL
                   AND (i.created_at, i.id) < ($3, $4)
               ORDER BY i.created_at DESC, i.id DESC LIMIT $5",
        search:
            "SELECT i.id, i.name, i.group_id, t.name AS template_name, i.template_version, i.zone, i.address, i.state,
                     i.flags, i.created_at, i.running_at, s.cpu_milli, s.memory_milli
                 FROM (SELECT l.created_at, l.id
                       FROM (SELECT i.created_at, i.id, i.name FROM instances i
                             WHERE i.group_id = $1 AND i.tenant_id = $2 AND i.terminated_at IS NULL
                                 AND (i.created_at, i.id) < ($3, $4)
                             ORDER BY i.created_at DESC, i.id DESC LIMIT 10000) AS l
                       WHERE LOWER(l.name) LIKE $6 ESCAPE '!' OR l.id LIKE $6 ESCAPE '!'
                       ORDER BY l.created_at DESC, l.id DESC LIMIT $5) AS found
                 CROSS JOIN instances i
                 JOIN templates t ON t.id = i.template_id
                 LEFT JOIN instance_samples s ON s.instance_id = i.id
                 WHERE i.id = found.id ORDER BY found.created_at DESC, found.id DESC",
        end: "SELECT l.created_at AS key, l.id
              FROM (SELECT i.created_at, i.id FROM instances i
                    WHERE i.group_id = $1 AND i.tenant_id = $2 AND i.terminated_at IS NULL
                        AND (i.created_at, i.id) < ($3, $4)
                    ORDER BY i.created_at DESC, i.id DESC LIMIT 10000) AS l
              ORDER BY l.created_at, l.id LIMIT 1",
    },
};

const LIST: List<InstanceView> = List {
    count: "SELECT COUNT(*) AS total FROM
                    (SELECT 1 AS one FROM groups_ g JOIN instances i ON i.group_id = g.id
                     WHERE g.id = $1 AND g.tenant_id = $2 AND i.terminated_at IS NULL LIMIT 10000) AS counted",
    matches: "SELECT COUNT(*) AS looked, COALESCE(SUM(
                      CASE WHEN LOWER(l.name) LIKE $3 ESCAPE '!' OR l.id LIKE $3 ESCAPE '!' THEN 1 ELSE 0 END), 0) AS total
                  FROM (SELECT i.name, i.id FROM instances i
                        WHERE i.group_id = $1 AND i.tenant_id = $2 AND i.terminated_at IS NULL
                        ORDER BY i.created_at DESC, i.id DESC LIMIT 10000) AS l",
    row,
    key: |row, _| After {
        key: row.created_ms.to_string(),
        id: row.id.to_string(),
    },
};

/// One row of the list.
fn row(row: &Row) -> Result<InstanceView, StoreError> {
    let flags: engine::model::Flags = row.json("flags")?;
    Ok(InstanceView {
        id: row.get("id")?,
        name: row.get("name")?,
        group: row.get("group_id")?,
        template_name: row.get("template_name")?,
        template_version: row.get("template_version")?,
        zone: row.get("zone")?,
        address: row.get("address")?,
        state: row.word("state")?,
        protected: flags.protected,
        created_ms: row.get("created_at")?,
        running_ms: row.get("running_at")?,
        cpu_milli: row.get("cpu_milli")?,
        memory_milli: row.get("memory_milli")?,
    })
}
