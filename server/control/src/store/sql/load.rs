//! What a pass reads: a few indexed queries in one reading transaction.

use crate::drivers::ImageSpec;
use crate::store::tx::{Column, Row, Tx, Value};
use crate::store::{GroupHead, GroupRecord, InstanceRow, Launch, StoreError, rules};
use crate::values;
use engine::model::{Binding, GroupId, GroupSpec, Order, SubnetId, TemplateId, VpcId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

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

/// Groups read by one set of statements. All groups whose cycle closes in one slot are read at once, and what a statement
/// costs is mostly asking it. More, and the first of them waits for the last.
pub(in crate::store) const AT_ONCE: usize = 64;
/// Orders a pass takes; the next one takes the rest.
const ORDERS_MAX: usize = 1_000;

/// A statement with `IDS` in it as the ids of at most [`AT_ONCE`] things.
pub(super) fn of_many(sql: &str) -> &'static str {
    let ids: Vec<String> = (1..=AT_ONCE).map(|n| format!("${n}")).collect();
    Box::leak(sql.replace("IDS", &ids.join(", ")).into_boxed_str())
}

/// Their values: what is not asked for is an id nobody has.
pub(super) fn ids<T: Copy>(asked: &[T]) -> Vec<Value>
where
    Value: From<T>,
{
    let mut values: Vec<Value> = asked.iter().map(|id| Value::from(*id)).collect();
    values.resize(AT_ONCE, Value::Text(Some(String::new())));
    values
}

static GROUPS: LazyLock<&str> = LazyLock::new(|| {
    of_many(
        "SELECT g.id, g.tenant_id, g.name, g.status, g.spec_version, g.state_rev, g.template_id, g.template_version, g.durable,
                s.spec, v.vpc_id, v.user_data, v.environment, i.spec AS image, t.vcpu_milli, t.memory_mib
         FROM groups_ g JOIN group_specs s ON s.group_id = g.id AND s.version = g.spec_version
         LEFT JOIN template_versions v ON v.template_id = g.template_id AND v.version = g.template_version
         LEFT JOIN images i ON i.name = v.image LEFT JOIN instance_types t ON t.name = v.instance_type
         WHERE g.id IN (IDS) AND g.deleted_at IS NULL",
    )
});

/// Everything about these groups, at most [`AT_ONCE`]; those that are gone are left out.
pub(in crate::store) async fn groups(
    tx: &mut Tx,
    asked: &[GroupId],
) -> Result<BTreeMap<GroupId, GroupRecord>, StoreError> {
    let rows = tx.all(*GROUPS, ids(asked)).await?;
    let vpcs: BTreeSet<VpcId> = rows
        .iter()
        .filter_map(|row| row.get::<Option<VpcId>>("vpc_id").transpose())
        .collect::<Result<_, _>>()?;
    let subnets = subnets_of(tx, &vpcs.into_iter().collect::<Vec<_>>()).await?;
    let mut bindings = bindings(tx, asked).await?;
    let mut instances = instances(tx, asked).await?;
    let mut orders = orders(tx, asked).await?;
    let mut records = BTreeMap::new();
    for row in &rows {
        let id = row.get("id")?;
        let (spec, launch) = (row.json::<GroupSpec>("spec")?, launch_in(row, &subnets)?);
        let record = GroupRecord {
            id,
            tenant: row.get("tenant_id")?,
            name: row.get("name")?,
            status: row.word("status")?,
            spec_version: row.get("spec_version")?,
            state_rev: row.get("state_rev")?,
            spec: GroupSpec {
                bindings: bindings.remove(&id).unwrap_or_default(),
                ..spec
            },
            launch,
            durable: row.json("durable")?,
            instances: instances.remove(&id).unwrap_or_default(),
            orders: orders.remove(&id).unwrap_or_default(),
        };
        records.insert(id, record);
    }
    Ok(records)
}

/// What a group launches from, out of its row.
fn launch_in(row: &Row, subnets: &BTreeMap<VpcId, Vec<(SubnetId, String)>>) -> Result<Launch, StoreError> {
    let (template, version): (TemplateId, u32) = (row.get("template_id")?, row.get("template_version")?);
    let vpc: Option<VpcId> = row.get("vpc_id")?;
    let Some(vpc) = vpc else {
        return Err(StoreError::database(
            "load a group",
            format!("{template} has no {version}"),
        ));
    };
    let subnets = subnets.get(&vpc).cloned().unwrap_or_default();
    made_of(row, "image", (template, version), subnets)
}

