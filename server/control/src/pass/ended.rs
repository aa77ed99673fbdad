//! What a settled pass came to: its line in the log, and when to look next.

use super::apply::Applied;
use super::group::Outcome;
use crate::store::GroupRecord;
use api::system::PassOutcome;
use engine::model::Step;

/// A record that ends or is written anew, one that has just come to run, or a refusal is worth a look at the next slot.
pub(super) fn next_look(applied: &Applied, steps: &[Step]) -> Outcome {
    let moved = steps.iter().any(|step| {
        matches!(
            step,
            Step::Forget { .. } | Step::MarkRunning { .. } | Step::Adopt { .. }
        )
    });
    if applied.look_again || moved || !applied.answers.is_empty() {
        Outcome::Again
    } else {
        Outcome::Rest
    }
}

/// The one line a pass, with its counts: for people where something is done, else for whoever looks closely.
pub(super) fn say_pass(record: &GroupRecord, passed: &engine::Passed) -> PassOutcome {
    let orders: Vec<&str> = record.orders.iter().map(|(id, _)| id.as_str()).collect();
    let orders = orders.join(" ");
    macro_rules! line {
        ($say:ident) => {
            tracing::$say!(
                group = %record.id,
                spec_version = record.spec_version,
                desired = passed.decision.size,
                instances = record.instances.len(),
                steps = passed.plan.steps.len(),
                launches = passed.plan.steps.iter().filter(|step| matches!(step, Step::Launch { .. })).count(),
                failed = passed.plan.failed.len(),
                reasons = passed.decision.trail.len() + passed.plan.trail.len(),
                orders = %orders,
                "pass",
            )
        };
    }
    if passed.plan.steps.is_empty() && passed.plan.failed.is_empty() {
        line!(debug);
        PassOutcome::Quiet
    } else {
        line!(info);
        PassOutcome::Acted
    }
}
