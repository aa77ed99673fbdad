//! The schema's versions, built into the program. Forward only: a file that was released is never changed again.
//!
//! Both databases have the same versions under the same names; what differs is the dialect of their texts.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number and description of a version, and its text for each database.
struct Version {
    number: i64,
    description: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// A version by its number and the name of its two files.
macro_rules! version {
    ($number:literal, $description:literal, $file:literal) => {
        Version {
            number: $number,
            description: $description,
            sqlite: include_str!(concat!("../../../../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../../../../migrations/postgres/", $file)),
        }
    };
}

/// Every version, oldest first.
const VERSIONS: [Version; 4] = [
    version!(1, "init", "0001_init.sql"),
    version!(2, "history", "0002_history.sql"),
    version!(3, "latest", "0003_latest.sql"),
    version!(4, "servers", "0004_servers.sql"),
];

/// The migrations for SQLite.
pub(super) fn sqlite() -> Migrator {
    migrator(|version| version.sqlite)
}

/// The migrations for PostgreSQL.
pub(super) fn postgres() -> Migrator {
    migrator(|version| version.postgres)
}

fn migrator(text: impl Fn(&Version) -> &'static str) -> Migrator {
    let migration = |version: &Version| {
        Migration::new(
            version.number,
            version.description.into(),
            MigrationType::Simple,
            text(version).into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(VERSIONS.iter().map(migration).collect())
}
