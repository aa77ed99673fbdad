//! What a group remembers between passes, and [`fold`], which turns what was seen into memory.
//!
//! - [`Durable`] is stored at settle (design 4.18). Everything else is begun anew after a restart (streaks, hold, pace,
//!   judged cycle) or refilled from the stored series (the window; gaps stay gaps).
//! - Streaks, windows and samples count *closed cycles*: a pass woken in between folds only what is not counted in cycles
//!   (answers, launches that ended, orders).
//! - While a group is disabled nothing is judged; enabling starts streaks and windows anew (design 4.9).

mod answer;
mod breaker;
mod commit;
mod fold;
mod hold;
mod pace;
mod regret;
mod streaks;
mod window;

pub use answer::{Answering, SATURATED};
pub(crate) use answer::{carrying, load};
pub use breaker::{BREAKER_FAILURES, Breaker, trial_interval};
pub use commit::commit;
pub use fold::fold;
pub use hold::{HOLD_PATIENCE, Hold};
pub use pace::Pace;
pub(crate) use pace::Taken;
pub use regret::{DAY_CYCLES, REGRET_LASTS, Regret};
pub use streaks::Memo;
pub use window::{Summary, Window};

use crate::model::{Cycle, InstanceId, LaunchFailure, Metric, Missing, Reading, Timestamp, VServerId};
use serde::{Deserialize, Serialize};

/// What survives a restart (design 4.18).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Durable {
    /// The size the group is kept at. People's commands write it, the loop writes what `decide` answered.
    pub desired: u32,
    /// The desired that `growth` accounts for: when desired differs, somebody moved it since the last pass.
    pub accounted: u32,
    /// Rises of desired that no launch covers yet (design 4.5): +d when desired rises, -1 a launch.
    pub growth: u32,
    /// Failed launches in a row, and whether launching stopped for them (design 4.14).
    pub breaker: Breaker,
    /// When the driver last had none left (design 4.5).
    pub out_of_stock: Option<Timestamp>,
    /// The rules' last scale-out.
    pub last_out: Option<Moved>,
    /// The rules' last scale-in.
    pub last_in: Option<Moved>,
    /// The window made longer by a scale-in that was taken back (design 4.7).
    pub regret: Option<Regret>,
    /// Whether a metric falls when members are added, by [`Metric::index`] (design 4.6).
    pub answering: [Answering; Metric::ALL.len()],
    /// A person allowed the strays that are there to be destroyed; ends when none is left (design 4.15).
    pub strays_confirmed: bool,
    /// The latest pass this memory was stored by. A machine intended later that has no record shows that the store is
    /// older than the machines: a restore.
    pub passed_at: Option<Timestamp>,
    /// Why the strays that are there look like a lost store; ends when none is left (design 4.15).
    pub stray_doubt: Option<StrayDoubt>,
    /// Members that leave a VServer while they live on, and until when their requests in flight are waited for. The
    /// loop writes it: how long that is, is real time.
    pub departures: Vec<Departure>,
}

/// Why strays look like a lost store rather than like machines that nobody needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayDoubt {
    /// There were more of them than members.
    MostAreStrays,
    /// One was made after the last pass this store knows of.
    StoreIsOlder,
}

/// One member's way out of one VServer that it is no longer bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Who.
    pub id: InstanceId,
    /// From where.
    pub vserver: VServerId,
    /// When waiting ends, product time.
    pub until: Timestamp,
}

/// One move of desired by the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The closed cycle it was decided in.
    pub cycle: Cycle,
    /// Desired before.
    pub from: u32,
    /// Desired after.
    pub to: u32,
    /// What the members carried in that cycle, by [`Metric::index`].
    pub demands: [Reading; Metric::ALL.len()],
    /// Whether a scale-out took this scale-in back already: one regret for each.
    pub regretted: bool,
}

/// Everything a group remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Stored at settle.
    pub durable: Durable,
    /// The closed cycle this pass folded in, if it folded one: what the loop stores as series.
    pub closed: Option<CycleRecord>,
    /// What is remembered of each member, by id.
    pub memos: Vec<Memo>,
    /// The demand window.
    pub window: Window,
    /// Whether the checks themselves are doubted (design 4.5).
    pub hold: Hold,
    /// How fast creates may go after the driver said "throttled" (design 4.14).
    pub pace: Pace,
    /// The last closed cycle that was folded in.
    pub folded: Option<Cycle>,
    /// The last closed cycle that was judged: it may not ask again (design 2).
    pub judged: Option<Cycle>,
    /// The last closed cycle in which strays were destroyed.
    pub strays_handled: Option<Cycle>,
    /// Launches that failed in this pass, by age: their activities end so.
    pub failed: Vec<(InstanceId, LaunchFailure)>,
    /// What ended in this pass and is worth a line in the trail.
    pub news: News,
}

/// What `fold` saw end in this pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The hold was proven wrong about the check by an instance launched after it began.
    pub hold_ended: bool,
    /// The breaker closed: a launch succeeded, or a person re-armed it.
    pub breaker_closed: bool,
}

impl Memory {
    /// Memory after a restart: durable part as stored, windows refilled from the stored series (oldest first). A record is
    /// stored with what its cycle was judged to be: whoever comes after a crash reads that cycle's counters no more, and
    /// would put one without a reading in its place.
    pub fn restored(durable: Durable, series: &[CycleRecord]) -> Self {
        let keep = Regret::window(durable.regret.as_ref(), None);
        let last = series.last();
        Self {
            window: Window::refilled(series, keep),
            durable,
            folded: last.map(|record| record.cycle),
            judged: last.filter(|record| !record.was_disabled()).map(|record| record.cycle),
            ..Self::default()
        }
    }

    /// Memory of a new group that is to have `desired` instances: all of them are growth.
    pub fn new(desired: u32) -> Self {
        Self {
            durable: Durable {
                desired,
                ..Durable::default()
            },
            ..Self::default()
        }
    }

    /// What is remembered of one member, if anything yet.
    pub fn memo(&self, id: InstanceId) -> Option<&Memo> {
        self.memos
            .binary_search_by_key(&id, |memo| memo.id)
            .ok()
            .map(|at| &self.memos[at])
    }
}

/// What one closed cycle of a group was: stored as its series (15 days), drawn as its chart, and what windows are
/// refilled from after a restart; gaps stay gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleRecord {
    /// Which cycle.
    pub cycle: Cycle,
    /// Desired at its end.
    pub desired: u32,
    /// In service at its end.
    pub in_service: u32,
    /// Every machine not confirmed gone.
    pub everything: u32,
    /// Mean over the judged members, by metric, or why there is none.
    pub means: [Reading; Metric::ALL.len()],
    /// Demand (design 4.7) by metric: what `decide` projects over fewer members, or why there is none.
    pub demands: [Reading; Metric::ALL.len()],
}

impl CycleRecord {
    /// Whether nothing was judged in it since its group was disabled.
    pub fn was_disabled(&self) -> bool {
        self.demands.contains(&Err(Missing::Disabled))
    }
}
