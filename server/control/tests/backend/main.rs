//! The backend on a real store: commands, queries, auth and the gate. The clock is driven by hand and ids are counted, so
//! nothing sleeps and every run is the same.

mod auth;
mod balancers;
mod bindings;
mod edits;
mod gate;
mod groups;
mod instances;
mod lists;
mod pages;
mod sessions;
mod system;
mod templates;
mod tenancy;
mod world;
