use super::*;
use crate::balancers::BalancerFault;
use crate::groups::Cause;
use crate::problem::{Code, Problem};
use crate::system::{DriverAnswer, DriverCall, PassOutcome};
use engine::model::{InstanceId, LaunchFailure, LeaveCause, Metric, Missing, Reason, ScaleInWait, Timestamp};

#[test]
fn numbers_read_as_people_write_them() {
    assert_eq!(format::percent(Lang::En, 98_500), "98.5 %");
    assert_eq!(format::percent(Lang::Zh, 70_000), "70%");
    assert_eq!(format::percent(Lang::En, 99_960), "100 %");
    assert_eq!(format::number(0), "0");
    assert_eq!(format::number(999), "999");
    assert_eq!(format::number(1_000_000), "1,000,000");
    assert_eq!(format::vcpus(250), "0.25");
    assert_eq!(format::memory(1_024), "1\u{a0}GiB");
    assert_eq!(format::length(Lang::En, 300_000), "5 min");
    assert_eq!(format::length(Lang::En, 15_000_000), "4 h 10 min");
    assert_eq!(format::length(Lang::Zh, 0), "0 秒");
    assert_eq!(format::micros(850), "850 µs");
    assert_eq!(format::micros(3_260), "3.2 ms");
    assert_eq!(format::micros(1_500_000), "1.5 s");
    assert_eq!(format::bytes(1_023), "1023 B");
    assert_eq!(format::bytes(12 << 20), "12 MiB");
}

#[test]
fn money_has_cents_from_one_unit_up_and_up_to_four_decimals_below() {
    let money = |micros| format::money(micros, "USD").replace('\u{a0}', " ");
    assert_eq!(money(0), "0.00 USD");
    assert_eq!(money(12_500), "0.0125 USD");
    assert_eq!(money(50_000), "0.05 USD");
    assert_eq!(money(12_345), "0.0123 USD");
    assert_eq!(money(7), "0.000007 USD");
    assert_eq!(money(-1_500_000), "-1.50 USD");
    assert_eq!(money(9_125_000), "9.13 USD");
    assert_eq!(money(9_125_000_000_000), "9,125,000.00 USD");
    let range = |from, to| format::money_range(from, to, "USD").replace('\u{a0}', " ");
    assert_eq!(range(12_500, 50_000), "0.0125 – 0.0500 USD");
    assert_eq!(range(9_125_000, 36_500_000), "9.13 – 36.50 USD");
    assert_eq!(range(50_000, 50_000), "0.05 USD");
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
        "CPU 98 % > 70 % over 15 s on 3 instances: asks for 5 instances"
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
        "Desired 3 → 5 for CPU. CPU 98 % > 70 % over 15 s on 3 instances: asks for 5 instances"
    );
}

#[test]
fn a_reason_given_twice_is_said_once() {
    let trail = [Reason::Disabled, Reason::AlreadyJudged { cycle: 9 }, Reason::Disabled];
    assert_eq!(reasons::headline(Lang::En, &trail), "Disabled: nothing is begun");
    assert_eq!(
        reasons::sentence(Lang::En, &trail),
        "Disabled: nothing is begun. Cycle 9 was judged before"
    );
}

#[test]
fn a_removal_says_its_cause_once_and_counts_no_cycle_that_did_not_fail() {
    let (id, why) = (InstanceId(7), LeaveCause::Exited);
    let removes = Reason::RemovesUnhealthy {
        id,
        cause: why,
        cycles_down: 0,
    };
    let cause = |reasons| causes::cause(Lang::En, &Cause::Leave { why, reasons });
    assert_eq!(cause(vec![removes]), format!("Removes {id}: Its program ended"));
    assert_eq!(cause(Vec::new()), "Its program ended");
    let held = cause(vec![Reason::RemovalGoesFirst { id, max: 4 }]);
    assert!(held.starts_with("Its program ended: "), "{held}");
}

#[test]
fn every_reason_has_words_in_both_languages() {
    for reason in sample_reasons() {
        for lang in Lang::ALL {
            assert!(!reasons::reason(lang, &reason).is_empty(), "{lang:?} {reason:?}");
        }
    }
}

/// Every reason there is. A new variant is missed here only by someone who also overlooks that its words come out empty:
/// `reasons_en::guard` names all of them.
fn sample_reasons() -> Vec<Reason> {
    let mut all = sizes();
    all.extend(waits());
    all.extend(launches());
    all.extend(removals());
    all
}

