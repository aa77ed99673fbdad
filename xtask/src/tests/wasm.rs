//! The engine's golden scenarios as WebAssembly under node: the other half of `engine/golden`'s native test (invariant I10).

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::counts::Counts;
use super::{BUILD_LIMIT, Outcome};
use crate::place::Place;
use crate::run::{self, Ended, Logged};
use crate::site::Profile;

/// The scenarios take seconds; a loop that never ends must not hang CI.
const LIMIT: Duration = Duration::from_secs(120);

pub fn run(place: &Place) -> Result<Outcome> {
    let log = place.own("test-logs/wasm-build.log");
    let Logged { ended, text, log } = run::logged(&mut cargo_build(place), &log, None, BUILD_LIMIT)?;
    if ended == Ended::Badly {
        return Ok(Outcome {
            counts: Counts {
                failed: 1,
                ..Counts::default()
            },
            words: text,
            log: Some(log),
            ..Outcome::default()
        });
    }
    bind(place)?;
    let mut node = Command::new("node");
    node.arg(place.root.join("engine/golden/run.mjs"))
        .arg(place.own("wasm-golden/golden.js"))
        .arg(place.root.join("engine/golden/golden.txt"))
        .arg(place.own("wasm-golden/differs"));
    let Logged { ended, text, log } = run::logged(&mut node, &place.own("test-logs/wasm.log"), None, LIMIT)?;
    Ok(Outcome {
        counts: Counts::of_rust(&text, ended),
        words: text,
        log: Some(log),
        ..Outcome::default()
    })
}

fn cargo_build(place: &Place) -> Command {
    let mut cargo = place.cargo();
    cargo.args(["build", "-p", "golden", "--lib", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--profile", Profile::Dev.cargo_name()]);
    cargo
}

/// The glue that lets node call it.
fn bind(place: &Place) -> Result<()> {
    let built = place
        .target
        .join("wasm32-unknown-unknown")
        .join(Profile::Dev.cargo_name())
        .join("golden.wasm");
    let content = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let ready = place.own("wasm-golden");
    fs::create_dir_all(&ready)?;
    Bindgen::new()
        .input_bytes("golden", content)
        .nodejs(true)?
        .typescript(false)
        .generate(&ready)
        .context("wasm-bindgen failed")
}
