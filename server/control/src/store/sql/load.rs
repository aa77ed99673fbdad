//! What a pass reads: a few indexed queries in one reading transaction.

use crate::drivers::ImageSpec;
use crate::store::tx::{Row, Tx};
use crate::store::{GroupHead, GroupRecord, InstanceRow, Launch, StoreError, rules};
use crate::values;
use engine::model::{Binding, GroupId, GroupSpec, Order, SubnetId, TemplateId};

/// One MiB in bytes: types are sold in MiB, drivers limit bytes.
const MIB: u64 = 1 << 20;

/// Groups of these shards that are not deleted.
pub(super) async fn heads(tx: &mut Tx, shards: &[u16]) -> Result<Vec<GroupHead>, StoreError> {
    let (Some(first), Some(last)) = (shards.iter().min(), shards.iter().max()) else {
        return Ok(Vec::new());
    };
    let sql = "SELECT id, status FROM groups_ WHERE shard BETWEEN $1 AND $2 AND deleted_at IS NULL ORDER BY shard, id";
    let rows = tx.all(sql, values![*first, *last]).await?;
    let heads = rows.iter().map(|row| {
        Ok(GroupHead {
            id: row.get("id")?,
            status: row.word("status")?,
        })
    });
    let heads: Vec<GroupHead> = heads.collect::<Result<_, StoreError>>()?;
    Ok(heads.into_iter().filter(|head| rules::owned(shards, head)).collect())
}

/// Everything about one group.
pub(super) async fn group(tx: &mut Tx, id: GroupId) -> Result<Option<GroupRecord>, StoreError> {
    let sql =
        "SELECT g.tenant_id, g.name, g.status, g.spec_version, g.template_id, g.template_version, g.durable, s.spec
               FROM groups_ g JOIN group_specs s ON s.group_id = g.id AND s.version = g.spec_version
               WHERE g.id = $1 AND g.deleted_at IS NULL";
    let Some(row) = tx.first(sql, values![id]).await? else {
        return Ok(None);
    };
    let (template, version) = (row.get("template_id")?, row.get("template_version")?);
    let launch = launch(tx, template, version).await?;
    let launch = launch.ok_or_else(|| StoreError::database("load a group", format!("{template} has no {version}")))?;
    let spec = GroupSpec {
        bindings: bindings(tx, id).await?,
        ..row.json("spec")?
    };
    Ok(Some(GroupRecord {
        id,
        tenant: row.get("tenant_id")?,
        name: row.get("name")?,
        status: row.word("status")?,
        spec_version: row.get("spec_version")?,
        spec,
        launch,
        durable: row.json("durable")?,
        instances: instances(tx, id).await?,
        orders: orders(tx, id).await?,
    }))
}

/// What a template version launches.
pub(super) async fn launch(tx: &mut Tx, template: TemplateId, version: u32) -> Result<Option<Launch>, StoreError> {
    let sql = "SELECT v.vpc_id, v.user_data, v.environment, i.spec, t.vcpu_milli, t.memory_mib
               FROM template_versions v JOIN images i ON i.name = v.image
               JOIN instance_types t ON t.name = v.instance_type
               WHERE v.template_id = $1 AND v.version = $2";
    let Some(row) = tx.first(sql, values![template, version]).await? else {
        return Ok(None);
    };
    let mut image: ImageSpec = row.json("spec")?;
    image
        .environment
        .extend(row.json::<Vec<(String, String)>>("environment")?);
    Ok(Some(Launch {
        template,
        template_version: version,
        vcpu_milli: row.get("vcpu_milli")?,
        memory_bytes: row.get::<u64>("memory_mib")?.saturating_mul(MIB),
        image,
        user_data: row.get("user_data")?,
        subnets: subnets(tx, row.get("vpc_id")?).await?,
    }))
}

async fn subnets(tx: &mut Tx, vpc: engine::model::VpcId) -> Result<Vec<(SubnetId, String)>, StoreError> {
    let rows = tx
        .all(
            "SELECT id, zone FROM subnets WHERE vpc_id = $1 ORDER BY id",
            values![vpc],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("zone")?))).collect()
}

/// The rows of `bindings` are the truth, not the spec's copy: unbinding a VServer changes them.
async fn bindings(tx: &mut Tx, group: GroupId) -> Result<Vec<Binding>, StoreError> {
    let sql = "SELECT vserver_id, port, weight FROM bindings WHERE group_id = $1 ORDER BY vserver_id";
    let read = |row: &Row| {
        Ok(Binding {
            vserver: row.get("vserver_id")?,
            port: row.get("port")?,
            weight: row.get("weight")?,
        })
    };
    tx.all(sql, values![group]).await?.iter().map(read).collect()
}

async fn instances(tx: &mut Tx, group: GroupId) -> Result<Vec<InstanceRow>, StoreError> {
    let sql = "SELECT id, name, phase, state, flags, warm_up_ms, address, subnet_id, template_id, template_version,
                      activity_id, created_at
               FROM instances WHERE group_id = $1 AND terminated_at IS NULL ORDER BY id";
    tx.all(sql, values![group]).await?.iter().map(instance).collect()
}

fn instance(row: &Row) -> Result<InstanceRow, StoreError> {
    Ok(InstanceRow {
        id: row.get("id")?,
        name: row.get("name")?,
        phase: row.json("phase")?,
        state: row.word("state")?,
        flags: row.json("flags")?,
        warm_up_ms: row.get("warm_up_ms")?,
        address: row.get("address")?,
        subnet: row.get("subnet_id")?,
        template: (row.get("template_id")?, row.get("template_version")?),
        activity: row.get("activity_id")?,
        created_at: row.get("created_at")?,
    })
}

/// Oldest first; a pass takes a bounded number, the next one the rest.
async fn orders(tx: &mut Tx, group: GroupId) -> Result<Vec<(String, Order)>, StoreError> {
    let sql = "SELECT id, body FROM orders WHERE group_id = $1 ORDER BY created_at, id LIMIT 1000";
    tx.all(sql, values![group])
        .await?
        .iter()
        .map(|row| Ok((row.get("id")?, row.json("body")?)))
        .collect()
}
