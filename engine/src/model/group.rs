//! A scaling group as people set it.

use super::{Milli, Span, VServerId};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// What a group's rule looks at. Kind `vm` (seed 14.3.1); listener metrics join with listener groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// CPU use in percent of the instance's vCPUs; a driver may report more than 100.
    Cpu,
    /// Memory use in percent of the instance's memory.
    Memory,
}

impl Metric {
    /// Every metric, in the order of their indices.
    pub const ALL: [Self; 2] = [Self::Cpu, Self::Memory];
    /// Its place in arrays by metric.
    pub const fn index(self) -> usize {
        match self {
            Self::Cpu => 0,
            Self::Memory => 1,
        }
    }
}

/// One metric rule: keep `metric` per instance at or below `threshold`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What is looked at.
    pub metric: Metric,
    /// Thousandths of a percent, above 0. 70 % is 70 000.
    pub threshold: Milli,
    /// How many leave at once when it says that fewer would do; `None`: a tenth (design 4.7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<NonZeroU32>,
}

/// Whether the rules may lower the size (seed 14.1.5: a group may be allowed to grow only).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleIn {
    /// Rules may lower the size.
    Allowed,
    /// Rules only raise it; people still may lower it.
    Forbidden,
}

/// Which healthy surplus leaves first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalPolicy {
    /// The latest created (seed 14.1.3, the default).
    Newest,
    /// The earliest created.
    Oldest,
}

/// A deliberate difference from the manual that a group can switch off (design 4.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The safer rule (default).
    On,
    /// Exactly the manual's 14.1.3 and 14.1.4.
    Off,
}

/// Whether people let the loop work on a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupStatus {
    /// The loop keeps it at its size.
    Enabled,
    /// No launch and no removal is begun (seed 14.3.4); what was begun is finished.
    Disabled,
    /// Desired 0, bounds and protection off; the row stays readable when all is gone (seed 14.3.6).
    Deleting,
    /// Every instance of a deleted group is gone.
    Deleted,
}

/// One VServer that a group's members serve behind (seed 14.3.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Binding {
    /// The VServer.
    pub vserver: VServerId,
    /// The port the instance's program listens on, 1 to 65535.
    pub port: u16,
    /// Share of the traffic, 1 to 256.
    pub weight: u16,
}

/// Whether the image has a ready check that must pass before an instance is in service (design 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadyCheck {
    /// Running and warm is enough.
    None,
    /// The image's check must pass too.
    Required,
}

/// Everything people set about a group that a decision needs; immutable per spec version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSpec {
    /// Fewest instances, 0 to `max`; at least 1 with a CPU or memory rule (design 4.1).
    pub min: u32,
    /// Most instances that may ever exist at once, whatever their state (I1).
    pub max: u32,
    /// From "the driver says running" to "may be judged", product time (seed 14.3.1, default 300 s).
    pub warm_up: Span,
    /// The metric rules, at most one a metric; empty means a fixed size.
    pub rules: Vec<Rule>,
    /// May the rules lower the size?
    pub scale_in: ScaleIn,
    /// Which healthy surplus leaves first.
    pub removal: RemovalPolicy,
    /// At most 20 % of desired leave for health at a time (4.5).
    pub brake: Guard,
    /// Over half DOWN at once is the check's fault until proven (4.5).
    pub hold: Guard,
    /// The highest minute must fit the smaller size (4.7).
    pub projection: Guard,
    /// Where the members serve.
    pub bindings: Vec<Binding>,
    /// Does the image have a ready check?
    pub ready_check: ReadyCheck,
    /// Seed of the group's draws (4.17).
    pub seed: u64,
}

/// The default warm-up: 300 s (seed 14.3.1).
pub const WARM_UP_DEFAULT: Span = Span::secs(300);
/// Most instances one group may have. Larger and a page of it would not fit a screen's patience; bounded everything.
pub const GROUP_SIZE_MAX: u32 = 1_000_000;
