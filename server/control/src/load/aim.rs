//! What a URL stands for: resolved once, refused if it is not this host.

use super::{LoadError, LoadOptions};
use hyper::Uri;
use std::net::SocketAddr;

/// Where the requests go.
#[derive(Debug, Clone)]
pub(super) struct Aim {
    /// What `Host` says.
    pub(super) host: String,
    /// Path and query.
    pub(super) path: String,
    /// The addresses to try, in order.
    pub(super) addresses: Vec<SocketAddr>,
}

impl Aim {
    /// Parses, resolves, refuses.
    pub(super) async fn take(options: &LoadOptions) -> Result<Self, LoadError> {
        let wrong = |why: &str| LoadError::Url {
            url: options.url.chars().take(200).collect(),
            why: why.to_owned(),
        };
        let uri: Uri = options.url.parse().map_err(|_| wrong("it is no URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong("only http:// is spoken"));
        }
        let host = uri.host().ok_or_else(|| wrong("it has no host"))?.to_owned();
        let name = host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((name, uri.port_u16().unwrap_or(80))).await;
        let addresses: Vec<SocketAddr> = found.map_err(|why| wrong(&why.to_string()))?.collect();
        let ours = |a: &&SocketAddr| a.ip().is_loopback() || options.own.contains(&a.ip()) || options.allow_remote;
        if let Some(address) = addresses.iter().find(|a| !ours(a)) {
            return Err(LoadError::Remote {
                host,
                address: *address,
            });
        }
        if addresses.is_empty() {
            return Err(wrong("its host has no address"));
        }
        let authority = uri
            .authority()
            .map_or(host, |a| a.as_str().rsplit('@').next().unwrap_or("").to_owned());
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self {
            host: authority,
            path,
            addresses,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of that URL if listeners of our own are at 192.0.2.1. Nothing is sent.
    async fn aimed(url: &str) -> Result<Aim, LoadError> {
        let mut options = LoadOptions::new(url);
        options.own = vec!["192.0.2.1".parse().expect("an address")];
        Aim::take(&options).await
    }

    #[tokio::test]
    async fn a_listener_of_our_own_may_be_loaded_and_its_neighbour_may_not() {
        let own = aimed("http://192.0.2.1:20000/").await.expect("our own");
        assert_eq!(
            own.addresses,
            ["192.0.2.1:20000".parse::<SocketAddr>().expect("an address")]
        );
        aimed("http://127.0.0.1:20000/").await.expect("loopback still");
        let why = aimed("http://192.0.2.2:20000/").await.expect_err("somebody else's");
        assert!(matches!(why, LoadError::Remote { .. }), "{why}");
    }
}
