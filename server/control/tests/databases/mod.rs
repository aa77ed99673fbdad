//! The two databases a test runs on, each with a place of its own for every test.
//!
//! PostgreSQL: the server whose URL is in [`VARIABLE`] (`make test` starts one for all test programs), else one of this
//! process. Each test gets a schema of its own there. A machine without PostgreSQL fails, and is told what to install.

#![allow(dead_code, reason = "each test program uses its part")]

pub mod cluster;

use cluster::Cluster;
use control::store::{DatabaseUrl, Db};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Where `make test` says which server to use.
pub const VARIABLE: &str = "TIDEGATE_TEST_POSTGRES";

/// Says on which database all tests of a program run that run on one: `postgres`, else SQLite.
pub const CHOICE: &str = "TIDEGATE_TEST_STORE";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// An empty database that can be opened more than once.
#[derive(Debug)]
pub enum Place {
    File(TempDir),
    Schema(String),
}

impl Kind {
    /// The database this run of the program is about.
    pub fn chosen() -> Self {
        match std::env::var(CHOICE).as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("{CHOICE} cannot be {other}; accepted is postgres, or nothing"),
            Err(_unset) => Self::Sqlite,
        }
    }

    /// An empty place for one database.
    pub async fn place(self) -> Place {
        match self {
            Self::Sqlite => Place::File(tempfile::tempdir().expect("a folder")),
            Self::Postgres => Place::Schema(schema(&server()).await),
        }
    }

    /// A migrated database of its own, which does not wait for the disk.
    pub async fn scratch(self) -> Db {
        match self {
            Self::Sqlite => Db::scratch().await.expect("a scratch database"),
            Self::Postgres => {
                let db = self.place().await.open().await;
                db.migrate().await.expect("the newest schema");
                db
            }
        }
    }
}

impl Place {
    /// Opens it, as one more server would. Not migrated.
    pub async fn open(&self) -> Db {
        let opened = match self {
            Self::File(folder) => Db::open(&folder.path().join("tidegate.db")).await,
            Self::Schema(url) => Db::connect(&DatabaseUrl::parse(url).expect("a URL")).await,
        };
        opened.expect("a database")
    }

    /// Opens it with the newest schema.
    pub async fn migrated(&self) -> Db {
        let db = self.open().await;
        db.migrate().await.expect("the newest schema");
        db
    }
}

/// The URL of a PostgreSQL server.
pub fn server() -> String {
    static OWN: OnceLock<Cluster> = OnceLock::new();
    let own = || match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => panic!("{why}"),
    };
    std::env::var(VARIABLE).unwrap_or_else(|_unset| OWN.get_or_init(own).url())
}

/// The URL of a new schema on that server.
pub async fn schema(server: &str) -> String {
    let name = format!("test_{:016x}", getrandom::u64().expect("a number"));
    let mut connection = PgConnection::connect(server).await.expect("a PostgreSQL server");
    let sql = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
    connection.execute(sql).await.expect("a schema");
    connection.close().await.expect("a good end");
    format!("{server}&options=-c%20search_path%3D{name}")
}

/// Runs this whole test program once more, on PostgreSQL, but for the test that asks for it. All that it lists has to
/// run and to pass.
pub fn again_on_postgres(but: &str) {
    let run = |args: &[&str]| -> Output {
        let mut program = Command::new(std::env::current_exe().expect("a test program"));
        program.args(args).args(["--exact", "--skip", but]);
        program.env(CHOICE, "postgres").env(VARIABLE, server());
        program.output().expect("the test program runs")
    };
    let listed = String::from_utf8_lossy(&run(&["--list"]).stdout)
        .matches(": test\n")
        .count();
    let done = run(&[]);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(listed > 0 && done.status.success(), "on PostgreSQL:\n{said}");
    assert!(
        said.contains(&format!("ok. {listed} passed; 0 failed; 0 ignored;")),
        "{said}"
    );
}
