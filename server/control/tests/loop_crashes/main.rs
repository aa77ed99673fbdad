//! The real loop on SQLite, process driver and HAProxy, killed wherever a crash may come: the same end state as without
//! the crash, counted on the host (I11).

mod crashes;
#[path = "../world/fixture.rs"]
mod fixture;
mod haproxy_killed;
mod restore;
mod site;
mod unbound;
