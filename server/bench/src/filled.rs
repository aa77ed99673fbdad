//! A store with many groups in service, as days of use leave it: made by the real first start, then rows in bulk.
//!
//! A hundred groups share a VPC of seven subnets and a template; one group in ten is bound to a VServer of its own, a
//! hundred VServers a balancer. Each group has ten instances in service and an hour of cycles stored.

use anyhow::Context as _;
use control::clock::system::wall_now;
use control::clock::{TimeScale, Wall};
use control::ids::RandomIds;
use control::store::tx::{Tx, json, word};
use control::store::{Db, FirstStartArgs, StoreError, SubnetBase, first_start, shard_of};
use control::values;
use engine::census::InstanceState;
use engine::draw::mix;
use engine::memory::{CycleRecord, Durable};
use engine::model::{
    Binding, Cycle, Flags, GroupId, GroupSpec, GroupStatus, InstanceId, LoadBalancerId, Metric, Phase, Rule, Span,
    SubnetId, TemplateId, TenantId, Timestamp, VServerId, VpcId,
};
use std::path::{Path, PathBuf};

/// Instances of each group (design 7).
pub const MEMBERS: u64 = 10;
/// Groups of one VPC and template.
const GROUPS_A_VPC: u64 = 100;
/// Subnets of one VPC: their 245 addresses each leave room for what a run launches.
const SUBNETS_A_VPC: u64 = 7;
/// One group in so many is bound.
const BOUND_ONE_IN: u64 = 10;
/// VServers of one balancer.
const VSERVERS_A_BALANCER: u64 = 100;
/// Cycles stored of each group: an hour, so that the newest row of the series is as long as it is in use.
const CYCLES: u64 = 240;
/// The first address's last number.
const FIRST_HOST: u64 = 10;

/// The database's file in a folder.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("tidegate.db")
}

/// Bytes that rows and indexes take, the log included. Not the file's length: pages that were given free stay in it, and a
/// run that fills those again would seem to write nothing.
pub async fn bytes_in_use(folder: &Path) -> anyhow::Result<f64> {
    let db = Db::open(&file(folder)).await?;
    let sql = "SELECT (p.page_count - f.freelist_count) * s.page_size AS bytes
               FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s";
    let row = db.first("measure the database", sql, values![]).await?;
    let bytes: i64 = row.context("the database does not say how large it is")?.get("bytes")?;
    // Closing it brings the log over, so that what comes next begins with none.
    db.close().await;
    #[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
    Ok(bytes as f64)
}

/// Makes the store anew.
pub async fn fill(folder: &Path, groups: u64) -> anyhow::Result<()> {
    drop(std::fs::remove_dir_all(folder));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let db = Db::open(&file(folder)).await?;
    db.migrate().await?;
    let wall = wall_now();
    let args = FirstStartArgs {
        wall,
        scale: TimeScale(1),
        subnets: SubnetBase::default(),
        admin: None,
    };
    let tenant = first_start(&db, &RandomIds, args).await?.tenant;
    for vpc in 0..groups.div_ceil(GROUPS_A_VPC) {
        let until = groups.min((vpc + 1) * GROUPS_A_VPC);
        let filled = db.write::<(), StoreError, _>("fill the store", move |tx| {
            Box::pin(async move { fill_vpc(tx, tenant, vpc, until, wall).await })
        });
        filled.await?;
    }
    db.close().await;
    Ok(())
}

async fn fill_vpc(tx: &mut Tx, tenant: TenantId, vpc: u64, until: u64, wall: Wall) -> Result<(), StoreError> {
    network(tx, tenant, vpc, wall).await?;
    if vpc.is_multiple_of(VSERVERS_A_BALANCER / (GROUPS_A_VPC / BOUND_ONE_IN)) {
        balancer(tx, tenant, vpc).await?;
    }
    for number in vpc * GROUPS_A_VPC..until {
        let filling = Filling {
            tenant,
            vpc,
            number,
            wall,
        };
        filling.group(tx).await?;
        filling.series(tx).await?;
        for member in 0..MEMBERS {
            filling.instance(tx, member).await?;
        }
    }
    Ok(())
}

