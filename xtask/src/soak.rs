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
    // A profile of its own: the minutes that it takes to build are won back within ten thousand stories.
    run::shown(place.cargo().args(["build", "--profile", "soak", "-p", "soak"]))?;
    println!("== stories");
    let mut soak = Command::new(place.target.join("soak/soak"));
    run::say(&mut soak, &WORDS);
    if run::given("SEED").is_none() && run::given("SEEDS").is_none() {
        soak.args(["--seeds", SEEDS_DEFAULT]);
    }
    run::exit_code(&mut soak)
}
