//! Templates: create, delete. Versions are immutable; a deleted template's versions stay for what was made from them.

use super::act::Act;
use super::refusal::not_found;
use super::{Console, Refusal, names};
use crate::auth::gate::Action;
use crate::store::tx::{Tx, json};
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::live::Change;
use api::parse;
use api::parse::text::no_such;
use api::problem::{Code, Problem, Problems};
use api::templates::{NewTemplate, TemplateForm};
use engine::model::{TemplateId, TenantId};
use serde_json::json as object;

/// Creates a template with its first version.
pub(super) async fn create(console: &Console, actor: &Actor, form: TemplateForm) -> Answer<TemplateId> {
    let act = console.act(actor, Action::CreateTemplate)?;
    let new = parse::template(&form)?;
    let id = TemplateId(console.parts.ids.mint());
    console
        .write("create a template", act, move |tx, act| {
            Box::pin(async move { insert(tx, act, id, new).await })
        })
        .await?;
    Ok(id)
}

async fn insert(tx: &mut Tx, act: &Act, id: TemplateId, new: NewTemplate) -> Result<(), Refusal> {
    fits(tx, act, &new).await?;
    let sql = "INSERT INTO templates (id, tenant_id, name, remark, version, created_at) VALUES ($1, $2, $3, $4, 1, $5)";
    tx.execute(sql, values![id, act.tenant(), &new.name, &new.remark, act.now])
        .await?;
    let sql =
        "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, user_data, environment,
                   created_at)
               VALUES ($1, 1, $2, $3, $4, $5, $6, $7)";
    let environment = json(&new.environment);
    let values = values![
        id,
        &new.image,
        &new.instance_type,
        new.vpc,
        &new.user_data,
        environment,
        act.now
    ];
    tx.execute(sql, values).await?;
    // Values of variables and user data may be secrets: their names and sizes are enough.
    let keys: Vec<&String> = new.environment.iter().map(|(key, _)| key).collect();
    let detail = object!({
        "name": new.name, "image": new.image, "instance_type": new.instance_type, "vpc": new.vpc,
        "environment": keys, "user_data_bytes": new.user_data.len(),
    });
    Ok(act.record(tx, id, detail, &[Change::Template { id }]).await?)
}

/// Name free, and image, type and VPC there: everything that is wrong at once.
async fn fits(tx: &mut Tx, act: &Act, new: &NewTemplate) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    let sql = "SELECT id FROM templates WHERE tenant_id = $1 AND name = $2 AND deleted_at IS NULL";
    if tx.first(sql, values![act.tenant(), &new.name]).await?.is_some() {
        wrong.push(Problem::at("name", Code::NameTaken).with(&new.name));
    }
    if tx
        .first("SELECT name FROM images WHERE name = $1", values![&new.image])
        .await?
        .is_none()
    {
        wrong.push(no_such("image", "image", &new.image));
    }
    let sql = "SELECT name FROM instance_types WHERE name = $1";
    if tx.first(sql, values![&new.instance_type]).await?.is_none() {
        wrong.push(no_such("instance_type", "instance_type", &new.instance_type));
    }
    let sql = "SELECT id FROM vpcs WHERE id = $1 AND tenant_id = $2";
    if tx.first(sql, values![new.vpc, act.tenant()]).await?.is_none() {
        wrong.push(no_such("vpc", "vpc", &new.vpc.to_string()));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problems(wrong).into())
    }
}

/// Deletes a template; refused while a group launches from it, naming the groups.
pub(super) async fn delete(console: &Console, actor: &Actor, id: TemplateId) -> Answer<()> {
    let act = console.act(actor, Action::DeleteTemplate)?;
    console
        .write("delete a template", act, move |tx, act| {
            Box::pin(async move { end(tx, act, id).await })
        })
        .await
}

async fn end(tx: &mut Tx, act: &Act, id: TemplateId) -> Result<(), Refusal> {
    let sql = "UPDATE templates SET deleted_at = $3 WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL
               RETURNING name";
    let row = tx
        .first(sql, values![id, act.tenant(), act.now])
        .await?
        .ok_or_else(not_found)?;
    let users = used_by(tx, act.tenant(), id).await?;
    if !users.is_empty() {
        return Err(Problem::at("", Code::InUse).with(names(&users)).into());
    }
    let name: String = row.get("name")?;
    Ok(act
        .record(tx, id, object!({ "name": name }), &[Change::Template { id }])
        .await?)
}

/// Groups that would launch from it; one that is being deleted launches nothing.
async fn used_by(tx: &mut Tx, tenant: TenantId, id: TemplateId) -> Result<Vec<String>, Refusal> {
    let sql = "SELECT name FROM groups_
               WHERE template_id = $1 AND tenant_id = $2 AND deleted_at IS NULL AND status <> 'deleting'
               ORDER BY name LIMIT 1000";
    let rows = tx.all(sql, values![id, tenant]).await?;
    Ok(rows.iter().map(|row| row.get("name")).collect::<Result<_, _>>()?)
}
