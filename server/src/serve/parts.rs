//! The parts of a server, put together. Nothing runs yet when this is done but the database's writer.

use super::first::{FILE, First};
use super::ports::Watch;
use crate::config::Config;
use crate::doors::health::Vitals;
use anyhow::Context as _;
use api::backend::Backend;
use api::system::Database;
use control::balancer::Balancer;
use control::balancer::haproxy::HaproxyBalancer;
use control::clock::Clock;
use control::clock::system::{SystemClock, wall_now};
use control::commands::wake::EveryLoop;
use control::commands::{self, Console};
use control::drivers::Driver;
use control::drivers::process::{ProcessDriver, ProcessOptions};
use control::ids::{Ids, RandomIds};
use control::metrics::exposition::Exposition;
use control::metrics::{self, Meters, VitalsParts};
use control::pass::{Handle, Loop, LoopParts};
use control::store::{self, Db, FirstStart, FirstStartArgs, SqlStore};
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A server about to run.
pub struct Running {
    /// Where everything is remembered.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What can be asked.
    pub backend: Arc<dyn Backend>,
    /// How the parts do.
    pub watch: Arc<dyn Vitals>,
    /// The loop, as the rest sees it.
    pub handle: Handle,
    /// What whoever started it is told.
    pub first: First,
    scaling: Mutex<Option<Loop>>,
}

