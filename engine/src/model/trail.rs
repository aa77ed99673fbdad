//! Why: ordered reasons, each an enum variant with its numbers. Append-only: a golden file of old trails must parse.
//! Rendered in English and Chinese by `api::texts`.

use super::{InstanceId, LeaveCause, Metric, Milli, Missing, Timestamp};
use serde::{Deserialize, Serialize};

/// Where reasons go. `decide` and `plan` are generic over it; [`NoTrail`] compiles to nothing.
pub trait Trail {
    /// Adds a reason. It is a closure so that [`NoTrail`] never even builds it.
    fn say(&mut self, reason: impl FnOnce() -> Reason);
}

/// Keeps no reasons: for the estimator, the replay and the hot path.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTrail;

impl Trail for NoTrail {
    #[inline(always)]
    fn say(&mut self, _reason: impl FnOnce() -> Reason) {}
}

impl Trail for Vec<Reason> {
    fn say(&mut self, reason: impl FnOnce() -> Reason) {
        self.push(reason());
    }
}

/// One reason on the way to a decision or a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
#[allow(
    missing_docs,
    reason = "the variant's name and its field names say it; the texts render them"
)]
pub enum Reason {
    // -- size (decide)
    /// The group is disabled: nothing is begun.
    Disabled,
    /// The group is being deleted.
    Deleting,
    /// No rule: a fixed size.
    FixedSize { desired: u32 },
    /// This cycle was judged before; a wake never judges again.
    AlreadyJudged { cycle: u64 },
    /// No member is past warm-up, so nothing can be judged.
    NothingToJudge { warming: u32 },
    /// No member has a sample.
    NoSamples { metric: Metric, members: u32, why: Missing },
    /// Some members have none; scale-out goes on with the others.
    SomeSamplesMissing { metric: Metric, present: u32, missing: u32 },
    /// The metric against its threshold.
    Within {
        metric: Metric,
        mean: Milli,
        threshold: Milli,
        members: u32,
    },
    /// Over the threshold: it asks for so many.
    AsksFor {
        metric: Metric,
        mean: Milli,
        threshold: Milli,
        members: u32,
        ask: u32,
    },
    /// The step limit allows fewer.
    StepLimited { asked: u32, allowed: u32 },
    /// CPU is saturated: twice the count.
    Saturated { metric: Metric, mean: Milli, ask: u32 },
    /// More members did not lower the mean: the metric adds at most one a window.
    NoAnswer { metric: Metric, allowed: u32 },
    /// Desired moved out.
    ScaledOut { metric: Metric, from: u32, to: u32 },
    /// Desired moved in.
    ScaledIn { from: u32, to: u32, demand_peak: Milli },
    /// Scale-in is switched off for this group.
    ScaleInForbidden,
    /// Scale-in waits because...
    ScaleInWaits { why: ScaleInWait },
    /// A bound was met.
    Clamped { asked: u32, to: u32, min: u32, max: u32 },
    /// People changed the bounds past desired.
    BoundsMoved { from: u32, to: u32, min: u32, max: u32 },
    // -- plan
    /// Nothing to do.
    AtDesired {
        desired: u32,
        in_service: u32,
        warming: u32,
    },
    /// So many launches.
    Launches {
        count: u32,
        desired: u32,
        healthy: u32,
        warming: u32,
    },
    /// Max leaves no room.
    NoRoom { wanted: u32, everything: u32, max: u32 },
    /// So many leave as surplus.
    Surplus { count: u32, desired: u32, have: u32 },
    /// A member in drain is taken back.
    TakenBack { id: InstanceId },
    /// An unhealthy member leaves.
    RemovesUnhealthy {
        id: InstanceId,
        cause: LeaveCause,
        cycles_down: u32,
    },
    /// A protected or standby member is unhealthy: people must look.
    UnhealthyButKept { id: InstanceId },
    /// A removal waits: it still serves somewhere and its replacement is not there yet.
    RemovalWaitsForReplacement { id: InstanceId },
    /// A removal goes first because max has no room.
    RemovalGoesFirst { id: InstanceId, max: u32 },
    /// A removal needs a reading of this pass that still shows it DOWN.
    RemovalWaitsForReading { id: InstanceId },
    /// Brake: so many leave for health at once, no more.
    Braked { leaving: u32, limit: u32 },
    /// Over half are DOWN: no kill.
    Held { down: u32, judged: u32, since: Timestamp },
    /// A launch after the hold began is in service: the check is proven.
    HoldEnded,
    /// The hold is over 10 minutes old without proof: one at a time.
    HoldTimedOut { since: Timestamp },
    /// Too many launches failed in a row.
    BreakerOpen { failures: u32, next_trial: Timestamp },
    /// A trial launch while the breaker is open.
    BreakerTrial { attempt: u32 },
    /// A trial succeeded or a person re-armed it.
    BreakerClosed,
    /// The driver had none left.
    OutOfStock { since: Timestamp },
    /// The driver is silent: nothing is begun that needs its word.
    DriverSilent,
    /// A launch failed.
    LaunchFailed { id: InstanceId, cause: LaunchFailure },
    /// Machines without a record.
    Strays { count: u32 },
    /// More than half are strays: nothing is destroyed until a person says so.
    StraysNeedAPerson { count: u32 },
    // -- added later: append only
    /// A scale-out soon after a scale-in: the window grows and that size is barred for a day.
    RegretBegins { size: u32, window_cycles: u64 },
    /// A person asked for this instance to be removed.
    RemovedByHand { id: InstanceId },
    /// A trial launch while the hold is on: one in service proves the check.
    HoldTrial { count: u32, limit: u32 },
    /// A due trial of the breaker has no room: an unhealthy member goes first.
    TrialMakesRoom { id: InstanceId },
    /// Fewer leave than should: the others are protected.
    SurplusProtected { wanted: u32, leaving: u32 },
    /// A stray becomes a member.
    StrayAdopted { id: InstanceId },
    /// A stray is destroyed.
    StrayDestroyed { id: InstanceId },
    /// A user's own instance leaves a deleted group and lives on.
    Detached { id: InstanceId },
    /// A member's machine is gone though nobody here asked for it.
    Vanished { id: InstanceId },
    /// The plan is cut at its bound; the next pass goes on.
    PlanCut { kept: u32, wanted: u32 },
    /// Members still on their way out.
    StillLeaving { count: u32 },
    /// Machines without a record that were made after all this store knows: nothing is destroyed until a person says so.
    StoreIsOlder { count: u32 },
    /// The driver said that it is asked too often: for a while launches begin at a slower pace.
    Throttled { wanted: u32, allowed: u32 },
}

