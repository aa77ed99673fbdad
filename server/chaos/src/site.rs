//! What a story is about: a server on its own folder and database, two groups of it, and a listener before one of them.
//!
//! All of it is made through the console, as a person without scripts would make it. At the end nothing of it is left but
//! the folder with the logs.

#[path = "../../control/tests/databases/cluster.rs"]
pub mod cluster;

use crate::books::{Books, Made, Page};
use crate::clock;
use crate::corner::Corner;
use crate::disk::SmallDisk;
use crate::host;
use crate::plan::SIZES;
use crate::report::Store;
use crate::server::{Server, Settings};
use crate::{Place, audit};
use anyhow::{Context as _, bail};
use cluster::Cluster;
use control::balancer::haproxy::place::Place as BalancerPlace;
use control::balancer::haproxy::socket;
use control::store::{DatabaseUrl, Db};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The groups: the first is bound to the listener and scales by CPU, the second is bound to nothing.
pub const GROUPS: [&str; 2] = ["web", "jobs"];
/// Product seconds a second: a cycle is one second.
pub const SCALE: u32 = 15;
/// How long each step of setting up may take.
const LIMIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// HAProxy's members by instance id, with the word it has for each.
pub type Members = BTreeMap<String, String>;

/// A story's site.
pub struct Site {
    /// The server.
    pub server: Server,
    /// What the records say.
    pub books: Books,
    /// The disk that can be filled.
    pub disk: Option<SmallDisk>,
    /// The database server that can be restarted.
    pub cluster: Option<Cluster>,
    /// Where HAProxy has its files.
    pub balancer: BalancerPlace,
    /// The groups' ids, in the order of [`GROUPS`].
    pub groups: Vec<String>,
    corner: Corner,
}

/// All that is counted at one moment.
#[derive(Debug, Clone)]
pub struct Count {
    /// The records.
    pub page: Page,
    /// The host.
    pub machines: host::Machines,
    /// HAProxy.
    pub members: Members,
    /// HAProxy's masters.
    pub masters: usize,
    /// Folders of instances.
    pub folders: Vec<String>,
}

impl Site {
    /// Makes everything; both groups serve when this returns.
    pub async fn start(place: &Place, store: Store) -> anyhow::Result<Self> {
        let corner = Corner::take(&place.folder.join(store.name()))?;
        let data = corner.folder().join("data");
        let (disk, cluster) = match store {
            Store::Sqlite => (SmallDisk::mount(&data)?, None),
            Store::Postgres => (None, Some(Cluster::start().map_err(anyhow::Error::msg)?)),
        };
        let database = cluster.as_ref().map(Cluster::url);
        let mut server = Server::start(Settings {
            program: place.server.clone(),
            site: place.site.clone(),
            log: corner.folder().join("server.log"),
            database: database.clone(),
            scale: SCALE,
            more: arguments(&corner),
            data: data.clone(),
        })?;
        first_sign_in(&mut server).await?;
        let db = match &database {
            Some(url) => Db::connect(&DatabaseUrl::parse(url).context("the cluster's own URL")?).await?,
            None => Db::open(&data.join("tidegate.db")).await?,
        };
        let books = Books(db);
        template(&mut server, &books).await?;
        let mut groups = Vec::new();
        for (name, (min, max)) in GROUPS.into_iter().zip(SIZES) {
            let cpu = if name == GROUPS[0] { "60" } else { "" };
            groups.push(group(&mut server, &books, &Wish { name, min, max, cpu }).await?);
        }
        let balancer = front(&mut server, &books, &groups[0], corner.door.1).await?;
        let site = Self {
            balancer: BalancerPlace::new(&data.join("balancers"), balancer.parse().map_err(anyhow::Error::msg)?),
            server,
            books,
            disk,
            cluster,
            groups,
            corner,
        };
        site.serves().await?;
        Ok(site)
    }

    async fn serves(&self) -> anyhow::Result<()> {
        let mut last = Vec::new();
        let served = clock::until(LIMIT, LOOK_EVERY, async || {
            last = audit::differences(&self.count().await.ok()?, &self.groups[0]);
            last.is_empty().then_some(())
        });
        match served.await {
            Some(()) => Ok(()),
            None => bail!("the groups do not stand after {LIMIT:?}: {}", last.join("; ")),
        }
    }

    /// Where instances have their folders.
    pub fn root(&self) -> PathBuf {
        self.server.data().join("process")
    }

    /// What clients ask for: a little work in an instance.
    pub fn url(&self) -> String {
        let (address, port) = self.corner.door;
        format!("http://{address}:{port}/work?ms=2")
    }

    /// What the server has logged.
    pub fn log(&self) -> PathBuf {
        self.corner.folder().join("server.log")
    }

    /// Counts records, machines and members.
    pub async fn count(&self) -> anyhow::Result<Count> {
        let page = self.books.page().await?;
        Ok(Count {
            page,
            machines: host::machines(&self.root()),
            members: members(&self.balancer).await?,
            masters: host::balancers(&self.server.data().join("balancers")).len(),
            folders: folders(&self.root()),
        })
    }

