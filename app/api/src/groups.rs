//! Groups: the wizard's form, the list, the page, the scaling log, the why (seed 14.3).

use crate::balancers::BindingView;
use engine::census::InstanceState;
use engine::memory::CycleRecord;
use engine::model::{ActivityId, GroupId, GroupSpec, GroupStatus, InstanceId, LeaveCause, Reason, TemplateId};
use serde::{Deserialize, Serialize};

/// The group wizard and the update wizard, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupForm {
    /// 1 to 63 characters.
    pub name: String,
    /// At most 255 characters.
    pub remark: String,
    /// `tpl-...`.
    pub template: String,
    /// Fewest instances.
    pub min: String,
    /// Most instances.
    pub max: String,
    /// Threshold of the CPU rule in percent; empty: no CPU rule.
    pub cpu: String,
    /// Threshold of the memory rule in percent; empty: no memory rule.
    pub memory: String,
    /// Warm-up in product seconds.
    pub warm_up_s: String,
    /// `allowed` or `forbidden`.
    pub scale_in: String,
    /// `newest` or `oldest`.
    pub removal: String,
    /// `on` or `off`: the three deliberate differences from the manual (design 4.16).
    pub brake: String,
    /// See `brake`.
    pub hold: String,
    /// See `brake`.
    pub projection: String,
    /// The spec version the browser read; empty when new. A stale one is refused with the other's change beside.
    pub version: String,
}

impl Default for GroupForm {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            name: String::new(),
            remark: String::new(),
            template: String::new(),
            min: text("1"),
            max: text("4"),
            cpu: text("70"),
            memory: String::new(),
            warm_up_s: text("300"),
            scale_in: text("allowed"),
            removal: text("newest"),
            brake: text("on"),
            hold: text("on"),
            projection: text("on"),
            version: String::new(),
        }
    }
}

/// The same, parsed. `spec.bindings` is empty: binding is an act of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// Its remark.
    pub remark: String,
    /// What it launches from.
    pub template: TemplateId,
    /// What people set.
    pub spec: GroupSpec,
    /// The version the browser read.
    pub version: Option<i64>,
}

/// A row of the list (seed 14.3.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns of seed 14.3.2.1")]
pub struct GroupRow {
    pub id: GroupId,
    pub name: String,
    pub remark: String,
    pub template: TemplateId,
    pub template_name: String,
    pub status: GroupStatus,
    pub min: u32,
    pub max: u32,
    pub desired: u32,
    pub in_service: u32,
    /// Every machine not confirmed gone.
    pub everything: u32,
    /// True when something needs a person: breaker open, hold, unhealthy kept.
    pub alarm: bool,
    pub created_ms: i64,
}

/// How much a tenant has, and which of its groups need a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// How many groups; stops at 10 000, and so do the sums, by name.
    pub groups: u32,
    /// Sum of what they want.
    pub desired: u64,
    /// Sum of what serves.
    pub in_service: u64,
    /// Sum of every machine not confirmed gone.
    pub everything: u64,
    /// How many groups need a person.
    pub alarms: u32,
    /// Those, by name; at most 200.
    pub waiting: Vec<GroupRow>,
    /// How desired moved last, over all groups, newest first; at most 8.
    pub latest: Vec<Scaling>,
}

impl Overview {
    /// May there be groups that were not looked at?
    pub const fn stops_short(&self) -> bool {
        self.groups >= 10_000
    }
}

/// One move of a group's desired size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scaling {
    /// Whose.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// True when the group is gone: it has no page any more.
    pub gone: bool,
    /// Desired before.
    pub from: u32,
    /// And after.
    pub to: u32,
    /// Why.
    pub cause: Cause,
    /// When, product time in unix milliseconds.
    pub at_ms: i64,
}

/// A page of a list, by keyset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Give it back to get the next page; none at the end.
    pub next: Option<String>,
    /// How many there are in all; stops at 10 000. With a filter: how many of the list's first 10 000 match.
    pub total: u32,
}

/// Mean and highest value of one metric over a minute, thousandths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeanMax {
    /// Mean of the minute's cycles that were read.
    pub mean: u64,
    /// The highest of them.
    pub max: u64,
}

/// What an instance used in one minute; a metric that was not read is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceUse {
    /// CPU.
    pub cpu: Option<MeanMax>,
    /// Memory.
    pub memory: Option<MeanMax>,
}

/// The minutes of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSeries {
    /// Which.
    pub id: InstanceId,
    /// Its name; none when its record is no more.
    pub name: Option<String>,
    /// When each minute began (product milliseconds) and what was used, oldest first; a minute that is not there was not
    /// seen.
    pub minutes: Vec<(i64, InstanceUse)>,
}

