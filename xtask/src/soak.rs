//! `make soak`: builds the simulated world for release and plays stories in it.
//!
//! What is played comes from the environment, as make hands it on: `SEEDS`, `FROM`, `HOURS`, or one `SEED` with `KEEP`.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::place::Place;
use crate::run;

/// How many seeds when nobody says.
const SEEDS_DEFAULT: &str = "1000";

/// Variables and the words they stand for.
const WORDS: [(&str, &str); 5] = [
    ("SEEDS", "--seeds"),
    ("FROM", "--from"),
    ("HOURS", "--hours"),
    ("SEED", "--seed"),
    ("KEEP", "--keep"),
];

pub fn run(place: &Place) -> Result<ExitCode> {
    println!("== building");
    // The same packages as `make serve` builds, so that no crate is compiled twice.
    let packages = ["-p", "server", "-p", "xtask", "-p", "soak"];
    run::shown(
        place
            .cargo()
            .args(["build", "--release"])
            .args(packages)
            .args(["--bin", "soak"]),
    )?;
    println!("== stories");
    let mut soak = Command::new(place.target.join("release/soak"));
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    for (name, word) in WORDS {
        if let Some(value) = given(name) {
            soak.args([word, &value]);
        }
    }
    if given("SEED").is_none() && given("SEEDS").is_none() {
        soak.args(["--seeds", SEEDS_DEFAULT]);
    }
    let status = soak.status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
