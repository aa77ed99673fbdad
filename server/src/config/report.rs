//! What `check-config` prints: of every setting where it comes from, and what is in force. A folder or a program stands there
//! by its whole path, and a setting that is unset by what that comes to here.

use super::parse::printable;
use super::table::{KEYS, Key};
use super::{DATABASE_URL, Loaded, Source};
use crate::serve::parts;
use control::balancer::haproxy;
use std::net::SocketAddr;
use std::path::Path;

impl Loaded {
    /// A line a setting.
    pub fn report(&self) -> String {
        KEYS.iter().map(|key| self.line(key)).collect()
    }

    fn line(&self, key: &Key) -> String {
        let (source, value) = match self.texts.get(key.name) {
            Some((source, text)) => (*source, text.as_str()),
            None => (Source::Default, key.shown_default()),
        };
        let shown = self.in_force(key).unwrap_or_else(|| printable(value));
        format!("{:<20} {source:<12} {shown}\n", key.name)
    }

    /// What a setting comes to, where its text does not say it.
    fn in_force(&self, key: &Key) -> Option<String> {
        let config = &self.config;
        match key.name {
            "data" => Some(whole(&config.data)),
            "site_root" => Some(whole(&config.site_root)),
            "balancer_root" => Some(whole(&config.balancer_root)),
            "driver.process.root" => Some(whole(&config.process_root)),
            "haproxy" => Some(program(config.haproxy.as_deref())),
            DATABASE_URL => Some(match &config.database_url {
                Some(url) => url.to_string(),
                None => format!("SQLite: {}", whole(&parts::database(&config.data))),
            }),
            "public_url" if config.public_url.is_none() => Some(asked_for(config.listen)),
            _ => None,
        }
    }
}

/// HAProxy, given or found.
fn program(given: Option<&Path>) -> String {
    match (given, haproxy::on_path()) {
        (Some(given), _) => whole(given),
        (None, Some(found)) => format!("{} (the one on PATH)", whole(&found)),
        (None, None) => "none: there is no haproxy on PATH, so load balancers do not work".to_owned(),
    }
}

/// The address people use, when none is given.
fn asked_for(listen: SocketAddr) -> String {
    format!("none: the address each request asks for, here http://{listen}")
}

/// A path from the root.
fn whole(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    printable(&whole.display().to_string())
}
