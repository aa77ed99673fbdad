//! `make chaos`: a real server with real processes and HAProxy under load, while everything around it is killed, stopped
//! and continued, filled or taken away; and what is left afterwards.
//!
//! - [`plan`]: what is broken when, out of a seed. [`acts`]: does it. [`story`]: one server. [`several`]: more of them on
//!   one database, [`fleet`].
//! - [`site`], [`server`], [`corner`], [`disk`]: what a story is about. [`host`], [`books`]: what is counted, by `/proc`
//!   and in the database. [`watcher`]: what must hold at every moment. [`audit`]: what must hold in the end.
//! - [`report`]: what it came to. [`clock`]: real time.
//!
//! Rules: only what a story has started is ended, each by process id *and* start time. The program fails when something
//! was violated, not when a request failed: what a client saw is printed. `docs/chaos.md` says how to read it.

mod acts;
mod audit;
mod books;
mod clock;
mod corner;
mod disk;
mod fleet;
mod host;
mod plan;
mod report;
mod server;
mod several;
mod site;
mod story;
mod watcher;

use anyhow::{Context as _, bail};
use report::{Store, Told};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
chaos --server FILE --site DIR --folder DIR [--kills N] [--seed N] [STORY ...]
  STORY  sqlite, postgres, several; the first two if none is given, with half of the kills each";

/// Kills of one run if nothing is said.
const KILLS: u32 = 100;
/// Rounds of the story of several servers, by kills: each is a server stopped and one killed, and takes over a minute.
const KILLS_A_ROUND: u32 = 25;
const ROUNDS_MAX: u32 = 8;

/// What the stories work with.
#[derive(Debug, Clone)]
pub struct Place {
    /// The server's binary.
    server: PathBuf,
    /// The site.
    site: PathBuf,
    /// Where stories have their folders; the report is written there too.
    folder: PathBuf,
}

/// What was asked for.
struct Asked {
    place: Place,
    kills: u32,
    seed: u64,
    stories: Vec<String>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()))
        .with_writer(std::io::stderr)
        .init();
    match run() {
        Ok(code) => code,
        Err(why) => {
            eprintln!("chaos: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asked = parse(&args)?;
    std::fs::create_dir_all(&asked.place.folder)
        .with_context(|| format!("cannot make {}", asked.place.folder.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let told = runtime.context("cannot start threads")?.block_on(until_told(&asked))?;
    let file = asked.place.folder.join("report.json");
    report::write(&file, &told)?;
    told.iter().for_each(|told| println!("\n{told}"));
    let violations: usize = told.iter().map(|told| told.violations.len()).sum();
    let kills: u32 = told.iter().map(|told| told.kills).sum();
    println!("\n{kills} kills, {violations} violations; {}", file.display());
    Ok(if violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The stories, unless somebody interrupts them: then what they started ends, too.
async fn until_told(asked: &Asked) -> anyhow::Result<Vec<Told>> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        told = tell(asked) => told,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = terminated.recv() => bail!("terminated"),
    }
}

/// The stories, one after the other: each wants the machine for itself.
async fn tell(asked: &Asked) -> anyhow::Result<Vec<Told>> {
    let Asked {
        place,
        kills,
        seed,
        stories,
    } = asked;
    let each = kills.div_ceil(u32::try_from(stories.len()).unwrap_or(1));
    let mut told = Vec::new();
    for story in stories {
        told.push(match &**story {
            "sqlite" => story::tell(place, Store::Sqlite, *seed, each).await,
            "postgres" => story::tell(place, Store::Postgres, *seed, each).await,
            "several" => several::tell(place, *seed, each.div_ceil(KILLS_A_ROUND).min(ROUNDS_MAX)).await,
            other => bail!("there is no story `{other}`\n{USAGE}"),
        }?);
    }
    Ok(told)
}

fn parse(args: &[String]) -> anyhow::Result<Asked> {
    let mut asked = Asked {
        place: Place {
            server: PathBuf::from("target/release/tidegate"),
            site: PathBuf::from("target/site"),
            folder: PathBuf::from("target/chaos"),
        },
        kills: KILLS,
        seed: fresh_seed(),
        stories: Vec::new(),
    };
    let mut rest = args.iter();
    while let Some(option) = rest.next() {
        if !option.starts_with("--") {
            asked.stories.push(option.clone());
            continue;
        }
        let value = rest
            .next()
            .with_context(|| format!("{option} needs a value\n{USAGE}"))?;
        match &**option {
            "--server" => asked.place.server = PathBuf::from(value),
            "--site" => asked.place.site = PathBuf::from(value),
            "--folder" => asked.place.folder = PathBuf::from(value),
            "--kills" => asked.kills = value.parse().context("kills are a number")?,
            "--seed" => asked.seed = value.parse().context("a seed is a number")?,
            _ => bail!("unknown option {option}\n{USAGE}"),
        }
    }
    if asked.stories.is_empty() {
        asked.stories = [Store::Sqlite, Store::Postgres]
            .map(|store| store.name().to_owned())
            .to_vec();
    }
    Ok(asked)
}

/// Another one each time, short enough to be typed.
#[expect(
    clippy::disallowed_methods,
    reason = "a run without a seed is to be another one than the last"
)]
fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) % 1_000_000
}
