//! The list of a group's decisions, newest first.

use super::group::{decision, exists};
use super::page::{Key, Keyset, List, Ordered, Way};
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal};
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{DecisionView, ListQuery, Page};
use api::parse::{After, Column, Direction};
use engine::model::{GroupId, TenantId};

/// A page of them; the filter looks at the names of their reasons. [`exists`] has the tenant: the rows have none.
pub(crate) async fn list(
    console: &Console,
    actor: &Actor,
    id: GroupId,
    query: ListQuery,
) -> Answer<Page<DecisionView>> {
    console.look(actor, Action::ListDecisions)?;
    let keyset = Keyset::of_log(&query)?;
    let mut tx = console.read("list a group's decisions").await?;
    read(&mut tx, actor.tenant, id, &keyset)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn read(tx: &mut Tx, tenant: TenantId, id: GroupId, keyset: &Keyset) -> Result<Page<DecisionView>, Refusal> {
    exists(tx, tenant, id).await?;
    Ok(LIST.in_order(tx, keyset, NEWEST, values![id]).await?)
}

/// Newest first: its only order.
pub(super) const NEWEST: Ordered<'static> = Ordered {
    column: Column::Created,
    key: Key::Alone,
    direction: Direction::Down,
    way: &Way {
        page: "SELECT d.first_at, d.last_at, d.passes, d.size, d.trail FROM decisions d
               WHERE d.group_id = $1 AND d.first_at < $2 ORDER BY d.first_at DESC LIMIT $3",
        search: "SELECT l.first_at, l.last_at, l.passes, l.size, l.trail
                 FROM (SELECT d.first_at, d.last_at, d.passes, d.size, d.trail, d.variants FROM decisions d
                       WHERE d.group_id = $1 AND d.first_at < $2 ORDER BY d.first_at DESC LIMIT 10000) AS l
                 WHERE l.variants LIKE $4 ESCAPE '!' ORDER BY l.first_at DESC LIMIT $3",
        end: "SELECT l.first_at AS key, 'd' AS id
              FROM (SELECT d.first_at FROM decisions d WHERE d.group_id = $1 AND d.first_at < $2
                    ORDER BY d.first_at DESC LIMIT 10000) AS l
              ORDER BY l.first_at LIMIT 1",
    },
};

pub(super) const LIST: List<DecisionView> = List {
    count: "SELECT COUNT(*) AS total FROM
                    (SELECT 1 AS one FROM decisions d WHERE d.group_id = $1 LIMIT 10000) AS counted",
    matches: "SELECT COUNT(*) AS looked,
                      COALESCE(SUM(CASE WHEN l.variants LIKE $2 ESCAPE '!' THEN 1 ELSE 0 END), 0) AS total
                  FROM (SELECT d.variants FROM decisions d WHERE d.group_id = $1
                        ORDER BY d.first_at DESC LIMIT 10000) AS l",
    row: decision,
    key: |row, _| After {
        key: row.first_ms.to_string(),
        id: "d".to_owned(),
    },
};
