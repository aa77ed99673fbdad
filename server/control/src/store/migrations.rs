//! The schema's versions, built into the program. Forward only: a file that was released is never changed again.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number, description and text of each migration for SQLite.
const SQLITE: [(i64, &str, &str); 2] = [
    (1, "init", include_str!("../../../../migrations/sqlite/0001_init.sql")),
    (
        2,
        "history",
        include_str!("../../../../migrations/sqlite/0002_history.sql"),
    ),
];

/// The migrations for SQLite.
pub(super) fn sqlite() -> Migrator {
    let migrations = SQLITE.map(|(number, description, text)| {
        Migration::new(
            number,
            description.into(),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.into())
}
