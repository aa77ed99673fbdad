//! Bounds (design 4.1): what a rule asks is clamped, what people changed moves desired; both are said.

use crate::model::{GroupSpec, Reason, Trail};

/// `size` within the bounds. Where the bounds contradict each other, max holds: it is what people pay for (I1).
pub(super) fn clamp(spec: &GroupSpec, size: u32) -> u32 {
    size.max(spec.min).min(spec.max)
}

/// Desired within the bounds of now, and says so when people moved them past it.
pub(super) fn apply(spec: &GroupSpec, desired: u32, trail: &mut impl Trail) -> u32 {
    let to = clamp(spec, desired);
    if to != desired {
        trail.say(|| Reason::BoundsMoved {
            from: desired,
            to,
            min: spec.min,
            max: spec.max,
        });
    }
    to
}
