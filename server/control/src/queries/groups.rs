//! The list of groups (seed 14.3.2.1).

use super::page::{Keyset, List, Sort, Texts};
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::Row;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{GroupRow, ListQuery, Page};
use api::parse::After;

/// A page of the tenant's groups by name.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<GroupRow>> {
    console.look(actor, Action::ListGroups)?;
    let keyset = Keyset::of(&query)?;
    let mut tx = console.read("list groups").await?;
    LIST.read(&mut tx, &keyset, values![actor.tenant])
        .await
        .map_err(|why| console.problems(why.into()))
}

const LIST: List<GroupRow> = List {
    texts: Texts {
        count: "SELECT COUNT(*) AS total FROM
                    (SELECT 1 AS one FROM groups_ g WHERE g.tenant_id = $1 AND g.deleted_at IS NULL
                     LIMIT 10000) AS counted",
        page: "SELECT g.id, g.name, g.remark, g.template_id, t.name AS template_name, g.status, g.min_size, g.max_size,
                   g.desired, g.in_service, g.everything, g.alarm, g.created_at
               FROM groups_ g JOIN templates t ON t.id = g.template_id
               WHERE g.tenant_id = $1 AND g.deleted_at IS NULL AND (g.name, g.id) > ($2, $3)
               ORDER BY g.name, g.id LIMIT $4",
        matches: "SELECT COUNT(*) AS looked, COALESCE(SUM(
                      CASE WHEN LOWER(l.name) LIKE $2 ESCAPE '!' OR l.id LIKE $2 ESCAPE '!' THEN 1 ELSE 0 END), 0) AS total
                  FROM (SELECT g.name, g.id FROM groups_ g WHERE g.tenant_id = $1 AND g.deleted_at IS NULL
                        ORDER BY g.name, g.id LIMIT 10000) AS l",
        search: "SELECT g.id, g.name, g.remark, g.template_id, t.name AS template_name, g.status, g.min_size, g.max_size,
                     g.desired, g.in_service, g.everything, g.alarm, g.created_at
                 FROM (SELECT l.name, l.id
                       FROM (SELECT g.name, g.id FROM groups_ g
                             WHERE g.tenant_id = $1 AND g.deleted_at IS NULL AND (g.name, g.id) > ($2, $3)
                             ORDER BY g.name, g.id LIMIT 10000) AS l
                       WHERE LOWER(l.name) LIKE $5 ESCAPE '!' OR l.id LIKE $5 ESCAPE '!'
                       ORDER BY l.name, l.id LIMIT $4) AS found
                 CROSS JOIN groups_ g JOIN templates t ON t.id = g.template_id
                 WHERE g.id = found.id ORDER BY found.name, found.id",
        end: "SELECT l.name AS key, l.id
              FROM (SELECT g.name, g.id FROM groups_ g
                    WHERE g.tenant_id = $1 AND g.deleted_at IS NULL AND (g.name, g.id) > ($2, $3)
                    ORDER BY g.name, g.id LIMIT 10000) AS l
              ORDER BY l.name DESC, l.id DESC LIMIT 1",
    },
    sort: Sort::Names,
    row,
    key: |row| After {
        key: row.name.clone(),
        id: row.id.to_string(),
    },
};

/// One row of the list.
pub(super) fn row(row: &Row) -> Result<GroupRow, StoreError> {
    Ok(GroupRow {
        id: row.get("id")?,
        name: row.get("name")?,
        remark: row.get("remark")?,
        template: row.get("template_id")?,
        template_name: row.get("template_name")?,
        status: row.word("status")?,
        min: row.get("min_size")?,
        max: row.get("max_size")?,
        desired: row.get("desired")?,
        in_service: row.get("in_service")?,
        everything: row.get("everything")?,
        alarm: row.get("alarm")?,
        created_ms: row.get("created_at")?,
    })
}
