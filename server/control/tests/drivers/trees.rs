//! Whole trees: who belongs to a machine, what it uses, and what happens when its shim dies.

use super::bench::{Bench, is_alive, processes};
use super::place::{Place, Program, until};
use control::drivers::process::boot_ns;
use control::drivers::{DriverError, MachineWord, Usage};
use engine::model::InstanceId;
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

const FAMILY: &str = "setsid sleep 1000 & (sleep 1000 &) ; sh -c 'sleep 1000; :' & echo up;";

async fn usage(bench: &Bench, id: InstanceId) -> Usage {
    let read = bench.driver().usage(&[id]).await.expect("an answer");
    assert_eq!(read.len(), 1);
    read[0].1
}

fn kill_shim(bench: &Bench, id: InstanceId) {
    let pid = bench.shim_pid(id);
    kill_process(Pid::from_raw(pid).expect("a pid"), Signal::KILL).expect("it is killed");
}

async fn shim_died(pid: i32) {
    until("the shim's end", async || (!is_alive(pid)).then_some(())).await;
}

#[tokio::test]
async fn what_a_program_leaves_behind_ends_with_it() {
    let bench = Bench::new();
    let spec = bench.spec(&Program::Own(&["unused"]));
    let mut spec = spec;
    spec.image.command = vec![
        "/bin/sh".to_owned(),
        "-c".to_owned(),
        format!("{FAMILY} sleep 0.3; exit 5"),
    ];
    bench.driver().create(&spec).await.expect("accepted");
    until("the family", async || (processes(spec.id).len() >= 5).then_some(())).await;
    assert_eq!(bench.wait_exit(spec.id).await, 5);
    assert_eq!(processes(spec.id).len(), 0, "exited means nothing of it runs");
}

#[tokio::test]
async fn a_delete_kills_the_whole_tree() {
    let bench = Bench::new();
    let mut spec = bench.spec(&Program::Waits);
    spec.image.command = vec!["/bin/sh".to_owned(), "-c".to_owned(), format!("{FAMILY} wait")];
    bench.driver().create(&spec).await.expect("accepted");
    until("the family", async || (processes(spec.id).len() >= 5).then_some(())).await;
    bench.remove(spec.id).await;
    assert_eq!(processes(spec.id).len(), 0);
    assert!(!bench.folder(spec.id).exists());
}

#[tokio::test]
async fn a_program_that_signals_its_group_does_not_hit_its_shim() {
    let bench = Bench::new();
    let id = bench.start(&Program::Script("kill -9 0")).await;
    assert_eq!(bench.wait_exit(id).await, 137);
}

#[tokio::test]
async fn the_cpu_time_of_ended_threads_and_of_more_than_one_cpu_counts() {
    let bench = Bench::new();
    let id = bench.start(&Program::Own(&["burn", "3", "100"])).await;
    bench.wait_printed(id, "burned").await;
    let cpu_ms = usage(&bench, id).await.cpu_ns / 1_000_000;
    assert!((300..600).contains(&cpu_ms), "{cpu_ms} ms");
}

#[tokio::test]
async fn the_cpu_time_of_ended_children_and_orphans_counts_and_never_runs_back() {
    let bench = Bench::new();
    let spin = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'";
    let mut spec = bench.spec(&Program::Waits);
    spec.image.command = vec![
        "/bin/sh".to_owned(),
        "-c".to_owned(),
        format!("{spin}; ({spin}; echo orphan) & {spin}; wait; echo done; exec sleep 1000"),
    ];
    bench.driver().create(&spec).await.expect("accepted");
    let mut before = usage(&bench, spec.id).await;
    until("the children's end", async || {
        bench.printed(spec.id).await.contains("done").then_some(())
    })
    .await;
    for _look in 0..5 {
        let now = usage(&bench, spec.id).await;
        assert!(now.cpu_ns >= before.cpu_ns && now.read_at_ns > before.read_at_ns);
        before = now;
    }
    assert!(
        before.cpu_ns > 50_000_000,
        "{} ns: three spinning children cost more",
        before.cpu_ns
    );
    assert!(
        before.memory_bytes > 100_000 && before.memory_bytes < 64 << 20,
        "{} bytes",
        before.memory_bytes
    );
}

#[tokio::test]
async fn an_ended_machine_has_no_usage_and_does_not_hide_the_others() {
    let bench = Bench::new();
    let (ended, runs) = (
        bench.start(&Program::Exits(0)).await,
        bench.start(&Program::Waits).await,
    );
    bench.wait_exit(ended).await;
    let read = bench
        .driver()
        .usage(&[ended, runs, InstanceId(1)])
        .await
        .expect("an answer");
    assert_eq!(read.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [runs]);
}

#[tokio::test]
async fn a_program_whose_shim_was_killed_runs_on_and_still_obeys() {
    let bench = Bench::new();
    let id = bench.start(&Program::Waits).await;
    let before = bench.word(id).await;
    let shim = bench.shim_pid(id);
    kill_shim(&bench, id);
    shim_died(shim).await;
    assert_eq!(bench.word(id).await, before);
    assert!(usage(&bench, id).await.memory_bytes > 0);
    bench
        .driver()
        .stop(id, Duration::from_secs(60))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(id).await, 137, "nobody was there to see its code");
    assert_eq!(processes(id).len(), 0);
}

