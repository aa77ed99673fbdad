//! Cases that broke other autoscalers, each told once on purpose in the simulated world. Every invariant is watched in all of
//! them; what a test asserts beside is what this case is about.

mod edits;
mod fixture;
mod load;
mod machines;
mod servers;
