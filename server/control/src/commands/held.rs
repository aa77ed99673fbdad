//! A group as a command holds it: read in the transaction that changes it, stored again in one way only.

use super::act::Act;
use super::refusal::{Refusal, not_found};
use crate::store::StoreError;
use crate::store::tx::{Row, Tx, json, word};
use crate::values;
use api::live::Change;
use api::problem::{Code, Problem};
use engine::memory::Durable;
use engine::model::{GroupId, GroupSpec, GroupStatus, ReadyCheck, TemplateId};

/// Everything people can change about a group.
pub(super) struct Held {
    pub(super) id: GroupId,
    pub(super) name: String,
    pub(super) remark: String,
    pub(super) status: GroupStatus,
    pub(super) version: i64,
    pub(super) spec: GroupSpec,
    pub(super) template: TemplateId,
    pub(super) template_version: u32,
    /// Only `desired` is people's; the rest goes back as it came.
    pub(super) durable: Durable,
}

impl Held {
    /// The group, if it is the actor's tenant's and not deleted.
    pub(super) async fn read(tx: &mut Tx, act: &Act, id: GroupId) -> Result<Self, Refusal> {
        let sql = "SELECT g.id, g.name, g.remark, g.status, g.spec_version, s.spec, g.template_id, g.template_version,
                       g.durable
                   FROM groups_ g JOIN group_specs s ON s.group_id = g.id AND s.version = g.spec_version
                   WHERE g.id = $1 AND g.tenant_id = $2 AND g.deleted_at IS NULL";
        let row = tx.first(sql, values![id, act.tenant()]).await?.ok_or_else(not_found)?;
        Ok(Self::of(&row)?)
    }

    /// The same, if it is not being deleted: nothing of a group that leaves can be changed any more.
    pub(super) async fn staying(tx: &mut Tx, act: &Act, id: GroupId) -> Result<Self, Refusal> {
        let held = Self::read(tx, act, id).await?;
        match held.status {
            GroupStatus::Enabled | GroupStatus::Disabled => Ok(held),
            GroupStatus::Deleting | GroupStatus::Deleted => Err(only_when("enabled or disabled").into()),
        }
    }

    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            remark: row.get("remark")?,
            status: row.word("status")?,
            version: row.get("spec_version")?,
            spec: row.json("spec")?,
            template: row.get("template_id")?,
            template_version: row.get("template_version")?,
            durable: row.json("durable")?,
        })
    }

    /// Stores it as its next version, which fences what the loop planned on this one.
    pub(super) async fn store(&mut self, tx: &mut Tx, act: &Act) -> Result<(), Refusal> {
        self.version += 1;
        let sql =
            "UPDATE groups_ SET name = $3, remark = $4, status = $5, spec_version = $6, min_size = $7, max_size = $8,
                       template_id = $9, template_version = $10, durable = $11, desired = $12
                   WHERE id = $1 AND tenant_id = $2 AND spec_version = $6 - 1";
        let values = values![
            self.id,
            act.tenant(),
            &self.name,
            &self.remark,
            word(self.status),
            self.version,
            self.spec.min,
            self.spec.max,
            self.template,
            self.template_version,
            json(&self.durable),
            self.durable.desired,
        ];
        if tx.execute(sql, values).await? != 1 {
            return Err(not_found());
        }
        Ok(self.store_spec(tx, act).await?)
    }

    /// The row of its spec's version; never changed again.
    pub(super) async fn store_spec(&self, tx: &mut Tx, act: &Act) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO group_specs (group_id, version, spec, user_name, created_at) VALUES ($1, $2, $3, $4, $5)";
        let values = values![self.id, self.version, json(&self.spec), &act.actor.name, act.now];
        tx.execute(sql, values).await?;
        act.made_version(self.version);
        Ok(())
    }

    /// What browsers are told of it.
    pub(super) const fn changed(&self) -> Change {
        Change::Group { id: self.id }
    }
}

/// What a group launches from: the newest version of a template of the tenant.
pub(super) struct Origin {
    pub(super) template: TemplateId,
    pub(super) version: u32,
    pub(super) ready_check: ReadyCheck,
}

impl Origin {
    /// The template, or a problem at field `template`.
    pub(super) async fn read(tx: &mut Tx, act: &Act, template: TemplateId) -> Result<Self, Refusal> {
        let sql = "SELECT t.version, i.spec
                   FROM templates t
                   JOIN template_versions v ON v.template_id = t.id AND v.version = t.version
                   JOIN images i ON i.name = v.image
                   WHERE t.id = $1 AND t.tenant_id = $2 AND t.deleted_at IS NULL";
        let no_such = || api::parse::text::no_such("template", "template", &template.to_string());
        let row = tx
            .first(sql, values![template, act.tenant()])
            .await?
            .ok_or_else(no_such)?;
        let image: crate::drivers::ImageSpec = row.json("spec")?;
        let ready_check = if image.ready_path.is_some() {
            ReadyCheck::Required
        } else {
            ReadyCheck::None
        };
        Ok(Self {
            template,
            version: row.get("version")?,
            ready_check,
        })
    }
}

/// Only possible in another state.
pub(super) fn only_when(state: &str) -> Problem {
    Problem::at("", Code::WrongState).with(state)
}

/// The typed name must repeat the thing's own.
pub(super) fn repeated(typed: &str, name: &str) -> Result<(), Problem> {
    if typed.trim() == name {
        return Ok(());
    }
    Err(Problem::at("typed", Code::NameNotRepeated).with(name))
}