#[tokio::test]
async fn a_delete_without_a_shim_finds_what_detached_itself_too() {
    let bench = Bench::new();
    let mut spec = bench.spec(&Program::Waits);
    spec.image.command = vec!["/bin/sh".to_owned(), "-c".to_owned(), format!("{FAMILY} wait")];
    bench.driver().create(&spec).await.expect("accepted");
    until("the family", async || (processes(spec.id).len() >= 5).then_some(())).await;
    let shim = bench.shim_pid(spec.id);
    kill_shim(&bench, spec.id);
    shim_died(shim).await;
    bench.remove(spec.id).await;
    assert_eq!(processes(spec.id).len(), 0);
    assert_eq!(bench.word(spec.id).await, MachineWord::Gone);
}

#[tokio::test]
async fn a_stop_without_a_shim_kills_once_the_deadline_has_passed_and_it_is_asked_again() {
    let bench = Bench::new();
    let id = bench.start(&Program::IgnoresTerm).await;
    bench.wait_printed(id, "up").await;
    let shim = bench.shim_pid(id);
    kill_shim(&bench, id);
    shim_died(shim).await;
    let began_ns = boot_ns();
    until("its end", async || {
        bench
            .driver()
            .stop(id, Duration::from_millis(200))
            .await
            .expect("accepted");
        matches!(bench.word(id).await, MachineWord::Exited { code: 137 }).then_some(())
    })
    .await;
    assert!(boot_ns() - began_ns >= 200_000_000);
}

#[tokio::test]
async fn a_broken_state_makes_the_list_an_error_until_it_is_deleted() {
    let bench = Bench::new();
    let (broken, _other) = (
        bench.start(&Program::Exits(0)).await,
        bench.start(&Program::Waits).await,
    );
    bench.wait_exit(broken).await;
    until("the shim's end", async || {
        (!is_alive(bench.shim_pid(broken))).then_some(())
    })
    .await;
    std::fs::write(bench.folder(broken).join("state.json"), b"{ half").expect("it is broken");
    let answer = bench.driver().list().await;
    assert!(
        matches!(&answer, Err(DriverError::Unknown { why, .. }) if why.contains("state.json is broken")),
        "{answer:?}"
    );
    bench.remove(broken).await;
    assert_eq!(bench.driver().list().await.expect("a list").len(), 1);
}

#[tokio::test]
async fn a_foreign_entry_makes_the_list_an_error() {
    let bench = Bench::new();
    let id = bench.start(&Program::Waits).await;
    let stranger = bench.folder(id).with_file_name("lost");
    std::fs::create_dir(&stranger).expect("a folder");
    assert!(matches!(bench.driver().list().await, Err(DriverError::Unknown { .. })));
    std::fs::remove_dir(&stranger).expect("it is removed");
    assert_eq!(bench.driver().list().await.expect("a list").len(), 1);
}

#[tokio::test]
async fn a_program_that_prints_without_end_fills_two_files_and_can_be_stopped() {
    let bench = Bench::new();
    let id = bench
        .start(&Program::Script(
            "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
        ))
        .await;
    until("the second file", async || {
        bench.folder(id).join("output.log.1").exists().then_some(())
    })
    .await;
    bench
        .driver()
        .stop(id, Duration::from_secs(60))
        .await
        .expect("accepted");
    assert_eq!(bench.wait_exit(id).await, 143);
    let bytes: u64 = ["output.log", "output.log.1"]
        .iter()
        .map(|name| bench.folder(id).join(name).metadata().expect("a file").len())
        .sum();
    assert!(bytes <= 512 * 1024, "{bytes} bytes");
}

#[tokio::test]
async fn a_shim_that_is_stuck_does_not_hold_up_a_delete_for_ever() {
    let bench = Bench::new();
    let id = bench.start(&Program::IgnoresTerm).await;
    bench.wait_printed(id, "up").await;
    kill_process(Pid::from_raw(bench.shim_pid(id)).expect("a pid"), Signal::STOP).expect("it is stopped");
    bench.remove(id).await;
    assert_eq!(processes(id).len(), 0);
}

/// Parent, process group and session of a process.
fn ties(pid: i32) -> [i32; 3] {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it is there");
    let fields: Vec<_> = stat.rsplit_once(") ").expect("a name").1.split(' ').collect();
    [1, 2, 3].map(|field| fields[field].parse().expect("an id"))
}

#[tokio::test]
async fn a_shim_is_nobodys_child_and_a_session_of_its_own_so_that_no_end_of_the_server_reaches_it() {
    let bench = Bench::new();
    let id = bench.start(&Program::Waits).await;
    let (shim, program) = (bench.shim_pid(id), processes(id)[0]);
    let server = i32::try_from(std::process::id()).expect("an id");
    until("its first process to end", async || {
        (ties(shim)[0] != server).then_some(())
    })
    .await;
    assert_eq!(ties(shim)[2], shim);
    assert_eq!(ties(program), [shim, program, shim]);
    assert!(ties(server)[1..].iter().all(|tie| *tie != shim));
}

#[tokio::test]
async fn a_shim_told_to_end_stops_its_program_first() {
    let bench = Bench::new();
    let id = bench.start(&Program::EndsOnTerm(9)).await;
    bench.wait_printed(id, "up").await;
    kill_process(Pid::from_raw(bench.shim_pid(id)).expect("a pid"), Signal::TERM).expect("it is told");
    assert_eq!(bench.wait_exit(id).await, 9);
}
