//! The group wizard and the update wizard.

use super::{Found, number, text};
use crate::groups::{GroupForm, NewGroup};
use crate::problem::{Code, Problem, Problems};
use engine::model::validate::{self, CPU_THRESHOLD_MAX, Field, MEMORY_THRESHOLD_MAX, SpecError, WARM_UP_MAX};
use engine::model::{
    GROUP_SIZE_MAX, GroupSpec, Guard, Metric, Milli, ReadyCheck, RemovalPolicy, Rule, ScaleIn, Span, TemplateId,
};

/// One percent in thousandths.
const PERCENT: Milli = 1_000;

/// A group as typed. Bindings, ready check and seed are not typed: the command fills them in.
///
/// # Errors
/// Everything that is wrong, at the fields of the form.
pub fn group(form: &GroupForm) -> Result<NewGroup, Problems> {
    let mut found = Found::default();
    let name = found.keep(text::name("name", &form.name));
    let remark = found.keep(text::remark("remark", &form.remark));
    let template = found.keep(text::id::<TemplateId>("template", "template", &form.template));
    let version = found.keep(version(&form.version));
    let spec = spec(form, &mut found);
    let parsed = || {
        Some(NewGroup {
            name: name?,
            remark: remark?,
            template: template?,
            spec: spec?,
            version: version?,
        })
    };
    let parsed = parsed();
    found.end(parsed)
}

/// The size a person sets, as typed; whether it lies within the bounds is [`desired_within`]'s.
///
/// # Errors
/// At field `desired`.
pub fn desired(typed: &str) -> Result<u32, Problems> {
    Ok(number::within("desired", typed, 0..=GROUP_SIZE_MAX)?)
}

/// What people set must lie within the bounds: refused, never clamped (design 4.1).
///
/// # Errors
/// At field `desired`.
pub fn desired_within(spec: &GroupSpec, desired: u32) -> Result<(), Problems> {
    let refused = |error| problem(Field::Desired, error).into();
    validate::desired(spec.min, spec.max, desired).map_err(refused)
}

/// The rules across fields, as problems at the form's fields.
///
/// # Errors
/// Everything that contradicts itself.
pub fn check(spec: &GroupSpec) -> Result<(), Problems> {
    let mut found = Found::default();
    across(spec, &mut found);
    found.end(Some(()))
}

fn version(typed: &str) -> Result<Option<i64>, Problem> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    number::within("version", typed, 0..=i64::MAX).map(Some)
}

fn spec(form: &GroupForm, found: &mut Found) -> Option<GroupSpec> {
    let min = found.keep(number::within("min", &form.min, 0..=GROUP_SIZE_MAX));
    let max = found.keep(number::within("max", &form.max, 0..=GROUP_SIZE_MAX));
    let rules = rules(form, found);
    let warm_up = found.keep(number::within("warm_up_s", &form.warm_up_s, 0..=WARM_UP_MAX.0 / 1_000));
    let scale_in = found.keep(text::choice("scale_in", &form.scale_in, &SCALE_IN));
    let removal = found.keep(text::choice("removal", &form.removal, &REMOVAL));
    let brake = found.keep(text::choice("brake", &form.brake, &GUARD));
    let hold = found.keep(text::choice("hold", &form.hold, &GUARD));
    let projection = found.keep(text::choice("projection", &form.projection, &GUARD));
    let spec = GroupSpec {
        min: min?,
        max: max?,
        warm_up: Span::secs(warm_up?),
        rules: rules?,
        scale_in: scale_in?,
        removal: removal?,
        brake: brake?,
        hold: hold?,
        projection: projection?,
        bindings: Vec::new(),
        ready_check: ReadyCheck::None,
        seed: 0,
    };
    across(&spec, found);
    Some(spec)
}

const SCALE_IN: [(&str, ScaleIn); 2] = [("allowed", ScaleIn::Allowed), ("forbidden", ScaleIn::Forbidden)];
const REMOVAL: [(&str, RemovalPolicy); 2] = [("newest", RemovalPolicy::Newest), ("oldest", RemovalPolicy::Oldest)];
const GUARD: [(&str, Guard); 2] = [("on", Guard::On), ("off", Guard::Off)];

