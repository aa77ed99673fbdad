//! `tidegate sample-web`: a small web program to scale, with handles for every case a scaling service must see.
//!
//! - `GET /` says who it is. `GET /work?ms=N` burns N ms of CPU time. `GET /userdata` shows what it was handed over.
//! - `GET /healthz` is 503 when sick or ending. `POST /admin/sick` turns that on and off (`?on=true|false`).
//! - `GET /memory?mb=N` holds that much memory from then on (0 lets go).
//!
//! On SIGTERM it goes on answering checks (503) until the requests it has are finished, then ends with 0. It listens on
//! its own address only.

mod answers;
mod serve;

pub use answers::MAX_MEMORY_MB;
pub use answers::MAX_WORK_MS;
pub use serve::run;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How it runs; [`SampleOptions::from_environment`] is what an instance gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How long it pretends to start before it listens.
    pub slow_start: Duration,
}

/// Why it cannot run.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A variable is missing or wrong.
    #[error("{name} must be {wanted}, not `{found}`: set it, or give the flag")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What is accepted.
        wanted: &'static str,
        /// What was found.
        found: String,
    },
    /// The address cannot be taken.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's word.
        source: std::io::Error,
    },
    /// No signals.
    #[error("cannot listen for SIGTERM: {0}")]
    Signals(#[source] std::io::Error),
}

impl SampleOptions {
    /// `ADDRESS` (else 127.0.0.1) and `PORT`, unless given.
    pub fn from_environment(
        address: Option<Ipv4Addr>,
        port: Option<u16>,
        slow_start: Duration,
    ) -> Result<Self, SampleError> {
        let address = match address {
            Some(address) => address,
            None => variable("ADDRESS", "an IPv4 address")?.unwrap_or(Ipv4Addr::LOCALHOST),
        };
        let port = match port {
            Some(port) => port,
            None => variable("PORT", "a port")?.ok_or_else(|| SampleError::Environment {
                name: "PORT",
                wanted: "a port",
                found: String::new(),
            })?,
        };
        Ok(Self {
            listen: SocketAddr::from((address, port)),
            slow_start,
        })
    }
}

fn variable<T: std::str::FromStr>(name: &'static str, wanted: &'static str) -> Result<Option<T>, SampleError> {
    let Some(found) = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()) else {
        return Ok(None);
    };
    found
        .parse()
        .map(Some)
        .map_err(|_why| SampleError::Environment { name, wanted, found })
}
