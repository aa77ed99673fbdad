//! The doors before the real backend on a real store: two tenants, one user of each role in the first, and as many
//! groups, templates and balancers as a test asks for.

use crate::health::{Parts, WELL};
use crate::world::{post, set_cookie, site};
use api::actor::{Actor, Role};
use api::backend::{Backend, Balancers as _, Groups as _, Templates as _};
use api::balancers::{BalancerForm, BindForm, VServerForm};
use api::groups::GroupForm;
use api::templates::TemplateForm;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use control::auth::{Secret, hash};
use control::clock::{Anchor, Clock, SystemClock, TimeScale, Wall};
use control::commands::{Console, NoWake, Options, Parts as ConsoleParts};
use control::drivers::{Driver, DriverError, Machine, MachineSpec, Removal, Usage};
use control::ids::{Ids, RandomIds};
use control::queries::NothingLive;
use control::store::tx::{Row, Value, json, word};
use control::store::{Db, FirstStartArgs, StoreError, SubnetBase, first_start};
use control::values;
use engine::model::{
    Flags, GroupId, InstanceId, LoadBalancerId, Phase, TemplateId, TenantId, Timestamp, UserId, VServerId, VpcId,
};
use http::Request;
use server::doors::{self, Host, HostParts};
use server::serve::ports;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub const PASSWORD: &str = "right password";

/// Who knocks, in the order of the golden file.
pub const KNOCKERS: [&str; 6] = ["nobody", "viewer", "operator", "owner", "admin", "other"];

/// One of everything, the first tenant's.
pub struct Things {
    pub template: TemplateId,
    pub group: GroupId,
    pub balancer: LoadBalancerId,
    pub vserver: VServerId,
    /// Bound to nothing.
    pub free: VServerId,
    pub instance: InstanceId,
    /// No other thing is called so.
    pub name: String,
    /// The first tenant's network.
    pub vpc: String,
    /// No VServer has it.
    pub port: u16,
}

pub struct Real {
    pub db: Db,
    pub console: Arc<Console>,
    pub tenant: TenantId,
    owner: Actor,
    app: Router,
    ports: AtomicU16,
    _site: tempfile::TempDir,
}

/// A driver whose instances have printed [`OUTPUT`], and of which nothing else is asked.
struct Printed;

/// A program may print anything.
const OUTPUT: &str = "listening\n</pre></title><script>alert(1)</script>\"><img src=x onerror=alert(2)>\n";

fn clock() -> Arc<dyn Clock> {
    let (wall, product) = (Wall(0), Timestamp(0));
    let scale = TimeScale(1);
    Arc::new(SystemClock::new(Anchor { wall, product, scale }, product))
}

impl Real {
    pub async fn new() -> Self {
        let db = Db::scratch().await.unwrap();
        let args = FirstStartArgs {
            wall: Wall(0),
            scale: TimeScale(1),
            subnets: SubnetBase::default(),
            admin: None,
        };
        let tenant = first_start(&db, &RandomIds, args).await.unwrap().tenant;
        let parts = ConsoleParts {
            db: db.clone(),
            clock: clock(),
            ids: Arc::new(RandomIds),
            driver: Arc::new(Printed),
            live: Arc::new(NothingLive),
            wake: Arc::new(NoWake),
        };
        let (console, site) = (Arc::new(Console::new(parts, Options::default())), site());
        let app = doors::router(host(&db, &console, site.path()));
        let owner = person("owner", tenant, Role::TenantOwner);
        let ports = AtomicU16::new(20_000);
        let real = Self {
            db,
            console,
            tenant,
            owner,
            app,
            ports,
            _site: site,
        };
        real.people().await;
        real
    }

    /// Everybody who knocks.
    async fn people(&self) {
        let hash = hash(&Secret::new(PASSWORD.to_owned())).unwrap();
        let other = TenantId(RandomIds.mint());
        let sql = "INSERT INTO tenants (id, name, created_at) VALUES ($1, 'other', 0)";
        self.sql(sql, values![other]).await;
        let sql = "INSERT INTO vpcs (id, tenant_id, name) VALUES ($1, $2, 'theirs')";
        self.sql(sql, values![VpcId(RandomIds.mint()), other]).await;
        for (name, tenant, role) in [
            ("viewer", self.tenant, Role::Viewer),
            ("operator", self.tenant, Role::Operator),
            ("owner", self.tenant, Role::TenantOwner),
            ("admin", self.tenant, Role::PlatformAdmin),
            ("other", other, Role::TenantOwner),
        ] {
            let user = person(name, tenant, role);
            let sql = "INSERT INTO users (id, tenant_id, name, role, password_hash, created_at)
                       VALUES ($1, $2, $3, $4, $5, 0)";
            let values = values![user.user, tenant, name, word(role), &hash];
            self.sql(sql, values).await;
        }
    }

