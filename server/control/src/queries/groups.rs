//! The list of groups (seed 14.3.2.1).

use super::page::{Keyset, List, Order, counting, key_of, matching, orders};
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::Row;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{GroupRow, ListQuery, Page};
use api::parse::Column;

/// What the list can be sorted by; each order has its index.
const ORDERS: &[Order] = orders!(
    "g.id, g.name, g.remark, g.template_id, t.name AS template_name, g.status, g.min_size, g.max_size, g.desired,
     g.in_service, g.everything, g.alarm, g.created_at",
    "groups_",
    "g",
    "JOIN templates t ON t.id = g.template_id",
    [Created => "created_at", Desired => "desired", InService => "in_service"]
);

const LIST: List<GroupRow> = List {
    count: counting!("groups_"),
    matches: matching!("groups_"),
    row,
    key: |row, column| {
        key_of(
            column,
            &row.name,
            &[
                (Column::Created, row.created_ms),
                (Column::Desired, row.desired.into()),
                (Column::InService, row.in_service.into()),
            ],
            row.id,
        )
    },
};

/// A page of the tenant's groups.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<GroupRow>> {
    console.look(actor, Action::ListGroups)?;
    let keyset = Keyset::of(&query, ORDERS)?;
    let mut tx = console.read("list groups").await?;
    LIST.read(&mut tx, &keyset, ORDERS, values![actor.tenant])
        .await
        .map_err(|why| console.problems(why.into()))
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
