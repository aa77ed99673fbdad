//! `make chaos`: builds the server for release and breaks its world, as `server/chaos` plans it.
//!
//! `CHAOS=story` tells one story, `KILLS=n` shortens it, `SEED=n` repeats one.

use std::process::ExitCode;

use anyhow::Result;

use crate::place::Place;
use crate::run;
use crate::site::{self, Profile};

/// What the environment may say, and the flag it becomes.
const SAID: [(&str, &str); 2] = [("KILLS", "--kills"), ("SEED", "--seed")];

pub fn run(place: &Place, stories: &[&str]) -> Result<ExitCode> {
    println!("== building");
    run::release(place, Some("chaos"), &["tidegate", "chaos"])?;
    site::build(place, Profile::Release)?;
    println!("== chaos");
    let mut chaos = run::beside_server(place, "chaos");
    run::say(&mut chaos, &SAID);
    run::exit_code(chaos.args(stories))
}