fn rules(form: &GroupForm, found: &mut Found) -> Option<Vec<Rule>> {
    let cpu = found.keep(rule(Metric::Cpu, &form.cpu));
    let memory = found.keep(rule(Metric::Memory, &form.memory));
    Some([cpu?, memory?].into_iter().flatten().collect())
}

/// A threshold in whole percent; empty means that there is no such rule.
fn rule(metric: Metric, typed: &str) -> Result<Option<Rule>, Problem> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let most = match metric {
        Metric::Cpu => CPU_THRESHOLD_MAX,
        Metric::Memory => MEMORY_THRESHOLD_MAX,
    } / PERCENT;
    let percent = number::positive(threshold_field(metric), typed, most.try_into().unwrap_or(i64::MAX))?;
    let threshold = percent.unsigned_abs().saturating_mul(PERCENT);
    Ok(Some(Rule {
        metric,
        threshold,
        step: None,
    }))
}

fn across(spec: &GroupSpec, found: &mut Found) {
    for (field, error) in validate::spec(spec) {
        found.note(problem(field, error));
    }
}

const fn threshold_field(metric: Metric) -> &'static str {
    match metric {
        Metric::Cpu => "cpu",
        Metric::Memory => "memory",
    }
}

/// The engine's word about a spec as a problem at the form's field.
fn problem(field: Field, error: SpecError) -> Problem {
    let at = |code| Problem::at(form_field(field, &error), code);
    match error {
        SpecError::MaxBelowMin { min, max } => at(Code::MaxBelowMin).with(min).with(max),
        SpecError::TooLarge { limit, .. } => at(Code::OutOfRange).with(0).with(limit),
        SpecError::MinZeroWithRule { .. } => at(Code::MinZeroWithRule),
        SpecError::DesiredOutOfBounds { desired, min, max } => {
            at(Code::DesiredOutOfBounds).with(desired).with(min).with(max)
        }
        SpecError::WarmUpOutOfRange { limit_ms, .. } => at(Code::OutOfRange).with(0).with(limit_ms / 1_000),
        SpecError::MetricTwice { metric } => at(Code::MetricTwice).with(threshold_field(metric)),
        SpecError::ThresholdZero { .. } => at(Code::NotPositive),
        SpecError::ThresholdTooHigh { limit, .. } => at(Code::OutOfRange).with(1).with(limit / PERCENT),
        SpecError::PortZero { .. } => at(Code::OutOfRange).with(1).with(u16::MAX),
        SpecError::WeightOutOfRange { limit, .. } => at(Code::OutOfRange).with(1).with(limit),
        SpecError::BoundTwice { .. } => at(Code::AlreadyBound),
    }
}

