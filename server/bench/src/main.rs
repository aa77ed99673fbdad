//! `make bench`: the numbers of design 7, one line each: name, value, unit, bound, and whether it holds.
//!
//! - [`figures`]: the lines. [`clock`]: stopwatches. [`decide`], [`fleet`]: the engine and the snapshots it reads.
//! - [`stand_in`]: a driver and a balancer in memory. [`filled`]: a store with many groups. [`scaling`]: the real loop on
//!   the real store over these, in a process of its own. [`lag`], [`restart`]: what is measured of it.
//! - [`wasm`]: what a browser loads. [`served`]: the real server as a process. [`react`], [`pages`]: what is measured of that.
//!
//! A line that is over its bound is a figure, not a failure; the program fails only if something could not be measured.
//! Times are real: what is measured is the machine, so one machine's lines compare with each other and its ratios with
//! everybody's. `docs/benchmarks.md` says how each is taken.

mod clock;
mod decide;
mod figures;
mod filled;
mod fleet;
mod lag;
mod pages;
mod react;
mod restart;
mod scaling;
mod served;
mod stand_in;
mod wasm;

use anyhow::{Context as _, bail};
use figures::Sheet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
bench --server FILE --site DIR --folder DIR [--minutes N] [NAME]
  NAME  decide, fleet, wasm, restart, react, pages, lag; all of them if none is given
bench decisions COUNT                  decides that often, for a profiler or callgrind
bench fill DIR GROUPS                  a store with so many groups of ten
bench scaling DIR SECONDS              the loop on that store, for a profiler";

/// The server's: what is measured here is measured as it is there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the benches work with.
struct Place {
    /// The release binary.
    server: PathBuf,
    /// The release site.
    site: PathBuf,
    /// Where stores are made; on the disk that is to be measured.
    folder: PathBuf,
    /// How long the pass lag is looked at.
    lag: Duration,
}

/// A bench: adds its lines.
type Measure = fn(&Place, &mut Sheet) -> anyhow::Result<()>;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    match run() {
        Ok(code) => code,
        Err(why) => {
            eprintln!("bench: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["decisions", count] => decide::repeat(count.parse().context("COUNT is a number")?),
        ["fill", folder, groups] => {
            let groups = groups.parse().context("GROUPS is a number")?;
            block_on(filled::fill(&PathBuf::from(folder), groups))?;
        }
        ["scaling", folder, seconds] => {
            let seconds = Duration::from_secs(seconds.parse().context("SECONDS is a number")?);
            block_on(scaling::run(&PathBuf::from(folder), seconds))?;
        }
        options => return benches(options),
    }
    Ok(ExitCode::SUCCESS)
}

fn benches(options: &[&str]) -> anyhow::Result<ExitCode> {
    let (place, name) = parse(options)?;
    std::fs::create_dir_all(&place.folder).with_context(|| format!("cannot make {}", place.folder.display()))?;
    let mut sheet = Sheet::default();
    let all: [(&str, Measure); 7] = [
        ("decide", |_, sheet| decide::measure(sheet)),
        ("fleet", |_, sheet| fleet::measure(sheet)),
        ("wasm", wasm::measure),
        ("restart", restart::measure),
        ("react", react::measure),
        ("pages", pages::measure),
        ("lag", lag::measure),
    ];
    let chosen: Vec<_> = all
        .iter()
        .filter(|(bench, _)| name.is_none_or(|name| name == *bench))
        .collect();
    if chosen.is_empty() {
        bail!("no such bench\n{USAGE}");
    }
    for (bench, measure) in chosen {
        if let Err(why) = measure(&place, &mut sheet) {
            sheet.missing(bench, &why);
        }
    }
    Ok(sheet.finish())
}

fn parse<'a>(options: &[&'a str]) -> anyhow::Result<(Place, Option<&'a str>)> {
    let mut place = Place {
        server: PathBuf::from("target/release/tidegate"),
        site: PathBuf::from("target/site"),
        folder: PathBuf::from("target/bench"),
        lag: lag::WHOLE,
    };
    let (mut name, mut rest) = (None, options.iter());
    while let Some(option) = rest.next() {
        if !option.starts_with("--") {
            name = Some(*option);
            continue;
        }
        let value = rest
            .next()
            .with_context(|| format!("{option} needs a value\n{USAGE}"))?;
        match *option {
            "--server" => place.server = PathBuf::from(value),
            "--site" => place.site = PathBuf::from(value),
            "--folder" => place.folder = PathBuf::from(value),
            "--minutes" => place.lag = Duration::from_secs(60 * value.parse::<u64>().context("minutes")?),
            _ => bail!("unknown option {option}\n{USAGE}"),
        }
    }
    Ok((place, name))
}

/// As the server does: one thread a core.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime
        .context("cannot start the threads that do the work")?
        .block_on(work)
}
