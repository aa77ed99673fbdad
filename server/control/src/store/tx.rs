//! One transaction, and what goes in and comes out of it: [`Value`]s and [`Row`]s.
//!
//! Rules: SQL is a `&'static str` with `$1` placeholders and no dialect, so that one text serves every database; what
//! differs between databases is in this file, in [`super::pools`] and in `migrations/`, nowhere else. Every error names
//! the operation the transaction was begun for.
//!
//! What both databases accept is the narrower of the two: numbers are BIGINT and bound as such (a sum or a literal is
//! cast: `CAST(SUM(n) AS BIGINT)`), texts hold no NUL, and after a statement that failed a job can only end.

use super::StoreError;
use super::pools::{Asked, Begun};
use crate::clock::Wall;
use engine::model::{
    ActivityId, GroupId, InstanceId, LoadBalancerId, SubnetId, TemplateId, TenantId, Timestamp, UserId, VServerId,
    VpcId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{Database, Decode, Encode, Postgres, Row as _, Sqlite, Type};
use std::str::FromStr;

/// A value handed to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// BIGINT, possibly null.
    Int(Option<i64>),
    /// TEXT, possibly null.
    Text(Option<String>),
    /// It could not be written as JSON; the statement it is handed to fails with this.
    Broken(String),
}

/// Values of a statement, in the order of their placeholders: `values![group, now, json(&spec)]`.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::tx::Value::from($value)),*] };
}

/// A structured value as JSON text.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Value {
    serde_json::to_string(value).map_or_else(|why| Value::Broken(why.to_string()), |text| Value::Text(Some(text)))
}

/// A fieldless enum as its serde name: `enabled`, `in_service`.
pub fn word<T: Serialize>(value: T) -> Value {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Value::Text(Some(text)),
        Ok(other) => Value::Broken(format!("{other} is not a word")),
        Err(why) => Value::Broken(why.to_string()),
    }
}

macro_rules! value_int {
    ($($from:ty => |$it:ident| $int:expr),* $(,)?) => { $(
        impl From<$from> for Value {
            fn from($it: $from) -> Self {
                Self::Int(Some($int))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::Int(value.map(|$it| $int))
            }
        }
    )* };
}
value_int! {
    i64 => |it| it,
    i32 => |it| i64::from(it),
    u16 => |it| i64::from(it),
    u32 => |it| i64::from(it),
    u64 => |it| i64::try_from(it).unwrap_or(i64::MAX),
    bool => |it| i64::from(it),
    Timestamp => |it| it.0,
    Wall => |it| it.0,
}

macro_rules! value_text {
    ($($from:ty),* $(,)?) => { $(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::Text(Some(value.to_string()))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::Text(value.map(|value| value.to_string()))
            }
        }
    )* };
}
value_text! {
    &str, String, &String, std::net::Ipv4Addr,
    TenantId, UserId, TemplateId, GroupId, InstanceId, LoadBalancerId, VServerId, ActivityId, VpcId, SubnetId,
}

/// One row of an answer.
pub struct Row {
    row: Found,
    operation: &'static str,
}

/// The row, by database.
enum Found {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// What a column can be read as; see [`Row::get`].
pub trait Column: Sized {
    /// Reads the column of that name.
    ///
    /// # Errors
    /// There is no such column, or it holds something else.
    fn read(row: &Row, column: &'static str) -> Result<Self, StoreError>;
}

impl Row {
    /// The column as a number, text, id, instant, or an `Option` of one.
    ///
    /// # Errors
    /// There is no such column, or it holds something else.
    pub fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        T::read(self, column)
    }

