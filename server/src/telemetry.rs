//! The log: to standard error, so that standard output stays the commands' own.

use crate::config::Config;
use crate::config::parse::LogFormat;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts it as configured.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_checked_before| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    let log = log.with_ansi(is_terminal()).with_writer(std::io::stderr);
    // A second start in one process (tests) changes nothing.
    let _already = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

/// Starts it for a program without settings.
pub fn plain() {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("info"));
    let log = log.with_ansi(is_terminal()).with_writer(std::io::stderr);
    let _already = log.try_init();
}

/// Colours are for people.
fn is_terminal() -> bool {
    std::io::stderr().is_terminal()
}
