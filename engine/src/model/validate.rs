//! Rules across the fields of a group's spec, with the numbers a message needs. Parsing one field is `api`'s, rules
//! against the store are the command's; this is what lies between, once for browser and server.

use super::{GROUP_SIZE_MAX, GroupSpec, Metric, Milli, Span, VServerId};
use serde::{Deserialize, Serialize};

/// Longest warm-up. Longer and one bad launch would hide for days.
pub const WARM_UP_MAX: Span = Span::mins(24 * 60);
/// Highest CPU threshold, thousandths of a percent of the instance's vCPUs: 1000 %. A driver may report more than 100.
pub const CPU_THRESHOLD_MAX: Milli = 1_000_000;
/// Highest memory threshold, thousandths of a percent: 100 %. Above it a rule could never ask.
pub const MEMORY_THRESHOLD_MAX: Milli = 100_000;
/// Largest share of traffic a binding may have; what HAProxy takes.
pub const WEIGHT_MAX: u16 = 256;

/// The field of the form a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Fewest instances.
    Min,
    /// Most instances.
    Max,
    /// The size people set.
    Desired,
    /// Warm-up.
    WarmUp,
    /// The rule's metric.
    Metric,
    /// The rule's threshold.
    Threshold,
    /// The VServers it serves behind.
    Bindings,
}

/// What is wrong across the fields, with its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "error")]
#[allow(missing_docs, reason = "the messages say it")]
pub enum SpecError {
    #[error("the maximum {max} is below the minimum {min}")]
    MaxBelowMin { min: u32, max: u32 },
    #[error("a group may have at most {limit} instances, not {max}")]
    TooLarge { max: u32, limit: u32 },
    #[error("a CPU or memory rule needs a minimum of at least 1")]
    MinZeroWithRule { metric: Metric },
    #[error("the desired size {desired} is not within {min} to {max}")]
    DesiredOutOfBounds { desired: u32, min: u32, max: u32 },
    #[error("warm-up {warm_up_ms} ms is not within 0 to {limit_ms} ms")]
    WarmUpOutOfRange { warm_up_ms: i64, limit_ms: i64 },
    #[error("there are two rules for {metric:?}")]
    MetricTwice { metric: Metric },
    #[error("the threshold of {metric:?} is 0")]
    ThresholdZero { metric: Metric },
    #[error("the threshold {threshold} of {metric:?} is above {limit}")]
    ThresholdTooHigh {
        metric: Metric,
        threshold: Milli,
        limit: Milli,
    },
    #[error("port 0 is no port")]
    PortZero { vserver: VServerId },
    #[error("weight {weight} is not within 1 to {limit}")]
    WeightOutOfRange {
        vserver: VServerId,
        weight: u16,
        limit: u16,
    },
    #[error("{vserver} is bound twice")]
    BoundTwice { vserver: VServerId },
}

/// Everything wrong with a spec, field by field; empty when it may be stored.
pub fn spec(spec: &GroupSpec) -> Vec<(Field, SpecError)> {
    let mut found = Vec::new();
    bounds(spec, &mut found);
    rules(spec, &mut found);
    bindings(spec, &mut found);
    found
}

/// What people, the API or a schedule *set* must lie within the bounds; it is refused, never clamped (design 4.1).
///
/// # Errors
/// The size and the bounds it misses.
pub const fn desired(min: u32, max: u32, desired: u32) -> Result<(), SpecError> {
    if min <= desired && desired <= max {
        Ok(())
    } else {
        Err(SpecError::DesiredOutOfBounds { desired, min, max })
    }
}

