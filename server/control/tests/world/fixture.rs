//! Rows a loop test begins with: a catalogue, a template, groups, a balancer; and what it reads back.

#![allow(dead_code, reason = "each test binary uses its part of the rows")]

use control::drivers::ImageSpec;
use control::store::db::Db;
use control::store::tx::{Value, json, word};
use control::store::{GroupRecord, LoopStore, SqlStore, shard_of};
use control::values;
use engine::memory::Durable;
use engine::model::{
    Binding, GroupId, GroupSpec, GroupStatus, Guard, LoadBalancerId, Metric, Order, ReadyCheck, RemovalPolicy, Rule,
    ScaleIn, Span, SubnetId, TemplateId, TenantId, VServerId, VpcId,
};
use std::sync::atomic::{AtomicU32, Ordering};

pub const TENANT: TenantId = TenantId(1);
pub const TEMPLATE: TemplateId = TemplateId(2);
pub const GROUP: GroupId = GroupId(77);
pub const BALANCER: LoadBalancerId = LoadBalancerId(5);
pub const VSERVER: VServerId = VServerId(6);

/// 1 to 4 by CPU at 50 %, no warm-up.
pub fn spec() -> GroupSpec {
    GroupSpec {
        min: 1,
        max: 4,
        warm_up: Span(0),
        rules: vec![Rule {
            metric: Metric::Cpu,
            threshold: 50_000,
            step: None,
        }],
        scale_in: ScaleIn::Allowed,
        removal: RemovalPolicy::Newest,
        brake: Guard::On,
        hold: Guard::On,
        projection: Guard::On,
        bindings: Vec::new(),
        ready_check: ReadyCheck::None,
        seed: 9,
    }
}

/// The same behind the balancer.
pub fn bound() -> GroupSpec {
    GroupSpec {
        bindings: vec![Binding {
            vserver: VSERVER,
            port: 8080,
            weight: 1,
        }],
        ..spec()
    }
}

/// A fixed size, no rule.
pub fn steady(min: u32) -> GroupSpec {
    GroupSpec {
        min,
        rules: Vec::new(),
        ..spec()
    }
}

/// A fixed size behind the balancer.
pub fn served(min: u32) -> GroupSpec {
    GroupSpec {
        min,
        rules: Vec::new(),
        ..bound()
    }
}

async fn insert(db: &Db, sql: &'static str, values: Vec<Value>) {
    let done = db.write::<u64, control::store::StoreError, _>("insert a row", move |tx| {
        Box::pin(async move { tx.execute(sql, values).await })
    });
    done.await.expect("a row that fits");
}

pub async fn catalogue(db: &Db) {
    let image = ImageSpec {
        name: "web".to_owned(),
        command: vec!["web".to_owned()],
        environment: Vec::new(),
        ports: vec![8080],
        ready_path: None,
    };
    insert(
        db,
        "INSERT INTO tenants (id, name, created_at) VALUES ($1, 'one', 0)",
        values![TENANT],
    )
    .await;
    insert(
        db,
        "INSERT INTO regions (name, currency) VALUES ('r', 'USD')",
        values![],
    )
    .await;
    insert(db, "INSERT INTO zones (name, region) VALUES ('r-a', 'r')", values![]).await;
    insert(
        db,
        "INSERT INTO vpcs (id, tenant_id, name) VALUES ($1, $2, 'main')",
        values![VpcId(3), TENANT],
    )
    .await;
    let subnet = values![SubnetId(4), VpcId(3)];
    insert(
        db,
        "INSERT INTO subnets (id, vpc_id, zone, cidr) VALUES ($1, $2, 'r-a', '127.44.1.0/24')",
        subnet,
    )
    .await;
    insert(
        db,
        "INSERT INTO instance_types VALUES ('t.quarter', 250, 256, 1)",
        values![],
    )
    .await;
    insert(db, "INSERT INTO images VALUES ('web', '', $1)", values![json(&image)]).await;
    let template = values![TEMPLATE, TENANT];
    insert(
        db,
        "INSERT INTO templates (id, tenant_id, name, created_at) VALUES ($1, $2, 't', 0)",
        template,
    )
    .await;
    let version = values![TEMPLATE, VpcId(3)];
    insert(
        db,
        "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, created_at)
         VALUES ($1, 1, 'web', 't.quarter', $2, 0)",
        version,
    )
    .await;
    front(db, BALANCER, VSERVER).await;
}

/// A load balancer with one listener.
async fn front(db: &Db, id: LoadBalancerId, vserver: VServerId) {
    let balancer = values![id, TENANT, format!("lb{}", id.0)];
    insert(
        db,
        "INSERT INTO load_balancers (id, tenant_id, name, address, created_at) VALUES ($1, $2, $3, '127.0.0.1', 0)",
        balancer,
    )
    .await;
    insert(
        db,
        "INSERT INTO vservers (id, balancer_id, name, port, algorithm, check_path, check_interval_s, created_at)
         VALUES ($1, $2, 'http', $3, 'round_robin', '/healthz', 2, 0)",
        values![vserver, id, 20_000 + i64::try_from(vserver.0).expect("a small id")],
    )
    .await;
}

/// A database, and what people and tests do with its rows.
pub struct Rows {
    pub db: Db,
}

impl Rows {
    /// A group that people have just created.
    pub async fn group(&self, id: GroupId, spec: &GroupSpec) {
        self.group_named(id, "web", spec).await;
    }

