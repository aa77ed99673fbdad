//! The load generator against servers that count.

use super::world::{Web, address, port};
use clap::Parser;
use control::load::{Cause, LoadError, LoadOptions, LoadReport, parse_span, run};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinSet;

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    load: LoadOptions,
}

fn options(url: String, change: impl FnOnce(&mut LoadOptions)) -> LoadOptions {
    let mut options = LoadOptions::new(url);
    options.duration = Duration::from_secs(1);
    change(&mut options);
    options
}

async fn load(web: &Web, change: impl FnOnce(&mut LoadOptions)) -> LoadReport {
    run(options(format!("http://{}:8080/", web.address), change))
        .await
        .expect("a report")
}

#[tokio::test]
async fn every_request_the_server_counts_is_in_the_report() {
    let web = Web::start().await;
    let report = load(&web, |o| o.concurrency = Some(3)).await;
    assert_eq!(
        (report.requests, report.succeeded, report.failed),
        (web.hits(), web.hits(), 0),
        "{report}"
    );
    assert!(report.success_percent == 100.0 && report.requests > 100, "{report}");
}

#[tokio::test]
async fn an_open_loop_keeps_its_rate() {
    let web = Web::start().await;
    let report = load(&web, |o| (o.rate, o.duration) = (Some(300), Duration::from_secs(2))).await;
    assert_eq!((report.requests, report.failed), (600, 0), "{report}");
    assert_eq!(web.hits(), 600);
    assert!((285.0..=315.0).contains(&report.per_second), "{report}");
}

#[tokio::test]
async fn an_open_loop_sends_on_while_answers_are_slow() {
    let web = Web::start().await;
    web.manners.delay_ms.store(400, Ordering::SeqCst);
    let report = load(&web, |o| o.rate = Some(100)).await;
    assert_eq!((report.requests, report.failed), (100, 0), "{report}");
    assert!(report.latency_us.p50 >= 400_000, "{report}");
}

#[tokio::test]
async fn a_load_in_steps_starts_small() {
    let web = Web::start().await;
    let change = |o: &mut LoadOptions| {
        (o.rate, o.duration, o.hold) = (Some(200), Duration::from_secs(2), Duration::from_secs(1));
        (o.start_percent, o.step_percent) = (10, 90);
    };
    assert_eq!(
        load(&web, change).await.requests,
        220,
        "20 in the first second, 200 in the next"
    );
}

#[tokio::test]
async fn failures_are_told_by_their_cause() {
    let web = Web::with(503).await;
    let report = load(&web, |o| o.rate = Some(20)).await;
    assert_eq!(report.failures, [(Cause::Status5xx, 20)].into());
    web.answer(404);
    assert_eq!(
        load(&web, |o| o.rate = Some(20)).await.failures,
        [(Cause::Status4xx, 20)].into()
    );

    let nobody = address();
    let url = format!("http://{nobody}:{}/", port(nobody));
    let report = run(options(url, |o| o.rate = Some(20))).await.expect("a report");
    assert_eq!(report.failures, [(Cause::Refused, 20)].into());

    let rude = tokio::net::TcpListener::bind((address(), 0))
        .await
        .expect("an own address");
    let url = format!("http://{}/", rude.local_addr().expect("bound"));
    let mut hanging_up = JoinSet::new();
    hanging_up.spawn(async move {
        loop {
            drop(rude.accept().await);
        }
    });
    let report = run(options(url, |o| o.rate = Some(20))).await.expect("a report");
    assert_eq!((report.requests, report.succeeded), (20, 0), "{report}");
    assert!(report.failures.contains_key(&Cause::Reset), "{report}");
}

#[tokio::test]
async fn other_hosts_are_not_loaded() {
    for url in [
        "http://192.0.2.1/",
        "http://[2001:db8::1]:80/",
        "http://8.8.8.8:20000/x",
    ] {
        let why = run(options(url.to_owned(), |_| {})).await.expect_err("remote");
        assert!(matches!(why, LoadError::Remote { .. }), "{why}");
        assert!(why.to_string().contains("--allow-remote"), "{why}");
    }
}

#[tokio::test]
async fn what_is_no_url_of_ours_says_why() {
    for url in [
        "",
        "127.0.0.1:80",
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "http://",
        "http://a b/",
        "/x",
    ] {
        let why = run(options(url.to_owned(), |_| {})).await.expect_err("no URL");
        assert!(matches!(why, LoadError::Url { .. }), "{url}: {why}");
    }
    let day = Duration::from_secs(86_401);
    for (duration, hold) in [
        (Duration::ZERO, day / 2),
        (day, day / 2),
        (day / 2, day),
        (day / 2, Duration::ZERO),
    ] {
        let change = |o: &mut LoadOptions| (o.duration, o.hold) = (duration, hold);
        let why = run(options("http://127.0.0.1/".to_owned(), change))
            .await
            .expect_err("too long or nothing");
        assert!(matches!(why, LoadError::Duration { .. }), "{why}");
    }
}

#[test]
fn arguments_are_bounded() {
    let parse = |line: &str| Program::try_parse_from(line.split(' ')).map(|program| program.load);
    let load = parse("load http://127.0.0.1/ --rate 50 --duration 5m --start-percent 10 --step-percent 30 --hold 30s")
        .expect("fine");
    assert_eq!(
        (load.rate, load.duration, load.hold),
        (Some(50), Duration::from_secs(300), Duration::from_secs(30))
    );
    for line in [
        "load",
        "load http://127.0.0.1/ --rate 0",
        "load http://127.0.0.1/ --rate 100001",
        "load http://127.0.0.1/ --concurrency 10001",
        "load http://127.0.0.1/ --rate 5 --concurrency 5",
        "load http://127.0.0.1/ --duration soon",
        "load http://127.0.0.1/ --start-percent 101",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn spans_are_read_in_seconds_minutes_and_hours() {
    for (text, seconds) in [
        ("30", Some(30)),
        ("30s", Some(30)),
        ("5m", Some(300)),
        ("2h", Some(7200)),
    ] {
        assert_eq!(parse_span(text).ok().map(|span| span.as_secs()), seconds, "{text}");
    }
    for text in [
        "",
        "s",
        "0",
        "0s",
        "-1s",
        "1d",
        "1.5s",
        "99999999999999999999h",
        "18446744073709551615h",
    ] {
        assert!(parse_span(text).is_err(), "{text}");
    }
}
