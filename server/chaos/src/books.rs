//! What the records say: read from the database itself, each reading of one moment.

use anyhow::Context as _;
use control::store::{Db, StoreError};
use control::values;
use std::collections::BTreeMap;
use std::time::Duration;

/// A database that is gone is not waited for: the next sample asks again.
const READ_LIMIT: Duration = Duration::from_secs(3);

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many it may have.
    pub max: usize,
    /// How many it wants.
    pub desired: usize,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub group: String,
    /// What lists show.
    pub state: String,
    /// Whether the records say that it is gone.
    pub gone: bool,
}

/// One moment.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Every group.
    pub groups: Vec<Group>,
    /// Every instance there is or was.
    pub instances: Vec<Instance>,
}

/// A line of the scaling log.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Its id.
    pub id: String,
    /// `launch`, `removal` and so on.
    pub kind: String,
    /// How it stands.
    pub status: String,
    /// Why it was begun, as JSON.
    pub cause: String,
    /// Which instance, if it is about one.
    pub instance: String,
    /// Whether it has ended.
    pub ended: bool,
}

impl Page {
    /// The instances that are not gone.
    pub fn present(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| !instance.gone)
    }

    /// Those of a group.
    pub fn of<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Instance> {
        self.present().filter(|instance| instance.group == group.id)
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> anyhow::Result<&Group> {
        let found = self.groups.iter().find(|group| group.name == name);
        found.with_context(|| format!("there is no group `{name}`"))
    }
}

/// The records.
#[derive(Debug, Clone)]
pub struct Books(pub Db);

impl Books {
    /// Groups and instances.
    pub async fn page(&self) -> anyhow::Result<Page> {
        within(async {
            let mut tx = self.0.read("read the records").await?;
            let sql = "SELECT id, name, max_size, desired FROM groups_ WHERE deleted_at IS NULL ORDER BY name";
            let rows = tx.all(sql, values![]).await?;
            let groups = rows.iter().map(|row| {
                Ok(Group {
                    id: row.get("id")?,
                    name: row.get("name")?,
                    max: size(row.get("max_size")?),
                    desired: size(row.get("desired")?),
                })
            });
            let groups = groups.collect::<Result<_, StoreError>>()?;
            let sql = "SELECT id, group_id, state, terminated_at FROM instances ORDER BY id";
            let rows = tx.all(sql, values![]).await?;
            let instances = rows.iter().map(|row| {
                Ok(Instance {
                    id: row.get("id")?,
                    group: row.get("group_id")?,
                    state: row.get("state")?,
                    gone: row.get::<Option<i64>>("terminated_at")?.is_some(),
                })
            });
            let instances = instances.collect::<Result<_, StoreError>>()?;
            Ok(Page { groups, instances })
        })
        .await
    }

    /// The scaling log.
    pub async fn log(&self) -> anyhow::Result<Vec<Activity>> {
        within(async {
            let mut tx = self.0.read("read the log").await?;
            let sql = "SELECT id, kind, status, cause, instance_id, ended_at FROM activities ORDER BY started_at, id";
            let rows = tx.all(sql, values![]).await?;
            let activities = rows.iter().map(|row| {
                Ok(Activity {
                    id: row.get("id")?,
                    kind: row.get("kind")?,
                    status: row.get("status")?,
                    cause: row.get("cause")?,
                    instance: row.get("instance_id")?,
                    ended: row.get::<Option<i64>>("ended_at")?.is_some(),
                })
            });
            activities.collect()
        })
        .await
    }

    /// How many shards each server holds, by the name that stands in the lease; by the wall clock, which is the
    /// database's on one host.
    pub async fn shares(&self) -> anyhow::Result<BTreeMap<String, usize>> {
        within(async {
            let mut tx = self.0.read("read the leases").await?;
            let now = tx.database_wall().await?;
            let sql =
                "SELECT owner, COUNT(*) AS count FROM leases WHERE until_wall > $1 AND owner <> '' GROUP BY owner";
            let rows = tx.all(sql, values![now]).await?;
            let shares = rows.iter().map(|row| Ok((row.get("owner")?, size(row.get("count")?))));
            shares.collect()
        })
        .await
    }

    /// Who holds a group's shard now, and that lease's epoch.
    pub async fn owner(&self, group: &str) -> anyhow::Result<Option<(String, i64)>> {
        let group = group.to_owned();
        within(async {
            let mut tx = self.0.read("read a lease").await?;
            let now = tx.database_wall().await?;
            let sql = "SELECT leases.owner, leases.epoch FROM leases, groups_
                       WHERE groups_.id = $1 AND leases.shard = groups_.shard AND leases.until_wall > $2";
            let row = tx.first(sql, values![group, now]).await?;
            row.map(|row| Ok((row.get("owner")?, row.get("epoch")?))).transpose()
        })
        .await
    }

    /// The id of the only row that a form has made in one of the tables it can make rows in.
    pub async fn made(&self, what: Made) -> anyhow::Result<Option<String>> {
        within(async {
            let sql = match what {
                Made::Vpc => "SELECT id FROM vpcs",
                Made::Template => "SELECT id FROM templates",
                Made::Balancer => "SELECT id FROM load_balancers",
                Made::VServer => "SELECT id FROM vservers",
            };
            let mut tx = self.0.read("find what was made").await?;
            tx.first(sql, values![]).await?.map(|row| row.get("id")).transpose()
        })
        .await
    }
}

/// What there is one of in a story.
#[derive(Debug, Clone, Copy)]
pub enum Made {
    /// The first start's.
    Vpc,
    /// The template.
    Template,
    /// The load balancer.
    Balancer,
    /// Its listener.
    VServer,
}

async fn within<T>(reading: impl Future<Output = Result<T, StoreError>>) -> anyhow::Result<T> {
    let read = tokio::time::timeout(READ_LIMIT, reading).await;
    Ok(read.context("the database does not answer")??)
}

fn size(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}
