//! The list of load balancers.

use super::page::{Keyset, List, Order, counting, each, key_of, matching, orders};
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::{BalancerHealth, BalancerRow};
use api::groups::{ListQuery, Page};
use api::parse::Column;
use engine::model::TenantId;

/// What the list can be sorted by; each order has its index.
const ORDERS: &[Order] = orders!(
    "b.id, b.name, b.remark, b.address, b.created_at",
    "load_balancers",
    "b",
    "",
    [Created => "created_at"]
);

const LIST: List<BalancerRow> = List {
    count: counting!("load_balancers"),
    matches: matching!("load_balancers"),
    row,
    key: |row, column| key_of(column, &row.name, &[(Column::Created, row.created_ms)], row.id),
};

/// A page of the tenant's load balancers.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<BalancerRow>> {
    console.look(actor, Action::ListBalancers)?;
    let keyset = Keyset::of(&query, ORDERS)?;
    let mut tx = console.read("list load balancers").await?;
    let read = read(&mut tx, actor.tenant, &keyset).await;
    let mut page = read.map_err(|why| console.problems(why.into()))?;
    for row in &mut page.rows {
        row.health = health(console, row);
    }
    Ok(page)
}

async fn read(tx: &mut Tx, tenant: TenantId, keyset: &Keyset) -> Result<Page<BalancerRow>, StoreError> {
    let mut page = LIST.read(tx, keyset, ORDERS, values![tenant]).await?;
    add_vservers(tx, &mut page.rows).await?;
    Ok(page)
}

/// One row of the list, without its listeners.
pub(super) fn row(row: &Row) -> Result<BalancerRow, StoreError> {
    Ok(BalancerRow {
        id: row.get("id")?,
        name: row.get("name")?,
        remark: row.get("remark")?,
        address: row.get("address")?,
        health: BalancerHealth::Idle,
        vservers: Vec::new(),
        created_ms: row.get("created_at")?,
    })
}

/// The listeners of each load balancer of a page, by port: as many as its page shows, and one more.
async fn add_vservers(tx: &mut Tx, page: &mut [BalancerRow]) -> Result<(), StoreError> {
    let sql =
        "SELECT id, name, port FROM vservers WHERE balancer_id = $1 AND deleted_at IS NULL ORDER BY port LIMIT 201";
    for row in page {
        let vservers = tx.all(sql, values![row.id]).await?;
        row.vservers = each(&vservers, |row| {
            Ok((row.get("id")?, row.get("name")?, row.get("port")?))
        })?;
    }
    Ok(())
}

/// How its process does: nothing runs without a listener, and before the first look nothing is known.
pub(super) fn health(console: &Console, row: &BalancerRow) -> BalancerHealth {
    if row.vservers.is_empty() {
        return BalancerHealth::Idle;
    }
    match console.parts.live.balancer(row.id) {
        Some(live) => live.health,
        None if console.options.balancer_missing => BalancerHealth::NotInstalled,
        None => BalancerHealth::Unseen,
    }
}