    /// The column's JSON as a structured value.
    ///
    /// # Errors
    /// It is not JSON of that shape.
    pub fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|why| self.wrong(column, why))
    }

    /// The column's word as a fieldless enum; the way back of [`word`].
    ///
    /// # Errors
    /// It is no word of that enum.
    pub fn word<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_value(serde_json::Value::String(text)).map_err(|why| self.wrong(column, why))
    }

    /// The column parsed.
    ///
    /// # Errors
    /// It does not parse.
    pub fn parsed<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text: String = self.get(column)?;
        text.parse().map_err(|why| self.wrong(column, why))
    }

    fn plain<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        for<'r> T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let value = match &self.row {
            Found::Sqlite(row) => row.try_get(column),
            Found::Postgres(row) => row.try_get(column),
        };
        value.map_err(|why| StoreError::database(self.operation, why))
    }

    fn wrong(&self, column: &'static str, why: impl std::fmt::Display) -> StoreError {
        StoreError::database(self.operation, format!("column {column}: {why}"))
    }
}

macro_rules! column_plain {
    ($($to:ty),*) => { $(
        impl Column for $to {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                row.plain(column)
            }
        }
    )* };
}
column_plain!(i64, String, Option<i64>, Option<String>);

macro_rules! column_narrow {
    ($($to:ty),*) => { $(
        impl Column for $to {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                row.plain::<i64>(column)?.try_into().map_err(|why| row.wrong(column, why))
            }
        }
        impl Column for Option<$to> {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                let wide: Option<i64> = row.plain(column)?;
                wide.map(|wide| wide.try_into().map_err(|why| row.wrong(column, why))).transpose()
            }
        }
    )* };
}
column_narrow!(u16, u32, u64);

macro_rules! column_parsed {
    ($($to:ty),* $(,)?) => { $(
        impl Column for $to {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                row.parsed(column)
            }
        }
        /// Null and the empty text are both "none".
        impl Column for Option<$to> {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                let text: Option<String> = row.plain(column)?;
                text.filter(|text| !text.is_empty())
                    .map(|text| text.parse().map_err(|why| row.wrong(column, why)))
                    .transpose()
            }
        }
    )* };
}
column_parsed! {
    TenantId, UserId, TemplateId, GroupId, InstanceId, LoadBalancerId, VServerId, ActivityId, VpcId, SubnetId,
    std::net::Ipv4Addr,
}

macro_rules! column_instant {
    ($($to:ident),*) => { $(
        impl Column for $to {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                row.plain(column).map($to)
            }
        }
        impl Column for Option<$to> {
            fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
                Ok(row.plain::<Option<i64>>(column)?.map($to))
            }
        }
    )* };
}
column_instant!(Timestamp, Wall);

impl Column for bool {
    fn read(row: &Row, column: &'static str) -> Result<Self, StoreError> {
        Ok(row.plain::<i64>(column)? != 0)
    }
}

/// One transaction. From [`super::Db::write`] it may change things; from [`super::Db::read`] it sees one moment.
#[derive(Debug)]
pub struct Tx {
    begun: Begun,
    pub(super) operation: &'static str,
    /// Events appended in it: told to the listeners once it is committed.
    pub(super) wakes: Vec<(TenantId, i64)>,
}

impl Tx {
    pub(super) const fn new(begun: Begun, operation: &'static str) -> Self {
        Self {
            begun,
            operation,
            wakes: Vec::new(),
        }
    }

