//! The doors, asked in process: what is refused, what every answer says, who is signed in, what streams do.

mod backend;
mod health;
mod live;
mod pages;
mod real;
mod security;
mod sessions;
mod traps;
mod unavailable;
mod walk;
mod world;
