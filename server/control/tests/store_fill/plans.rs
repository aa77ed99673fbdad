//! What the database means to do for a statement, and what of that it may.

use super::databases::Kind;
use control::store::{Db, Row, StoreError, Tx};
use std::collections::BTreeSet;
use std::fmt;

/// Tables that grow with use: no statement walks over one, and none sorts one.
const GROWS: [&str; 19] = [
    "activities",
    "audit",
    "bindings",
    "decisions",
    "events",
    "group_series",
    "group_specs",
    "groups_",
    "history_sizes",
    "instance_samples",
    "instance_series",
    "instances",
    "load_balancers",
    "orders",
    "sessions",
    "template_versions",
    "templates",
    "users",
    "vservers",
];

/// What may be done although it looks like a walk or a sort: a part of the statement, a part of the plan, and why.
const ALLOWED: [(&str, &str, &str); 14] = [
    (
        "COUNT(DISTINCT kind) AS kinds FROM history_sizes",
        "",
        "this test's own question at its end; a row a kind and hour",
    ),
    (
        "FROM load_balancers l JOIN tenants t ON t.id = l.tenant_id",
        "",
        "the page System: every balancer of the installation, each a process on this host",
    ),
    (
        "LIMIT 10000) AS",
        "(tenant_id=?)",
        "counts and filters look at 10,000 rows of a tenant's list at most",
    ),
    (
        "AS alarms FROM (SELECT x.desired",
        "",
        "the overview: sums over 10,000 groups of a tenant at most",
    ),
    (
        "WHERE l.alarm = 1 AND g.id = l.id",
        "",
        "the same groups, for those that need a person",
    ),
    (
        "FROM load_balancers WHERE ended = 0 ORDER BY id",
        "USING INDEX load_balancers_alive",
        "the loop keeps every balancer whose process may run; the index has only these",
    ),
    (
        "FROM load_balancers b CROSS JOIN vservers v",
        "",
        "the listeners of the same, all of them",
    ),
    (
        "FROM vservers WHERE balancer_id = $1 AND deleted_at IS NULL ORDER BY port",
        "USE TEMP B-TREE FOR ORDER BY",
        "the listeners of one load balancer",
    ),
    (
        "LIMIT 10000) AS l",
        "USE TEMP B-TREE FOR ORDER BY",
        "a filter looks through 10,000 rows in the index's order, and the sort keeps the best page of them",
    ),
    (
        "WHERE b.vserver_id = $1 AND g.deleted_at IS NULL ORDER BY g.name",
        "USE TEMP B-TREE FOR ORDER BY",
        "the groups bound to one listener",
    ),
    (
        "WHERE b.vserver_id = $1 AND g.id = b.group_id AND g.tenant_id = $2",
        "USE TEMP B-TREE FOR ORDER BY",
        "the groups bound to one listener",
    ),
    (
        "FROM bindings b JOIN instances i ON i.group_id = b.group_id",
        "USE TEMP B-TREE FOR ORDER BY",
        "the members behind one listener",
    ),
    (
        "WHERE b.group_id = $1 AND l.tenant_id = $2 ORDER BY l.name",
        "USE TEMP B-TREE FOR ORDER BY",
        "the listeners that one group is bound to",
    ),
    (
        "WHERE t.id = $1 ORDER BY s.zone",
        "USE TEMP B-TREE FOR ORDER BY",
        "the subnets of one VPC",
    ),
];

/// A plan that is not as it should be.
pub struct Broken {
    sql: String,
    line: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "- {}\n      of {}", self.line, on_one_line(&self.sql))
    }
}

/// Exceptions that no statement needs any more: each would hide the next one that is wrong.
pub fn needless(statements: &BTreeSet<String>) -> Vec<&'static str> {
    let all: Vec<String> = statements.iter().map(|sql| on_one_line(sql)).collect();
    let unused = ALLOWED
        .iter()
        .filter(|(part, ..)| !all.iter().any(|sql| sql.contains(part)));
    unused.map(|(part, ..)| *part).collect()
}

fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with the plan of a statement.
pub async fn look(db: &Db, sql: &str) -> Vec<Broken> {
    if is_foreign(sql) {
        return Vec::new();
    }
    let lines = explain(db, sql).await;
    let wrong = lines
        .into_iter()
        .filter(|line| is_wrong(sql, line) && !is_allowed(sql, line));
    wrong
        .map(|line| Broken {
            sql: sql.to_owned(),
            line,
        })
        .collect()
}

