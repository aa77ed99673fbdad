//! From a setting's text to its type. `None` means "not accepted"; what is accepted stands in the table.

use control::auth::Secret;
use control::clock::TimeScale;
use control::store::{DatabaseUrl, SubnetBase};
use rustix::fs::{Access, access};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object a line.
    Json,
}

/// The address people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Scheme, host and port, as a browser writes them into `Origin`.
    pub fn origin(&self) -> &str {
        &self.0
    }
    /// Whether it is https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// The word that whoever reads `/metrics` from another host has to know. Never printed.
#[derive(Clone)]
pub struct Token(Secret<String>);

impl Token {
    /// Whether that is the word.
    pub fn is(&self, word: &str) -> bool {
        self.0.is(word)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.0.is(other.0.expose())
    }
}

impl Eq for Token {}

/// An address and a port.
pub fn address(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

/// An IPv4 address.
pub fn ipv4(text: &str) -> Option<Ipv4Addr> {
    text.parse().ok()
}

/// A path; anything but nothing.
pub fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}

/// A file that is there and that this user may execute, by its whole path.
pub fn program(text: &str) -> Option<PathBuf> {
    let file = std::path::absolute(path(text)?).ok()?;
    let runs = file.is_file() && access(&file, Access::EXEC_OK).is_ok();
    runs.then_some(file)
}

/// A PostgreSQL database, or nothing: SQLite.
pub fn database_url(text: &str) -> Option<Option<DatabaseUrl>> {
    if text.is_empty() {
        return Some(None);
    }
    DatabaseUrl::parse(text).map(Some)
}

/// A value as it may be printed: of one that may hold a password only how it begins is left.
pub fn printable(text: &str) -> String {
    if !text.contains('@') && !text.to_ascii_lowercase().contains("password") {
        return text.to_owned();
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let plain = |scheme: &&str| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    scheme
        .filter(plain)
        .map_or_else(|| "...".to_owned(), |scheme| format!("{scheme}://..."))
}

/// 1 to 1000.
pub fn time_scale(text: &str) -> Option<TimeScale> {
    whole(text, 1, 1000).map(TimeScale)
}

/// 1 to 720.
pub fn session_hours(text: &str) -> Option<u32> {
    whole(text, 1, 720)
}

/// `127.a`.
pub fn subnets(text: &str) -> Option<SubnetBase> {
    let (first, second) = text.split_once('.')?;
    let (first, second): (u8, u8) = (first.parse().ok()?, second.parse().ok()?);
    // 127.0 holds the addresses everything else on this host listens on.
    (first == 127 && second > 0).then_some(SubnetBase(second))
}

/// 16 to 256 printable characters without spaces.
pub fn token(text: &str) -> Option<Token> {
    let fits = (16..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Token(Secret::new(text.to_owned())))
}

/// Scheme and host; a port may follow.
pub fn public_url(text: &str) -> Option<PublicUrl> {
    let url: http::Uri = text.parse().ok()?;
    let scheme = url.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = url.authority()?.as_str().to_ascii_lowercase();
    let bare = url.path() == "/" && url.query().is_none() && !authority.contains('@');
    let usual = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(usual).unwrap_or(&authority);
    bare.then(|| PublicUrl(format!("{scheme}://{authority}")))
}

/// A log filter.
pub fn log(text: &str) -> Option<String> {
    EnvFilter::try_new(text).ok().map(|_filter| text.to_owned())
}

/// `text` or `json`.
pub fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

fn whole(text: &str, least: u32, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        let origin = |text| public_url(text).map(|url| url.origin().to_owned());
        assert_eq!(
            origin("https://Scale.example.com:443/").as_deref(),
            Some("https://scale.example.com")
        );
        assert_eq!(origin("http://host:8080").as_deref(), Some("http://host:8080"));
        for bad in [
            "scale.example.com",
            "ftp://x",
            "https://x/path",
            "https://x?q=1",
            "https://a@x",
            "",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_may_hold_a_password_is_printed_up_to_its_scheme() {
        assert_eq!(printable("mysql://u:pa55@h/d"), "mysql://...");
        assert_eq!(printable("postgres//u:pa55@h/d"), "...");
        assert_eq!(printable("u:pa55://x@h"), "...");
        assert_eq!(printable("host=h Password=pa55"), "...");
        assert_eq!(printable("127.0.0.1:7070"), "127.0.0.1:7070");
    }

    #[test]
    fn nothing_is_sqlite_and_only_postgresql_has_a_url() {
        assert_eq!(database_url(""), Some(None));
        assert!(database_url("postgres://u:p@h/d").flatten().is_some());
        for bad in ["sqlite:x.db", "mysql://h/d", "tidegate.db", " "] {
            assert_eq!(database_url(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_is_long_enough_not_to_be_guessed_and_is_never_printed() {
        let word = "0123456789abcdef";
        let made = token(word).expect("long enough");
        assert!(made.is(word) && !made.is("0123456789abcdeg"));
        assert!(!format!("{made:?}").contains(word));
        for bad in ["", "short", "0123456789 abcdef", "0123456789abcde\u{e9}"] {
            assert_eq!(token(bad), None, "{bad}");
        }
    }

    #[test]
    fn subnets_are_loopback_and_not_everyones() {
        assert_eq!(subnets("127.20"), Some(SubnetBase(20)));
        for bad in ["127.0", "10.1", "127", "127.256", "127.1.1", ""] {
            assert_eq!(subnets(bad), None, "{bad}");
        }
    }
}
