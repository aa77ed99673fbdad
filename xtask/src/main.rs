//! The project's own commands, called by the Makefile: builds the site, serves it, runs the parts of `make test`.
//!
//! They are Rust so that `wasm-bindgen` is the library our lock file pins and not a program somebody has to install.

mod bench;
mod chaos;
mod dev;
mod mutants;
mod place;
mod run;
mod site;
mod soak;
mod tests;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use place::Place;
use site::Profile;

const USAGE: &str = "\
xtask build-site --profile wasm-release|wasm-dev   the browser's half, into target/site or target/site-dev
xtask serve [ARGS]                                 release build, then `tidegate serve ARGS`
xtask dev [ARGS]                                   quick build, serve, again after each change
xtask test [--all] [PART]                          the parts of `make test`; --all adds the long tests and the mutants
xtask fmt                                          cargo fmt, with a rustfmt that is new enough
xtask bench [NAME]                                 the numbers of design 7
xtask soak                                         stories of the simulated world, by SEEDS, FROM, HOURS, SEED, KEEP
xtask mutants [NAME ...]                           engine and loop broken on purpose: which test notices each
xtask mutants --table                              the same as a table for docs/reliability.md, nothing is run
xtask chaos [STORY ...]                            a real server under load while everything is killed";

fn main() -> ExitCode {
    match command() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let place = Place::find()?;
    match args.as_slice() {
        ["build-site", "--profile", profile] => site::build(&place, Profile::parse(profile)?)?,
        ["serve", rest @ ..] => serve(&place, rest)?,
        ["dev", rest @ ..] => dev::run(&place, rest)?,
        ["test", rest @ ..] => return tests::run(&place, &tests::Choice::parse(rest)?),
        ["fmt"] => run::shown(&mut tests::fmt::command(&[]).context("no rustfmt that knows edition 2024")?)?,
        ["bench", names @ ..] => return bench::run(&place, names),
        ["soak"] => return soak::run(&place),
        ["mutants", "--table"] => mutants::show(),
        ["mutants", names @ ..] => return mutants::run(&place, names),
        ["chaos", stories @ ..] => return chaos::run(&place, stories),
        _ => bail!("unknown command\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds for use and becomes the server, so that signals reach it directly.
fn serve(place: &Place, args: &[&str]) -> Result<()> {
    println!("== server");
    run::release(place, None, &["tidegate"])?;
    println!("== site");
    site::build(place, Profile::Release)?;
    let error = Command::new(place.target.join("release/tidegate"))
        .arg("serve")
        .args(args)
        .env("TIDEGATE_SITE_ROOT", place.site(Profile::Release))
        .exec();
    Err(error).context("the server could not be started")
}
