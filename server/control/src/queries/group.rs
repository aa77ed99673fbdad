//! A group's page (seed 14.3.2.2): row, spec, bindings, newest decisions, price. Readable after deletion, too.

use super::page::each;
use super::{decisions, groups};
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal, not_found};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::BindingView;
use api::groups::{DecisionView, GroupView};
use engine::model::{GroupId, TenantId};
use std::net::Ipv4Addr;

/// The group's page.
pub(crate) async fn view(console: &Console, actor: &Actor, id: GroupId) -> Answer<GroupView> {
    console.look(actor, Action::ReadGroup)?;
    let mut tx = console.read("read a group").await?;
    read(&mut tx, actor.tenant, id)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn read(tx: &mut Tx, tenant: TenantId, id: GroupId) -> Result<GroupView, Refusal> {
    let sql = "SELECT g.id, g.name, g.remark, g.template_id, t.name AS template_name, g.status, g.min_size, g.max_size,
                   g.desired, g.in_service, g.everything, g.alarm, g.created_at, g.spec_version, s.spec, y.hour_micros
               FROM groups_ g
               JOIN group_specs s ON s.group_id = g.id AND s.version = g.spec_version
               JOIN templates t ON t.id = g.template_id
               JOIN template_versions v ON v.template_id = g.template_id AND v.version = g.template_version
               JOIN instance_types y ON y.name = v.instance_type
               WHERE g.id = $1 AND g.tenant_id = $2";
    let row = tx.first(sql, values![id, tenant]).await?.ok_or_else(not_found)?;
    Ok(GroupView {
        row: groups::row(&row)?,
        spec: row.json("spec")?,
        version: row.get("spec_version")?,
        bindings: bindings(tx, tenant, id).await?,
        decisions: decisions(tx, id).await?,
        hour_micros: row.get("hour_micros")?,
        currency: super::common::currency(tx).await?,
    })
}

/// One more than the page shows (`api::balancers::LISTED_MAX`).
async fn bindings(tx: &mut Tx, tenant: TenantId, id: GroupId) -> Result<Vec<BindingView>, StoreError> {
    let sql = "SELECT l.id AS balancer_id, l.name AS balancer_name, l.address, v.id AS vserver_id,
                   v.name AS vserver_name, v.port AS vserver_port, b.port, b.weight
               FROM bindings b
               JOIN vservers v ON v.id = b.vserver_id
               JOIN load_balancers l ON l.id = v.balancer_id
               WHERE b.group_id = $1 AND l.tenant_id = $2 ORDER BY l.name, v.name, v.id LIMIT 201";
    let rows = tx.all(sql, values![id, tenant]).await?;
    each(&rows, binding)
}

fn binding(row: &Row) -> Result<BindingView, StoreError> {
    let (address, vserver_port): (Ipv4Addr, u16) = (row.get("address")?, row.get("vserver_port")?);
    Ok(BindingView {
        balancer: row.get("balancer_id")?,
        balancer_name: row.get("balancer_name")?,
        vserver: row.get("vserver_id")?,
        vserver_name: row.get("vserver_name")?,
        vserver_port,
        url: format!("http://{address}:{vserver_port}"),
        port: row.get("port")?,
        weight: row.get("weight")?,
    })
}

/// The newest of its decisions.
async fn decisions(tx: &mut Tx, id: GroupId) -> Result<Vec<DecisionView>, StoreError> {
    decisions::LIST.first(tx, decisions::NEWEST, values![id], 20).await
}

/// One row of the list of decisions.
pub(super) fn decision(row: &Row) -> Result<DecisionView, StoreError> {
    Ok(DecisionView {
        first_ms: row.get("first_at")?,
        last_ms: row.get("last_at")?,
        passes: row.get("passes")?,
        size: row.get("size")?,
        trail: row.json("trail")?,
    })
}

/// Whether there is such a group of the tenant, deleted ones included.
pub(super) async fn exists(tx: &mut Tx, tenant: TenantId, id: GroupId) -> Result<(), Refusal> {
    let sql = "SELECT id FROM groups_ WHERE id = $1 AND tenant_id = $2";
    tx.first(sql, values![id, tenant])
        .await?
        .map(drop)
        .ok_or_else(not_found)
}
