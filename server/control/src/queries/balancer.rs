//! A load balancer's page: its listeners, the groups bound to them and each member with its balancer's word. Each statement
//! asks for one more than the page shows (`api::balancers::LISTED_MAX`, `MEMBERS_MAX`): so it knows that there are more.

use super::BalancerLive;
use super::balancers::{health, row};
use super::page::each;
use crate::auth::gate::Action;
use crate::balancer::BackendStat;
use crate::commands::{Console, Refusal, not_found};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::balancers::{BackendView, BalancerView, BoundGroup, VServerView};
use engine::model::{CheckWord, InstanceId, LoadBalancerId, TenantId, VServerId};
use std::net::Ipv4Addr;

/// The load balancer's page.
pub(crate) async fn view(console: &Console, actor: &Actor, id: LoadBalancerId) -> Answer<BalancerView> {
    console.look(actor, Action::ReadBalancer)?;
    let live = console.parts.live.balancer(id);
    let mut tx = console.read("read a load balancer").await?;
    let read = read(&mut tx, actor.tenant, id, live.as_ref()).await;
    let mut view = read.map_err(|refusal| console.problems(refusal))?;
    view.row.health = health(console, &view.row);
    Ok(view)
}

async fn read(
    tx: &mut Tx,
    tenant: TenantId,
    id: LoadBalancerId,
    live: Option<&BalancerLive>,
) -> Result<BalancerView, Refusal> {
    let sql = "SELECT id, name, remark, address, created_at FROM load_balancers
               WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL";
    let found = tx.first(sql, values![id, tenant]).await?.ok_or_else(not_found)?;
    let (mut row, address): (_, Ipv4Addr) = (row(&found)?, found.get("address")?);
    let sql = "SELECT id, name, port, algorithm, check_path, check_interval_s FROM vservers
               WHERE balancer_id = $1 AND deleted_at IS NULL ORDER BY port LIMIT 201";
    let rows = tx.all(sql, values![id]).await?;
    let mut vservers = each(&rows, |row| vserver(row, address))?;
    for vserver in &mut vservers {
        vserver.groups = groups(tx, tenant, vserver.id).await?;
        vserver.backends = backends(tx, tenant, vserver.id, live).await?;
    }
    row.vservers = vservers
        .iter()
        .map(|vserver| (vserver.id, vserver.name.clone(), vserver.port))
        .collect();
    Ok(BalancerView { row, vservers })
}

fn vserver(row: &Row, address: Ipv4Addr) -> Result<VServerView, StoreError> {
    let port: u16 = row.get("port")?;
    Ok(VServerView {
        id: row.get("id")?,
        name: row.get("name")?,
        port,
        url: format!("http://{address}:{port}"),
        algorithm: row.get("algorithm")?,
        check_path: row.get("check_path")?,
        check_interval_s: row.get("check_interval_s")?,
        groups: Vec::new(),
        backends: Vec::new(),
    })
}

/// The groups bound to a listener. `CROSS JOIN` keeps SQLite to the written order: it would rather walk over all groups of
/// the tenant by name than sort a few.
async fn groups(tx: &mut Tx, tenant: TenantId, id: VServerId) -> Result<Vec<BoundGroup>, StoreError> {
    let sql = "SELECT g.id, g.name, b.port, b.weight FROM bindings b CROSS JOIN groups_ g
               WHERE b.vserver_id = $1 AND g.id = b.group_id AND g.tenant_id = $2 AND g.deleted_at IS NULL
               ORDER BY g.name, g.id LIMIT 201";
    let rows = tx.all(sql, values![id, tenant]).await?;
    each(&rows, |row| {
        Ok(BoundGroup {
            id: row.get("id")?,
            name: row.get("name")?,
            port: row.get("port")?,
            weight: row.get("weight")?,
        })
    })
}

/// Members of the bound groups, as many as the page shows and one more, each with its balancer's word.
async fn backends(
    tx: &mut Tx,
    tenant: TenantId,
    id: VServerId,
    live: Option<&BalancerLive>,
) -> Result<Vec<BackendView>, StoreError> {
    let sql = "SELECT i.id, i.name, i.group_id, i.address, b.port
               FROM bindings b JOIN instances i ON i.group_id = b.group_id
               WHERE b.vserver_id = $1 AND i.tenant_id = $2 AND i.terminated_at IS NULL
               ORDER BY i.created_at DESC, i.id DESC LIMIT 1001";
    let rows = tx.all(sql, values![id, tenant]).await?;
    each(&rows, |row| backend(row, id, live))
}

fn backend(row: &Row, vserver: VServerId, live: Option<&BalancerLive>) -> Result<BackendView, StoreError> {
    let (id, address, port): (InstanceId, Ipv4Addr, u16) = (row.get("id")?, row.get("address")?, row.get("port")?);
    let line = live.map(|live| {
        live.backends
            .iter()
            .find(|line| line.vserver == vserver && line.id == id)
    });
    let (sessions, requests) = line.flatten().map_or((0, 0), |line| (line.sessions, line.requests));
    Ok(BackendView {
        id,
        name: row.get("name")?,
        group: row.get("group_id")?,
        address: format!("{address}:{port}"),
        word: word(line).to_owned(),
        sessions,
        requests,
    })
}

/// The word for pages: nothing looked yet, no such member there, or what the balancer says.
const fn word(line: Option<Option<&BackendStat>>) -> &'static str {
    match line {
        None => "checking",
        Some(None) => "absent",
        Some(Some(line)) => match line.word {
            CheckWord::Missing => "checking",
            CheckWord::Absent => "absent",
            CheckWord::Up => "up",
            CheckWord::Down => "down",
            CheckWord::Draining(_) => "draining",
        },
    }
}
