//! The store when it is full: 10,000 groups, 100,000 instances, a million activities and what comes with them.
//!
//! - Every statement that the backend and the loop ran against it, and every one that stands in the source, is shown to
//!   look things up: no walk over a table that grows, no sorting of one. Nobody lists the statements: the first are heard
//!   at the database's door ([`ear`]), the second read from the source ([`source`]). What may walk is a table that does
//!   not grow, or is named in [`plans`] with the reason.
//! - The times are printed against the bound of 50 ms of the server's time; they are this machine's and not asserted.
//!
//! It runs at full size on SQLite in `make test`, and once more on PostgreSQL in `make test-all`.

mod console;
#[path = "../databases/mod.rs"]
mod databases;
mod ear;
mod fill;
mod looped;
mod plans;
mod source;
mod stopwatch;
#[allow(dead_code, reason = "another test binary uses the rest of it")]
#[path = "../backend/world.rs"]
mod world;

use plans::Broken;
use std::collections::BTreeSet;
use stopwatch::Stopwatch;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_walks_over_what_grows_and_the_times_are_printed() {
    ear::open();
    let mut watch = Stopwatch::default();
    let world = World::new().await;
    let full = fill::fill(&world).await;
    plans::prepare(&world.db).await;
    watch.lap("filled");
    ear::listen();
    console::everything(&world, &full, &mut watch).await;
    looped::everything(&world, &full, &mut watch).await;
    ear::pause();
    watch.print();
    let heard = ear::statements();
    let written = source::statements();
    assert!(heard.len() > 100, "only {} statements were heard", heard.len());
    assert!(written.len() > 100, "only {} statements were found", written.len());
    let all: BTreeSet<String> = heard.union(&written).cloned().collect();
    assert_eq!(plans::needless(&all), [""; 0], "exceptions that no statement needs");
    let mut broken = Vec::new();
    for sql in &all {
        broken.extend(plans::look(&world.db, sql).await);
    }
    println!("{} statements heard, {} read in the source", heard.len(), written.len());
    let told: Vec<String> = broken.iter().map(Broken::to_string).collect();
    assert!(
        broken.is_empty(),
        "{} plans are not as they should be:\n{}",
        told.len(),
        told.join("\n")
    );
}

#[test]
#[ignore = "a minute or more: `make test-all` runs it"]
fn everything_here_holds_on_postgresql_too() {
    databases::again_on_postgres("everything_here_holds_on_postgresql_too");
}
