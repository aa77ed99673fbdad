//! Where a PostgreSQL database is, and what it takes to get in.
//!
//! The password is in it: it is shown without, and nothing here prints the text it was made from.

use crate::auth::Secret;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;

/// What such a URL may begin with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// The URL of a PostgreSQL database. What it leaves out comes from `PGPASSWORD`, `~/.pgpass` and their like.
#[derive(Clone)]
pub struct DatabaseUrl {
    options: PgConnectOptions,
    text: Secret<String>,
}

impl DatabaseUrl {
    /// `postgres://user:password@host:port/database`; `?host=/directory` for a socket. None if it is no such URL, or if
    /// it demands TLS, which this program does not speak to its database.
    pub fn parse(text: &str) -> Option<Self> {
        if !SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return None;
        }
        let options: PgConnectOptions = text.parse().ok()?;
        let without_tls = matches!(
            options.get_ssl_mode(),
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer
        );
        without_tls.then(|| Self {
            options: options.ssl_mode(PgSslMode::Disable),
            text: Secret::new(text.to_owned()),
        })
    }

    /// What a connection is opened with. It holds the password: never print it.
    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// Without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.options.get_username();
        match self.options.get_socket() {
            Some(socket) => write!(f, "postgres://{user}@{}", socket.display())?,
            None => write!(
                f,
                "postgres://{user}@{}:{}",
                self.options.get_host(),
                self.options.get_port()
            )?,
        }
        write!(f, "/{}", self.options.get_database().unwrap_or(user))
    }
}

/// As it is shown: whatever holds one can be printed.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text.expose() == other.text.expose()
    }
}

impl Eq for DatabaseUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_without_its_password() {
        for text in [
            "postgres://ann:pa55%40word@db.example:5433/tidegate",
            "postgresql://ann@db.example:5433/tidegate?password=pa55word",
        ] {
            let url = DatabaseUrl::parse(text).expect("a URL");
            assert_eq!(url.to_string(), "postgres://ann@db.example:5433/tidegate");
            assert_eq!(format!("{url:?}"), url.to_string());
        }
        let socket = DatabaseUrl::parse("postgres://ann:x@localhost/tidegate?host=/run/pg").expect("a URL");
        assert_eq!(socket.to_string(), "postgres://ann@/run/pg/tidegate");
    }

    #[test]
    fn two_urls_that_differ_in_the_password_differ() {
        let url = |text| DatabaseUrl::parse(text).expect("a URL");
        assert_ne!(url("postgres://a:1@h/d"), url("postgres://a:2@h/d"));
        assert_eq!(url("postgres://a:1@h/d"), url("postgres://a:1@h/d"));
    }

    #[test]
    fn another_scheme_and_tls_are_not_accepted() {
        for bad in [
            "",
            "mysql://h/d",
            "sqlite:tidegate.db",
            "host=h user=u password=p",
            "postgres:/h/d",
            "postgres://h:port/d",
            "postgres://h/d?sslmode=require",
            "postgres://h/d?sslmode=verify-full",
        ] {
            assert_eq!(DatabaseUrl::parse(bad), None, "{bad}");
        }
    }
}
