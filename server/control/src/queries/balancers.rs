//! The list of load balancers.

use super::page::{Keyset, List, Sort, Texts, each};
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::{BalancerHealth, BalancerRow};
use api::groups::{ListQuery, Page};
use api::parse::After;
use engine::model::TenantId;

/// A page of the tenant's load balancers by name.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<BalancerRow>> {
    console.look(actor, Action::ListBalancers)?;
    let keyset = Keyset::of(&query)?;
    let mut tx = console.read("list load balancers").await?;
    let read = read(&mut tx, actor.tenant, &keyset).await;
    let mut page = read.map_err(|why| console.problems(why.into()))?;
    for row in &mut page.rows {
        row.health = health(console, row);
    }
    Ok(page)
}

const LIST: List<BalancerRow> = List {
    texts: Texts {
        count: "SELECT COUNT(*) AS total FROM
                    (SELECT 1 AS one FROM load_balancers l WHERE l.tenant_id = $1 AND l.deleted_at IS NULL
                     LIMIT 10000) AS counted",
        page: "SELECT l.id, l.name, l.remark, l.address, l.created_at FROM load_balancers l
               WHERE l.tenant_id = $1 AND l.deleted_at IS NULL AND (l.name, l.id) > ($2, $3)
               ORDER BY l.name, l.id LIMIT $4",
        matches: "SELECT COUNT(*) AS looked, COALESCE(SUM(
                      CASE WHEN LOWER(l.name) LIKE $2 ESCAPE '!' OR l.id LIKE $2 ESCAPE '!' THEN 1 ELSE 0 END), 0) AS total
                  FROM (SELECT b.name, b.id FROM load_balancers b WHERE b.tenant_id = $1 AND b.deleted_at IS NULL
                        ORDER BY b.name, b.id LIMIT 10000) AS l",
        search: "SELECT b.id, b.name, b.remark, b.address, b.created_at
                 FROM (SELECT l.name, l.id
                       FROM (SELECT b.name, b.id FROM load_balancers b
                             WHERE b.tenant_id = $1 AND b.deleted_at IS NULL AND (b.name, b.id) > ($2, $3)
                             ORDER BY b.name, b.id LIMIT 10000) AS l
                       WHERE LOWER(l.name) LIKE $5 ESCAPE '!' OR l.id LIKE $5 ESCAPE '!'
                       ORDER BY l.name, l.id LIMIT $4) AS found
                 CROSS JOIN load_balancers b WHERE b.id = found.id ORDER BY found.name, found.id",
        end: "SELECT l.name AS key, l.id
              FROM (SELECT b.name, b.id FROM load_balancers b
                    WHERE b.tenant_id = $1 AND b.deleted_at IS NULL AND (b.name, b.id) > ($2, $3)
                    ORDER BY b.name, b.id LIMIT 10000) AS l
              ORDER BY l.name DESC, l.id DESC LIMIT 1",
    },
    sort: Sort::Names,
    row,
    key: |row| After {
        key: row.name.clone(),
        id: row.id.to_string(),
    },
};

async fn read(tx: &mut Tx, tenant: TenantId, keyset: &Keyset) -> Result<Page<BalancerRow>, StoreError> {
    let mut page = LIST.read(tx, keyset, values![tenant]).await?;
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

/// The listeners of each load balancer of a page, by port: as many as its page shows.
async fn add_vservers(tx: &mut Tx, page: &mut [BalancerRow]) -> Result<(), StoreError> {
    let sql =
        "SELECT id, name, port FROM vservers WHERE balancer_id = $1 AND deleted_at IS NULL ORDER BY port LIMIT 200";
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
        None => BalancerHealth::Failing("not looked at yet".to_owned()),
    }
}
