//! What every page needs: the frame, the catalogue, who is signed in.

use super::page::each;
use crate::auth::gate::Action;
use crate::auth::users;
use crate::commands::Console;
use crate::drivers::ImageSpec;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::catalogue::{Catalogue, ImageView, SubnetView, TypeView, VpcView};
use api::problem::{Code, Problem};
use api::session::Frame;
use engine::model::{TenantId, UserId};

/// What every page needs to draw its frame.
pub(crate) fn frame(console: &Console, actor: Option<&Actor>) -> Frame {
    let clock = &console.parts.clock;
    Frame {
        actor: actor.cloned(),
        now_ms: clock.now().0,
        wall_ms: clock.wall().0,
        scale: clock.anchor().scale.0,
        balancer_missing: console.options.balancer_missing,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Reads a user again for a session; nobody any more is signed out.
pub(crate) async fn actor(console: &Console, user: UserId) -> Answer<Actor> {
    let found = users::by_id(&console.parts.db, user).await;
    let found = found.map_err(|why| console.problems(why.into()))?;
    found.ok_or_else(|| Problem::at("", Code::SignInFirst).into())
}

/// What can be had.
pub(crate) async fn catalogue(console: &Console, actor: &Actor) -> Answer<Catalogue> {
    console.look(actor, Action::ReadCatalogue)?;
    let mut tx = console.read("read the catalogue").await?;
    read(&mut tx, actor.tenant)
        .await
        .map_err(|why| console.problems(why.into()))
}

async fn read(tx: &mut Tx, tenant: TenantId) -> Result<Catalogue, StoreError> {
    let region = tx
        .first("SELECT name FROM regions ORDER BY name LIMIT 1", values![])
        .await?;
    let zones = tx
        .all("SELECT name FROM zones ORDER BY name LIMIT 1000", values![])
        .await?;
    Ok(Catalogue {
        region: region.map(|row| row.get("name")).transpose()?.unwrap_or_default(),
        zones: each(&zones, |row| row.get("name"))?,
        vpcs: vpcs(tx, tenant).await?,
        types: types(tx).await?,
        images: images(tx).await?,
        currency: currency(tx).await?,
    })
}

/// The region's currency: every price is in it.
pub(super) async fn currency(tx: &mut Tx) -> Result<String, StoreError> {
    let row = tx
        .first("SELECT currency FROM regions ORDER BY name LIMIT 1", values![])
        .await?;
    row.map(|row| row.get("currency"))
        .transpose()
        .map(Option::unwrap_or_default)
}

async fn vpcs(tx: &mut Tx, tenant: TenantId) -> Result<Vec<VpcView>, StoreError> {
    let sql = "SELECT v.id, v.name, s.id AS subnet_id, s.zone, s.cidr
               FROM vpcs v LEFT JOIN subnets s ON s.vpc_id = v.id
               WHERE v.tenant_id = $1 ORDER BY v.name, v.id, s.zone, s.id LIMIT 1000";
    let mut vpcs: Vec<VpcView> = Vec::new();
    for row in &tx.all(sql, values![tenant]).await? {
        let id: String = row.get("id")?;
        if vpcs.last().is_none_or(|last| last.id != id) {
            vpcs.push(VpcView {
                id,
                name: row.get("name")?,
                subnets: Vec::new(),
            });
        }
        let subnet: Option<String> = row.get("subnet_id")?;
        if let (Some(vpc), Some(id)) = (vpcs.last_mut(), subnet) {
            vpc.subnets.push(SubnetView {
                id,
                zone: row.get("zone")?,
                cidr: row.get("cidr")?,
            });
        }
    }
    Ok(vpcs)
}

async fn types(tx: &mut Tx) -> Result<Vec<TypeView>, StoreError> {
    let sql = "SELECT name, vcpu_milli, memory_mib, hour_micros FROM instance_types
               ORDER BY vcpu_milli, memory_mib, name LIMIT 1000";
    let rows = tx.all(sql, values![]).await?;
    each(&rows, |row| {
        Ok(TypeView {
            name: row.get("name")?,
            vcpu_milli: row.get("vcpu_milli")?,
            memory_mib: row.get("memory_mib")?,
            hour_micros: row.get("hour_micros")?,
        })
    })
}

async fn images(tx: &mut Tx) -> Result<Vec<ImageView>, StoreError> {
    let rows = tx
        .all(
            "SELECT name, description, spec FROM images ORDER BY name LIMIT 1000",
            values![],
        )
        .await?;
    each(&rows, |row| {
        let spec: ImageSpec = row.json("spec")?;
        let (ports, ready_path) = (spec.ports, spec.ready_path);
        Ok(ImageView {
            name: row.get("name")?,
            description: row.get("description")?,
            ports,
            ready_path,
        })
    })
}
