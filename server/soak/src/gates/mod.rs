//! What stands between a server's loop and its store, driver and balancer: the server's own fate, and the witness.
//!
//! A server that is dead gets no further than its next gate, and nothing of it comes through any more; one that is asleep
//! waits there until it wakes, before a call and after it.
//!
//! The acts are not those of `control::failpoints`. That is a feature nobody's server is built with, and cargo would turn it
//! on in every program built together with this one, `tidegate` too. And the lists have other rules: there each act is a
//! point the killed loop has to come by, here each is a call that stories draw from.

mod balancer;
mod driver;
mod store;

pub use balancer::GatedBalancer;
pub use driver::GatedDriver;
pub use store::{GatedStore, Moods};

use crate::server::Fate;
use crate::witness::Witness;
use std::future::Future;
use std::sync::Arc;

/// A call that a crash may come before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named after the calls they stand for")]
pub enum Act {
    Claim,
    Renew,
    Heads,
    Load,
    Series,
    List,
    Describe,
    Usage,
    Stat,
    Intend,
    Create,
    Stop,
    Delete,
    Join,
    Drain,
    Undrain,
    Leave,
    Settle,
    Ensure,
    Mark,
    Other,
}

impl Act {
    /// Those that change something.
    pub const CHANGING: [Self; 11] = [
        Self::Intend,
        Self::Create,
        Self::Stop,
        Self::Delete,
        Self::Join,
        Self::Drain,
        Self::Undrain,
        Self::Leave,
        Self::Settle,
        Self::Ensure,
        Self::Claim,
    ];
    /// Those that look.
    pub const LOOKING: [Self; 8] = [
        Self::Renew,
        Self::Heads,
        Self::Load,
        Self::Series,
        Self::List,
        Self::Describe,
        Self::Usage,
        Self::Stat,
    ];
}

/// Before or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Side {
    Before,
    After,
}

/// What every gate has.
#[derive(Clone)]
pub struct Gate {
    /// What becomes of the server.
    pub fate: Arc<Fate>,
    /// Who sees all calls.
    pub witness: Arc<Witness>,
}

impl Gate {
    /// One call. `about` is what it is about, for the digest.
    async fn through<T>(&self, act: Act, about: u64, call: impl Future<Output = T>) -> T {
        self.fate.come_by(act, Side::Before).await;
        self.witness.saw(act, about);
        let done = call.await;
        self.fate.come_by(act, Side::After).await;
        done
    }
}
