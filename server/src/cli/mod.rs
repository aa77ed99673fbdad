//! The command line: what `tidegate` can be asked to do.
//!
//! - [`flags`]: one flag a setting, made from the settings' table.
//! - `cargo_leptos`: what is different when `cargo leptos watch` starts it.
//! - [`tools`]: the commands that need no server: load, sample-web, migrate, admin.
//!
//! A shim never comes here: `main` starts it before anything is parsed, because one runs beside every instance.

mod cargo_leptos;
pub mod flags;
pub mod tools;

use crate::config::{self, Loaded};
use crate::{serve, telemetry};
use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use control::load::LoadOptions;
use flags::Flags;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Keeps every group of instances as large as its load needs and says why: elastic scaling on your own hosts
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, after_help = AFTER, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where to begin.
const AFTER: &str = "Begin with `tidegate serve`; it prints the address of the console. Every setting can be given as a \
                     flag, as a variable, or in tidegate.toml: `tidegate check-config` shows what is in force.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: console, scaling loop, load balancers
    ///
    /// Prints the console's address once it can be opened. At the first start it makes a database with a catalogue to
    /// begin with and an administrator, whose password it writes to `first-password` in the data folder (readable by
    /// its owner only, gone at the first sign-in). Stops on SIGTERM or Ctrl-C within 10 s; instances and load balancers
    /// go on and are taken over by the next start.
    Serve(Settings),
    /// Send HTTP requests and say what came of them
    ///
    /// So many clients at once (--concurrency), or so many requests a second whatever the answers do (--rate); either
    /// may rise in steps. Prints requests, success rate, latencies and requests a second. Only loopback and the address
    /// load balancers listen on (balancer_address, by variable or in tidegate.toml) are loaded unless --allow-remote is
    /// given. Ends with 1 if no request succeeded.
    Load(Load),
    /// Run the sample web program: every instance of the image `sample-web` is run by this
    ///
    /// Try it by hand with --port, too. `/` says who it is, `/work?ms=N` burns N ms of CPU time, `/healthz` is its check,
    /// `POST /admin/sick` makes that fail. Ends well on SIGTERM.
    SampleWeb(SampleWeb),
    /// Run one instance's program and watch over it: every instance is run by this
    ///
    /// The server starts one beside each instance; nobody else needs to. It outlives the server and writes how the program
    /// does into the instance's folder.
    Shim {
        /// The instance's folder
        dir: PathBuf,
    },
    /// Bring the database to this version's schema, and end
    ///
    /// `serve` does this by itself; use it to see before a start that the step works. The server must be stopped.
    Migrate(Settings),
    /// Tasks of whoever runs the server
    Admin {
        #[command(subcommand)]
        task: Admin,
    },
    /// Print every setting with what is in force and where it comes from
    ///
    /// Says all that is wrong, if something is, and then ends with 2.
    CheckConfig(Settings),
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Give a user a new password and print it
    ///
    /// The user's sessions end. Works while the server runs.
    ResetPassword {
        /// Sign-in name
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
}

/// Every setting, and the file they may stand in.
#[derive(Debug, Args)]
struct Settings {
    /// Read settings from this file [default: tidegate.toml, if it is there] [env: TIDEGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl Settings {
    fn load(self) -> Result<Loaded, config::ConfigErrors> {
        config::load(&config::Given::here(self.flags.given, self.config)?)
    }
}

/// What is sent, and where it stands which listeners are our own. No setting is a flag here: none but the listeners'
/// address has to do with a load, and it is the server's.
#[derive(Debug, Args)]
struct Load {
    #[command(flatten)]
    options: LoadOptions,
    /// Read settings from this file [default: tidegate.toml, if it is there] [env: TIDEGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How the sample runs; an instance gets both from its environment.
#[derive(Debug, Args)]
struct SampleWeb {
    /// Where it listens [default: $ADDRESS, else 127.0.0.1]
    #[arg(long)]
    address: Option<Ipv4Addr>,
    /// Port it listens on [default: $PORT]
    #[arg(long)]
    port: Option<u16>,
    /// How long it pretends to start before it listens: 5s, 1m
    #[arg(long, value_parser = control::load::parse_span)]
    slow_start: Option<Duration>,
}

/// Does what the command line asks for.
pub fn run() -> ExitCode {
    let line = cargo_leptos::arguments(std::env::args_os().collect(), variable);
    match dispatch(Cli::parse_from(line).command) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("tidegate: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Shim { dir } => Ok(control::drivers::process::shim::run(&dir)),
        Command::CheckConfig(settings) => Ok(check(settings)),
        Command::Serve(Settings { config, flags }) => {
            let flags = cargo_leptos::settings(flags, variable);
            configured(Settings { config, flags }, serve::run)
        }
        Command::Migrate(settings) => configured(settings, tools::migrate),
        Command::Admin {
            task: Admin::ResetPassword { name, settings },
        } => configured(settings, |config| tools::reset_password(config, name)),
        Command::Load(asked) => load(asked),
        Command::SampleWeb(SampleWeb {
            address,
            port,
            slow_start,
        }) => {
            telemetry::plain();
            block_on(tools::sample_web(address, port, slow_start.unwrap_or_default()))
        }
    }
}

/// Loads the settings, starts the log, and does it.
fn configured<F>(settings: Settings, act: impl FnOnce(config::Config) -> F) -> anyhow::Result<ExitCode>
where
    F: Future<Output = anyhow::Result<ExitCode>>,
{
    let loaded = match settings.load() {
        Ok(loaded) => loaded,
        Err(why) => return Ok(refused(&why)),
    };
    telemetry::start(&loaded.config);
    block_on(act(loaded.config))
}

/// Loads the settings for the one that says whom a load may be aimed at. Nothing is logged: the report is all there is.
fn load(Load { options, config }: Load) -> anyhow::Result<ExitCode> {
    let flags = Flags::default();
    match (Settings { config, flags }).load() {
        Ok(loaded) => block_on(tools::load(tools::aimed(options, &loaded.config))),
        Err(why) => Ok(refused(&why)),
    }
}

fn check(settings: Settings) -> ExitCode {
    match settings.load() {
        Ok(loaded) => {
            print!("{}", loaded.report());
            ExitCode::SUCCESS
        }
        Err(why) => refused(&why),
    }
}

/// A configuration that cannot be used ends with 2, as a wrong flag does.
fn refused(why: &config::ConfigErrors) -> ExitCode {
    eprintln!("tidegate: {why}");
    ExitCode::from(2)
}

fn block_on(act: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime
        .context("cannot start the threads that do the work")?
        .block_on(act)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_is_a_flag_of_serve() {
        let mut flags = vec!["tidegate".to_owned(), "serve".to_owned()];
        for key in config::table::KEYS {
            flags.extend([format!("--{}", key.flag), "x".to_owned()]);
        }
        let Command::Serve(settings) = Cli::try_parse_from(flags).unwrap().command else {
            panic!("not serve")
        };
        let names: Vec<_> = settings.flags.given.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, config::table::KEYS.map(|key| key.name));
    }
}