/// The form's field of an engine's field: a rule's is named after its metric, a binding's after what is wrong with it.
fn form_field(field: Field, error: &SpecError) -> &'static str {
    match (field, error) {
        (_, SpecError::ThresholdZero { metric } | SpecError::MetricTwice { metric })
        | (_, SpecError::ThresholdTooHigh { metric, .. }) => threshold_field(*metric),
        (_, SpecError::PortZero { .. }) => "port",
        (_, SpecError::WeightOutOfRange { .. }) => "weight",
        (Field::Min, _) => "min",
        (Field::Max, _) => "max",
        (Field::Desired, _) => "desired",
        (Field::WarmUp, _) => "warm_up_s",
        (Field::Metric | Field::Threshold, _) => "cpu",
        (Field::Bindings, _) => "vserver",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::testing::wrong;

    fn typed(change: impl FnOnce(&mut GroupForm)) -> GroupForm {
        let mut form = GroupForm {
            name: "web".to_owned(),
            template: TemplateId(1).to_string(),
            ..GroupForm::default()
        };
        change(&mut form);
        form
    }

    #[test]
    fn a_group_as_offered_is_read() {
        let read = group(&typed(|_| ())).expect("the defaults are good");
        let rule = Rule {
            metric: Metric::Cpu,
            threshold: 70_000,
            step: None,
        };
        assert_eq!(
            (read.spec.min, read.spec.max, read.spec.warm_up),
            (1, 4, Span::secs(300))
        );
        assert_eq!((read.spec.rules, read.version), (vec![rule], None));
    }

    #[test]
    fn both_metrics_and_none_are_groups_too() {
        let both = group(&typed(|f| (f.cpu, f.memory) = ("1000".to_owned(), "100".to_owned())));
        let thresholds: Vec<Milli> = both
            .expect("good")
            .spec
            .rules
            .iter()
            .map(|rule| rule.threshold)
            .collect();
        assert_eq!(thresholds, [1_000_000, 100_000]);
        let fixed = group(&typed(|f| {
            (f.cpu, f.min, f.max) = (String::new(), "0".to_owned(), "0".to_owned())
        }));
        assert_eq!(fixed.expect("good").spec.rules, []);
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        type Change = fn(&mut GroupForm);
        let table: &[(Change, &str)] = &[
            (|f| f.name = String::new(), "name Empty"),
            (|f| f.name = "x".repeat(64), "name TooLong 63"),
            (|f| f.name = "</title><script>".into(), "name BadCharacter <"),
            (|f| f.name = "a\u{1b}[2J".into(), "name BadCharacter U+001B"),
            (|f| f.remark = "x".repeat(256), "remark TooLong 255"),
            (|f| f.remark = "a\u{0}".into(), "remark BadCharacter U+0000"),
            (|f| f.template = String::new(), "template Empty"),
            (|f| f.template = "tpl-nope".into(), "template NoSuch template tpl-nope"),
            (|f| f.min = String::new(), "min Empty"),
            (|f| f.min = "one".into(), "min NotANumber"),
            (|f| f.min = "1.5".into(), "min NotANumber"),
            (|f| f.min = "-1".into(), "min OutOfRange 0 1000000"),
            (|f| f.min = "0".into(), "min MinZeroWithRule"),
            (|f| f.max = String::new(), "max Empty"),
            (|f| f.max = "x".into(), "max NotANumber"),
            (|f| f.max = "1000001".into(), "max OutOfRange 0 1000000"),
            (|f| f.max = "99999999999999999999".into(), "max OutOfRange 0 1000000"),
            (|f| (f.min, f.max) = ("5".into(), "4".into()), "max MaxBelowMin 5 4"),
            (|f| f.cpu = "0".into(), "cpu NotPositive"),
            (|f| f.cpu = "-70".into(), "cpu NotPositive"),
            (|f| f.cpu = "1001".into(), "cpu OutOfRange 1 1000"),
            (|f| f.cpu = "70%".into(), "cpu NotANumber"),
            (|f| f.memory = "0".into(), "memory NotPositive"),
            (|f| f.memory = "101".into(), "memory OutOfRange 1 100"),
            (|f| f.memory = "half".into(), "memory NotANumber"),
            (|f| f.warm_up_s = String::new(), "warm_up_s Empty"),
            (|f| f.warm_up_s = "5m".into(), "warm_up_s NotANumber"),
            (|f| f.warm_up_s = "-1".into(), "warm_up_s OutOfRange 0 86400"),
            (|f| f.warm_up_s = "86401".into(), "warm_up_s OutOfRange 0 86400"),
            (|f| f.scale_in = "maybe".into(), "scale_in NotOneOf allowed, forbidden"),
            (|f| f.removal = "tallest".into(), "removal NotOneOf newest, oldest"),
            (|f| f.brake = "yes".into(), "brake NotOneOf on, off"),
            (|f| f.hold = String::new(), "hold Empty"),
            (|f| f.projection = "1".into(), "projection NotOneOf on, off"),
            (|f| f.version = "new".into(), "version NotANumber"),
        ];
        for (change, problem) in table {
            assert_eq!(wrong(group(&typed(*change))), [*problem]);
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_what_contradicts_too() {
        let form = typed(|f| {
            f.name.clear();
            (f.min, f.max) = ("9".into(), "2".into());
        });
        assert_eq!(wrong(group(&form)), ["name Empty", "max MaxBelowMin 9 2"]);
    }

    #[test]
    fn a_size_outside_the_bounds_is_refused_never_clamped() {
        let spec = group(&typed(|_| ())).expect("good").spec;
        assert_eq!(desired_within(&spec, 4), Ok(()));
        assert_eq!(wrong(desired_within(&spec, 5)), ["desired DesiredOutOfBounds 5 1 4"]);
        assert_eq!(wrong(desired("many")), ["desired NotANumber"]);
        assert_eq!(wrong(desired("")), ["desired Empty"]);
    }
}