/// What a group's instances used, minute by minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSeriesView {
    /// Start of the range, product time: cut to 48 h of one instance, to 6 h of all of a group.
    pub from_ms: i64,
    /// End of the range.
    pub to_ms: i64,
    /// By id; of a group at most 200.
    pub instances: Vec<InstanceSeries>,
}

/// What a list may be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// Part of a name or an id. A page looks through 10 000 rows of the list at most: it may have fewer rows than asked for,
    /// or none, and still a next one.
    pub filter: String,
    /// Where the last page ended.
    pub after: String,
    /// `name`, `created` or, for groups, `desired` and `in_service`; `-` before it sorts down. Empty: by name.
    pub sort: String,
    /// Rows a page, 1 to 200; 0 means 50.
    pub limit: u32,
}

/// One instance of a group (seed 14.3.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns of seed 14.3.2.3")]
pub struct InstanceView {
    pub id: InstanceId,
    pub name: String,
    pub group: GroupId,
    pub template_name: String,
    pub template_version: u32,
    pub zone: String,
    pub address: String,
    pub state: InstanceState,
    pub protected: bool,
    pub created_ms: i64,
    /// Since when its program runs.
    pub running_ms: Option<i64>,
    /// Last closed cycle's CPU in thousandths of a percent.
    pub cpu_milli: Option<u64>,
    /// Last closed cycle's memory in thousandths of a percent.
    pub memory_milli: Option<u64>,
}

/// What kind of change an activity was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// An instance was added.
    Launch,
    /// An instance was removed.
    Removal,
    /// Desired moved without an instance yet: bounds, rule, person.
    Resize,
    /// People changed the group (edit, enable, disable, bind, ...).
    Edit,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityStatus {
    /// Under way.
    Running,
    /// Done.
    Succeeded,
    /// Ended without.
    Failed,
}

/// Why it was done: data, rendered by `texts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// What the engine said when it decided or planned it.
    Engine {
        /// The reasons that matter, most important first.
        reasons: Vec<Reason>,
    },
    /// A removal: why the member left.
    Leave {
        /// Why.
        why: LeaveCause,
        /// What the engine said.
        reasons: Vec<Reason>,
    },
    /// A person did it.
    Person {
        /// Sign-in name.
        name: String,
        /// What: `created`, `updated`, `enabled`, `disabled`, `deleted`, `bound`, `unbound`, `resized`, `removed`.
        what: String,
    },
}

/// Why an activity failed when no launch did, as stored: JSON, so that each reader gets it in their language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureWord {
    /// Its instance left before it was ever in service.
    RemovedBeforeService,
}

/// A row of the scaling log (seed 14.3.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the columns of seed 14.3.2.4")]
pub struct ActivityView {
    pub id: ActivityId,
    pub kind: ActivityKind,
    pub status: ActivityStatus,
    pub cause: Cause,
    /// Why it failed, as stored: JSON of a [`FailureWord`] or of the engine's `LaunchFailure`, or a driver's own words.
    /// `texts::causes::failure` says it.
    pub failure: Option<String>,
    pub instance: Option<InstanceId>,
    pub instance_name: Option<String>,
    /// Desired before and after.
    pub size_before: u32,
    pub size_after: u32,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
}

/// One decision with its trail; consecutive equal ones are one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionView {
    /// First and last pass it stood for, product time.
    pub first_ms: i64,
    /// See `first_ms`.
    pub last_ms: i64,
    /// How many passes.
    pub passes: u32,
    /// The size decided.
    pub size: u32,
    /// Why.
    pub trail: Vec<Reason>,
}

/// A group's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// The list's row.
    pub row: GroupRow,
    /// What people set.
    pub spec: GroupSpec,
    /// `If-Match` of the next edit.
    pub version: i64,
    /// Bindings.
    pub bindings: Vec<BindingView>,
    /// The newest decisions, newest first, at most 20.
    pub decisions: Vec<DecisionView>,
    /// Price of an instance-hour in micro-units.
    pub hour_micros: i64,
    /// The region's currency.
    pub currency: String,
}

/// Cycle records of a range, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesView {
    /// Start of the range, product time.
    pub from_ms: i64,
    /// End of the range.
    pub to_ms: i64,
    /// The group's offset within the 15 s, so that a cycle's number gives its instant.
    pub offset_ms: i64,
    /// What was; a cycle that is not there was not seen.
    pub cycles: Vec<CycleRecord>,
    /// Scaling events within the range (launches, removals, resizes).
    pub marks: Vec<ActivityView>,
    /// Thresholds by metric, thousandths of a percent, for the dashed lines.
    pub thresholds: Vec<(engine::model::Metric, u64)>,
    /// Bounds, for the faint band.
    pub min: u32,
    /// See `min`.
    pub max: u32,
}
