use super::*;
use crate::problem::{Code, Problem};
use engine::model::{InstanceId, Metric, Missing, Reason, Timestamp};

#[test]
fn numbers_read_as_people_write_them() {
    assert_eq!(format::percent(Lang::En, 98_500), "98.5 %");
    assert_eq!(format::percent(Lang::Zh, 70_000), "70%");
    assert_eq!(format::percent(Lang::En, 99_960), "100 %");
    assert_eq!(format::money(12_500, "USD"), "0.0125 USD");
    assert_eq!(format::money(-1_500_000, "USD"), "-1.50 USD");
    assert_eq!(format::vcpus(250), "0.25");
    assert_eq!(format::memory(1_024), "1 GiB");
    assert_eq!(format::length(Lang::En, 300_000), "5 min");
    assert_eq!(format::length(Lang::En, 15_000_000), "4 h 10 min");
    assert_eq!(format::length(Lang::Zh, 0), "0 秒");
}

#[test]
fn instants_are_utc_in_any_year() {
    assert_eq!(format::instant(0), "1970-01-01 00:00:00 UTC");
    assert_eq!(format::instant(1_795_302_344_000), "2026-11-21 23:05:44 UTC");
    assert_eq!(format::instant(951_782_400_000), "2000-02-29 00:00:00 UTC");
    assert_eq!(format::machine_instant(-1_000), "1969-12-31T23:59:59Z");
}

#[test]
fn the_language_is_the_first_one_we_have() {
    assert_eq!(Lang::accepted("fr-FR,zh-CN;q=0.9,en;q=0.8"), Lang::Zh);
    assert_eq!(Lang::accepted("en-GB"), Lang::En);
    assert_eq!(Lang::accepted("fr"), Lang::En);
}

#[test]
fn a_reason_says_its_numbers() {
    let asks = Reason::AsksFor {
        metric: Metric::Cpu,
        mean: 98_000,
        threshold: 70_000,
        members: 3,
        ask: 5,
    };
    assert_eq!(
        reasons::reason(Lang::En, &asks),
        "CPU 98 % > 70 % over 15 s on 3 instances: asks for 5"
    );
    assert_eq!(
        reasons::reason(Lang::Zh, &asks),
        "3 个实例 15 秒平均 CPU 98% > 70%：需要 5 个"
    );
}

#[test]
fn the_headline_is_the_change_and_what_asked_for_it() {
    let trail = [
        Reason::AsksFor {
            metric: Metric::Cpu,
            mean: 98_000,
            threshold: 70_000,
            members: 3,
            ask: 5,
        },
        Reason::ScaledOut {
            metric: Metric::Cpu,
            from: 3,
            to: 5,
        },
        Reason::Launches {
            count: 2,
            desired: 5,
            healthy: 3,
            warming: 0,
        },
    ];
    assert_eq!(
        reasons::headline(Lang::En, &trail),
        "Desired 3 → 5 for CPU; CPU 98 % > 70 % over 15 s on 3 instances: asks for 5"
    );
}

#[test]
fn every_reason_has_words_in_both_languages() {
    for reason in sample_reasons() {
        for lang in Lang::ALL {
            assert!(!reasons::reason(lang, &reason).is_empty(), "{lang:?} {reason:?}");
        }
    }
}

/// One of each group of sentences; the exhaustive matches see to the rest.
fn sample_reasons() -> Vec<Reason> {
    let id = InstanceId(7);
    vec![
        Reason::Disabled,
        Reason::NoSamples {
            metric: Metric::Memory,
            members: 2,
            why: Missing::SourceSilent,
        },
        Reason::BreakerOpen {
            failures: 5,
            next_trial: Timestamp(0),
        },
        Reason::BreakerClosed,
        Reason::HoldEnded,
        Reason::StraysNeedAPerson { count: 4 },
        Reason::RemovalGoesFirst { id, max: 4 },
        Reason::StillLeaving { count: 1 },
        Reason::PlanCut { kept: 10, wanted: 20 },
    ]
}

#[test]
fn every_problem_has_a_sentence_in_both_languages() {
    for code in ALL_CODES {
        for lang in Lang::ALL {
            let said = problems::problem(lang, &Problem::at("name", *code).with("1").with("2").with("3"));
            assert!(!said.is_empty() && !said.contains('?'), "{lang:?} {code:?}: {said}");
        }
    }
}

const ALL_CODES: &[Code] = &[
    Code::Empty,
    Code::TooLong,
    Code::TooShort,
    Code::NotANumber,
    Code::OutOfRange,
    Code::BadCharacter,
    Code::MaxBelowMin,
    Code::MinZeroWithRule,
    Code::NotPositive,
    Code::MetricTwice,
    Code::NotOneOf,
    Code::NoSuch,
    Code::NameTaken,
    Code::PortTaken,
    Code::InUse,
    Code::AlreadyBound,
    Code::DesiredOutOfBounds,
    Code::Stale,
    Code::WrongCredentials,
    Code::TooManyAttempts,
    Code::SignInFirst,
    Code::Forbidden,
    Code::NotFound,
    Code::WrongState,
    Code::NameNotRepeated,
    Code::Unavailable,
];