fn bounds(spec: &GroupSpec, found: &mut Vec<(Field, SpecError)>) {
    let GroupSpec { min, max, warm_up, .. } = *spec;
    if max < min {
        found.push((Field::Max, SpecError::MaxBelowMin { min, max }));
    }
    if max > GROUP_SIZE_MAX {
        found.push((
            Field::Max,
            SpecError::TooLarge {
                max,
                limit: GROUP_SIZE_MAX,
            },
        ));
    }
    if let (0, Some(rule)) = (min, spec.rules.first()) {
        found.push((Field::Min, SpecError::MinZeroWithRule { metric: rule.metric }));
    }
    if !(0..=WARM_UP_MAX.0).contains(&warm_up.0) {
        let error = SpecError::WarmUpOutOfRange {
            warm_up_ms: warm_up.0,
            limit_ms: WARM_UP_MAX.0,
        };
        found.push((Field::WarmUp, error));
    }
}

fn rules(spec: &GroupSpec, found: &mut Vec<(Field, SpecError)>) {
    for (at, rule) in spec.rules.iter().enumerate() {
        let (metric, threshold) = (rule.metric, rule.threshold);
        if spec.rules[..at].iter().any(|earlier| earlier.metric == metric) {
            found.push((Field::Metric, SpecError::MetricTwice { metric }));
        }
        let limit = match metric {
            Metric::Cpu => CPU_THRESHOLD_MAX,
            Metric::Memory => MEMORY_THRESHOLD_MAX,
        };
        if threshold == 0 {
            found.push((Field::Threshold, SpecError::ThresholdZero { metric }));
        } else if threshold > limit {
            found.push((
                Field::Threshold,
                SpecError::ThresholdTooHigh {
                    metric,
                    threshold,
                    limit,
                },
            ));
        }
    }
}

