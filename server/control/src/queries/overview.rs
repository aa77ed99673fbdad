//! The overview: how much a tenant has, which of its groups need a person, and how desired moved last.
//!
//! The first two look through the list's first [`COUNT_MAX`](super::COUNT_MAX) groups by name, as counts and filters do: whoever
//! has more is told so ([`Overview::stops_short`]).

use super::groups::row;
use super::page::each;
use crate::auth::gate::Action;
use crate::commands::Console;
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{GroupRow, Overview, Scaling};
use engine::model::TenantId;

/// What needs a person, and how much there is.
pub(crate) async fn view(console: &Console, actor: &Actor) -> Answer<Overview> {
    console.look(actor, Action::ReadOverview)?;
    let mut tx = console.read("read the overview").await?;
    read(&mut tx, actor.tenant)
        .await
        .map_err(|why| console.problems(why.into()))
}

async fn read(tx: &mut Tx, tenant: TenantId) -> Result<Overview, StoreError> {
    let sql = "SELECT COUNT(*) AS total, CAST(COALESCE(SUM(l.desired), 0) AS BIGINT) AS desired,
                   CAST(COALESCE(SUM(l.in_service), 0) AS BIGINT) AS in_service,
                   CAST(COALESCE(SUM(l.everything), 0) AS BIGINT) AS everything,
                   CAST(COALESCE(SUM(l.alarm), 0) AS BIGINT) AS alarms
               FROM (SELECT x.desired, x.in_service, x.everything, x.alarm FROM groups_ x
                     WHERE x.tenant_id = $1 AND x.deleted_at IS NULL ORDER BY x.name, x.id LIMIT 10000) AS l";
    let sums = tx.one(sql, values![tenant]).await?;
    let alarms: u32 = sums.get("alarms")?;
    Ok(Overview {
        groups: sums.get("total")?,
        desired: sums.get("desired")?,
        in_service: sums.get("in_service")?,
        everything: sums.get("everything")?,
        alarms,
        waiting: if alarms == 0 {
            Vec::new()
        } else {
            waiting(tx, tenant).await?
        },
        latest: latest(tx, tenant).await?,
    })
}

/// Those that need a person, by name: as many as a page of a list has at most.
async fn waiting(tx: &mut Tx, tenant: TenantId) -> Result<Vec<GroupRow>, StoreError> {
    let sql = "SELECT g.id, g.name, g.remark, g.template_id, t.name AS template_name, g.status, g.min_size, g.max_size,
                   g.desired, g.in_service, g.everything, g.alarm, g.created_at
               FROM (SELECT x.name, x.id, x.alarm FROM groups_ x
                     WHERE x.tenant_id = $1 AND x.deleted_at IS NULL ORDER BY x.name, x.id LIMIT 10000) AS l
               CROSS JOIN groups_ g JOIN templates t ON t.id = g.template_id
               WHERE l.alarm = 1 AND g.id = l.id ORDER BY l.name, l.id LIMIT 200";
    let rows = tx.all(sql, values![tenant]).await?;
    each(&rows, row)
}

/// The newest moves of desired, whichever group's. Before the end of all time: a bound makes it a seek. Eight of them: a
/// glance; the whole of it is each group's scaling log.
async fn latest(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Scaling>, StoreError> {
    let sql = "SELECT a.group_id, g.name, g.deleted_at, a.size_before, a.size_after, a.cause, a.started_at
               FROM activities a CROSS JOIN groups_ g
               WHERE a.tenant_id = $1 AND a.kind = 'resize' AND a.started_at < $2 AND g.id = a.group_id
               ORDER BY a.started_at DESC, a.id DESC LIMIT 8";
    let rows = tx.all(sql, values![tenant, i64::MAX]).await?;
    each(&rows, scaling)
}

fn scaling(row: &Row) -> Result<Scaling, StoreError> {
    Ok(Scaling {
        group: row.get("group_id")?,
        name: row.get("name")?,
        gone: row.get::<Option<i64>>("deleted_at")?.is_some(),
        from: row.get("size_before")?,
        to: row.get("size_after")?,
        cause: row.json("cause")?,
        at_ms: row.get("started_at")?,
    })
}
