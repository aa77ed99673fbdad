//! Several servers on one host and one PostgreSQL: each with a data folder of its own, all with the same folder of
//! instances and of load balancers.

use crate::Place;
use crate::books::Books;
use crate::clock;
use crate::corner::Corner;
use crate::host;
use crate::server::{Server, Settings};
use crate::site::cluster::Cluster;
use crate::site::{Count, arguments, first_sign_in, folders};
use anyhow::Context as _;
use control::store::{DatabaseUrl, Db};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a server may take to start.
const LIMIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The servers, by the name a story calls them.
pub struct Fleet {
    /// Those that were started.
    pub servers: BTreeMap<char, Server>,
    /// What the records say.
    pub books: Books,
    place: Place,
    cluster: Cluster,
    corner: Corner,
    scale: u32,
}

impl Fleet {
    /// The first server, signed in.
    pub async fn start(place: &Place, scale: u32) -> anyhow::Result<Self> {
        let corner = Corner::take(&place.folder.join("several"))?;
        let cluster = Cluster::start().map_err(anyhow::Error::msg)?;
        let mut first = Server::start(settings(place, &corner, &cluster, ('a', scale)))?;
        first_sign_in(&mut first).await?;
        let url = DatabaseUrl::parse(&cluster.url()).context("the cluster's own URL")?;
        Ok(Self {
            servers: BTreeMap::from([('a', first)]),
            books: Books(Db::connect(&url).await?),
            place: place.clone(),
            cluster,
            corner,
            scale,
        })
    }

    /// One more, which knows the session of those that are there.
    pub async fn add(&mut self, name: char) -> anyhow::Result<()> {
        let mut server = Server::start(settings(&self.place, &self.corner, &self.cluster, (name, self.scale)))?;
        if let Some(other) = self.servers.values().next() {
            server.signed_in_as(other);
        }
        self.servers.insert(name, server);
        self.until_well(name).await
    }

    /// Waits until it says that all is well.
    pub async fn until_well(&mut self, name: char) -> anyhow::Result<()> {
        let server = self.server(name)?;
        let well = clock::until(LIMIT, LOOK_EVERY, async || server.is_well().await.then_some(()));
        well.await.with_context(|| format!("server {name} is not well"))
    }

    /// The server of that name.
    pub fn server(&mut self, name: char) -> anyhow::Result<&mut Server> {
        let found = self.servers.get_mut(&name);
        found.with_context(|| format!("there is no server {name}"))
    }

    /// Who is meant by the owner of a lease: the id in a server's data folder.
    pub fn named(&self, owner: &str) -> Option<char> {
        let is = |server: &Server| {
            let id = std::fs::read_to_string(server.data().join("server-id")).unwrap_or_default();
            owner.rsplit('/').next() == Some(id.trim())
        };
        self.servers
            .iter()
            .find(|(_, server)| is(server))
            .map(|(name, _)| *name)
    }

    /// How many shards each server holds.
    pub async fn shares(&self) -> anyhow::Result<BTreeMap<char, usize>> {
        let mut shares: BTreeMap<char, usize> = self.servers.keys().map(|name| (*name, 0)).collect();
        for (owner, count) in self.books.shares().await? {
            *shares.entry(self.named(&owner).unwrap_or('?')).or_default() += count;
        }
        Ok(shares)
    }

    /// Where instances have their folders.
    pub fn root(&self) -> PathBuf {
        root(&self.corner)
    }

    /// What each server that ever ran has logged.
    pub fn logs(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder()).into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|end| end == "log"))
            .collect()
    }

    /// Where listeners are.
    pub fn port(&self) -> u16 {
        self.corner.door.1
    }

    /// Their address.
    pub fn url(&self) -> String {
        let (address, port) = self.corner.door;
        format!("http://{address}:{port}/")
    }

    /// The folder of everything.
    pub fn folder(&self) -> &Path {
        self.corner.folder()
    }

    /// Counts records and machines.
    pub async fn count(&self) -> anyhow::Result<Count> {
        Ok(Count {
            page: self.books.page().await?,
            machines: host::machines(&self.root()),
            members: BTreeMap::new(),
            masters: 0,
            folders: folders(&self.root()),
        })
    }

    /// Ends the servers and all that outlives them.
    pub async fn end(mut self) {
        self.servers.values_mut().for_each(Server::kill);
        let over = clock::until(LIMIT, LOOK_EVERY, async || {
            (!host::end_all(&self.root(), self.folder())).then_some(())
        });
        over.await;
        self.books.0.close().await;
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.servers.values_mut().for_each(Server::kill);
        host::end_all(&self.root(), self.folder());
    }
}

fn root(corner: &Corner) -> PathBuf {
    corner.folder().join("process")
}

fn settings(place: &Place, corner: &Corner, cluster: &Cluster, (name, scale): (char, u32)) -> Settings {
    let mut more = arguments(corner);
    more.push("--driver-process-root".to_owned());
    more.push(root(corner).display().to_string());
    more.push("--balancer-root".to_owned());
    more.push(corner.folder().join("balancers").display().to_string());
    Settings {
        program: place.server.clone(),
        site: place.site.clone(),
        data: corner.folder().join(format!("server-{name}")),
        log: corner.folder().join(format!("server-{name}.log")),
        database: Some(cluster.url()),
        scale,
        more,
    }
}
