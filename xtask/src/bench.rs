//! `make bench`: builds what is measured, for release, and runs the benches of `server/bench`.
//!
//! `BENCH=name` runs one, `BENCH_MINUTES=n` shortens the ten minutes of the pass lag.

use std::process::ExitCode;

use anyhow::Result;

use crate::place::Place;
use crate::run;
use crate::site::{self, Profile};

/// Benches that measure the site or serve it; the others need not wait for it.
const WITH_SITE: [&str; 3] = ["wasm", "pages", "react"];

pub fn run(place: &Place, names: &[&str]) -> Result<ExitCode> {
    println!("== building");
    run::release(place, Some("bench"), &["tidegate", "bench"])?;
    if names.is_empty() || names.iter().any(|name| WITH_SITE.contains(name)) {
        site::build(place, Profile::Release)?;
    }
    println!("== benches");
    let mut bench = run::beside_server(place, "bench");
    run::say(&mut bench, &[("BENCH_MINUTES", "--minutes")]);
    run::exit_code(bench.args(names))
}
