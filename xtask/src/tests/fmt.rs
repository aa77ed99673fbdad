//! The formatter: rustup's, as Debian's is too old for edition 2024. `None` where there is no rustup.

use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Outcome, check as run_check};
use crate::place::Place;

/// `cargo fmt --all` with `args`, by the first toolchain of rustup that has one: its default, then stable.
pub fn command(args: &[&str]) -> Option<Command> {
    [None, Some("stable"), Some("nightly")]
        .into_iter()
        .find_map(|toolchain| {
            works(cargo_fmt(toolchain).arg("--version")).then(|| {
                let mut fmt = cargo_fmt(toolchain);
                fmt.arg("--all").args(args);
                fmt
            })
        })
}

fn cargo_fmt(toolchain: Option<&str>) -> Command {
    let mut fmt = Command::new("cargo");
    match toolchain {
        Some(name) => fmt.env("RUSTUP_TOOLCHAIN", name),
        None => fmt.env_remove("RUSTUP_TOOLCHAIN"),
    };
    fmt.arg("fmt");
    fmt
}

/// Debian's rustfmt says 1.5, the first that knows edition 2024 says 1.8.
fn works(version: &mut Command) -> bool {
    let Ok(output) = version.stderr(Stdio::null()).output() else {
        return false;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let minor = text
        .strip_prefix("rustfmt 1.")
        .and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    output.status.success() && minor.is_some_and(|minor| minor >= 8)
}

pub fn check(place: &Place) -> Result<Outcome> {
    match command(&["--check"]) {
        Some(fmt) => run_check(place, "format", fmt),
        None => Ok(Outcome::skipped("no rustfmt that knows edition 2024")),
    }
}
