//! Load balancers as the loop needs them.

use super::load::{AT_ONCE, ids, of_many};
use crate::balancer::MemberAddress;
use crate::store::tx::{Row, Tx};
use crate::store::{BalancerRecord, StoreError, VServerRecord, rules};
use crate::values;
use engine::model::{InstanceId, LoadBalancerId, VServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Every one whose process may run, by id.
pub(super) async fn all(tx: &mut Tx) -> Result<Vec<BalancerRecord>, StoreError> {
    let mut vservers = vservers(tx).await?;
    let sql = "SELECT id, tenant_id, address, deleted_at FROM load_balancers WHERE ended = 0 ORDER BY id";
    let read = |row: &Row| {
        let id = row.get("id")?;
        Ok(BalancerRecord {
            id,
            tenant: row.get("tenant_id")?,
            address: row.get("address")?,
            vservers: vservers.remove(&id).unwrap_or_default(),
            deleted: row.get::<Option<i64>>("deleted_at")?.is_some(),
        })
    };
    tx.all(sql, Vec::new()).await?.iter().map(read).collect()
}

async fn vservers(tx: &mut Tx) -> Result<BTreeMap<LoadBalancerId, Vec<VServerRecord>>, StoreError> {
    let sql = "SELECT v.balancer_id, v.id, v.port, v.algorithm, v.check_path, v.check_interval_s
               FROM load_balancers b CROSS JOIN vservers v
               WHERE b.ended = 0 AND v.balancer_id = b.id AND v.deleted_at IS NULL ORDER BY v.id";
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for row in tx.all(sql, Vec::new()).await? {
        found.entry(row.get("balancer_id")?).or_default().push(VServerRecord {
            id: row.get("id")?,
            port: row.get("port")?,
            algorithm: row.get("algorithm")?,
            check_path: row.get("check_path")?,
            check_interval_s: row.get("check_interval_s")?,
        });
    }
    Ok(found)
}

/// Who may be sent requests behind one of them, of all groups.
pub(super) async fn serving(
    tx: &mut Tx,
    balancer: LoadBalancerId,
) -> Result<Vec<(VServerId, MemberAddress)>, StoreError> {
    let sql = "SELECT b.vserver_id, b.port, b.weight, i.id, i.address, i.phase, i.flags
               FROM vservers v CROSS JOIN bindings b CROSS JOIN instances i
               WHERE v.balancer_id = $1 AND v.deleted_at IS NULL AND b.vserver_id = v.id
                   AND i.group_id = b.group_id AND i.terminated_at IS NULL";
    let mut found = Vec::new();
    for row in tx.all(sql, values![balancer]).await? {
        if rules::serves(row.json("phase")?, row.json("flags")?) {
            let member = MemberAddress {
                id: row.get("id")?,
                address: row.get("address")?,
                port: row.get("port")?,
                weight: row.get("weight")?,
            };
            found.push((row.get("vserver_id")?, member));
        }
    }
    Ok(found)
}

static RECORDED: LazyLock<&str> =
    LazyLock::new(|| of_many("SELECT id FROM instances WHERE id IN (IDS) AND terminated_at IS NULL"));

/// Those of these instances whose record has not ended.
pub(super) async fn recorded(tx: &mut Tx, asked: &[InstanceId]) -> Result<BTreeSet<InstanceId>, StoreError> {
    let mut found = BTreeSet::new();
    for some in asked.chunks(AT_ONCE) {
        for row in tx.all(*RECORDED, ids(some)).await? {
            found.insert(row.get("id")?);
        }
    }
    Ok(found)
}

/// A deleted one's process has ended: nothing of it is left to do.
pub(super) async fn ended(tx: &mut Tx, id: LoadBalancerId) -> Result<(), StoreError> {
    let sql = "UPDATE load_balancers SET ended = 1 WHERE id = $1 AND deleted_at IS NOT NULL";
    tx.execute(sql, values![id]).await?;
    Ok(())
}
