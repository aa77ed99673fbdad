//! `sample-web` as an instance: ready check, work, sickness, memory, and an end without a lost request.

use super::bench::Bench;
use super::place::{Place, Program, until};
use control::drivers::{MachineSpec, MachineWord};
use engine::model::ReadyWord;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Status and body of one answer.
async fn ask(spec: &MachineSpec, method: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect((spec.address, spec.image.ports[0])).await?;
    stream
        .write_all(format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    status
        .zip(body)
        .ok_or_else(|| std::io::Error::other(format!("no answer in `{answer}`")))
}

async fn get(spec: &MachineSpec, path: &str) -> (u16, String) {
    ask(spec, "GET", path)
        .await
        .unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// A sample program that is ready.
async fn ready(bench: &Bench) -> MachineSpec {
    let mut spec = bench.spec(&Program::Own(&["sample-web"]));
    spec.image.ready_path = Some("/healthz".to_owned());
    bench.driver().create(&spec).await.expect("accepted");
    until("its ready check", async || {
        (bench.machine(spec.id).await.ready == ReadyWord::Passed).then_some(())
    })
    .await;
    spec
}

#[tokio::test]
async fn it_says_who_it_is_and_shows_its_user_data() {
    let bench = Bench::new();
    let spec = ready(&bench).await;
    let (status, who) = get(&spec, "/").await;
    assert!(
        status == 200 && who.contains(&format!("instance {}", spec.id)) && who.contains("host web-host"),
        "{who}"
    );
    assert_eq!(get(&spec, "/userdata").await, (200, spec.user_data.clone()));
    assert_eq!(get(&spec, "/nowhere").await.0, 404);
    assert_eq!(ask(&spec, "POST", "/work?ms=1").await.expect("an answer").0, 405);
}

#[tokio::test]
async fn work_costs_the_cpu_time_it_names_and_bad_numbers_are_refused() {
    let bench = Bench::new();
    let spec = ready(&bench).await;
    let before = bench.driver().usage(&[spec.id]).await.expect("an answer")[0].1;
    let (one, two) = tokio::join!(get(&spec, "/work?ms=150"), get(&spec, "/work?ms=150"));
    assert_eq!((one.0, two.0), (200, 200));
    let after = bench.driver().usage(&[spec.id]).await.expect("an answer")[0].1;
    let burned_ms = (after.cpu_ns - before.cpu_ns) / 1_000_000;
    assert!((300..450).contains(&burned_ms), "{burned_ms} ms");
    for bad in [
        "/work",
        "/work?ms=",
        "/work?ms=-1",
        "/work?ms=10001",
        "/work?ms=x",
        "/memory?mb=1025",
    ] {
        assert_eq!(get(&spec, bad).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn it_can_be_made_sick_and_well_and_ready_stays_said() {
    let bench = Bench::new();
    let spec = ready(&bench).await;
    for (order, health) in [
        ("/admin/sick", 503),
        ("/admin/sick?on=true", 503),
        ("/admin/sick?on=false", 200),
        ("/admin/sick", 503),
    ] {
        assert_eq!(ask(&spec, "POST", order).await.expect("an answer").0, 200);
        assert_eq!(get(&spec, "/healthz").await.0, health, "after {order}");
    }
    assert_eq!(
        ask(&spec, "POST", "/admin/sick?on=maybe").await.expect("an answer").0,
        400
    );
    assert_eq!(bench.machine(spec.id).await.ready, ReadyWord::Passed);
}

#[tokio::test]
async fn memory_it_holds_is_seen_and_given_back() {
    let bench = Bench::new();
    let spec = ready(&bench).await;
    assert_eq!(get(&spec, "/memory?mb=40").await.0, 200);
    let held = bench.driver().usage(&[spec.id]).await.expect("an answer")[0]
        .1
        .memory_bytes;
    assert!(held > 40 << 20, "{held} bytes");
    assert_eq!(get(&spec, "/memory?mb=0").await.0, 200);
    let rest = bench.driver().usage(&[spec.id]).await.expect("an answer")[0]
        .1
        .memory_bytes;
    assert!(rest < held - (30 << 20), "{rest} of {held} bytes");
}

#[tokio::test]
async fn on_sigterm_it_finishes_what_it_has_while_its_check_fails_and_ends_with_zero() {
    let bench = Bench::new();
    let spec = ready(&bench).await;
    let long = async { ask(&spec, "GET", "/work?ms=1500").await };
    let stop = async {
        until("the work to begin", async || {
            let usage = bench.driver().usage(&[spec.id]).await.expect("an answer")[0].1;
            (usage.cpu_ns > 100_000_000).then_some(())
        })
        .await;
        bench
            .driver()
            .stop(spec.id, Duration::from_secs(60))
            .await
            .expect("accepted");
        until("its check to fail", async || {
            (get(&spec, "/healthz").await.0 == 503).then_some(())
        })
        .await;
        assert_eq!(get(&spec, "/").await.0, 503, "new work is refused");
    };
    let (answer, ()) = tokio::join!(long, stop);
    assert_eq!(answer.expect("it is finished"), (200, "burned 1500 ms\n".to_owned()));
    assert_eq!(bench.wait_exit(spec.id).await, 0);
}

#[tokio::test]
async fn a_slow_start_listens_late_and_can_be_stopped_before() {
    let bench = Bench::new();
    let mut spec = bench.spec(&Program::Own(&["sample-web", "600000"]));
    spec.image.ready_path = Some("/healthz".to_owned());
    bench.driver().create(&spec).await.expect("accepted");
    assert!(ask(&spec, "GET", "/").await.is_err());
    let machine = bench.machine(spec.id).await;
    assert!(matches!(machine.word, MachineWord::Running { .. }) && machine.ready == ReadyWord::NotYet);
    until("the program to hear signals", async || {
        // It catches SIGTERM once bit 14 of the mask of caught signals is set.
        let pid = super::bench::processes(spec.id).into_iter().next()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))?
            .trim()
            .to_owned();
        (u64::from_str_radix(&caught, 16).ok()? & (1 << 14) != 0).then_some(())
    })
    .await;
    bench
        .driver()
        .stop(spec.id, Duration::from_secs(60))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(spec.id).await, 0);
}