fn sizes() -> Vec<Reason> {
    let metric = Metric::Memory;
    let threshold = 70_000;
    vec![
        Reason::Disabled,
        Reason::Deleting,
        Reason::FixedSize { desired: 2 },
        Reason::AlreadyJudged { cycle: 9 },
        Reason::NothingToJudge { warming: 0 },
        Reason::NothingToJudge { warming: 1 },
        Reason::NoSamples {
            metric,
            members: 2,
            why: Missing::SourceSilent,
        },
        Reason::SomeSamplesMissing {
            metric,
            present: 2,
            missing: 1,
        },
        Reason::Within {
            metric,
            mean: 10_000,
            threshold,
            members: 2,
        },
        Reason::StepLimited { asked: 9, allowed: 4 },
        Reason::Saturated {
            metric,
            mean: 99_000,
            ask: 4,
        },
        Reason::NoAnswer { metric, allowed: 3 },
        Reason::ScaledIn {
            from: 3,
            to: 2,
            demand_peak: 120_000,
        },
        Reason::ScaleInForbidden,
        Reason::Clamped {
            asked: 9,
            to: 4,
            min: 1,
            max: 4,
        },
        Reason::BoundsMoved {
            from: 3,
            to: 2,
            min: 1,
            max: 2,
        },
        Reason::RegretBegins {
            size: 2,
            window_cycles: 80,
        },
    ]
}

fn waits() -> Vec<Reason> {
    let metric = Metric::Memory;
    let wait = |why| Reason::ScaleInWaits { why };
    let (peak, fits, average, threshold) = (80_000, 60_000, 75_000, 70_000);
    vec![
        wait(ScaleInWait::AtMin { min: 1 }),
        wait(ScaleInWait::WindowNotFull { present: 3, needed: 32 }),
        wait(ScaleInWait::LastCycleMissing),
        wait(ScaleInWait::AverageNotBelow {
            metric,
            average,
            threshold,
        }),
        wait(ScaleInWait::PeakMinuteTooHigh { metric, peak, fits }),
        wait(ScaleInWait::PeakCycleTooHigh { metric, peak, fits }),
        wait(ScaleInWait::RecentScaleOut { cycles_ago: 1 }),
        wait(ScaleInWait::RecentScaleIn { cycles_ago: 2 }),
        wait(ScaleInWait::Warming { count: 1 }),
        wait(ScaleInWait::Leaving { count: 1 }),
        wait(ScaleInWait::Held),
        wait(ScaleInWait::MoreThanDesired { have: 3, desired: 2 }),
        wait(ScaleInWait::Regret { until: Timestamp(0) }),
    ]
}

fn launches() -> Vec<Reason> {
    let (id, since) = (InstanceId(7), Timestamp(0));
    vec![
        Reason::AtDesired {
            desired: 2,
            in_service: 1,
            warming: 1,
        },
        Reason::NoRoom {
            wanted: 1,
            everything: 4,
            max: 4,
        },
        Reason::BreakerOpen {
            failures: 5,
            next_trial: since,
        },
        Reason::BreakerTrial { attempt: 1 },
        Reason::BreakerClosed,
        Reason::OutOfStock { since },
        Reason::Throttled { wanted: 3, allowed: 1 },
        Reason::DriverSilent,
        Reason::LaunchFailed {
            id,
            cause: LaunchFailure::ExitedInWarmUp { code: 1 },
        },
        Reason::HoldTrial { count: 1, limit: 1 },
        Reason::TrialMakesRoom { id },
        Reason::TakenBack { id },
        Reason::StrayAdopted { id },
    ]
}

