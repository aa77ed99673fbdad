//! The doors, asked in process: what is refused, what every answer says, who is signed in, what streams do.

mod live;
mod pages;
mod security;
mod sessions;
mod world;
