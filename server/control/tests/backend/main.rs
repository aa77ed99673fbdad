//! The backend on a real store: commands, queries, auth and the gate. The clock is driven by hand and ids are counted, so
//! nothing sleeps and every run is the same. Every test runs on SQLite, and once more on PostgreSQL: so every statement of
//! the console is executed on both.

mod auth;
mod balancers;
mod bindings;
#[path = "../databases/mod.rs"]
mod databases;
mod edits;
mod gate;
mod groups;
mod histories;
mod instances;
mod lists;
mod pages;
mod sessions;
mod system;
mod templates;
mod tenancy;
mod world;

#[test]
fn everything_here_holds_on_postgresql_too() {
    databases::again_on_postgres("everything_here_holds_on_postgresql_too");
}
