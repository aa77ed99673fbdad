//! The loop: everything done about a group is a *pass* (design 2).
//!
//! ```text
//! observe -> fold -> decide -> plan -> intend -> apply -> settle
//! ```
//!
//! - A pass takes a group id and nothing else and never retries: the next pass does. Every 15 s of product time, and
//!   whenever something says "look now".
//! - [`owner`] decides when to look; [`views`] reads machines and balancers for all groups at once; [`observe`] makes
//!   one group's observation; `engine::pass` decides and plans; [`intend`] writes what is to happen; [`apply`] calls
//!   driver and balancer; [`settle`] writes what happened; [`keeper`] keeps the balancers' processes and [`guard`] brings
//!   back those that die, with the members that [`roll`] tells of; [`host`] looks at all of it once a slot and [`herald`]
//!   tells browsers what it saw of balancers; [`chores`] are what is due by the clock.
//! - One pass a group at a time, in its own task: no call of a driver holds up the owner.
//! - While the store does not answer nothing begins and nothing moves on; [`open`] has what was intended before, and that is
//!   said again ([`outage`]) until the store is back. Then what is stored rules.
//! - A source that fails is missing, never zero, never fatal. A settle that is refused is dropped: the next pass, of
//!   whoever owns the group then, sees the world as it is.

mod apply;
mod chores;
mod complaint;
mod departures;
mod ended;
mod failure;
mod group;
mod guard;
mod herald;
mod host;
mod intend;
mod intended;
mod keeper;
mod lag;
mod leases;
mod looks;
mod measure;
mod minutes;
mod observe;
mod open;
mod outage;
mod owner;
mod roll;
mod samples;
mod settle;
mod snapshots;
mod views;
mod wake;

pub use failure::failure_text;
pub use lag::LagReport;
pub use looks::{BalancerLook, Trouble};
pub use owner::{Loop, LoopParts, offset_of};
pub use snapshots::Snapshots;
pub use views::{Machines, Mark};
pub use wake::Handle;
#[cfg(test)]
pub(crate) use wake::Woken;

use crate::clock::Clock;
use std::future::Future;
use std::time::Duration;

/// Passes are spread over this many slots of a cycle, so that 10,000 groups do not all look in one instant.
pub const SLOTS: i64 = 15;
/// Slots are never closer than this in real time, whatever the scale: closer ones would only read the same host state
/// again.
pub const SLOT_REAL_MIN: Duration = Duration::from_millis(50);
/// What one call of a driver or balancer may take. Longer, and a mute driver holds a group's pass for more than a slot
/// or two; shorter, and a slow host counts as silent.
pub const CALL_DEADLINE: Duration = Duration::from_secs(5);
/// Calls of one driver at once. More would make a host that starts many programs slower for all of them.
pub const DRIVER_CALLS_MAX: usize = 64;
/// How long a drain waits for requests in flight, real time (design 2).
pub const DRAIN_MAX: Duration = Duration::from_secs(30);
/// From SIGTERM to SIGKILL, real time (seed 14.3.1).
pub const GRACE_MAX: Duration = Duration::from_secs(90);
/// A server stops beginning steps this long before its lease ends, so that a step it began is over when another begins.
pub const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// How often leases are renewed, real time.
pub const LEASE_RENEW: Duration = Duration::from_secs(5);

/// Waits for something, at most for `span` of real time by the loop's own clock; `None` when the time is over. The loop
/// knows no other clock, so a hand-driven one runs its deadlines too.
async fn within<T>(clock: &dyn Clock, span: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = clock.wait(span) => None,
    }
}
