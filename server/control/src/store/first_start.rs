//! What the first start on an empty database writes: the installation, a small catalogue, the first tenant and admin.
//!
//! All of it is one transaction, and it is done only if there is no installation yet: a start that died half way begins
//! anew, and every later start changes nothing.

use super::tx::{Tx, json, word};
use super::{Db, StoreError};
use crate::clock::{TimeScale, Wall};
use crate::drivers::ImageSpec;
use crate::ids::Ids;
use crate::values;
use api::actor::Role;
use engine::model::{SubnetId, TenantId, UserId, VpcId, ids};

/// The region's name.
pub const REGION: &str = "local";
/// Its zones; each has one subnet.
pub const ZONES: [&str; 3] = ["local-a", "local-b", "local-c"];
/// The first tenant's name.
pub const TENANT: &str = "default";
/// The image every exercise begins with.
pub const SAMPLE_IMAGE: &str = "sample-web";
/// Name, vCPUs in thousandths, memory in MiB, price of an hour in micro-units.
const TYPES: [(&str, u32, u32, i64); 3] = [
    ("t.quarter", 250, 256, 12_500),
    ("t.one", 1_000, 1_024, 50_000),
    ("t.two", 2_000, 2_048, 100_000),
];

/// The second number of the loopback addresses instances get: 127.a.0.0/16. Two servers on one host need two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubnetBase(pub u8);

impl Default for SubnetBase {
    fn default() -> Self {
        Self(20)
    }
}

/// The first user: may do everything. `auth` hashes; a password never gets here.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstAdmin {
    /// Sign-in name.
    pub name: String,
    /// The password's hash.
    pub password_hash: String,
}

/// What a first start is told.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstStartArgs {
    /// The wall clock now; product time begins there.
    pub wall: Wall,
    /// Product seconds in a real one.
    pub scale: TimeScale,
    /// Where instances' addresses lie.
    pub subnets: SubnetBase,
    /// None: the caller adds the first user itself.
    pub admin: Option<FirstAdmin>,
}

/// What there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstStart {
    /// Whether this start was the first.
    pub created: bool,
    /// The installation's id: marks our machines and balancers.
    pub installation: String,
    /// The first tenant.
    pub tenant: TenantId,
}

/// Whether the next start is the first: then, and only then, a password has to be made and hashed.
///
/// # Errors
/// The database's answer.
pub async fn is_first_start(db: &Db) -> Result<bool, StoreError> {
    let mut tx = db.read("look for the installation").await?;
    Ok(tx
        .first("SELECT id FROM installation WHERE one = 1", Vec::new())
        .await?
        .is_none())
}

/// Writes all of it, if there is no installation yet.
///
/// # Errors
/// The database's answer.
pub async fn first_start(db: &Db, ids: &dyn Ids, args: FirstStartArgs) -> Result<FirstStart, StoreError> {
    let minted = Minted {
        installation: ids::encode(ids.mint()),
        tenant: TenantId(ids.mint()),
        user: UserId(ids.mint()),
        vpc: VpcId(ids.mint()),
        subnets: ZONES.map(|_| SubnetId(ids.mint())),
    };
    db.write("make the first start", move |tx| {
        Box::pin(async move { write(tx, minted, args).await })
    })
    .await
}

struct Minted {
    installation: String,
    tenant: TenantId,
    user: UserId,
    vpc: VpcId,
    subnets: [SubnetId; ZONES.len()],
}

async fn write(tx: &mut Tx, minted: Minted, args: FirstStartArgs) -> Result<FirstStart, StoreError> {
    let sql = "SELECT i.id, t.id AS tenant_id FROM installation i JOIN tenants t ON t.name = $1 WHERE i.one = 1";
    if let Some(row) = tx.first(sql, values![TENANT]).await? {
        return Ok(FirstStart {
            created: false,
            installation: row.get("id")?,
            tenant: row.get("tenant_id")?,
        });
    }
    installation(tx, &minted, &args).await?;
    let sql = "INSERT INTO tenants (id, name, created_at) VALUES ($1, $2, $3)";
    tx.execute(sql, values![minted.tenant, TENANT, args.wall]).await?;
    if let Some(admin) = args.admin {
        user(tx, &minted, admin, args.wall).await?;
    }
    network(tx, &minted, args.subnets).await?;
    catalogue(tx).await?;
    Ok(FirstStart {
        created: true,
        installation: minted.installation,
        tenant: minted.tenant,
    })
}

/// Product time begins as the wall clock.
async fn installation(tx: &mut Tx, minted: &Minted, args: &FirstStartArgs) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO installation (one, id, anchor_wall, anchor_product, anchor_scale, mark_product, created_wall)
               VALUES (1, $1, $2, $2, $3, $2, $2)";
    tx.execute(sql, values![&minted.installation, args.wall, args.scale.0])
        .await?;
    Ok(())
}

async fn user(tx: &mut Tx, minted: &Minted, admin: FirstAdmin, wall: Wall) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO users (id, tenant_id, name, role, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let FirstAdmin { name, password_hash } = admin;
    let role = word(Role::PlatformAdmin);
    tx.execute(
        sql,
        values![minted.user, minted.tenant, name, role, password_hash, wall],
    )
    .await?;
    Ok(())
}

async fn network(tx: &mut Tx, minted: &Minted, SubnetBase(base): SubnetBase) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO regions (name, currency) VALUES ($1, 'USD')",
        values![REGION],
    )
    .await?;
    let sql = "INSERT INTO vpcs (id, tenant_id, name) VALUES ($1, $2, 'main')";
    tx.execute(sql, values![minted.vpc, minted.tenant]).await?;
    for (number, (zone, subnet)) in (1..).zip(ZONES.into_iter().zip(minted.subnets)) {
        tx.execute(
            "INSERT INTO zones (name, region) VALUES ($1, $2)",
            values![zone, REGION],
        )
        .await?;
        let sql = "INSERT INTO subnets (id, vpc_id, zone, cidr) VALUES ($1, $2, $3, $4)";
        tx.execute(
            sql,
            values![subnet, minted.vpc, zone, format!("127.{base}.{number}.0/24")],
        )
        .await?;
    }
    Ok(())
}

async fn catalogue(tx: &mut Tx) -> Result<(), StoreError> {
    for (name, vcpu, memory, hour) in TYPES {
        let sql = "INSERT INTO instance_types (name, vcpu_milli, memory_mib, hour_micros) VALUES ($1, $2, $3, $4)";
        tx.execute(sql, values![name, vcpu, memory, hour]).await?;
    }
    let spec = ImageSpec {
        name: SAMPLE_IMAGE.into(),
        command: vec!["{self}".into(), SAMPLE_IMAGE.into()],
        environment: Vec::new(),
        ports: vec![8080],
        ready_path: Some("/healthz".into()),
    };
    let sql = "INSERT INTO images (name, description, spec) VALUES ($1, $2, $3)";
    let description = api::texts::templates::SAMPLE_WEB;
    tx.execute(sql, values![SAMPLE_IMAGE, description, json(&spec)]).await?;
    Ok(())
}
