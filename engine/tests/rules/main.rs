//! Design 4, sentence by sentence; one module an item or two. A test's name is its sentence; where the seed has a heading
//! for it the name begins with it.

mod common;

mod answer;
mod ask;
mod bans;
mod bounds;
mod demand;
mod disabled;
mod durable;
mod guards;
mod health;
mod hold;
mod launches;
mod properties;
mod regret;
mod removal;
mod scale_in;
mod service;
mod size;
mod speed;
mod strays;
mod yardsticks;
