//! What people do on a database: the statements of their commands, without the gate.

use crate::world::{NOW, People, SeenActivity, SeenDecision, one_by_one};
use api::groups::InstanceUse;
use api::live::LiveEvent;
use async_trait::async_trait;
use control::store::retention::Retention;
use control::store::sql::minutes_of_group;
use control::store::{
    BalancerRecord, Counts, Db, GroupRecord, Launch, LoopStore, Row, SqlStore, StoreError, Tx, Value, events, json,
    shard_of, word,
};
use control::values;
use engine::memory::Durable;
use engine::model::{ActivityId, Flags, GroupId, GroupStatus, InstanceId, LoadBalancerId, Order, TenantId, Timestamp};
use futures::future::BoxFuture;
use std::sync::Arc;

/// People on a database.
pub struct SqlPeople(pub Db);

impl SqlPeople {
    async fn write<F>(&self, work: F)
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
    {
        self.0.write("do what people do", work).await.expect("what people do");
    }

    async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Vec<Row> {
        let mut tx = self.0.read("look").await.expect("a reader");
        tx.all(sql, values).await.expect("rows")
    }
}

#[async_trait]
impl People for SqlPeople {
    async fn put_group(&self, record: GroupRecord) {
        self.put_template(record.launch.clone()).await;
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size,
                                                template_id, template_version, durable, desired, created_at)
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
                let GroupRecord {
                    id,
                    tenant,
                    name,
                    status,
                    spec_version,
                    spec,
                    launch,
                    durable,
                    ..
                } = record;
                let who = values![id, tenant, name, word(status), shard_of(id), spec_version];
                let what = values![spec.min, spec.max, launch.template, launch.template_version];
                let memory = values![json(&durable), durable.desired, NOW];
                tx.execute(sql, [who, what, memory].concat()).await?;
                let sql = "INSERT INTO group_specs (group_id, version, spec, user_name, created_at)
                           VALUES ($1, $2, $3, 'ann', $4)";
                tx.execute(sql, values![id, spec_version, json(&spec), NOW]).await?;
                for binding in spec.bindings {
                    let sql = "INSERT INTO bindings (group_id, vserver_id, port, weight) VALUES ($1, $2, $3, $4)";
                    let values = values![id, binding.vserver, binding.port, binding.weight];
                    tx.execute(sql, values).await?;
                }
                Ok(())
            })
        })
        .await;
    }

    async fn put_template(&self, launch: Launch) {
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "INSERT INTO templates (id, tenant_id, name, created_at)
                           SELECT $1, id, 'web', $2 FROM tenants WHERE name = 'default' ON CONFLICT (id) DO NOTHING";
                tx.execute(sql, values![launch.template, NOW]).await?;
                let sql =
                    "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, user_data,
                                                          environment, created_at)
                           SELECT $1, $2, 'sample-web', 't.quarter', id, $3, $4, $5 FROM vpcs WHERE name = 'main'
                           ON CONFLICT (template_id, version) DO NOTHING";
                let environment = json(&launch.image.environment);
                let values = values![
                    launch.template,
                    launch.template_version,
                    launch.user_data,
                    environment,
                    NOW
                ];
                tx.execute(sql, values).await.map(|_| ())
            })
        })
        .await;
    }

    async fn edit(&self, group: GroupId, desired: u32) {
        self.write(move |tx| {
            Box::pin(async move {
                let row = tx
                    .one("SELECT durable FROM groups_ WHERE id = $1", values![group])
                    .await?;
                let durable = Durable {
                    desired,
                    ..row.json("durable")?
                };
                let sql = "UPDATE groups_ SET durable = $2, desired = $3 WHERE id = $1";
                tx.execute(sql, values![group, json(&durable), desired]).await?;
                bump(tx, group).await
            })
        })
        .await;
    }

    async fn set_status(&self, group: GroupId, status: GroupStatus) {
        self.write(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE groups_ SET status = $2 WHERE id = $1",
                    values![group, word(status)],
                )
                .await?;
                bump(tx, group).await
            })
        })
        .await;
    }

    async fn protect(&self, group: GroupId, id: InstanceId) {
        self.write(move |tx| {
            Box::pin(async move {
                let row = tx.one("SELECT flags FROM instances WHERE id = $1", values![id]).await?;
                let flags = Flags {
                    protected: true,
                    ..row.json("flags")?
                };
                tx.execute(
                    "UPDATE instances SET flags = $2 WHERE id = $1",
                    values![id, json(&flags)],
                )
                .await?;
                let sql = "UPDATE groups_ SET state_rev = state_rev + 1 WHERE id = $1";
                tx.execute(sql, values![group]).await?;
                Ok(())
            })
        })
        .await;
    }

    async fn order(&self, group: GroupId, id: &str, order: Order) {
        let id = id.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                let sql =
                    "INSERT INTO orders (id, group_id, body, user_name, created_at) VALUES ($1, $2, $3, 'ann', $4)";
                tx.execute(sql, values![id, group, json(&order), NOW]).await.map(|_| ())
            })
        })
        .await;
    }

    async fn put_balancer(&self, balancer: BalancerRecord) {
        self.write(move |tx| {
            Box::pin(async move {
                let BalancerRecord {
                    id,
                    tenant,
                    address,
                    vservers,
                    ..
                } = balancer;
                let sql = "INSERT INTO load_balancers (id, tenant_id, name, address, created_at)
                           VALUES ($1, $2, 'front', $3, $4)";
                tx.execute(sql, values![id, tenant, address, NOW]).await?;
                for vserver in vservers {
                    let sql = "INSERT INTO vservers (id, balancer_id, name, port, algorithm, check_path,
                                                     check_interval_s, created_at)
                               VALUES ($1, $2, 'main', $3, $4, $5, $6, $7)";
                    let check = values![vserver.check_path, vserver.check_interval_s, NOW];
                    let values = values![vserver.id, id, vserver.port, vserver.algorithm];
                    tx.execute(sql, [values, check].concat()).await?;
                }
                Ok(())
            })
        })
        .await;
    }

    async fn delete_balancer(&self, id: LoadBalancerId) {
        self.write(move |tx| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE load_balancers SET deleted_at = $2 WHERE id = $1",
                    values![id, NOW],
                )
                .await
                .map(|_| ())
            })
        })
        .await;
    }

    async fn activity(&self, group: GroupId, id: ActivityId) -> Option<SeenActivity> {
        let sql = "SELECT kind, status, failure, instance_id, started_at, ended_at FROM activities
                   WHERE id = $1 AND group_id = $2";
        let rows = self.rows(sql, values![id, group]).await;
        let row = rows.first()?;
        Some(SeenActivity {
            kind: row.word("kind").expect("a kind"),
            status: row.word("status").expect("a status"),
            failure: row.get("failure").expect("a failure"),
            instance: row.get("instance_id").expect("an instance"),
            started_at: row.get("started_at").expect("a start"),
            ended_at: row.get("ended_at").expect("an end"),
        })
    }

    async fn ended_at(&self, group: GroupId, id: InstanceId) -> Option<Timestamp> {
        let sql = "SELECT terminated_at FROM instances WHERE id = $1 AND group_id = $2";
        let rows = self.rows(sql, values![id, group]).await;
        rows.first()?.get("terminated_at").expect("an end")
    }

    async fn decisions(&self, group: GroupId) -> Vec<SeenDecision> {
        let sql = "SELECT first_at, last_at, passes, size, trail FROM decisions WHERE group_id = $1 ORDER BY first_at";
        let seen = |row: &Row| SeenDecision {
            first_at: row.get("first_at").expect("first"),
            last_at: row.get("last_at").expect("last"),
            passes: row.get("passes").expect("passes"),
            size: row.get("size").expect("a size"),
            trail: row.json("trail").expect("a trail"),
        };
        self.rows(sql, values![group]).await.iter().map(seen).collect()
    }

    async fn events(&self, tenant: TenantId) -> Vec<LiveEvent> {
        events::after(&self.0, tenant, 0, 100_000).await.expect("events")
    }

    async fn status(&self, group: GroupId) -> GroupStatus {
        let rows = self
            .rows("SELECT status FROM groups_ WHERE id = $1", values![group])
            .await;
        rows[0].word("status").expect("a status")
    }

    async fn counts(&self, group: GroupId) -> Counts {
        let sql = "SELECT in_service, everything, alarm FROM groups_ WHERE id = $1";
        let rows = self.rows(sql, values![group]).await;
        Counts {
            in_service: rows[0].get("in_service").expect("a count"),
            everything: rows[0].get("everything").expect("a count"),
            alarm: rows[0].get("alarm").expect("a mark"),
        }
    }

    async fn cpu_samples(&self, group: GroupId) -> Vec<(InstanceId, Option<u64>)> {
        let sql = "SELECT instance_id, cpu_milli FROM instance_samples WHERE group_id = $1 ORDER BY instance_id";
        let rows = self.rows(sql, values![group]).await;
        let sample = |row: &Row| {
            (
                row.get("instance_id").expect("an id"),
                row.get("cpu_milli").expect("a value"),
            )
        };
        rows.iter().map(sample).collect()
    }

    async fn minutes(&self, group: GroupId) -> Vec<(u64, InstanceId, InstanceUse)> {
        let mut tx = self.0.read("look").await.expect("a reader");
        let all = (0, i64::MAX.cast_unsigned());
        one_by_one(minutes_of_group(&mut tx, group, all, 99).await.expect("minutes"))
    }

    fn keeping(&self, retention: Retention) -> Arc<dyn LoopStore> {
        Arc::new(SqlStore::new(self.0.clone()).keeping(retention))
    }
}

/// A new spec version, the same as the last.
async fn bump(tx: &mut Tx, group: GroupId) -> Result<(), StoreError> {
    let sql = "INSERT INTO group_specs (group_id, version, spec, user_name, created_at)
               SELECT s.group_id, s.version + 1, s.spec, 'ann', s.created_at FROM group_specs s
               JOIN groups_ g ON g.id = s.group_id AND g.spec_version = s.version WHERE g.id = $1";
    tx.execute(sql, values![group]).await?;
    tx.execute(
        "UPDATE groups_ SET spec_version = spec_version + 1 WHERE id = $1",
        values![group],
    )
    .await?;
    Ok(())
}
