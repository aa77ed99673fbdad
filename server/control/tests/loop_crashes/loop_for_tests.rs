//! The real loop on SQLite, process driver and HAProxy, without the host around it: `loop-for-tests <folder> <shim>`.
//!
//! It works on `<folder>/tidegate.db`, which must know its clock. A line on its standard input is "look now";
//! its end is a graceful stop. `TIDEGATE_FAIL_AT` says where it kills itself.

use control::balancer::haproxy::HaproxyBalancer;
use control::clock::{Clock, SystemClock};
use control::drivers::process::{ProcessDriver, ProcessOptions};
use control::failpoints;
use control::ids::RandomIds;
use control::pass::{Handle, Loop, LoopParts};
use control::store::clock::load_anchor;
use control::store::{Db, LoopStore, SqlStore};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Whose machines these are; the owner of the leases too.
const INSTALLATION: &str = "crashes";

type Failed = Box<dyn std::error::Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, shim] = &arguments[..] else {
        eprintln!("loop-for-tests <folder> <shim>");
        return ExitCode::from(2);
    };
    match run(folder, shim).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("loop-for-tests: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &Path, shim: &Path) -> Result<(), Failed> {
    failpoints::arm_from_environment()?;
    let db = Db::open(&folder.join("tidegate.db")).await?;
    let parts = parts(folder, shim, &db).await?;
    let store = parts.store.clone();
    let scaling = Loop::new(parts);
    let (handle, stop) = (scaling.handle(), CancellationToken::new());
    let mut running = JoinSet::new();
    running.spawn(scaling.run(stop.clone()));
    obey(&handle, &*store).await;
    stop.cancel();
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    db.close().await;
    Ok(())
}

async fn parts(folder: &Path, shim: &Path, db: &Db) -> Result<LoopParts, Failed> {
    let stored = load_anchor(db).await?.ok_or("the database had no first start")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start(db, stored.anchor.scale, INSTALLATION).await?);
    let options = ProcessOptions {
        root: folder.join("instances"),
        installation: INSTALLATION.to_owned(),
        shim_command: vec![shim.to_string_lossy().into_owned(), "shim".to_owned()],
    };
    Ok(LoopParts {
        store: Arc::new(SqlStore::new(db.clone())),
        driver: Arc::new(ProcessDriver::open(options)?),
        balancer: Arc::new(HaproxyBalancer::new(folder.join("balancers"), None)),
        clock,
        ids: Arc::new(RandomIds),
        owner: INSTALLATION.to_owned(),
    })
}

/// Each line: look at everything now.
async fn obey(handle: &Handle, store: &dyn LoopStore) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let shards: Vec<u16> = (0..control::store::SHARDS).collect();
    while let Ok(Some(_look_now)) = lines.next_line().await {
        handle.wake_balancers();
        for head in store.heads(&shards).await.unwrap_or_default() {
            handle.wake_group(head.id);
        }
    }
}