/// A VPC with its subnets, and a template that launches into it.
async fn network(tx: &mut Tx, tenant: TenantId, vpc: u64, wall: Wall) -> Result<(), StoreError> {
    let (name, template) = (format!("vpc-{vpc}"), TemplateId(mix(3, vpc, 0)));
    let sql = "INSERT INTO vpcs (id, tenant_id, name) VALUES ($1, $2, $3)";
    tx.execute(sql, values![vpc_id(vpc), tenant, &name]).await?;
    for subnet in 0..SUBNETS_A_VPC {
        let cidr = format!("{}.0/24", subnet_prefix(vpc, subnet));
        let sql = "INSERT INTO subnets (id, vpc_id, zone, cidr) VALUES ($1, $2, 'local-a', $3)";
        tx.execute(sql, values![subnet_id(vpc, subnet), vpc_id(vpc), cidr])
            .await?;
    }
    let sql = "INSERT INTO templates (id, tenant_id, name, created_at) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, values![template, tenant, name, wall]).await?;
    let sql = "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, created_at)
               VALUES ($1, 1, 'sample-web', 't.quarter', $2, $3)";
    tx.execute(sql, values![template, vpc_id(vpc), wall]).await?;
    Ok(())
}

async fn balancer(tx: &mut Tx, tenant: TenantId, vpc: u64) -> Result<(), StoreError> {
    let id = balancer_id(vpc * GROUPS_A_VPC);
    let sql =
        "INSERT INTO load_balancers (id, tenant_id, name, address, created_at) VALUES ($1, $2, $3, '127.0.0.1', 0)";
    tx.execute(sql, values![id, tenant, format!("balancer-{vpc}")]).await?;
    Ok(())
}

fn vpc_id(vpc: u64) -> VpcId {
    VpcId(mix(1, vpc, 0))
}

fn subnet_id(vpc: u64, subnet: u64) -> SubnetId {
    SubnetId(mix(2, vpc, subnet))
}

/// 127.a.b of a subnet; the first start's own subnets lie below.
fn subnet_prefix(vpc: u64, subnet: u64) -> String {
    let number = vpc * SUBNETS_A_VPC + subnet;
    format!("127.{}.{}", 40 + number / 256, number % 256)
}

fn balancer_id(group: u64) -> LoadBalancerId {
    LoadBalancerId(mix(5, group / BOUND_ONE_IN / VSERVERS_A_BALANCER, 0))
}

struct Filling {
    tenant: TenantId,
    vpc: u64,
    number: u64,
    wall: Wall,
}

impl Filling {
    fn id(&self) -> GroupId {
        GroupId(mix(4, self.number, 0))
    }

    fn vserver(&self) -> Option<VServerId> {
        self.number
            .is_multiple_of(BOUND_ONE_IN)
            .then(|| VServerId(mix(6, self.number, 0)))
    }

    fn spec(&self) -> GroupSpec {
        let binding = |vserver| Binding {
            vserver,
            port: 8080,
            weight: 1,
        };
        GroupSpec {
            max: 20,
            warm_up: Span(0),
            rules: vec![Rule {
                metric: Metric::Cpu,
                threshold: 50_000,
                step: None,
            }],
            bindings: self.vserver().map(binding).into_iter().collect(),
            seed: self.number,
            ..crate::decide::spec(20)
        }
    }