fn removals() -> Vec<Reason> {
    let (id, since) = (InstanceId(7), Timestamp(0));
    vec![
        Reason::Surplus {
            count: 1,
            desired: 2,
            have: 3,
        },
        Reason::RemovesUnhealthy {
            id,
            cause: LeaveCause::Unhealthy,
            cycles_down: 3,
        },
        Reason::RemovesUnhealthy {
            id,
            cause: LeaveCause::Exited,
            cycles_down: 0,
        },
        Reason::UnhealthyButKept { id },
        Reason::RemovalWaitsForReplacement { id },
        Reason::RemovalGoesFirst { id, max: 4 },
        Reason::RemovalWaitsForReading { id },
        Reason::RemovedByHand { id },
        Reason::SurplusProtected { wanted: 2, leaving: 1 },
        Reason::StrayDestroyed { id },
        Reason::Detached { id },
        Reason::Vanished { id },
        Reason::StillLeaving { count: 1 },
        Reason::Braked { leaving: 1, limit: 1 },
        Reason::Held {
            down: 3,
            judged: 4,
            since,
        },
        Reason::HoldEnded,
        Reason::HoldTimedOut { since },
        Reason::Strays { count: 1 },
        Reason::StraysNeedAPerson { count: 4 },
        Reason::StoreIsOlder { count: 4 },
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

#[test]
fn a_server_that_is_not_reached_is_said_plainly_and_what_has_no_incident_names_none() {
    let problem = |part: &str, id: &str| Problem::at("", Code::Unavailable).with(part).with(id);
    let said = |lang, part, id| problems::problem(lang, &problem(part, id));
    assert!(said(Lang::En, "connection", "-").starts_with("The server cannot be reached"));
    assert!(said(Lang::Zh, "connection", "-").starts_with("无法连接服务器"));
    for (lang, word) in [(Lang::En, "Incident"), (Lang::Zh, "事件编号")] {
        assert!(!said(lang, "answer", "-").contains(word));
        assert!(said(lang, "database", "7f").contains(&format!("{word} 7f")));
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
    Code::NotOfForm,
    Code::PortForeign,
];

/// Words that are the same in both languages: names, units, signs.
const SAME: [&str; 9] = ["Tidegate", "VPC", "VServer", "VServers", "URL", "CPU", "ID", "%", "s"];

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Two English words in a row: a sentence that nobody wrote in Chinese.
fn has_english(text: &str) -> bool {
    let known = [
        "HAProxy",
        "VServer",
        "SIGTERM",
        "Debian",
        "apt install haproxy",
        "Tidegate",
        "admin",
        "first-password",
    ];
    let rest = known.iter().fold(text.to_owned(), |rest, word| rest.replace(word, ""));
    let words = rest.split(|c: char| !c.is_ascii_alphabetic() && c != ' ');
    words
        .map(str::trim)
        .any(|run| run.split(' ').filter(|word| word.len() > 2).count() > 1)
}

#[test]
fn every_word_of_the_pages_is_written_in_chinese_too() {
    let areas = [
        frame::ALL,
        groups::ALL,
        wizard::ALL,
        templates::ALL,
        balancers::ALL,
        system::ALL,
    ];
    for (name, en, zh) in areas.into_iter().flatten() {
        assert!(!en.is_empty() && !is_chinese(en), "{name}: {en}");
        assert!(is_chinese(zh) || SAME.contains(zh), "{name}: {zh}");
        assert!(!has_english(zh), "{name}: {zh}");
    }
}

#[test]
fn nothing_the_server_or_the_engine_says_stays_english_in_chinese() {
    let mut said: Vec<String> = sample_reasons()
        .iter()
        .map(|each| reasons::reason(Lang::Zh, each))
        .collect();
    let filled = |code: &Code| Problem::at("name", *code).with("1").with("2").with("3");
    said.extend(ALL_CODES.iter().map(|code| problems::problem(Lang::Zh, &filled(code))));
    for (code, words) in [
        (
            Code::NoSuch,
            &["template", "image", "instance_type", "vpc", "vserver"][..],
        ),
        (
            Code::WrongState,
            &["enabled", "disabled", "enabled or disabled", "breaker open"][..],
        ),
        (
            Code::Unavailable,
            &["database", "passwords", "driver", "connection", "arguments", "answer"][..],
        ),
    ] {
        said.extend(
            words
                .iter()
                .map(|word| problems::problem(Lang::Zh, &Problem::at("", code).with(word).with("7"))),
        );
    }
    let faults = [BalancerFault::NotRunning, BalancerFault::Mute("x".into())];
    said.extend(faults.iter().map(|fault| states::fault(Lang::Zh, fault).to_owned()));
    let whats = "created updated enabled disabled deleted bound unbound resized removed";
    let person = |what: &str| Cause::Person {
        name: "阿".into(),
        what: what.into(),
    };
    said.extend(whats.split(' ').map(|what| causes::cause(Lang::Zh, &person(what))));
    let calls = DriverCall::ALL.map(|each| system::call(Lang::Zh, each).to_owned());
    let answers = DriverAnswer::ALL.map(|each| system::answer(Lang::Zh, each).to_owned());
    let outcomes = PassOutcome::ALL.map(|each| system::outcome(Lang::Zh, each).to_owned());
    said.extend(calls.into_iter().chain(answers).chain(outcomes));
    for text in said {
        assert!(is_chinese(&text) && !has_english(&text), "{text}");
    }
}

#[test]
fn a_stored_failure_is_read_in_the_readers_language_whenever_it_was_stored() {
    let exited = LaunchFailure::ExitedInWarmUp { code: 101 };
    let stored = serde_json::to_string(&exited).expect("a word");
    assert_eq!(
        causes::failure(Lang::Zh, &stored),
        causes::launch_failure(Lang::Zh, exited)
    );
    let said = "Its program ended during warm-up with code 101; look at its output";
    assert_eq!(causes::failure(Lang::En, &stored), said);
    let removed = "尚未投入运行就被移除";
    assert_eq!(causes::failure(Lang::Zh, "\"removed_before_service\""), removed);
    assert_eq!(causes::failure(Lang::Zh, "removed before it was in service"), removed);
    assert_eq!(
        causes::failure(Lang::En, "no such file"),
        "The driver said: no such file"
    );
}

#[test]
fn a_wake_that_found_all_as_it_was_is_a_repeat_and_no_headline() {
    let judged = Reason::AlreadyJudged { cycle: 9 };
    let at_desired = Reason::AtDesired {
        desired: 2,
        in_service: 2,
        warming: 0,
    };
    let launches = Reason::Launches {
        count: 1,
        desired: 2,
        healthy: 1,
        warming: 0,
    };
    assert!(reasons::is_repeat(&[judged.clone(), at_desired.clone()]));
    assert!(
        !reasons::is_repeat(&[judged.clone(), launches.clone()]),
        "it began something"
    );
    assert!(!reasons::is_repeat(std::slice::from_ref(&at_desired)), "it judged");
    let said = reasons::headline(Lang::En, &[judged.clone(), at_desired]);
    assert_eq!(said, "Nothing to do: 2 of 2 in service");
    assert_eq!(reasons::headline(Lang::En, &[judged]), "Cycle 9 was judged before");
}
