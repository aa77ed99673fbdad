//! `make bench`: builds what is measured, for release, and runs the benches of `server/bench`.
//!
//! `BENCH=name` runs one, `BENCH_MINUTES=n` shortens the ten minutes of the pass lag.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::place::Place;
use crate::run;
use crate::site::{self, Profile};

/// Benches that measure the site or serve it; the others need not wait for it.
const WITH_SITE: [&str; 3] = ["wasm", "pages", "react"];

pub fn run(place: &Place, names: &[&str]) -> Result<ExitCode> {
    println!("== building");
    // The same packages as `make serve` builds, so that no crate is compiled twice.
    let packages = ["-p", "server", "-p", "xtask", "-p", "bench"];
    let mut cargo = place.cargo();
    cargo
        .args(["build", "--release"])
        .args(packages)
        .args(["--bin", "tidegate", "--bin", "bench"]);
    run::shown(&mut cargo)?;
    if names.is_empty() || names.iter().any(|name| WITH_SITE.contains(name)) {
        site::build(place, Profile::Release)?;
    }
    println!("== benches");
    let mut bench = Command::new(place.target.join("release/bench"));
    bench.arg("--server").arg(place.target.join("release/tidegate"));
    bench.arg("--site").arg(place.site(Profile::Release));
    bench.arg("--folder").arg(place.own("bench"));
    if let Some(minutes) = std::env::var_os("BENCH_MINUTES").filter(|minutes| !minutes.is_empty()) {
        bench.arg("--minutes").arg(minutes);
    }
    let status = bench.args(names).status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
