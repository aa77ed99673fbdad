//! Templates: the list and a template's page (seed 14.2.2).

use super::page::{Keyset, List, Order, counting, each, key_of, matching, orders};
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal, not_found};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{ListQuery, Page};
use api::parse::Column;
use api::templates::{TemplateRow, TemplateView};
use engine::model::{TemplateId, TenantId};

/// What the list can be sorted by; each order has its index.
const ORDERS: &[Order] = orders!(
    "t.id, t.name, t.remark, t.version, v.image, v.instance_type, y.vcpu_milli, y.memory_mib, n.name AS vpc,
     y.hour_micros, t.created_at",
    "templates",
    "t",
    "JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
     JOIN instance_types y ON y.name = v.instance_type JOIN vpcs n ON n.id = v.vpc_id",
    [Created => "created_at"]
);

const LIST: List<TemplateRow> = List {
    count: counting!("templates"),
    matches: matching!("templates"),
    row,
    key: |row, column| key_of(column, &row.name, &[(Column::Created, row.created_ms)], row.id),
};

/// A page of the tenant's templates.
pub(crate) async fn list(console: &Console, actor: &Actor, query: ListQuery) -> Answer<Page<TemplateRow>> {
    console.look(actor, Action::ListTemplates)?;
    let keyset = Keyset::of(&query, ORDERS)?;
    let mut tx = console.read("list templates").await?;
    read(&mut tx, actor.tenant, &keyset)
        .await
        .map_err(|why| console.problems(why.into()))
}

async fn read(tx: &mut Tx, tenant: TenantId, keyset: &Keyset) -> Result<Page<TemplateRow>, StoreError> {
    let mut page = LIST.read(tx, keyset, ORDERS, values![tenant]).await?;
    add_groups(tx, tenant, &mut page.rows).await?;
    Ok(page)
}

fn row(row: &Row) -> Result<TemplateRow, StoreError> {
    Ok(TemplateRow {
        id: row.get("id")?,
        name: row.get("name")?,
        remark: row.get("remark")?,
        version: row.get("version")?,
        image: row.get("image")?,
        instance_type: row.get("instance_type")?,
        vcpu_milli: row.get("vcpu_milli")?,
        memory_mib: row.get("memory_mib")?,
        vpc: row.get("vpc")?,
        hour_micros: row.get("hour_micros")?,
        groups: Vec::new(),
        created_ms: row.get("created_at")?,
    })
}

/// Adds to each template of a page the groups that launch from it, by name, as many as are shown and one more
/// (`api::templates::USED_BY_MAX`): a template may be used by thousands, and nobody reads their names in a list.
async fn add_groups(tx: &mut Tx, tenant: TenantId, page: &mut [TemplateRow]) -> Result<(), StoreError> {
    let sql = "SELECT g.id, g.name FROM groups_ g
               WHERE g.template_id = $1 AND g.tenant_id = $2 AND g.deleted_at IS NULL ORDER BY g.name, g.id LIMIT 101";
    for row in page {
        let groups = tx.all(sql, values![row.id, tenant]).await?;
        row.groups = each(&groups, |group| Ok((group.get("id")?, group.get("name")?)))?;
    }
    Ok(())
}

/// A template's page.
pub(crate) async fn view(console: &Console, actor: &Actor, id: TemplateId) -> Answer<TemplateView> {
    console.look(actor, Action::ReadTemplate)?;
    let mut tx = console.read("read a template").await?;
    one(&mut tx, actor.tenant, id)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn one(tx: &mut Tx, tenant: TenantId, id: TemplateId) -> Result<TemplateView, Refusal> {
    let sql = "SELECT t.id, t.name, t.remark, t.version, v.image, v.instance_type, y.vcpu_milli, y.memory_mib,
                   n.name AS vpc, y.hour_micros, t.created_at, v.user_data, v.environment
               FROM templates t
               JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
               JOIN instance_types y ON y.name = v.instance_type
               JOIN vpcs n ON n.id = v.vpc_id
               WHERE t.id = $1 AND t.tenant_id = $2 AND t.deleted_at IS NULL";
    let found = tx.first(sql, values![id, tenant]).await?.ok_or_else(not_found)?;
    let mut rows = [row(&found)?];
    add_groups(tx, tenant, &mut rows).await?;
    let [row] = rows;
    let (user_data, environment) = (found.get("user_data")?, found.json("environment")?);
    Ok(TemplateView {
        row,
        user_data,
        environment,
        subnets: subnets(tx, id).await?,
    })
}

/// Zone and addresses of each subnet of its VPC.
async fn subnets(tx: &mut Tx, id: TemplateId) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT s.zone, s.cidr
               FROM templates t
               JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
               JOIN subnets s ON s.vpc_id = v.vpc_id
               WHERE t.id = $1 ORDER BY s.zone, s.id LIMIT 1000";
    let rows = tx.all(sql, values![id]).await?;
    each(&rows, |row| Ok((row.get("zone")?, row.get("cidr")?)))
}