/// Why a launch failed (design 4.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named after the sentence they stand for")]
pub enum LaunchFailure {
    Refused,
    NotRunningInTime,
    ExitedInWarmUp {
        code: i32,
    },
    UnhealthyBeforeService,
    NeverReady,
    /// The driver says gone before it was ever in service.
    Vanished,
}

/// What scale-in waits for (design 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "wait")]
#[allow(missing_docs, reason = "named after the sentence they stand for")]
pub enum ScaleInWait {
    AtMin {
        min: u32,
    },
    WindowNotFull {
        present: u32,
        needed: u32,
    },
    LastCycleMissing,
    AverageNotBelow {
        metric: Metric,
        average: Milli,
        threshold: Milli,
    },
    PeakMinuteTooHigh {
        metric: Metric,
        peak: Milli,
        fits: Milli,
    },
    PeakCycleTooHigh {
        metric: Metric,
        peak: Milli,
        fits: Milli,
    },
    RecentScaleOut {
        cycles_ago: u64,
    },
    RecentScaleIn {
        cycles_ago: u64,
    },
    Warming {
        count: u32,
    },
    Leaving {
        count: u32,
    },
    Held,
    MoreThanDesired {
        have: u32,
        desired: u32,
    },
    Regret {
        until: Timestamp,
    },
}
