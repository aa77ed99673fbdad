//! The commands that need no server.

use crate::config::Config;
use crate::lock;
use crate::serve::parts;
use anyhow::Context as _;
use control::auth::users;
use control::clock::system::wall_now;
use control::drivers::sample_web::{self, SampleOptions};
use control::ids::RandomIds;
use control::load::{self, LoadOptions};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

/// `tidegate migrate`.
pub async fn migrate(config: Config) -> anyhow::Result<ExitCode> {
    let _lock = lock::take(&config.data, "tidegate migrate")?;
    let db = parts::open(&config).await?;
    db.close().await;
    println!("The database {} has this version's schema.", parts::place(&config));
    Ok(ExitCode::SUCCESS)
}

/// `tidegate admin reset-password NAME`. No lock: the database takes writers in turn.
pub async fn reset_password(config: Config, name: String) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        config.database_url.is_some() || parts::database(&config.data).exists(),
        "there is no database {}: say which data folder (--data), or which database (--database-url)",
        parts::place(&config)
    );
    let db = parts::open(&config).await?;
    let password = users::reset_password(&db, &RandomIds, wall_now(), &name).await;
    db.close().await;
    let password = password.with_context(|| format!("the password of {name} is as it was"))?;
    println!("{}", password.expose());
    Ok(ExitCode::SUCCESS)
}

/// A load that may be aimed at this server's own listeners, beside loopback.
pub fn aimed(options: LoadOptions, config: &Config) -> LoadOptions {
    LoadOptions {
        own: vec![config.balancer_address.into()],
        ..options
    }
}

/// `tidegate load URL`. A script that asks whether anything answers has its answer in how this ends.
pub async fn load(options: LoadOptions) -> anyhow::Result<ExitCode> {
    let as_json = options.json;
    let report = load::run(options).await?;
    if as_json {
        println!(
            "{}",
            serde_json::to_string(&report).context("cannot write the report as JSON")?
        );
    } else {
        println!("{report}");
    }
    Ok(if report.succeeded > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `tidegate sample-web`.
pub async fn sample_web(
    address: Option<Ipv4Addr>,
    port: Option<u16>,
    slow_start: Duration,
) -> anyhow::Result<ExitCode> {
    sample_web::run(SampleOptions::from_environment(address, port, slow_start)?).await?;
    Ok(ExitCode::SUCCESS)
}