    async fn group(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let (id, spec, wall) = (self.id(), self.spec(), self.wall);
        let size = u32::try_from(MEMBERS).unwrap_or(u32::MAX);
        let durable = Durable {
            desired: size,
            accounted: size,
            ..Durable::default()
        };
        let sql =
            "INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size, template_id,
                                        template_version, durable, desired, in_service, everything, created_at)
                   VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, 1, $9, $10, $10, $10, $11)";
        let names = values![
            id,
            self.tenant,
            format!("group-{:05}", self.number),
            word(GroupStatus::Enabled)
        ];
        let bounds = values![shard_of(id), spec.min, spec.max, TemplateId(mix(3, self.vpc, 0))];
        let state = values![json(&durable), size, wall];
        tx.execute(sql, [names, bounds, state].concat()).await?;
        let sql =
            "INSERT INTO group_specs (group_id, version, spec, user_name, created_at) VALUES ($1, 1, $2, 'bench', $3)";
        tx.execute(sql, values![id, json(&spec), wall]).await?;
        match self.vserver() {
            Some(vserver) => self.bind(tx, vserver).await,
            None => Ok(()),
        }
    }

    async fn bind(&self, tx: &mut Tx, vserver: VServerId) -> Result<(), StoreError> {
        let port = 20_000 + self.number / BOUND_ONE_IN;
        let sql =
            "INSERT INTO vservers (id, balancer_id, name, port, algorithm, check_path, check_interval_s, created_at)
                   VALUES ($1, $2, $3, $4, 'round_robin', '/healthz', 2, 0)";
        let values = values![vserver, balancer_id(self.number), format!("http-{port}"), port];
        tx.execute(sql, values).await?;
        let sql = "INSERT INTO bindings (group_id, vserver_id, port, weight) VALUES ($1, $2, 8080, 1)";
        tx.execute(sql, values![self.id(), vserver]).await?;
        Ok(())
    }

    /// The cycles before now, as the loop would have stored them.
    async fn series(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let now = Cycle::at(Timestamp(self.wall.0), control::pass::offset_of(self.id())).0;
        let records: Vec<_> = (now - CYCLES..now).map(record).collect();
        for hour in records.chunk_by(|one, next| one.cycle.0 / 240 == next.cycle.0 / 240) {
            let Some(last) = hour.last() else { continue };
            let sql = "INSERT INTO group_series (group_id, hour, last_cycle, cycles) VALUES ($1, $2, $3, $4)";
            let values = values![self.id(), last.cycle.0 / 240, last.cycle.0, json(&hour)];
            tx.execute(sql, values).await?;
        }
        Ok(())
    }

    async fn instance(&self, tx: &mut Tx, member: u64) -> Result<(), StoreError> {
        // Spread over the subnets in turn, so that each has free addresses left.
        let at = self.number % GROUPS_A_VPC * MEMBERS + member;
        let (subnet, host) = (at % SUBNETS_A_VPC, at / SUBNETS_A_VPC + FIRST_HOST);
        let flags = Flags {
            was_in_service: true,
            ..Flags::default()
        };
        let sql =
            "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone,
                                          address, phase, state, flags, warm_up_ms, activity_id, created_at, running_at)
                   VALUES ($1, $2, $3, $4, $5, 1, $6, 'local-a', $7, $8, $9, $10, 0, '', $11, $11)";
        let id = InstanceId(mix(7, self.number, member));
        let owner = values![id, self.tenant, self.id(), format!("group-{:05}-{member}", self.number)];
        let place = values![
            TemplateId(mix(3, self.vpc, 0)),
            subnet_id(self.vpc, subnet),
            format!("{}.{host}", subnet_prefix(self.vpc, subnet))
        ];
        let standing = values![json(&Phase::Serving), word(InstanceState::InService), json(&flags)];
        let since = values![self.wall.0 - 3_600_000];
        tx.execute(sql, [owner, place, standing, since].concat()).await?;
        Ok(())
    }
}

fn record(cycle: u64) -> CycleRecord {
    let size = u32::try_from(MEMBERS).unwrap_or(u32::MAX);
    CycleRecord {
        cycle: Cycle(cycle),
        desired: size,
        in_service: size,
        everything: size,
        means: [Ok(42_000), Ok(39_000)],
        demands: [Ok(42_000 * MEMBERS), Ok(39_000 * MEMBERS)],
    }
}
