//! VServers: create, delete.

use super::act::Act;
use super::balancers::name_of;
use super::refusal::not_found;
use super::{Console, Refusal, names};
use crate::auth::gate::Action;
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::{NewVServer, VServerForm};
use api::live::Change;
use api::parse;
use api::problem::{Code, Problem};
use engine::model::{LoadBalancerId, TenantId, VServerId};
use serde_json::json as object;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

/// Adds a VServer to a load balancer of the tenant.
pub(super) async fn create(
    console: &Console,
    actor: &Actor,
    balancer: LoadBalancerId,
    form: VServerForm,
) -> Answer<VServerId> {
    let act = console.act(actor, Action::CreateVServer)?;
    let new = parse::vserver(&form)?;
    let id = VServerId(console.parts.ids.mint());
    let operation = "create a VServer";
    console
        .write(operation, act, move |tx, act| {
            Box::pin(async move { insert(tx, act, balancer, id, new).await })
        })
        .await?;
    console.parts.wake.balancer(balancer);
    Ok(id)
}

async fn insert(
    tx: &mut Tx,
    act: &Act,
    balancer: LoadBalancerId,
    id: VServerId,
    new: NewVServer,
) -> Result<(), Refusal> {
    name_of(tx, act, balancer).await?;
    let sql = "SELECT id FROM vservers WHERE balancer_id = $1 AND name = $2 AND deleted_at IS NULL";
    if tx.first(sql, values![balancer, &new.name]).await?.is_some() {
        return Err(Problem::at("name", Code::NameTaken).with(new.name).into());
    }
    port_free(tx, act, balancer, new.port).await?;
    let sql = "INSERT INTO vservers (id, balancer_id, name, port, algorithm, check_path, check_interval_s, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let NewVServer {
        name,
        port,
        algorithm,
        check_path,
        check_interval_s,
    } = &new;
    let values = values![
        id,
        balancer,
        name,
        *port,
        algorithm,
        check_path,
        *check_interval_s,
        act.now
    ];
    tx.execute(sql, values).await?;
    let detail = object!({ "balancer": balancer, "name": name, "port": port, "check_path": check_path });
    Ok(act.record(tx, id, detail, &[Change::Balancer { id: balancer }]).await?)
}

/// Neither a VServer nor another program of the host may have the port.
async fn port_free(tx: &mut Tx, act: &Act, balancer: LoadBalancerId, port: u16) -> Result<(), Refusal> {
    let foreign = || Err(Problem::at("port", Code::PortForeign).with(port).into());
    let sql = "SELECT v.name, l.tenant_id FROM vservers v JOIN load_balancers l ON l.id = v.balancer_id
               WHERE v.port = $1 AND v.deleted_at IS NULL";
    if let Some(row) = tx.first(sql, values![port]).await? {
        let (name, tenant): (String, TenantId) = (row.get("name")?, row.get("tenant_id")?);
        if tenant != act.tenant() {
            return foreign();
        }
        return Err(Problem::at("port", Code::PortTaken).with(port).with(name).into());
    }
    // A VServer of this balancer that was deleted a moment ago may still hold it: the balancer hands it over itself.
    let sql = "SELECT port FROM vservers WHERE balancer_id = $1 AND port = $2";
    if tx.first(sql, values![balancer, port]).await?.is_some() {
        return Ok(());
    }
    let row = tx
        .one("SELECT address FROM load_balancers WHERE id = $1", values![balancer])
        .await?;
    if is_bound(row.get("address")?, port) {
        foreign()
    } else {
        Ok(())
    }
}

/// Whether somebody listens there; any other trouble is the balancer's to report.
fn is_bound(address: Ipv4Addr, port: u16) -> bool {
    TcpListener::bind((address, port)).is_err_and(|why| why.kind() == ErrorKind::AddrInUse)
}

/// Deletes a VServer; refused while a group is bound.
pub(super) async fn delete(console: &Console, actor: &Actor, balancer: LoadBalancerId, id: VServerId) -> Answer<()> {
    let act = console.act(actor, Action::DeleteVServer)?;
    let operation = "delete a VServer";
    console
        .write(operation, act, move |tx, act| {
            Box::pin(async move { end(tx, act, balancer, id).await })
        })
        .await?;
    console.parts.wake.balancer(balancer);
    Ok(())
}

async fn end(tx: &mut Tx, act: &Act, balancer: LoadBalancerId, id: VServerId) -> Result<(), Refusal> {
    name_of(tx, act, balancer).await?;
    let sql = "UPDATE vservers SET deleted_at = $3 WHERE id = $1 AND balancer_id = $2 AND deleted_at IS NULL
               RETURNING name, port";
    let row = tx
        .first(sql, values![id, balancer, act.now])
        .await?
        .ok_or_else(not_found)?;
    let sql = "SELECT g.name FROM bindings b JOIN groups_ g ON g.id = b.group_id
               WHERE b.vserver_id = $1 AND g.deleted_at IS NULL ORDER BY g.name LIMIT 1000";
    let rows = tx.all(sql, values![id]).await?;
    let users: Vec<String> = rows.iter().map(|row| row.get("name")).collect::<Result<_, _>>()?;
    if !users.is_empty() {
        return Err(Problem::at("", Code::InUse).with(names(&users)).into());
    }
    tx.execute("DELETE FROM bindings WHERE vserver_id = $1", values![id])
        .await?;
    let (name, port): (String, u16) = (row.get("name")?, row.get("port")?);
    let detail = object!({ "balancer": balancer, "name": name, "port": port });
    Ok(act.record(tx, id, detail, &[Change::Balancer { id: balancer }]).await?)
}
