//! A backend with its store, a clock driven by hand, a driver that only has logs, and an ear for wakes.

use crate::databases::Kind;
use api::actor::{Actor, Role};
use api::backend::{Backend, Balancers as _, Groups as _, Templates as _};
use api::balancers::{BalancerForm, BalancerHealth, BindForm, VServerForm};
use api::groups::GroupForm;
use api::problem::Problems;
use api::templates::TemplateForm;
use async_trait::async_trait;
use control::clock::{Anchor, Clock, TimeScale, Wall};
use control::commands::{Console, Options, Parts, Wake};
use control::drivers::{Driver, DriverError, Machine, MachineSpec, Removal, Usage};
use control::ids::Ids;
use control::queries::{BalancerLive, LiveView};
use control::store::Db;
use control::store::tx::{Value, json, word};
use control::store::{FirstStartArgs, SubnetBase, first_start};
use control::store::{StoreError, tx::Row};
use control::values;
use engine::model::{
    Flags, GroupId, InstanceId, LoadBalancerId, Phase, TemplateId, TenantId, Timestamp, UserId, VServerId,
};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where product and real time begin.
pub const START_MS: i64 = 1_800_000_000_000;

/// Time that moves when a test says so. Whoever waits waits no time at all.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn advance(&self, span: Duration) {
        self.0
            .fetch_add(i64::try_from(span.as_millis()).expect("short"), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn wall(&self) -> Wall {
        Wall(self.0.load(Ordering::SeqCst))
    }
    fn anchor(&self) -> Anchor {
        Anchor {
            wall: Wall(START_MS),
            product: Timestamp(START_MS),
            scale: TimeScale(15),
        }
    }
    fn now(&self) -> Timestamp {
        self.product(self.wall())
    }
    async fn wait(&self, _span: Duration) {
        // The driver is asked first; only a mute one is waited for.
        tokio::task::yield_now().await;
    }
}

