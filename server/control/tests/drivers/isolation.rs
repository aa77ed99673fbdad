//! What a program is given, and what it is kept from.

use super::bench::{Bench, processes};
use super::place::{Place, Program};
use control::drivers::{Driver, DriverError, MachineWord};
use std::time::Duration;

#[tokio::test]
async fn the_environment_is_cleared_and_says_what_the_contract_names() {
    let bench = Bench::new();
    let mut spec = bench.spec(&Program::Script("env; echo end"));
    spec.image.environment = vec![
        ("COLOUR".to_owned(), "teal".to_owned()),
        ("PORT".to_owned(), "1".to_owned()),
    ];
    bench.driver().create(&spec).await.expect("accepted");
    let printed = bench.wait_printed(spec.id, "end").await;
    let mut names: Vec<_> = printed
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    let wanted = [
        "ADDRESS",
        "COLOUR",
        "HOME",
        "HOSTNAME",
        "LANG",
        "PATH",
        "PORT",
        "PWD",
        "TIDEGATE_INSTANCE",
        "TIDEGATE_USER_DATA",
    ];
    assert_eq!(names, wanted, "PWD is the shell's own");
    for line in [
        "COLOUR=teal",
        "PORT=8080",
        "HOSTNAME=web-host",
        &format!("TIDEGATE_INSTANCE={}", spec.id),
        &format!("ADDRESS={}", spec.address),
    ] {
        assert!(printed.lines().any(|found| found == line), "{line} in {printed}");
    }
}

#[tokio::test]
async fn a_descriptor_the_server_left_open_does_not_reach_the_program() {
    let bench = Bench::new();
    let leaked = std::fs::File::open("/dev/null").expect("it opens");
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).expect("it stays open over exec");
    let id = bench
        .start(&Program::Script("echo open: $(ls /proc/$$/fd); echo end"))
        .await;
    let printed = bench.wait_printed(id, "end").await;
    // The shell reads the answer of `ls` through one more.
    assert!(
        ["open: 0 1 2\n", "open: 0 1 2 3\n"]
            .iter()
            .any(|wanted| printed.starts_with(wanted)),
        "{printed}"
    );
    let shim = std::fs::read_dir(format!("/proc/{}/fd", std::process::id()))
        .expect("it lists")
        .count();
    assert!(shim > 3, "this process has more open than that");
}

#[tokio::test]
async fn a_program_has_its_own_folder_mask_user_and_no_way_to_more_rights() {
    let bench = Bench::new();
    let script = "umask; pwd; echo home=$HOME; id -u; ulimit -c; grep NoNewPrivs /proc/self/status; grep SigBlk /proc/self/status; echo end";
    let id = bench.start(&Program::Script(script)).await;
    let printed = bench.wait_printed(id, "end").await;
    let lines: Vec<_> = printed.lines().collect();
    let work = bench.folder(id).join("work").to_string_lossy().into_owned();
    assert_eq!(
        (lines[0], lines[1], lines[2]),
        ("0077", &*work, &*format!("home={work}"))
    );
    let uid: u32 = lines[3].parse().expect("a user id");
    let server = rustix::process::geteuid();
    assert!(
        if server.is_root() {
            uid >= 200_000
        } else {
            uid == server.as_raw()
        },
        "user {uid}"
    );
    assert_eq!(lines[4], "0", "no core files");
    assert!(
        lines[5].ends_with('1') && lines[6].ends_with("0000000000000000"),
        "{printed}"
    );
}

#[tokio::test]
async fn user_data_is_read_at_its_path_and_never_executed() {
    let bench = Bench::new();
    let id = bench
        .start(&Program::Script(
            "cat \"$TIDEGATE_USER_DATA\"; test -x \"$TIDEGATE_USER_DATA\" || echo not executable",
        ))
        .await;
    assert_eq!(
        bench.wait_printed(id, "not executable").await,
        "hello = \"$(id)\"\nnot executable\n"
    );
}

