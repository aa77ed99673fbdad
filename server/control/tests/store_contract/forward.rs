//! Migrations, forward only: a database of each version with a row in every table is brought to the newest, keeps what it
//! holds and works; what was released is never changed, and what is newer than the program is left alone.
//!
//! The versions are the files of `migrations/`, read anew here: so a file that was not built in is noticed, too. A version
//! that adds a table needs a `filled_at_N.sql` beside this file with a row for it, one SQL text for both databases.

use crate::databases::{Kind, Place};
use control::store::{Db, LoopStore as _, SqlStore, StoreError};
use control::values;
use engine::census::InstanceState;
use engine::model::{GroupId, InstanceId, SubnetId, TemplateId};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqlSafeStr as _};
use std::error::Error as _;
use std::path::PathBuf;

/// The rows that came with a version; none if it added no table.
fn rows_of(version: i64) -> String {
    let name = format!("tests/store_contract/filled_at_{version}.sql");
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_default()
}

fn folder(kind: Kind) -> PathBuf {
    let name = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../migrations")
        .join(name)
}

/// The names of a database's files, in order.
fn files(kind: Kind) -> Vec<String> {
    let entries = std::fs::read_dir(folder(kind)).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn versions(kind: Kind) -> Vec<Migration> {
    let migrator = Migrator::new(folder(kind)).await.unwrap();
    migrator.iter().cloned().collect()
}

fn version(number: i64, text: &str) -> Migration {
    let text = AssertSqlSafe(text.to_owned()).into_sql_str();
    Migration::new(number, "other".into(), MigrationType::Simple, text, false)
}

/// Another program, which knows these versions, migrates the database.
async fn migrated_elsewhere(place: &Place, versions: Vec<Migration>) {
    let migrator = Migrator::with_migrations(versions);
    match place {
        Place::File(folder) => {
            let file = folder.path().join("tidegate.db");
            let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
            let mut connection = options.connect().await.unwrap();
            migrator.run(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Place::Schema(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            migrator.run(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// Every SQL here is made once in a test's life.
fn leaked(sql: String) -> &'static str {
    Box::leak(sql.into_boxed_str())
}

async fn texts(db: &Db, sql: String, column: &'static str) -> Vec<String> {
    let mut tx = db.read("look").await.unwrap();
    let rows = tx.all(leaked(sql), Vec::new()).await.unwrap();
    rows.iter().map(|row| row.get(column).unwrap()).collect()
}

/// Our tables with their columns.
async fn tables(db: &Db, kind: Kind) -> Vec<(String, Vec<String>)> {
    let sql = match kind {
        Kind::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
             AND name <> '_sqlx_migrations' ORDER BY name"
        }
        Kind::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations' ORDER BY table_name"
        }
    };
    let mut found = Vec::new();
    for table in texts(db, sql.to_owned(), "name").await {
        let columns = match kind {
            Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY name"),
            Kind::Postgres => format!(
                "SELECT CAST(column_name AS TEXT) AS name FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY column_name"
            ),
        };
        found.push((table, texts(db, columns, "name").await));
    }
    found
}

/// Every row of these tables, each a text of these columns.
async fn contents(db: &Db, tables: &[(String, Vec<String>)]) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for (table, columns) in tables {
        let shown: Vec<String> = columns
            .iter()
            .map(|column| format!("'{column}=' || COALESCE(CAST({column} AS TEXT), 'null')"))
            .collect();
        let sql = format!("SELECT {} AS line FROM {table} ORDER BY 1", shown.join(" || ' ' || "));
        all.push((table.clone(), texts(db, sql, "line").await));
    }
    all
}

async fn applied(db: &Db) -> Vec<String> {
    let sql = "SELECT CAST(version AS TEXT) || ' ' || CAST(installed_on AS TEXT) AS line FROM _sqlx_migrations
               ORDER BY version";
    texts(db, sql.to_owned(), "line").await
}

/// A database as the programs of these versions left it, one after another: with rows in every table.
async fn filled(kind: Kind, versions: &[Migration]) -> (Place, Db) {
    let place = kind.place().await;
    for (number, version) in (1..).zip(versions) {
        migrated_elsewhere(&place, versions[..number].to_vec()).await;
        let db = place.open().await;
        insert(&db, rows_of(version.version)).await;
        db.close().await;
    }
    let db = place.open().await;
    (place, db)
}

async fn insert(db: &Db, rows: String) {
    let wrote: Result<(), StoreError> = db
        .write("fill", move |tx| {
            Box::pin(async move {
                for statement in leaked(rows).split(";\n").filter(|sql| !sql.trim().is_empty()) {
                    tx.execute(statement, Vec::new()).await?;
                }
                Ok(())
            })
        })
        .await;
    wrote.unwrap();
}

#[test]
fn both_databases_have_the_same_versions() {
    assert_eq!(files(Kind::Sqlite), files(Kind::Postgres));
}

pub async fn a_filled_database_of_each_version_keeps_all_it_holds(kind: Kind) {
    let versions = versions(kind).await;
    for old in 1..=versions.len() {
        let (_place, db) = filled(kind, &versions[..old]).await;
        let tables = tables(&db, kind).await;
        let before = contents(&db, &tables).await;
        let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
        assert!(
            tables.len() >= 26 && empty.is_empty(),
            "version {old}: no row in {empty:?}"
        );
        db.migrate().await.unwrap();
        assert_eq!(contents(&db, &tables).await, before, "from version {old}");
        let newest = applied(&db).await;
        assert_eq!(newest.len(), versions.len(), "every file is built in");
        db.migrate().await.unwrap();
        assert_eq!(applied(&db).await, newest, "a second run does nothing");
    }
}

pub async fn a_filled_database_of_the_first_version_works_when_it_is_migrated(kind: Kind) {
    let (_place, db) = filled(kind, &versions(kind).await[..1]).await;
    db.migrate().await.unwrap();
    let store = SqlStore::new(db.clone());
    let group = store.load(GroupId(77)).await.unwrap().expect("the group");
    let at = group.launch.subnets.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!(
        (group.name.as_str(), group.durable.desired, at),
        ("web", 2, vec![SubnetId(3)])
    );
    let rows: Vec<_> = group.instances.iter().map(|row| (row.id, row.state)).collect();
    assert_eq!(rows, [(InstanceId(9), InstanceState::InService)]);
    assert_eq!(group.orders.len(), 1);
    assert_eq!(store.series(GroupId(77), 10).await.unwrap().len(), 1);
    assert_eq!(store.balancers().await.unwrap()[0].vservers.len(), 1);
    assert!(store.launch_of(TemplateId(1), 1).await.unwrap().is_some());
    assert_eq!(
        store.claim("server-a").await.unwrap().len(),
        63,
        "one is another server's"
    );
}

pub async fn a_version_that_was_changed_after_it_was_applied_is_refused(kind: Kind) {
    let place = kind.place().await;
    let mut changed = versions(kind).await;
    let text = format!("{}\n-- one more line", changed[0].sql.as_str());
    changed[0] = version(changed[0].version, &text);
    migrated_elsewhere(&place, changed).await;
    let db = place.open().await;
    // Twice: a refusal does not leave the database locked.
    for _ in 0..2 {
        let refused = db.migrate().await.unwrap_err();
        let why = refused.source().unwrap().to_string();
        assert!(
            why.contains("migration 1 was previously applied but has been modified"),
            "{why}"
        );
    }
}

pub async fn a_database_of_a_newer_program_is_refused_and_left_as_it_is(kind: Kind) {
    let place = kind.place().await;
    let mut newer = versions(kind).await;
    newer.push(version(9_999, "CREATE TABLE later (id BIGINT NOT NULL PRIMARY KEY)"));
    migrated_elsewhere(&place, newer).await;
    let db = place.open().await;
    let before = applied(&db).await;
    let refused = db.migrate().await.unwrap_err();
    assert!(refused.source().unwrap().to_string().contains("9999"), "{refused:?}");
    assert_eq!(applied(&db).await, before);
    let forgotten: Result<u64, StoreError> = db
        .write("forget it", |tx| {
            Box::pin(async move {
                let sql = "DELETE FROM _sqlx_migrations WHERE version = $1";
                tx.execute(sql, values![9_999]).await
            })
        })
        .await;
    assert_eq!(forgotten.unwrap(), 1);
    db.migrate().await.unwrap();
}

#[tokio::test]
async fn every_text_of_postgresql_is_sorted_by_its_bytes() {
    let db = Kind::Postgres.scratch().await;
    let sql = "SELECT table_name || '.' || column_name AS name FROM information_schema.columns
               WHERE table_schema = current_schema() AND data_type <> 'bigint' AND table_name <> '_sqlx_migrations'
                   AND NOT (data_type = 'text' AND COALESCE(collation_name, '') = 'C')";
    assert_eq!(texts(&db, sql.to_owned(), "name").await, Vec::<String>::new());
}