/// A launch out of a row with the columns of a template version, its image in column `image`.
fn made_of(
    row: &Row,
    image: &'static str,
    (template, template_version): (TemplateId, u32),
    subnets: Vec<(SubnetId, String)>,
) -> Result<Launch, StoreError> {
    let mut image: ImageSpec = row.json(image)?;
    image
        .environment
        .extend(row.json::<Vec<(String, String)>>("environment")?);
    Ok(Launch {
        template,
        template_version,
        vcpu_milli: row.get("vcpu_milli")?,
        memory_bytes: row.get::<u64>("memory_mib")?.saturating_mul(MIB),
        image,
        user_data: row.get("user_data")?,
        subnets,
    })
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
    let vpc: VpcId = row.get("vpc_id")?;
    let subnets = subnets_of(tx, &[vpc]).await?.remove(&vpc).unwrap_or_default();
    made_of(&row, "spec", (template, version), subnets).map(Some)
}

/// Rows by what they belong to, each list in the order of the answer.
pub(super) fn by<K: Ord + Column, T>(
    rows: &[Row],
    key: &'static str,
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<BTreeMap<K, Vec<T>>, StoreError> {
    let mut lists = BTreeMap::<K, Vec<T>>::new();
    for row in rows {
        lists.entry(row.get(key)?).or_default().push(read(row)?);
    }
    Ok(lists)
}

static SUBNETS: LazyLock<&str> =
    LazyLock::new(|| of_many("SELECT vpc_id, id, zone FROM subnets WHERE vpc_id IN (IDS) ORDER BY vpc_id, id"));

async fn subnets_of(tx: &mut Tx, vpcs: &[VpcId]) -> Result<BTreeMap<VpcId, Vec<(SubnetId, String)>>, StoreError> {
    let rows = tx.all(*SUBNETS, ids(vpcs)).await?;
    by(&rows, "vpc_id", |row| Ok((row.get("id")?, row.get("zone")?)))
}

static BINDINGS: LazyLock<&str> = LazyLock::new(|| {
    of_many(
        "SELECT group_id, vserver_id, port, weight FROM bindings WHERE group_id IN (IDS) ORDER BY group_id, vserver_id",
    )
});

/// The rows of `bindings` are the truth, not the spec's copy: unbinding a VServer changes them.
async fn bindings(tx: &mut Tx, groups: &[GroupId]) -> Result<BTreeMap<GroupId, Vec<Binding>>, StoreError> {
    let rows = tx.all(*BINDINGS, ids(groups)).await?;
    by(&rows, "group_id", |row| {
        Ok(Binding {
            vserver: row.get("vserver_id")?,
            port: row.get("port")?,
            weight: row.get("weight")?,
        })
    })
}

static INSTANCES: LazyLock<&str> = LazyLock::new(|| {
    of_many(
        "SELECT group_id, id, name, phase, state, flags, warm_up_ms, address, subnet_id, template_id, template_version,
                activity_id, created_at
         FROM instances WHERE group_id IN (IDS) AND terminated_at IS NULL ORDER BY group_id, id",
    )
});

async fn instances(tx: &mut Tx, groups: &[GroupId]) -> Result<BTreeMap<GroupId, Vec<InstanceRow>>, StoreError> {
    let rows = tx.all(*INSTANCES, ids(groups)).await?;
    by(&rows, "group_id", instance)
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

static ORDERS: LazyLock<&str> = LazyLock::new(|| {
    of_many(
        "SELECT group_id, id, body FROM orders WHERE group_id IN (IDS) ORDER BY group_id, created_at, id LIMIT 20000",
    )
});

/// Oldest first, a bounded number. A limit is of the whole answer: who is behind somebody with very many has its turn once
/// those are carried out.
async fn orders(tx: &mut Tx, groups: &[GroupId]) -> Result<BTreeMap<GroupId, Vec<(String, Order)>>, StoreError> {
    let rows = tx.all(*ORDERS, ids(groups)).await?;
    let mut orders = by(&rows, "group_id", |row| Ok((row.get("id")?, row.json("body")?)))?;
    orders
        .values_mut()
        .for_each(|orders: &mut Vec<_>| orders.truncate(ORDERS_MAX));
    Ok(orders)
}