impl Running {
    /// The loop, once.
    pub fn take_loop(&self) -> Option<Loop> {
        self.scaling.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The SQLite database's file.
pub fn database(data: &Path) -> PathBuf {
    data.join("tidegate.db")
}

/// Where the database is, for people; without a password.
pub fn place(config: &Config) -> String {
    match &config.database_url {
        Some(url) => url.to_string(),
        None => database(&config.data).display().to_string(),
    }
}

/// Opens the database with this version's schema.
pub async fn open(config: &Config) -> anyhow::Result<Db> {
    let place = place(config);
    let db = match &config.database_url {
        Some(url) => Db::connect(url).await,
        None => {
            let file = database(&config.data);
            keep_private(&file).with_context(|| format!("cannot make the database {place}"))?;
            Db::open(&file).await
        }
    };
    let db = db.with_context(|| format!("cannot open the database {place}"))?;
    let advice = "a database of a newer version needs that version's program";
    db.migrate()
        .await
        .with_context(|| format!("cannot migrate the database {place}: {advice}"))?;
    Ok(db)
}

/// The database is its owner's only: others may walk through the data folder (instances can run as other users). What the
/// database puts beside its file gets the file's rights.
fn keep_private(file: &Path) -> std::io::Result<()> {
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(file)?;
    opened.set_permissions(Permissions::from_mode(0o600))
}

/// Opens everything.
pub async fn assemble(config: &Config) -> anyhow::Result<Running> {
    let db = open(config).await?;
    let ids: Arc<dyn Ids> = Arc::new(RandomIds);
    let (first, started) = begin(config, &db, &*ids).await?;
    let owner = owner(config, &*ids, &started.installation)?;
    let driver = driver(config, &started.installation)?;
    let (balancer, balancer_missing) = balancer(config).await;
    // From here on this server lives and gets its share: whatever may fail has been done.
    let clock = SystemClock::start(&db, config.time_scale, &owner)
        .await
        .context("cannot start the clock")?;
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let meters = Meters::new(Arc::clone(&clock));
    let driver = meters.before_driver(driver);
    let scaling = Loop::new(LoopParts {
        store: meters.before_store(Arc::new(SqlStore::new(db.clone()).running_by(clock.anchor()))),
        driver: Arc::clone(&driver),
        balancer: meters.before_balancer(balancer),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        owner,
    });
    let handle = scaling.handle();
    let watch = watch(config, &db, &clock, &meters, &handle);
    let parts = commands::Parts {
        db: db.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        driver,
        live: Arc::new(handle.clone()),
        wake: Arc::new(EveryLoop {
            here: handle.clone(),
            db: db.clone(),
        }),
    };
    let options = commands::Options {
        balancer_address: config.balancer_address,
        first_password: Some(config.data.join(FILE)),
        balancer_missing,
    };
    let backend: Arc<dyn Backend> = Arc::new(Console::new(parts, options).watched(watch.vitals.clone()));
    Ok(Running {
        db,
        clock,
        ids,
        backend,
        watch: Arc::new(watch),
        handle,
        first,
        scaling: Mutex::new(Some(scaling)),
    })
}

/// How the parts do, and what is counted.
fn watch(config: &Config, db: &Db, clock: &Arc<dyn Clock>, meters: &Meters, handle: &Handle) -> Watch {
    let passes = handle.figures();
    let exposition = Exposition::new(meters, &passes, Arc::clone(clock));
    let (kind, file) = match &config.database_url {
        Some(_) => (Database::Postgres, None),
        None => (Database::Sqlite, Some(database(&config.data))),
    };
    let vitals = metrics::Vitals::new(VitalsParts {
        db: db.clone(),
        clock: Arc::clone(clock),
        live: Arc::new(handle.clone()),
        meters: meters.clone(),
        passes,
        database: kind,
        file,
        started: wall_now(),
    });
    Watch { vitals, exposition }
}

/// What has to be there before anything else; a later start changes nothing.
async fn begin(config: &Config, db: &Db, ids: &dyn Ids) -> anyhow::Result<(First, FirstStart)> {
    let is_first = store::is_first_start(db)
        .await
        .context("cannot look into the database")?;
    let (first, admin) = if is_first {
        let (first, admin) = First::make(&config.data).await?;
        (first, Some(admin))
    } else {
        (First::later(&config.data), None)
    };
    let args = FirstStartArgs {
        wall: wall_now(),
        scale: config.time_scale,
        subnets: config.subnets,
        admin,
    };
    let started = store::first_start(db, ids, args)
        .await
        .context("cannot write the first catalogue")?;
    // Another server on the same database may have been first after all: its password is the one that counts.
    let first = if is_first && !started.created {
        first.overtaken(&config.data)
    } else {
        first
    };
    Ok((first, started))
}

/// Who holds leases: the same over restarts, so that a start goes on with what it held. A SQLite file has one server, and
/// its installation's id will do; a PostgreSQL database may have several, so each adds what is in its data folder.
fn owner(config: &Config, ids: &dyn Ids, installation: &str) -> anyhow::Result<String> {
    if config.database_url.is_none() {
        return Ok(installation.to_owned());
    }
    let file = config.data.join("server-id");
    let named = match std::fs::read_to_string(&file) {
        Ok(id) if !id.trim().is_empty() => Ok(id),
        _ => {
            let id = engine::model::ids::encode(ids.mint());
            std::fs::write(&file, &id).map(|()| id)
        }
    };
    let id = named.with_context(|| format!("cannot write this server's name to {}", file.display()))?;
    Ok(format!("{installation}/{}", id.trim()))
}

fn driver(config: &Config, installation: &str) -> anyhow::Result<Arc<dyn Driver>> {
    let root = absolute(&config.process_root)?;
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let shim_command = vec![program.to_string_lossy().into_owned(), "shim".to_owned()];
    let options = ProcessOptions {
        root: root.clone(),
        installation: installation.to_owned(),
        shim_command,
    };
    let opened = ProcessDriver::open(options);
    Ok(Arc::new(opened.with_context(|| {
        format!("cannot use {} for instances", root.display())
    })?))
}

/// The balancer, and whether its program is missing: the server runs without, and listeners say what to install.
async fn balancer(config: &Config) -> (Arc<dyn Balancer>, bool) {
    warn_of_half_a_share(config);
    let balancer = HaproxyBalancer::new(config.balancer_root.clone(), config.haproxy.clone());
    let installed = balancer.installed().await;
    match &installed {
        Ok(version) => tracing::info!(%version, "HAProxy is here"),
        Err(why) => tracing::warn!(%why, "load balancers do not work yet"),
    }
    (Arc::new(balancer), installed.is_err())
}

/// Servers that share instances and not balancers would each take the other's members for members of none.
fn warn_of_half_a_share(config: &Config) {
    let apart = |root: &Path| !root.starts_with(&config.data);
    if config.database_url.is_some() && apart(&config.process_root) != apart(&config.balancer_root) {
        tracing::warn!(
            instances = %config.process_root.display(),
            balancers = %config.balancer_root.display(),
            "only one of the two is in the data folder: several servers have to share both (driver.process.root, balancer_root)"
        );
    }
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot find out where {} is", path.display()))
}
