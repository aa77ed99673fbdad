//! The list of groups (seed 14.3.2.1).

use super::page::{Keyset, each, ordered, total};
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{GroupRow, ListQuery, Page};
use api::parse::{Column, Direction};
use engine::model::TenantId;

/// What the list can be sorted by.
const COLUMNS: [Column; 4] = [Column::Name, Column::Created, Column::Desired, Column::InService];

/// A page of the tenant's groups.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<GroupRow>> {
    console.look(actor, Action::ListGroups)?;
    let keyset = Keyset::of(&query, &COLUMNS)?;
    let mut tx = console.read("list groups").await?;
    read(&mut tx, actor.tenant, &keyset)
        .await
        .map_err(|why| console.problems(why.into()))
}

async fn read(tx: &mut Tx, tenant: TenantId, keyset: &Keyset) -> Result<Page<GroupRow>, StoreError> {
    let sql = "SELECT COUNT(*) AS total FROM
                   (SELECT 1 AS one FROM groups_ g
                    WHERE g.tenant_id = $1 AND g.deleted_at IS NULL
                        AND (LOWER(g.name) LIKE $2 ESCAPE '!' OR g.id LIKE $2 ESCAPE '!')
                    LIMIT 10000) AS counted";
    let total = total(tx, sql, values![tenant, keyset.pattern()]).await?;
    let sql = ordered!(
        keyset,
        "g",
        [Created => "created_at", Desired => "desired", InService => "in_service"],
        "SELECT g.id, g.name, g.remark, g.template_id, t.name AS template_name, g.status, g.min_size, g.max_size,
                   g.desired, g.in_service, g.everything, g.alarm, g.created_at
               FROM groups_ g JOIN templates t ON t.id = g.template_id
               WHERE g.tenant_id = $1 AND g.deleted_at IS NULL
                   AND (LOWER(g.name) LIKE $2 ESCAPE '!' OR g.id LIKE $2 ESCAPE '!')"
    );
    let (key, id) = keyset.after();
    let rows = tx
        .all(sql, values![tenant, keyset.pattern(), key, id, keyset.fetch()])
        .await?;
    let rows = each(&rows, row)?;
    Ok(keyset.page(rows, total, |row| {
        let numbers = [
            (Column::Created, row.created_ms),
            (Column::Desired, row.desired.into()),
            (Column::InService, row.in_service.into()),
        ];
        keyset.after_row(&row.name, &numbers, row.id)
    }))
}

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