fn bindings(spec: &GroupSpec, found: &mut Vec<(Field, SpecError)>) {
    for (at, binding) in spec.bindings.iter().enumerate() {
        let (vserver, weight) = (binding.vserver, binding.weight);
        if spec.bindings[..at].iter().any(|earlier| earlier.vserver == vserver) {
            found.push((Field::Bindings, SpecError::BoundTwice { vserver }));
        }
        if binding.port == 0 {
            found.push((Field::Bindings, SpecError::PortZero { vserver }));
        }
        if !(1..=WEIGHT_MAX).contains(&weight) {
            found.push((
                Field::Bindings,
                SpecError::WeightOutOfRange {
                    vserver,
                    weight,
                    limit: WEIGHT_MAX,
                },
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Binding, Guard, ReadyCheck, RemovalPolicy, Rule, ScaleIn, WARM_UP_DEFAULT};

    fn valid() -> GroupSpec {
        GroupSpec {
            min: 1,
            max: 4,
            warm_up: WARM_UP_DEFAULT,
            rules: vec![Rule {
                metric: Metric::Cpu,
                threshold: 70_000,
                step: None,
            }],
            scale_in: ScaleIn::Allowed,
            removal: RemovalPolicy::Newest,
            brake: Guard::On,
            hold: Guard::On,
            projection: Guard::On,
            bindings: vec![Binding {
                vserver: VServerId(1),
                port: 80,
                weight: 1,
            }],
            ready_check: ReadyCheck::None,
            seed: 1,
        }
    }

    fn found(change: impl FnOnce(&mut GroupSpec)) -> Vec<(Field, SpecError)> {
        let mut changed = valid();
        change(&mut changed);
        spec(&changed)
    }

    #[test]
    fn a_valid_spec_has_no_errors() {
        assert_eq!(spec(&valid()), []);
    }

    #[test]
    fn bounds_that_contradict_are_named_at_their_field_with_their_numbers() {
        let limit_ms = WARM_UP_MAX.0;
        let warm = |warm_up_ms| SpecError::WarmUpOutOfRange { warm_up_ms, limit_ms };
        let large = SpecError::TooLarge {
            max: 1_000_001,
            limit: 1_000_000,
        };
        let table = [
            (
                found(|s| s.max = 0),
                Field::Max,
                SpecError::MaxBelowMin { min: 1, max: 0 },
            ),
            (
                found(|s| (s.min, s.max) = (5, 4)),
                Field::Max,
                SpecError::MaxBelowMin { min: 5, max: 4 },
            ),
            (found(|s| s.max = 1_000_001), Field::Max, large),
            (found(|s| s.warm_up = Span(-1)), Field::WarmUp, warm(-1)),
            (
                found(|s| s.warm_up = Span(limit_ms + 1)),
                Field::WarmUp,
                warm(limit_ms + 1),
            ),
        ];
        for (found, field, error) in table {
            assert_eq!(found, [(field, error)]);
        }
        assert_eq!(found(|s| s.warm_up = Span(0)), []);
        assert_eq!(found(|s| s.warm_up = Span(limit_ms)), []);
    }

    #[test]
    fn rules_that_contradict_are_named_at_their_field_with_their_numbers() {
        let metric = Metric::Cpu;
        let high = SpecError::ThresholdTooHigh {
            metric,
            threshold: 1_000_001,
            limit: 1_000_000,
        };
        let table = [
            (
                found(|s| s.rules.push(s.rules[0])),
                Field::Metric,
                SpecError::MetricTwice { metric },
            ),
            (
                found(|s| s.rules[0].threshold = 0),
                Field::Threshold,
                SpecError::ThresholdZero { metric },
            ),
            (found(|s| s.rules[0].threshold = 1_000_001), Field::Threshold, high),
        ];
        for (found, field, error) in table {
            assert_eq!(found, [(field, error)]);
        }
    }

    #[test]
    fn bindings_that_contradict_are_named_with_their_vserver() {
        let vserver = VServerId(1);
        let heavy = |weight| SpecError::WeightOutOfRange {
            vserver,
            weight,
            limit: 256,
        };
        let table = [
            (found(|s| s.bindings[0].port = 0), SpecError::PortZero { vserver }),
            (found(|s| s.bindings[0].weight = 257), heavy(257)),
            (found(|s| s.bindings[0].weight = 0), heavy(0)),
            (
                found(|s| s.bindings.push(s.bindings[0])),
                SpecError::BoundTwice { vserver },
            ),
        ];
        for (found, error) in table {
            assert_eq!(found, [(Field::Bindings, error)]);
        }
    }

    #[test]
    fn a_minimum_of_zero_is_refused_with_a_rule_and_taken_without() {
        for metric in Metric::ALL {
            let error = SpecError::MinZeroWithRule { metric };
            let threshold = 70_000;
            let zero = found(|s| {
                (s.min, s.rules) = (
                    0,
                    vec![Rule {
                        metric,
                        threshold,
                        step: None,
                    }],
                )
            });
            assert_eq!(zero, [(Field::Min, error)]);
        }
        assert_eq!(found(|s| (s.min, s.rules) = (0, Vec::new())), []);
        assert_eq!(found(|s| (s.min, s.max, s.rules) = (0, 0, Vec::new())), []);
    }

    #[test]
    fn memory_above_one_hundred_percent_can_never_ask() {
        let metric = Metric::Memory;
        assert_eq!(
            found(|s| s.rules[0] = Rule {
                metric,
                threshold: 100_001,
                step: None,
            }),
            [(
                Field::Threshold,
                SpecError::ThresholdTooHigh {
                    metric,
                    threshold: 100_001,
                    limit: 100_000
                }
            )]
        );
    }

    #[test]
    fn what_a_person_sets_must_lie_within_the_bounds() {
        assert_eq!(desired(1, 4, 1), Ok(()));
        assert_eq!(desired(1, 4, 4), Ok(()));
        assert_eq!(
            desired(1, 4, 0),
            Err(SpecError::DesiredOutOfBounds {
                desired: 0,
                min: 1,
                max: 4
            })
        );
        assert_eq!(
            desired(1, 4, 5),
            Err(SpecError::DesiredOutOfBounds {
                desired: 5,
                min: 1,
                max: 4
            })
        );
    }
}
