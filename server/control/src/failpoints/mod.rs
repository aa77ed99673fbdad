//! Crash points, for tests (feature `failpoints`): the process dies as by SIGKILL where `TIDEGATE_FAIL_AT` says.
//!
//! ```text
//! TIDEGATE_FAIL_AT=before:create       the first time a create is about to be called
//! TIDEGATE_FAIL_AT=after:settle:3      the third time a settlement has been written
//! ```
//!
//! A point is one of the [`Act`]s of a pass and the side of it. [`surround`] puts a layer around store, driver and
//! balancer that passes the points, so the loop itself has two marks only (around observe). Nothing of this is in a
//! program built without the feature.

mod balancer;
mod driver;
mod store;

use crate::pass::LoopParts;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Says where to die.
pub const VARIABLE: &str = "TIDEGATE_FAIL_AT";

/// Something a pass, the keeper of the balancers or the herald does that a crash may come before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named after the calls they stand for")]
pub enum Act {
    Claim,
    Load,
    Observe,
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
    Remove,
    BalancerEnded,
    Mark,
    Announce,
}

impl Act {
    /// Every one.
    pub const ALL: [Self; 21] = [
        Self::Claim,
        Self::Load,
        Self::Observe,
        Self::List,
        Self::Describe,
        Self::Usage,
        Self::Stat,
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
        Self::Remove,
        Self::BalancerEnded,
        Self::Mark,
        Self::Announce,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Load => "load",
            Self::Observe => "observe",
            Self::List => "list",
            Self::Describe => "describe",
            Self::Usage => "usage",
            Self::Stat => "stat",
            Self::Intend => "intend",
            Self::Create => "create",
            Self::Stop => "stop",
            Self::Delete => "delete",
            Self::Join => "join",
            Self::Drain => "drain",
            Self::Undrain => "undrain",
            Self::Leave => "leave",
            Self::Settle => "settle",
            Self::Ensure => "ensure",
            Self::Remove => "remove",
            Self::BalancerEnded => "balancer_ended",
            Self::Mark => "mark",
            Self::Announce => "announce",
        }
    }
}

/// Before or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Side {
    Before,
    After,
}

/// One crash point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailPoint {
    /// Around what.
    pub act: Act,
    /// On which side.
    pub side: Side,
}

impl FailPoint {
    /// Every point there is.
    pub fn all() -> Vec<Self> {
        let sides = |act| [Side::Before, Side::After].map(|side| Self { act, side });
        Act::ALL.into_iter().flat_map(sides).collect()
    }
}

impl fmt::Display for FailPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{side}:{}", self.act.word())
    }
}

/// A text that names no point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{}=`{text}` names no crash point: say before or after, a colon and one of {}; `:2` at the end is the second \
     time",
    VARIABLE,
    acts()
)]
pub struct NoSuchPoint {
    /// What was given.
    pub text: String,
}

fn acts() -> String {
    Act::ALL.map(Act::word).join(", ")
}

/// Where to die, and at which time of passing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailAt {
    /// The point.
    pub point: FailPoint,
    /// From 1: the first time.
    pub time: u32,
}

impl FromStr for FailAt {
    type Err = NoSuchPoint;
    fn from_str(text: &str) -> Result<Self, NoSuchPoint> {
        let mut parts = text.splitn(3, ':');
        let side = match parts.next() {
            Some("before") => Some(Side::Before),
            Some("after") => Some(Side::After),
            _ => None,
        };
        let act = parts
            .next()
            .and_then(|word| Act::ALL.into_iter().find(|act| act.word() == word));
        let time = parts
            .next()
            .map_or(Some(1), |time| time.parse().ok().filter(|time| *time > 0));
        match (side, act, time) {
            (Some(side), Some(act), Some(time)) => Ok(Self {
                point: FailPoint { act, side },
                time,
            }),
            _ => Err(NoSuchPoint { text: text.to_owned() }),
        }
    }
}

static ARMED: OnceLock<(FailAt, AtomicU32)> = OnceLock::new();

/// Reads [`VARIABLE`], once, at the start of a program.
///
/// # Errors
/// It is set and names no point.
pub fn arm_from_environment() -> Result<(), NoSuchPoint> {
    let Some(text) = std::env::var_os(VARIABLE) else {
        return Ok(());
    };
    let at = text.to_string_lossy().parse()?;
    tracing::warn!(?at, "this process will kill itself");
    ARMED.get_or_init(|| (at, AtomicU32::new(0)));
    Ok(())
}

/// Dies here if this is the point and its time has come: no destructor, no unwinding, nothing flushed.
pub fn pass(act: Act, side: Side) {
    let Some((at, passed)) = ARMED.get() else { return };
    if at.point != (FailPoint { act, side }) || passed.fetch_add(1, Ordering::SeqCst) + 1 != at.time {
        return;
    }
    let _never_returns = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}

/// What was asked, between its two points.
async fn around<T>(act: Act, work: impl Future<Output = T>) -> T {
    pass(act, Side::Before);
    let done = work.await;
    pass(act, Side::After);
    done
}

/// The same parts, with a point before and after each of their calls.
pub fn surround(parts: LoopParts) -> LoopParts {
    LoopParts {
        store: std::sync::Arc::new(store::Failing(parts.store)),
        driver: std::sync::Arc::new(driver::Failing(parts.driver)),
        balancer: std::sync::Arc::new(balancer::Failing(parts.balancer)),
        ..parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_read_as_it_is_written() {
        let all = FailPoint::all();
        assert_eq!(all.len(), 2 * Act::ALL.len());
        for point in all {
            assert_eq!(point.to_string().parse(), Ok(FailAt { point, time: 1 }));
            assert_eq!(format!("{point}:7").parse(), Ok(FailAt { point, time: 7 }));
        }
    }

    #[test]
    fn what_names_no_point_is_refused_with_what_does() {
        for text in [
            "",
            "create",
            "before",
            "during:create",
            "before:nothing",
            "before:create:0",
            "before:create:x",
        ] {
            let why = text.parse::<FailAt>().expect_err(text).to_string();
            assert!(
                why.contains(&format!("`{text}`")) && why.contains("claim, load, observe"),
                "{why}"
            );
        }
    }
}