    pub async fn send(&self, request: Request<Body>) -> Response {
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// The session's cookie of somebody who signs in now; nothing for nobody.
    pub async fn sign_in(&self, name: &str) -> Option<String> {
        if name == "nobody" {
            return None;
        }
        let form = format!("name={name}&password={}&next=/", PASSWORD.replace(' ', "+"));
        let answer = self.send(post("/api/session/sign-in", &form)).await;
        let set = set_cookie(&answer).unwrap_or_else(|| panic!("{name} cannot sign in: {}", answer.status()));
        Some(set.split(';').next().unwrap().to_owned())
    }

    pub async fn sql(&self, sql: &'static str, values: Vec<Value>) {
        let done: Result<u64, StoreError> = self
            .db
            .write("a test", move |tx| {
                Box::pin(async move { tx.execute(sql, values).await })
            })
            .await;
        done.unwrap();
    }

    pub async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Vec<Row> {
        self.db.read("a test").await.unwrap().all(sql, values).await.unwrap()
    }

    /// What every change moves: equal before and after means that nothing was changed.
    pub async fn weight(&self) -> Vec<i64> {
        let sql = "SELECT COUNT(*) AS n FROM audit UNION ALL SELECT SUM(seq) FROM tenants
                   UNION ALL SELECT COUNT(*) FROM activities UNION ALL SELECT COUNT(*) FROM orders
                   UNION ALL SELECT COUNT(*) FROM group_specs UNION ALL SELECT COUNT(*) FROM bindings";
        let rows = self.rows(sql, values![]).await;
        rows.iter()
            .map(|row| row.get::<Option<i64>>("n").unwrap().unwrap_or(0))
            .collect()
    }

    /// One of everything, made by the first tenant's owner.
    pub async fn things(&self) -> Things {
        let (who, console) = (&self.owner, &self.console);
        let name = format!("t{}", self.ports.load(Ordering::Relaxed));
        let vpc = self.vpc().await;
        let template = TemplateForm {
            name: name.clone(),
            image: "sample-web".to_owned(),
            instance_type: "t.quarter".to_owned(),
            vpc: vpc.clone(),
            ..TemplateForm::default()
        };
        let template = console.create_template(who, template).await.unwrap();
        let group = GroupForm {
            name: name.clone(),
            template: template.to_string(),
            ..GroupForm::default()
        };
        let group = console.create_group(who, group).await.unwrap();
        let balancer = BalancerForm {
            name: name.clone(),
            remark: String::new(),
        };
        let balancer = console.create_balancer(who, balancer).await.unwrap();
        let (vserver, free) = (self.vserver(balancer).await, self.vserver(balancer).await);
        let bind = BindForm {
            vserver: vserver.to_string(),
            port: "8080".to_owned(),
            weight: "1".to_owned(),
        };
        console.bind_group(who, group, bind).await.unwrap();
        let instance = self.instance(group).await;
        Things {
            template,
            group,
            balancer,
            vserver,
            free,
            instance,
            name,
            vpc,
            port: self.port(),
        }
    }

    async fn vpc(&self) -> String {
        let sql = "SELECT id FROM vpcs WHERE tenant_id = $1";
        self.rows(sql, values![self.tenant]).await[0].get("id").unwrap()
    }

    /// A port that nobody of this host has: the console refuses others.
    fn port(&self) -> u16 {
        let next = || self.ports.fetch_add(1, Ordering::Relaxed);
        let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
        std::iter::repeat_with(next).find(free).unwrap()
    }

    async fn vserver(&self, balancer: LoadBalancerId) -> VServerId {
        let port = self.port();
        let form = VServerForm {
            name: format!("http {port}"),
            port: port.to_string(),
            algorithm: "round_robin".to_owned(),
            check_path: "/healthz".to_owned(),
            check_interval_s: "5".to_owned(),
        };
        self.console.create_vserver(&self.owner, balancer, form).await.unwrap()
    }

    /// A record of an instance, as the loop would have written it.
    async fn instance(&self, group: GroupId) -> InstanceId {
        let id = InstanceId(RandomIds.mint());
        let sql =
            "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone,
                       address, phase, state, flags, warm_up_ms, activity_id, created_at)
                   SELECT $1, g.tenant_id, g.id, g.name, g.template_id, g.template_version, '', 'zone-a', $3, $4,
                       'in_service', $5, 0, '', 0
                   FROM groups_ g WHERE g.id = $2";
        let (flags, number) = (json(&Flags::default()), self.port());
        let address = std::net::Ipv4Addr::new(127, 99, (number >> 8) as u8, (number & 255) as u8);
        self.sql(sql, values![id, group, address, json(&Phase::Serving), flags])
            .await;
        id
    }
}

fn person(name: &str, tenant: TenantId, role: Role) -> Actor {
    let user = UserId(name.bytes().fold(0, |bits, byte| bits * 256 + u64::from(byte)));
    Actor {
        user,
        name: name.to_owned(),
        tenant,
        tenant_name: String::new(),
        role,
    }
}

fn host(db: &Db, console: &Arc<Console>, site: &std::path::Path) -> Host {
    let backend: Arc<dyn Backend> = console.clone();
    Host::new(HostParts {
        backend,
        sessions: Arc::new(ports::Sessions(db.clone())),
        events: Arc::new(ports::TenantEvents(db.clone())),
        clock: clock(),
        ids: Arc::new(RandomIds),
        shutdown: CancellationToken::new(),
        site_root: site.to_owned(),
        public_url: None,
        session_hours: 12,
        vitals: Arc::new(Parts(Mutex::new(WELL))),
        metrics_token: None,
    })
}

#[async_trait]
impl Driver for Printed {
    async fn list(&self) -> Result<Vec<Machine>, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn describe(&self, _: InstanceId) -> Result<Machine, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn usage(&self, _: &[InstanceId]) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn create(&self, _: &MachineSpec) -> Result<(), DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn stop(&self, _: InstanceId, _: Duration) -> Result<(), DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn delete(&self, _: InstanceId) -> Result<Removal, DriverError> {
        unreachable!("the console asks for logs only")
    }
    async fn logs(&self, _: InstanceId, _: usize) -> Result<String, DriverError> {
        Ok(OUTPUT.to_owned())
    }
}