    /// Runs a statement; answers how many rows it touched.
    ///
    /// # Errors
    /// The database's answer.
    pub async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        let values = self.sound(values)?;
        let done = match self.begun.asked() {
            Asked::Sqlite(asked) => bound(sql, values).execute(asked).await.map(|done| done.rows_affected()),
            Asked::Postgres(asked) => bound(sql, values).execute(asked).await.map(|done| done.rows_affected()),
        };
        done.map_err(|why| self.failed(why))
    }

    /// Every row of the answer. Bound it in the SQL.
    ///
    /// # Errors
    /// The database's answer.
    pub async fn all(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let values = self.sound(values)?;
        let found: Result<Vec<Found>, sqlx::Error> = match self.begun.asked() {
            Asked::Sqlite(asked) => bound(sql, values)
                .fetch_all(asked)
                .await
                .map(|rows| rows.into_iter().map(Found::Sqlite).collect()),
            Asked::Postgres(asked) => bound(sql, values)
                .fetch_all(asked)
                .await
                .map(|rows| rows.into_iter().map(Found::Postgres).collect()),
        };
        let found = found.map_err(|why| self.failed(why))?;
        Ok(found.into_iter().map(|row| self.row(row)).collect())
    }

    /// The first row of the answer, if there is one.
    ///
    /// # Errors
    /// The database's answer.
    pub async fn first(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        let values = self.sound(values)?;
        let found = match self.begun.asked() {
            Asked::Sqlite(asked) => bound(sql, values)
                .fetch_optional(asked)
                .await
                .map(|row| row.map(Found::Sqlite)),
            Asked::Postgres(asked) => bound(sql, values)
                .fetch_optional(asked)
                .await
                .map(|row| row.map(Found::Postgres)),
        };
        let found = found.map_err(|why| self.failed(why))?;
        Ok(found.map(|row| self.row(row)))
    }

    /// The one row of the answer.
    ///
    /// # Errors
    /// The database's answer, or there is none.
    pub async fn one(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Row, StoreError> {
        let row = self.first(sql, values).await?;
        row.ok_or_else(|| self.failed(sqlx::Error::RowNotFound))
    }

    /// The database's clock, so that servers need not agree on theirs.
    ///
    /// # Errors
    /// The database's answer.
    pub async fn database_wall(&mut self) -> Result<Wall, StoreError> {
        let sql = match self.begun.asked() {
            // Milliseconds from Julian days.
            Asked::Sqlite(_) => "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) AS wall",
            // Not `now()`: that is when the transaction began, and it may have waited for its turn since.
            Asked::Postgres(_) => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS wall",
        };
        self.one(sql, Vec::new()).await?.get("wall")
    }

    /// Savepoints; an error is the whole transaction's.
    pub(super) async fn control(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self.begun.asked() {
            Asked::Sqlite(asked) => sqlx::query(sql).execute(asked).await.map(drop),
            Asked::Postgres(asked) => sqlx::query(sql).execute(asked).await.map(drop),
        }
    }

    /// Keeps what was done since the savepoint `job`, and opens it anew: one question, since it is asked after every job.
    pub(super) async fn next_savepoint(&mut self) -> Result<(), sqlx::Error> {
        const NEXT: &str = "RELEASE SAVEPOINT job; SAVEPOINT job";
        match self.begun.asked() {
            Asked::Sqlite(asked) => sqlx::query(NEXT).execute(asked).await.map(drop),
            // A prepared statement is one there.
            Asked::Postgres(asked) => sqlx::raw_sql(NEXT).execute(asked).await.map(drop),
        }
    }

    /// Makes what was done visible to all, and answers what to wake.
    pub(super) async fn commit(self) -> Result<Vec<(TenantId, i64)>, sqlx::Error> {
        self.begun.commit().await?;
        Ok(self.wakes)
    }

    /// The values, if all of them could be made.
    fn sound(&self, values: Vec<Value>) -> Result<Vec<Value>, StoreError> {
        let broken = values.iter().find_map(|value| match value {
            Value::Broken(why) => Some(why.clone()),
            Value::Int(_) | Value::Text(_) => None,
        });
        match broken {
            Some(why) => Err(StoreError::database(self.operation, why)),
            None => Ok(values),
        }
    }

    const fn row(&self, row: Found) -> Row {
        Row {
            row,
            operation: self.operation,
        }
    }

    fn failed(&self, why: sqlx::Error) -> StoreError {
        StoreError::database(self.operation, why)
    }
}

/// A statement with its values. A null goes with its type: PostgreSQL wants to know.
fn bound<DB>(sql: &'static str, values: Vec<Value>) -> Query<'static, DB, DB::Arguments>
where
    DB: Database,
    Option<i64>: Encode<'static, DB> + Type<DB>,
    Option<String>: Encode<'static, DB> + Type<DB>,
{
    values.into_iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value.map(without_nul)),
        // Refused before this.
        Value::Broken(why) => query.bind(Some(why)),
    })
}

/// PostgreSQL's texts hold no NUL. What people or programs send with one is stored with a mark in its place, in both
/// databases, instead of failing in one.
fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}
