//! Whether a metric answers: once more members count, its mean must have fallen (design 4.6, "No answer").
//!
//! A program that leaks memory does not use less when it is run more often; adding members to it helps nobody. Twice
//! without an answer and the metric adds at most one member a window, until it answers.

use crate::census::{Cohorts, milli};
use crate::model::{Cycle, Metric, Milli, WINDOW_CYCLES};
use serde::{Deserialize, Serialize};

/// A mean at which a sample says "all of it" and cannot show more (design 4.6): 98 % CPU. Lower would double groups
/// that only run hot; higher would miss saturation behind measuring noise.
pub const SATURATED: Milli = 98_000;
/// Answers that did not come before the metric is limited.
pub const MISSES_TO_LIMIT: u32 = 2;

/// What one metric was asked, and whether it answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answering {
    /// The scale-out that still waits for its answer.
    pub asked: Option<Asked>,
    /// Times in a row it did not answer.
    pub misses: u32,
    /// When this metric last added a member.
    pub last_added: Option<Cycle>,
}

/// A scale-out that waits to see its mean fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Members that counted then.
    pub count: u32,
    /// The highest mean since.
    pub mean: Milli,
}

impl Answering {
    /// Whether it may add only one a window.
    pub const fn limited(&self) -> bool {
        self.misses >= MISSES_TO_LIMIT
    }

    /// How many a limited metric may add in this cycle: one if it added none within the window.
    pub fn allowed(&self, cycle: Cycle) -> u32 {
        let recent = self
            .last_added
            .is_some_and(|added| cycle.0.saturating_sub(added.0) < WINDOW_CYCLES);
        u32::from(!recent)
    }

    /// It asked for more and got it.
    pub(super) fn ask(&mut self, cycle: Cycle, count: u32, mean: Milli) {
        self.last_added = Some(cycle);
        self.asked = Some(match self.asked {
            // Another ask before the first is answered: one question, from the smaller count and the higher mean.
            Some(asked) => Asked {
                count: asked.count.min(count),
                mean: asked.mean.max(mean),
            },
            None => Asked { count, mean },
        });
    }

    /// After a closed cycle.
    pub(super) fn judge(&mut self, metric: Metric, cohorts: &Cohorts) {
        let Some(asked) = self.asked else { return };
        let Ok(mean) = cohorts.samples[metric.index()].mean() else {
            return;
        };
        let count = cohorts.judged.saturating_add(carrying(metric, cohorts));
        if count <= asked.count || !all_count(metric, cohorts) {
            self.asked = Some(Asked {
                mean: asked.mean.max(mean),
                ..asked
            });
            return;
        }
        self.asked = None;
        if answered(asked, count, mean) {
            self.misses = 0;
        } else if !(metric == Metric::Cpu && asked.mean.max(mean) >= SATURATED) {
            // A mean that stood at its end stop cannot say how far it fell.
            self.misses = self.misses.saturating_add(1);
        }
    }
}

/// Whether everyone who comes is among those that share the load of this metric.
fn all_count(metric: Metric, cohorts: &Cohorts) -> bool {
    match metric {
        Metric::Cpu => cohorts.idle == 0,
        Metric::Memory => cohorts.coming() == 0,
    }
}

/// Members not judged yet that share the load of this metric: traffic is CPU's (design 4.6).
pub(crate) fn carrying(metric: Metric, cohorts: &Cohorts) -> u32 {
    match metric {
        Metric::Cpu => cohorts.carrying,
        Metric::Memory => 0,
    }
}

/// Fallen by at least half of what n / n' promises: 2 (then - now) >= then (1 - n / n').
fn answered(asked: Asked, count: u32, mean: Milli) -> bool {
    let fallen = u128::from(asked.mean.saturating_sub(mean)) * 2 * u128::from(count);
    fallen >= u128::from(asked.mean) * u128::from(count.saturating_sub(asked.count))
}

/// What the members carry by a metric now: its demand, or while that is missing the mean over those who share the load.
pub(crate) fn load(metric: Metric, cohorts: &Cohorts) -> Result<Milli, crate::model::Missing> {
    let samples = &cohorts.samples[metric.index()];
    let members = cohorts.judged.saturating_add(carrying(metric, cohorts));
    samples.over(members).map(|value| milli(u128::from(value)))
}
