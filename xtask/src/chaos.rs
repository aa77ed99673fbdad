//! `make chaos`: builds the server for release and breaks its world, as `server/chaos` plans it.
//!
//! `CHAOS=story` tells one story, `KILLS=n` shortens it, `SEED=n` repeats one.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::place::Place;
use crate::run;
use crate::site::{self, Profile};

/// What the environment may say, and the flag it becomes.
const SAID: [(&str, &str); 2] = [("KILLS", "--kills"), ("SEED", "--seed")];

pub fn run(place: &Place, stories: &[&str]) -> Result<ExitCode> {
    println!("== building");
    // The same packages as `make serve` builds, so that no crate is compiled twice.
    let packages = ["-p", "server", "-p", "xtask", "-p", "chaos"];
    let mut cargo = place.cargo();
    cargo
        .args(["build", "--release"])
        .args(packages)
        .args(["--bin", "tidegate", "--bin", "chaos"]);
    run::shown(&mut cargo)?;
    site::build(place, Profile::Release)?;
    println!("== chaos");
    let mut chaos = Command::new(place.target.join("release/chaos"));
    chaos.arg("--server").arg(place.target.join("release/tidegate"));
    chaos.arg("--site").arg(place.site(Profile::Release));
    chaos.arg("--folder").arg(place.own("chaos"));
    for (name, flag) in SAID {
        if let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) {
            chaos.arg(flag).arg(value);
        }
    }
    let status = chaos.args(stories).status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
