//! The list of load balancers.

use super::page::{Keyset, each, ordered, total};
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::{BalancerHealth, BalancerRow};
use api::groups::{ListQuery, Page};
use api::parse::{Column, Direction};
use engine::model::{LoadBalancerId, TenantId};

/// What the list can be sorted by.
const COLUMNS: [Column; 2] = [Column::Name, Column::Created];

/// A page of the tenant's load balancers.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<BalancerRow>> {
    console.look(actor, Action::ListBalancers)?;
    let keyset = Keyset::of(&query, &COLUMNS)?;
    let mut tx = console.read("list load balancers").await?;
    let read = read(&mut tx, actor.tenant, &keyset).await;
    let mut page = read.map_err(|why| console.problems(why.into()))?;
    for row in &mut page.rows {
        row.health = health(console, row);
    }
    Ok(page)
}

async fn read(tx: &mut Tx, tenant: TenantId, keyset: &Keyset) -> Result<Page<BalancerRow>, StoreError> {
    let sql = "SELECT COUNT(*) AS total FROM
                   (SELECT 1 AS one FROM load_balancers l
                    WHERE l.tenant_id = $1 AND l.deleted_at IS NULL
                        AND (LOWER(l.name) LIKE $2 ESCAPE '!' OR l.id LIKE $2 ESCAPE '!')
                    LIMIT 10000) AS counted";
    let total = total(tx, sql, values![tenant, keyset.pattern()]).await?;
    let sql = ordered!(
        keyset,
        "l",
        [Created => "created_at"],
        "SELECT l.id, l.name, l.remark, l.address, l.created_at FROM load_balancers l
               WHERE l.tenant_id = $1 AND l.deleted_at IS NULL
                   AND (LOWER(l.name) LIKE $2 ESCAPE '!' OR l.id LIKE $2 ESCAPE '!')"
    );
    let (key, id) = keyset.after();
    let rows = tx
        .all(sql, values![tenant, keyset.pattern(), key, id, keyset.fetch()])
        .await?;
    let rows = each(&rows, row)?;
    let mut page = keyset.page(rows, total, |row| {
        keyset.after_row(&row.name, &[(Column::Created, row.created_ms)], row.id)
    });
    add_vservers(tx, tenant, &mut page.rows).await?;
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

/// The listeners of a page's load balancers, in one statement: those between its first and last name.
async fn add_vservers(tx: &mut Tx, tenant: TenantId, page: &mut [BalancerRow]) -> Result<(), StoreError> {
    let names = || page.iter().map(|row| row.name.as_str());
    let (Some(first), Some(last)) = (names().min(), names().max()) else {
        return Ok(());
    };
    let sql = "SELECT l.id AS balancer_id, v.id, v.name, v.port
               FROM load_balancers l JOIN vservers v ON v.balancer_id = l.id
               WHERE l.tenant_id = $1 AND l.deleted_at IS NULL AND v.deleted_at IS NULL
                   AND l.name >= $2 AND l.name <= $3
               ORDER BY v.port LIMIT 10000";
    let rows = tx.all(sql, values![tenant, first, last]).await?;
    for row in &rows {
        let balancer: LoadBalancerId = row.get("balancer_id")?;
        let vserver = (row.get("id")?, row.get("name")?, row.get("port")?);
        if let Some(known) = page.iter_mut().find(|known| known.id == balancer) {
            known.vservers.push(vserver);
        }
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