/// Ids that differ and repeat from run to run.
#[derive(Default)]
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn mint(&self) -> u64 {
        self.0
            .fetch_add(1, Ordering::SeqCst)
            .wrapping_add(1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// A driver of which only the logs are asked.
#[derive(Default)]
pub struct Printed {
    pub logs: Mutex<BTreeMap<InstanceId, Result<String, ()>>>,
}

#[async_trait]
impl Driver for Printed {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn describe(&self, _id: InstanceId) -> Result<Machine, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn usage(&self, _ids: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn create(&self, _spec: &MachineSpec) -> Result<(), DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn stop(&self, _id: InstanceId, _grace: Duration) -> Result<(), DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn delete(&self, _id: InstanceId) -> Result<Removal, DriverError> {
        unreachable!("the console asks for logs only")
    }
    /// An instance without an entry never answers.
    async fn logs(&self, id: InstanceId, limit_bytes: usize) -> Result<String, DriverError> {
        assert_eq!(limit_bytes, 65_536);
        let said = self.logs.lock().expect("whole").get(&id).cloned();
        match said {
            Some(Ok(text)) => Ok(text),
            Some(Err(())) => Err(DriverError::Refused {
                operation: "read a log",
                why: "no disk".to_owned(),
            }),
            None => std::future::pending().await,
        }
    }
}

/// What the loop would be told, and what it would say.
#[derive(Default)]
pub struct Ear {
    pub woken: Mutex<Vec<String>>,
    pub live: Mutex<BTreeMap<LoadBalancerId, BalancerLive>>,
}

impl Wake for Ear {
    fn group(&self, id: GroupId) {
        self.woken.lock().expect("whole").push(id.to_string());
    }
    fn balancer(&self, id: LoadBalancerId) {
        self.woken.lock().expect("whole").push(id.to_string());
    }
}

impl LiveView for Ear {
    fn balancer(&self, id: LoadBalancerId) -> Option<BalancerLive> {
        self.live.lock().expect("whole").get(&id).cloned()
    }
    fn any_in_trouble(&self) -> bool {
        let live = self.live.lock().expect("whole");
        live.values().any(|live| live.health != BalancerHealth::Running)
    }
}

pub struct World {
    pub console: Console,
    pub db: Db,
    pub clock: Arc<HandClock>,
    pub driver: Arc<Printed>,
    pub ear: Arc<Ear>,
    pub ids: Arc<dyn Ids>,
    pub tenant: TenantId,
    /// The first tenant's owner, who may do everything in it.
    pub owner: Actor,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let db = Kind::chosen().scratch().await;
        let ids: Arc<dyn Ids> = Arc::new(CountedIds::default());
        let args = FirstStartArgs {
            wall: Wall(START_MS),
            scale: TimeScale(15),
            subnets: SubnetBase::default(),
            admin: None,
        };
        let tenant = first_start(&db, &*ids, args).await.expect("a first start").tenant;
        let clock = Arc::new(HandClock(AtomicI64::new(START_MS)));
        let (driver, ear) = (Arc::<Printed>::default(), Arc::<Ear>::default());
        let parts = Parts {
            db: db.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            driver: driver.clone(),
            live: ear.clone(),
            wake: ear.clone(),
        };
        let owner = actor("olga", tenant, Role::TenantOwner);
        let world = Self {
            console: Console::new(parts, options),
            db,
            clock,
            driver,
            ear,
            ids,
            tenant,
            owner,
        };
        world.user(&world.owner, "no hash").await;
        world
    }

    /// The backend as pages see it.
    pub fn backend(&self) -> &dyn Backend {
        &self.console
    }

    pub async fn sql(&self, sql: &'static str, values: Vec<Value>) -> u64 {
        let done: Result<u64, StoreError> = self
            .db
            .write("a test", move |tx| {
                Box::pin(async move { tx.execute(sql, values).await })
            })
            .await;
        done.expect("good SQL")
    }

    pub async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Vec<Row> {
        self.db
            .read("a test")
            .await
            .expect("a database")
            .all(sql, values)
            .await
            .expect("good SQL")
    }

    /// One number.
    pub async fn number(&self, sql: &'static str, values: Vec<Value>) -> i64 {
        self.rows(sql, values)
            .await
            .first()
            .expect("a row")
            .get("n")
            .expect("a number")
    }

    /// How much is stored: equal before and after means that nothing was half made.
    pub async fn weight(&self) -> Vec<i64> {
        let sql = "SELECT COUNT(*) AS n FROM groups_ UNION ALL SELECT CAST(SUM(spec_version) AS BIGINT) FROM groups_
            UNION ALL SELECT COUNT(*) FROM group_specs UNION ALL SELECT COUNT(*) FROM bindings
            UNION ALL SELECT COUNT(*) FROM orders UNION ALL SELECT COUNT(*) FROM activities
            UNION ALL SELECT COUNT(*) FROM audit UNION ALL SELECT COUNT(*) FROM events
            UNION ALL SELECT CAST(SUM(seq) AS BIGINT) FROM tenants
            UNION ALL SELECT COUNT(*) FROM templates WHERE deleted_at IS NULL
            UNION ALL SELECT COUNT(*) FROM template_versions
            UNION ALL SELECT COUNT(*) FROM load_balancers WHERE deleted_at IS NULL
            UNION ALL SELECT COUNT(*) FROM vservers WHERE deleted_at IS NULL
            UNION ALL SELECT COUNT(*) FROM instances WHERE flags LIKE '%\"protected\":true%'";
        let rows = self.rows(sql, values![]).await;
        rows.iter()
            .map(|row| row.get::<Option<i64>>("n").expect("a number").unwrap_or(0))
            .collect()
    }

    /// Wakes since the last time.
    pub fn woken(&self) -> Vec<String> {
        std::mem::take(&mut self.ear.woken.lock().expect("whole"))
    }

    pub async fn user(&self, actor: &Actor, hash: &str) {
        let sql =
            "INSERT INTO users (id, tenant_id, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let role = word(actor.role);
        self.sql(
            sql,
            values![actor.user, actor.tenant, &actor.name, role, hash, START_MS],
        )
        .await;
    }

    /// Another tenant's owner, with a network of their own.
    pub async fn stranger(&self) -> Actor {
        let tenant = TenantId(self.ids.mint());
        let sql = "INSERT INTO tenants (id, name, created_at) VALUES ($1, 'other', 0)";
        self.sql(sql, values![tenant]).await;
        let sql = "INSERT INTO vpcs (id, tenant_id, name) VALUES ($1, $2, 'theirs')";
        self.sql(sql, values![engine::model::VpcId(self.ids.mint()), tenant])
            .await;
        let stranger = Actor {
            tenant_name: "other".to_owned(),
            ..actor("sven", tenant, Role::TenantOwner)
        };
        self.user(&stranger, "no hash").await;
        stranger
    }

    pub async fn template_form(&self, actor: &Actor, name: &str) -> TemplateForm {
        let row = &self
            .rows("SELECT id FROM vpcs WHERE tenant_id = $1", values![actor.tenant])
            .await[0];
        TemplateForm {
            name: name.to_owned(),
            image: "sample-web".to_owned(),
            instance_type: "t.quarter".to_owned(),
            vpc: row.get("id").expect("a vpc"),
            ..TemplateForm::default()
        }
    }

    pub async fn template(&self, name: &str) -> TemplateId {
        let form = self.template_form(&self.owner, name).await;
        self.console
            .create_template(&self.owner, form)
            .await
            .expect("a template")
    }

    /// A group of 1 to 4 with a CPU rule, from a template named after it.
    pub async fn group(&self, name: &str) -> GroupId {
        let template = self.template(name).await;
        self.console
            .create_group(&self.owner, group_form(name, template))
            .await
            .expect("a group")
    }

    /// The form that the update wizard would send for a group as it is.
    pub async fn edit(&self, id: GroupId) -> GroupForm {
        let view = self.console.group(&self.owner, id).await.expect("a group");
        GroupForm {
            version: view.version.to_string(),
            ..group_form(&view.row.name, view.row.template)
        }
    }

    pub async fn balancer(&self, name: &str) -> LoadBalancerId {
        let form = BalancerForm {
            name: name.to_owned(),
            remark: String::new(),
        };
        self.console
            .create_balancer(&self.owner, form)
            .await
            .expect("a balancer")
    }

    /// A VServer at the first free port from 20100 on.
    pub async fn vserver(&self, balancer: LoadBalancerId) -> VServerId {
        for port in 20_100_u16..20_400 {
            if let Ok(id) = self
                .console
                .create_vserver(&self.owner, balancer, vserver_form(port))
                .await
            {
                return id;
            }
        }
        panic!("no port is free")
    }

    pub async fn bound(&self, group: GroupId, vserver: VServerId) {
        let form = bind_form(&vserver.to_string());
        self.console
            .bind_group(&self.owner, group, form)
            .await
            .expect("a binding");
    }

    /// A record of an instance, as the loop would have written it.
    pub async fn instance(&self, group: GroupId, number: u8, phase: Phase) -> InstanceId {
        let id = InstanceId(self.ids.mint());
        let sql =
            "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone,
                       address, phase, state, flags, warm_up_ms, activity_id, created_at)
                   SELECT $1, g.tenant_id, g.id, g.name || '-' || $3, g.template_id, g.template_version, '', 'zone-a',
                       $4, $5, 'in_service', $6, 0, '', $7
                   FROM groups_ g WHERE g.id = $2";
        let flags = Flags {
            was_in_service: true,
            ..Flags::default()
        };
        let address = std::net::Ipv4Addr::new(127, 20, 1, number);
        let created = START_MS + i64::from(number);
        self.sql(
            sql,
            values![
                id,
                group,
                number.to_string(),
                address,
                json(&phase),
                json(&flags),
                created
            ],
        )
        .await;
        id
    }

    /// The scaling log as `kind what-or-cause before>after`, newest first.
    pub async fn log(&self, group: GroupId) -> Vec<String> {
        let page = self
            .console
            .activities(&self.owner, group, Default::default())
            .await
            .expect("a log");
        let line = |row: &api::groups::ActivityView| {
            let cause = match &row.cause {
                api::groups::Cause::Person { name, what } => format!("{name} {what}"),
                other => format!("{other:?}"),
            };
            format!("{:?} {cause} {}>{}", row.kind, row.size_before, row.size_after)
        };
        page.rows.iter().map(line).collect()
    }
}

pub fn actor(name: &str, tenant: TenantId, role: Role) -> Actor {
    let user = UserId(name.bytes().fold(0, |bits, byte| bits * 256 + u64::from(byte)));
    Actor {
        user,
        name: name.to_owned(),
        tenant,
        tenant_name: "default".to_owned(),
        role,
    }
}

pub fn group_form(name: &str, template: TemplateId) -> GroupForm {
    GroupForm {
        name: name.to_owned(),
        template: template.to_string(),
        ..GroupForm::default()
    }
}

pub fn vserver_form(port: u16) -> VServerForm {
    VServerForm {
        name: format!("http {port}"),
        port: port.to_string(),
        algorithm: "round_robin".to_owned(),
        check_path: "/healthz".to_owned(),
        check_interval_s: "5".to_owned(),
    }
}

pub fn bind_form(vserver: &str) -> BindForm {
    BindForm {
        vserver: vserver.to_owned(),
        port: "8080".to_owned(),
        weight: "1".to_owned(),
    }
}

/// What is wrong, one text a problem: `field Code number number`.
pub fn wrong<T: Debug>(answer: Result<T, Problems>) -> Vec<String> {
    let text = |p: &api::problem::Problem| {
        let numbers: String = p.numbers.iter().map(|number| format!(" {number}")).collect();
        format!("{} {:?}{numbers}", p.field, p.code).trim_start().to_owned()
    };
    answer.expect_err("it should be refused").0.iter().map(text).collect()
}