    /// Ends the server and all that outlives it.
    pub async fn end(mut self) {
        self.server.kill();
        let balancers = self.server.data().join("balancers");
        let root = self.root();
        // Whoever was just being started is seen at the next look.
        let over = clock::until(LIMIT, LOOK_EVERY, async || {
            (!host::end_all(&root, &balancers)).then_some(())
        });
        over.await;
        self.books.0.close().await;
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.kill();
        host::end_all(&self.root(), &self.server.data().join("balancers"));
    }
}

/// What HAProxy says of its members.
pub async fn members(place: &BalancerPlace) -> anyhow::Result<Members> {
    let said = socket::ask(place, "show stat").await;
    let said = said.map_err(|why| anyhow::anyhow!("HAProxy: {why:?}"))?;
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let (name, status) = (*fields.get(1)?, *fields.get(17)?);
        name.starts_with("i-").then(|| (name.to_owned(), status.to_owned()))
    };
    Ok(said.lines().filter_map(line).collect())
}

/// Instances' folders below `root`.
pub fn folders(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// The server's arguments that are the same in every story.
pub fn arguments(corner: &Corner) -> Vec<String> {
    let (address, _) = corner.door;
    let subnets = corner.subnets();
    [
        "--log-format",
        "json",
        "--subnets",
        &subnets,
        "--balancer-address",
        &address.to_string(),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Waits for the first start, and signs in with the password it left.
pub async fn first_sign_in(server: &mut Server) -> anyhow::Result<()> {
    let started = clock::until(LIMIT, LOOK_EVERY, async || server.address().map(str::to_owned)).await;
    started.context("the server does not start; its log is in the story's folder")?;
    let password = std::fs::read_to_string(server.data().join("first-password"));
    server
        .sign_in(password.context("the first start left no password")?.trim())
        .await
}

/// Posts a form that has to be taken, and waits for what it makes.
async fn make(
    server: &mut Server,
    path: &str,
    form: &str,
    mut made: impl AsyncFnMut() -> Option<String>,
) -> anyhow::Result<String> {
    let answer = server.post(path, form).await?;
    let taken = answer.starts_with("HTTP/1.1 2") || answer.starts_with("HTTP/1.1 3");
    anyhow::ensure!(taken, "{path} answered {answer}");
    let found = clock::until(LIMIT, LOOK_EVERY, async || made().await).await;
    found.with_context(|| format!("{path} made nothing: {answer}"))
}

/// A template of the sample program.
pub async fn template(server: &mut Server, books: &Books) -> anyhow::Result<()> {
    let vpc = books.made(Made::Vpc).await?.context("the first start made no VPC")?;
    let form = format!(
        "form[name]=sample&form[remark]=&form[image]=sample-web&form[instance_type]=t.quarter&form[vpc]={vpc}\
         &form[user_data]=&form[environment]="
    );
    let made = async || books.made(Made::Template).await.ok().flatten();
    make(server, "/api/templates/create", &form, made).await.map(drop)
}

/// A group that is wished for.
pub struct Wish<'a> {
    /// Its name.
    pub name: &'a str,
    /// How many at least; as many it begins with.
    pub min: u32,
    /// How many at most.
    pub max: u32,
    /// The threshold of its CPU rule in per cent; empty for none.
    pub cpu: &'a str,
}

/// A group of the template, with 15 s of warm-up; its id.
pub async fn group(server: &mut Server, books: &Books, wish: &Wish<'_>) -> anyhow::Result<String> {
    let template = books.made(Made::Template).await?.context("there is no template")?;
    let Wish { name, min, max, cpu } = wish;
    let form = format!(
        "form[name]={name}&form[remark]=&form[template]={template}&form[min]={min}&form[max]={max}&form[cpu]={cpu}\
         &form[memory]=&form[warm_up_s]=15&form[scale_in]=allowed&form[removal]=newest&form[brake]=on&form[hold]=on\
         &form[projection]=on&form[version]="
    );
    let made = async || Some(books.page().await.ok()?.group(name).ok()?.id.clone());
    make(server, "/api/groups/create", &form, made).await
}

/// A load balancer with a listener at this port, the group behind it; the load balancer's id.
pub async fn front(server: &mut Server, books: &Books, group: &str, port: u16) -> anyhow::Result<String> {
    let made = async || books.made(Made::Balancer).await.ok().flatten();
    let balancer = make(server, "/api/balancers/create", "form[name]=front&form[remark]=", made).await?;
    let form = format!(
        "id={balancer}&form[name]=http&form[port]={port}&form[algorithm]=round_robin&form[check_path]=/healthz\
         &form[check_interval_s]=2"
    );
    let made = async || books.made(Made::VServer).await.ok().flatten();
    let vserver = make(server, "/api/balancers/create-vserver", &form, made).await?;
    let form = format!("id={group}&form[vserver]={vserver}&form[port]=8080&form[weight]=1");
    make(server, "/api/groups/bind", &form, async || Some(String::new())).await?;
    Ok(balancer)
}