/// PostgreSQL chooses by what it knows of the tables; nothing has told it yet.
pub async fn prepare(db: &Db) {
    if Kind::chosen() == Kind::Postgres {
        let known: Result<(), StoreError> = db
            .write("analyze", |tx| {
                Box::pin(async move { tx.execute("ANALYZE", Vec::new()).await.map(|_| ()) })
            })
            .await;
        known.expect("statistics");
    }
}

/// What each database has for itself: the other does not know it. Telling other servers is PostgreSQL's alone.
fn is_foreign(sql: &str) -> bool {
    match Kind::chosen() {
        Kind::Sqlite => sql.contains("clock_timestamp()") || sql.contains("pg_notify("),
        Kind::Postgres => sql.contains("julianday("),
    }
}

async fn explain(db: &Db, sql: &str) -> Vec<String> {
    let mut tx = db.read("explain a statement").await.expect("a reader");
    let (before, explained, column) = match Kind::chosen() {
        Kind::Sqlite => (Vec::new(), format!("EXPLAIN QUERY PLAN {sql}"), "detail"),
        // The plan for any values, as for a statement that is prepared once and used often.
        Kind::Postgres => {
            let nulls = vec!["NULL"; placeholders(sql)].join(", ");
            let values = if nulls.is_empty() {
                String::new()
            } else {
                format!("({nulls})")
            };
            let generic = "SET LOCAL plan_cache_mode = force_generic_plan".to_owned();
            let prepare = format!("PREPARE explained AS {sql}");
            (
                vec![generic, prepare],
                format!("EXPLAIN EXECUTE explained{values}"),
                "QUERY PLAN",
            )
        }
    };
    for sql in before {
        rows(&mut tx, sql).await;
    }
    let lines = rows(&mut tx, explained).await;
    if Kind::chosen() == Kind::Postgres {
        rows(&mut tx, "DEALLOCATE explained".to_owned()).await;
    }
    lines
        .iter()
        .map(|row| row.get(column).expect("a line of the plan"))
        .collect()
}

async fn rows(tx: &mut Tx, sql: String) -> Vec<Row> {
    let sql: &'static str = Box::leak(sql.into_boxed_str());
    match tx.all(sql, Vec::new()).await {
        Ok(rows) => rows,
        Err(why) => panic!("{sql}\nhas no plan: {why:?}"),
    }
}

/// How many values a statement takes.
fn placeholders(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    });
    numbers.max().unwrap_or(0)
}

fn is_wrong(sql: &str, line: &str) -> bool {
    match Kind::chosen() {
        Kind::Sqlite => is_wrong_in_sqlite(sql, line),
        Kind::Postgres => {
            let walked = line.split_once("Seq Scan on ").map(|(_, rest)| rest);
            walked
                .and_then(|rest| rest.split_whitespace().next())
                .is_some_and(|name| GROWS.contains(&name))
        }
    }
}

fn is_wrong_in_sqlite(sql: &str, line: &str) -> bool {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("SCAN") => words.next().is_some_and(|name| grows(sql, name)),
        // Everything of a tenant is a walk, too.
        Some("SEARCH") => line.ends_with("(tenant_id=?)") && words.next().is_some_and(|name| grows(sql, name)),
        Some("USE") => line.contains("ORDER BY") && GROWS.iter().any(|table| mentions(sql, table)),
        _ => false,
    }
}

fn is_allowed(sql: &str, line: &str) -> bool {
    let sql = on_one_line(sql);
    let mut allowed = ALLOWED.iter();
    allowed.any(|(part, step, _)| sql.contains(part) && line.contains(step))
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

fn mentions(sql: &str, table: &str) -> bool {
    words(sql).any(|word| word == table)
}

/// Whether a name in a plan, a table's own or the one the statement gives it, is that of a table that grows.
fn grows(sql: &str, name: &str) -> bool {
    let mut before = "";
    for word in words(sql).filter(|word| *word != "AS") {
        if word == name && (GROWS.contains(&before) || GROWS.contains(&word)) {
            return true;
        }
        before = word;
    }
    false
}