#[tokio::test]
async fn programs_cannot_read_each_others_files() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only under root does each program have a user of its own");
        return;
    }
    let bench = Bench::new();
    let victim = bench.start(&Program::Waits).await;
    let mut spec = bench.spec(&Program::Script(
        "cat $OTHER/user-data $OTHER/spec.json; ls $OTHER $OTHER/work; kill $PID; echo end",
    ));
    let pid = processes(victim)[0];
    spec.image.environment = vec![
        ("OTHER".to_owned(), bench.folder(victim).to_string_lossy().into_owned()),
        ("PID".to_owned(), pid.to_string()),
    ];
    bench.driver().create(&spec).await.expect("accepted");
    let printed = bench.wait_printed(spec.id, "end").await;
    assert!(
        !printed.contains("hello") && printed.matches("denied").count() == 4 && printed.contains("not permitted"),
        "{printed}"
    );
    assert_eq!(processes(victim), [pid]);
}

#[tokio::test]
async fn a_program_that_is_not_there_is_refused_in_plain_words_and_counts_as_exited() {
    let bench = Bench::new();
    let mut spec = bench.spec(&Program::Waits);
    spec.image.command = vec!["/no/such/program".to_owned()];
    let refusal = bench.driver().create(&spec).await.expect_err("it cannot start");
    assert!(
        matches!(&refusal, DriverError::Refused { why, .. } if why.contains("/no/such/program")),
        "{refusal}"
    );
    assert_eq!(bench.word(spec.id).await, MachineWord::Exited { code: 127 });
    assert!(bench.printed(spec.id).await.contains("cannot run /no/such/program"));
}

#[tokio::test]
async fn bad_specs_leave_nothing_behind() {
    let bench = Bench::new();
    let mut spec = bench.spec(&Program::Waits);
    spec.user_data = "x".repeat(16 * 1024 + 1);
    assert!(matches!(
        bench.driver().create(&spec).await,
        Err(DriverError::Refused { .. })
    ));
    spec.user_data.clear();
    spec.image.command.clear();
    assert!(matches!(
        bench.driver().create(&spec).await,
        Err(DriverError::Refused { .. })
    ));
    assert_eq!(bench.word(spec.id).await, MachineWord::NeverSeen);
}

#[tokio::test]
async fn a_data_folder_closed_to_others_still_gives_programs_their_own_user_and_their_data() {
    let bench = Bench::new();
    bench.close_to_others();
    let script = "cat \"$TIDEGATE_USER_DATA\"; touch mine && id -u; echo end";
    let id = bench.start(&Program::Script(script)).await;
    let printed = bench.wait_printed(id, "end").await;
    assert!(
        printed.starts_with("hello") && printed.lines().count() == 3,
        "{printed}"
    );
    assert!(
        !rustix::process::geteuid().is_root() || !printed.contains("\n0\n"),
        "{printed}"
    );
}

#[tokio::test]
async fn machines_of_another_installation_are_neither_seen_nor_touched() {
    let bench = Bench::new();
    let spec = bench.spec(&Program::Waits);
    bench.driver().create(&spec).await.expect("accepted");
    let stranger = bench.stranger();
    assert!(stranger.list().await.expect("a list").is_empty());
    assert_eq!(
        stranger.describe(spec.id).await.expect("an answer").word,
        MachineWord::NeverSeen
    );
    assert!(matches!(stranger.create(&spec).await, Err(DriverError::Refused { .. })));
    assert!(matches!(
        stranger.stop(spec.id, Duration::ZERO).await,
        Err(DriverError::Refused { .. })
    ));
    assert!(matches!(
        stranger.delete(spec.id).await,
        Err(DriverError::Refused { .. })
    ));
    assert_eq!(processes(spec.id).len(), 1);
    assert!(matches!(bench.word(spec.id).await, MachineWord::Running { .. }));
}