    pub async fn group_named(&self, id: GroupId, name: &str, spec: &GroupSpec) {
        let durable = Durable {
            desired: spec.min,
            ..Durable::default()
        };
        let row = values![
            id,
            TENANT,
            shard_of(id),
            spec.min,
            spec.max,
            TEMPLATE,
            json(&durable),
            name
        ];
        insert(
            &self.db,
            "INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size, template_id,
                                  template_version, durable, desired, created_at)
             VALUES ($1, $2, $8, 'enabled', $3, 1, $4, $5, $6, 1, $7, $4, 0)",
            row,
        )
        .await;
        self.set_spec(id, 1, spec).await;
        for binding in &spec.bindings {
            let row = values![id, binding.vserver, binding.port, binding.weight];
            insert(&self.db, "INSERT INTO bindings VALUES ($1, $2, $3, $4)", row).await;
        }
    }

    /// People make a load balancer with one listener; nobody says "look now".
    pub async fn make_balancer(&self, id: LoadBalancerId, vserver: VServerId) {
        front(&self.db, id, vserver).await;
    }

    async fn set_spec(&self, id: GroupId, version: i64, spec: &GroupSpec) {
        let row = values![id, version, json(spec)];
        insert(&self.db, "INSERT INTO group_specs VALUES ($1, $2, $3, 'test', 0)", row).await;
    }

    /// Durable memory, changed behind the loop's back.
    pub async fn remember(&self, id: GroupId, change: impl FnOnce(&mut Durable)) {
        let read = "SELECT durable FROM groups_ WHERE id = $1";
        let mut tx = self.db.read("read durable").await.expect("a read");
        let row = tx.one(read, values![id]).await.expect("the group");
        let mut durable: Durable = row.json("durable").expect("JSON");
        drop(tx);
        change(&mut durable);
        let row = values![id, json(&durable), durable.desired];
        self.run_sql("UPDATE groups_ SET durable = $2, desired = $3 WHERE id = $1", row)
            .await;
    }

    /// People change what they set; nobody says "look now".
    pub async fn edit(&self, id: GroupId, spec: &GroupSpec) {
        let mut tx = self.db.read("read a version").await.expect("a read");
        let row = tx
            .one("SELECT spec_version FROM groups_ WHERE id = $1", values![id])
            .await
            .expect("the group");
        let version = row.get::<i64>("spec_version").expect("a number") + 1;
        drop(tx);
        self.set_spec(id, version, spec).await;
        self.run_sql(
            "UPDATE groups_ SET spec_version = $2 WHERE id = $1",
            values![id, version],
        )
        .await;
    }

    /// Whatever else happens to the rows.
    pub async fn run_sql(&self, sql: &'static str, values: Vec<Value>) {
        insert(&self.db, sql, values).await;
    }

    /// People ask for something.
    pub async fn order(&self, id: GroupId, order: Order) {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let row = values![format!("o-{}", NEXT.fetch_add(1, Ordering::Relaxed)), id, json(&order)];
        let sql = "INSERT INTO orders (id, group_id, body, user_name, created_at) VALUES ($1, $2, $3, 'test', 0)";
        self.run_sql(sql, row).await;
    }

    pub async fn set_status(&self, id: GroupId, status: GroupStatus) {
        let row = values![id, word(status)];
        let sql = "UPDATE groups_ SET status = $2, spec_version = spec_version + 1 WHERE id = $1";
        insert(&self.db, sql, row).await;
        let copy = "INSERT INTO group_specs SELECT group_id, version + 1, spec, user_name, created_at FROM group_specs
                    WHERE group_id = $1 ORDER BY version DESC LIMIT 1";
        insert(&self.db, copy, values![id]).await;
    }

    /// The scaling log, oldest first: kind, status, cause.
    pub async fn log(&self, id: GroupId) -> Vec<String> {
        let sql = "SELECT kind, status, cause FROM activities WHERE group_id = $1 ORDER BY started_at, id";
        let mut tx = self.db.read("read the log").await.expect("a read");
        let rows = tx.all(sql, values![id]).await.expect("rows");
        let text = |row: &control::store::tx::Row, column| row.get::<String>(column).expect("text");
        rows.iter()
            .map(|row| format!("{} {} {}", text(row, "kind"), text(row, "status"), text(row, "cause")))
            .collect()
    }

    /// The reasons of the last decision, as JSON.
    pub async fn reasons(&self, id: GroupId) -> String {
        let sql = "SELECT trail FROM decisions WHERE group_id = $1 ORDER BY number DESC LIMIT 1";
        let mut tx = self.db.read("read a decision").await.expect("a read");
        let row = tx.one(sql, values![id]).await.expect("a decision");
        row.get("trail").expect("text")
    }

    /// Whether lists show that a person is needed.
    pub async fn alarmed(&self, id: GroupId) -> bool {
        let mut tx = self.db.read("read an alarm").await.expect("a read");
        let row = tx.one("SELECT alarm FROM groups_ WHERE id = $1", values![id]).await;
        row.expect("the group").get::<i64>("alarm").expect("a number") != 0
    }

    /// The group as a pass loads it; none once it is deleted.
    pub async fn loaded(&self, id: GroupId) -> Option<GroupRecord> {
        SqlStore::new(self.db.clone()).load(id).await.expect("a read")
    }

    /// Records that are not terminated.
    pub async fn records(&self, id: GroupId) -> usize {
        self.loaded(id).await.map_or(0, |record| record.instances.len())
    }

    pub async fn desired(&self, id: GroupId) -> u32 {
        self.loaded(id).await.expect("the group").durable.desired
    }
}
