//! `tidegate serve` as a process: how it starts, that there is one a data folder, and how it ends; on both databases.

#[path = "../control/tests/databases/cluster.rs"]
mod cluster;
mod support;

use cluster::Cluster;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;
use support::{Process, first_password, serve, tidegate};

/// Whoever hangs longer than a stop may take has failed.
const LIMIT: Duration = Duration::from_secs(10);

/// How often, and how long apart, a server is asked whether it is ready.
const READY_ASKS: usize = 100;
const READY_PAUSE: Duration = Duration::from_millis(100);

/// A running server and what it prints; it dies with the test.
struct Server {
    process: Process,
    lines: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one that logs nowhere.
    fn start(data: &Path) -> Self {
        let mut command = serve(data);
        command.stderr(Stdio::null());
        Self::spawn(command)
    }

    fn spawn(command: Command) -> Self {
        let (process, lines) = Process::start(command);
        Self { process, lines }
    }

    /// The whole answer to a request without a body.
    fn ask(&self, head: &str) -> String {
        self.process.ask(head, "")
    }

    /// An event stream that has begun, and what it said.
    fn listen(&self, cookie: &str) -> (BufReader<TcpStream>, String) {
        let host = &self.process.address;
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(
            stream,
            "GET /live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        )
        .unwrap();
        let (mut stream, mut said) = (BufReader::new(stream), String::new());
        while !said.contains("retry:") {
            assert_ne!(stream.read_line(&mut said).unwrap(), 0, "{said}");
        }
        (stream, said)
    }

    fn sign_in(&self, password: &str) -> String {
        self.process.sign_in(password)
    }

    /// Asks until the server is ready; a little apart, so that it is not asked in a spin.
    fn until_ready(&self) {
        let mut last = String::new();
        for _ in 0..READY_ASKS {
            last = self.ask("GET /readyz HTTP/1.1");
            if last.contains("200 OK") {
                return;
            }
            std::thread::park_timeout(READY_PAUSE);
        }
        panic!("not ready: {last}");
    }

    fn terminate(&self) {
        let pid = Pid::from_raw(i32::try_from(self.process.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Waits for the end: its standard output closes with it.
    fn end(mut self) -> ExitStatus {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        self.process.child.wait().unwrap()
    }
}

fn line(lines: &mut BufReader<ChildStdout>) -> String {
    let mut said = String::new();
    lines.read_line(&mut said).unwrap();
    said.trim_end().to_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_start_leaves_a_password_that_goes_at_the_first_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start(&data);
    let file = data.join("first-password");
    let told = line(&mut server.lines);
    assert!(told.contains("admin") && told.contains("first-password"), "{told}");
    assert_eq!((mode(&file), mode(&data.join("tidegate.db"))), (0o600, 0o600));
    let password = first_password(&data);
    assert!(!told.contains(&password));
    server.sign_in(&password);
    assert!(!file.exists());
    server.terminate();
    assert!(server.end().success());
}

#[test]
fn a_stop_ends_open_streams_and_the_next_start_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let cookie = server.sign_in(&first_password(folder.path()));
    let (mut stream, mut first) = server.listen(&cookie);
    server.terminate();
    // Reading to the end fails after `LIMIT`, which is what a stop may take.
    stream.read_to_string(&mut first).unwrap();
    assert!(server.end().success());

    let again = Server::start(folder.path());
    let frame = again.ask(&format!(
        "POST /api/frame HTTP/1.1\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
    ));
    assert!(frame.contains("\"admin\""), "{frame}");
}

#[test]
fn a_second_server_on_the_same_data_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Server::start(folder.path());
    let second = serve(folder.path()).output().unwrap();
    assert!(!second.status.success());
    let said = said(&second);
    assert!(
        said.contains(&format!("process {}", first.process.child.id())) && said.contains("--data"),
        "{said}"
    );
    assert!(first.ask("GET /healthz HTTP/1.1").contains("200 OK"));
}

#[test]
fn an_address_in_use_is_named_and_the_data_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = tidegate()
        .args(["serve", "--listen", &address, "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = said(&output);
    assert!(
        !output.status.success() && said.contains(&address) && said.contains("--listen"),
        "{said}"
    );
    assert!(!folder.path().join("tidegate.db").exists());
}

#[test]
fn a_configuration_that_is_wrong_ends_with_2_and_says_all_of_it() {
    let output = tidegate()
        .args(["check-config", "--time-scale", "0"])
        .env("TIDEGATE_LISEN", "x")
        .output()
        .unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("`time_scale` cannot be `0`") && said.contains("did you mean `TIDEGATE_LISTEN`?"),
        "{said}"
    );
}

#[test]
fn the_file_of_the_settings_is_the_one_named_by_flag_then_by_variable_then_the_one_that_is_here() {
    let folder = tempfile::tempdir().unwrap();
    for (name, hours) in [("tidegate.toml", 3), ("variable.toml", 4), ("flag.toml", 5)] {
        std::fs::write(folder.path().join(name), format!("session_hours = {hours}")).unwrap();
    }
    let check = |variable: Option<&str>, flag: Option<&str>| {
        let mut command = tidegate();
        command.arg("check-config").current_dir(folder.path());
        command.envs(variable.map(|file| ("TIDEGATE_CONFIG", file)));
        command.args(flag.iter().flat_map(|file| ["--config", *file]));
        command.output().unwrap()
    };
    for (variable, flag, hours) in [
        (None, None, 3),
        (Some("variable.toml"), None, 4),
        (Some("variable.toml"), Some("flag.toml"), 5),
    ] {
        let report = String::from_utf8(check(variable, flag).stdout).unwrap();
        let line = format!("session_hours        file         {hours}\n");
        assert!(report.contains(&line), "{report}");
    }
    for refused in [check(Some("none.toml"), None), check(None, Some("none.toml"))] {
        assert_eq!(refused.status.code(), Some(2));
        let said = said(&refused);
        assert!(said.contains("cannot read none.toml: No such file"), "{said}");
    }
}

/// `cargo leptos watch` starts it so.
#[test]
fn a_bare_start_under_cargo_leptos_serves_where_that_says_and_any_other_says_how_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tidegate();
    let log = folder.path().join("log");
    command
        .current_dir(folder.path())
        .stderr(std::fs::File::create(&log).unwrap());
    command.envs([("LEPTOS_SITE_ADDR", "127.0.0.1:0"), ("LEPTOS_SITE_ROOT", "its/site")]);
    let server = Server::spawn(command);
    assert!(server.ask("GET /healthz HTTP/1.1").contains("200 OK"));
    assert!(folder.path().join("data/tidegate.db").exists());
    let said_to_start = std::fs::read_to_string(&log).unwrap();
    assert!(said_to_start.contains("styles in its/site:"), "{said_to_start}");
    let bare = tidegate().env_remove("LEPTOS_SITE_ADDR").output().unwrap();
    assert_eq!(bare.status.code(), Some(2));
    assert!(said(&bare).contains("Usage: tidegate"), "{}", said(&bare));
}

#[test]
fn a_load_of_which_no_request_succeeds_ends_with_1_and_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", taken.local_addr().unwrap());
    drop(taken);
    let load = ["load", &url, "--rate", "10", "--duration", "1s"];
    let output = tidegate().args(load).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("connection refused"), "{report}");
}

/// 0.0.0.0 is no loopback address, and whoever connects to it reaches this host: no packet leaves it.
#[test]
fn a_load_may_be_aimed_where_load_balancers_listen_and_at_no_other_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("its.toml");
    std::fs::write(&file, "balancer_address = \"0.0.0.0\"").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://0.0.0.0:{}/", taken.local_addr().unwrap().port());
    drop(taken);
    let load = |url: &str| {
        let mut command = tidegate();
        command.args(["load", url, "--rate", "10", "--duration", "1s"]);
        command
    };
    let sent = |output: &Output| String::from_utf8_lossy(&output.stdout).contains("connection refused");
    let foreign = load(&url).output().unwrap();
    assert!(said(&foreign).contains("is not this host"), "{}", said(&foreign));
    let by_file = load(&url).arg("--config").arg(&file).output().unwrap();
    assert!(sent(&by_file), "{}", said(&by_file));
    let mut by_variable = load(&url);
    by_variable.env("TIDEGATE_BALANCER_ADDRESS", "0.0.0.0");
    assert!(sent(&by_variable.output().unwrap()));
    let wrong = load(&url).env("TIDEGATE_BALANCER_ADDRESS", "here").output().unwrap();
    assert!(said(&wrong).contains("`balancer_address` cannot be `here`"));
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_password_can_be_reset_while_the_server_runs_and_a_wrong_name_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let reset = |name: &str| {
        tidegate()
            .args(["admin", "reset-password", name, "--data"])
            .arg(folder.path())
            .output()
            .unwrap()
    };
    let done = reset("admin");
    assert!(done.status.success(), "{}", said(&done));
    server.sign_in(String::from_utf8(done.stdout).unwrap().trim());
    let unknown = reset("nobody");
    assert!(
        !unknown.status.success() && said(&unknown).contains("no user named nobody"),
        "{}",
        said(&unknown)
    );
}

/// `tidegate` with a PostgreSQL database.
fn on_postgres(url: &str) -> Command {
    let mut command = tidegate();
    command.env("DATABASE_URL", url);
    command
}

#[test]
fn on_postgresql_it_serves_and_goes_on_and_nothing_says_the_password() {
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let url = cluster.url().replace("postgres@", "postgres:pa55word@");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let started = || {
        let mut command = serve(folder.path());
        command
            .stderr(std::fs::File::create(&log).unwrap())
            .env("DATABASE_URL", &url)
            .env("TIDEGATE_LOG", "trace");
        Server::spawn(command)
    };
    let server = started();
    assert!(!folder.path().join("tidegate.db").exists());
    let reset = on_postgres(&url)
        .args(["admin", "reset-password", "admin", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    let cookie = server.sign_in(std::str::from_utf8(&reset.stdout).unwrap().trim());
    server.terminate();
    assert!(server.end().success());
    let first_log = std::fs::read_to_string(&log).unwrap();

    let again = started();
    let frame = again.ask(&format!(
        "POST /api/frame HTTP/1.1\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
    ));
    assert!(frame.contains("\"admin\""), "{frame}");
    let checked = on_postgres(&url).arg("check-config").output().unwrap();
    let report = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(report.contains("environment  postgres://postgres@/"), "{report}");
    for said in [first_log, std::fs::read_to_string(&log).unwrap(), report, said(&reset)] {
        assert!(!said.contains("pa55word"), "{said}");
    }
}

#[test]
fn a_database_server_that_does_not_answer_is_named_without_the_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = serve(folder.path())
        .env("DATABASE_URL", format!("postgres://ann:pa55word@{free}/tidegate"))
        .output()
        .unwrap();
    let said = said(&output);
    assert!(!output.status.success() && !said.contains("pa55word"), "{said}");
    assert!(
        said.contains(&format!("cannot open the database postgres://ann@{free}/tidegate")) && said.contains("refused"),
        "{said}"
    );
}

/// A password is reset by another process: whoever is signed in with the old one is out, and hears nothing more.
#[test]
fn a_reset_by_another_process_ends_sessions_and_their_streams_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let cookie = server.sign_in(&first_password(folder.path()));
    let (mut stream, mut heard) = server.listen(&cookie);
    let done = tidegate()
        .args(["admin", "reset-password", "admin", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", said(&done));
    // A stream that says nothing for a second fails the read.
    stream.get_ref().set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    stream
        .read_to_string(&mut heard)
        .expect("the stream ends within a second");
    let frame = server.ask(&format!(
        "POST /api/frame HTTP/1.1\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
    ));
    assert!(frame.contains("\"actor\":null"), "{frame}");
}

/// A program that is there when the settings are read, and gone from the first time that it is asked for its version.
fn haproxy_that_vanishes(folder: &Path) -> PathBuf {
    let file = folder.join("haproxy");
    std::fs::write(&file, "#!/bin/sh\n/bin/rm -- \"$0\"\nexit 1\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}

#[test]
fn without_haproxy_the_server_is_ready_and_pages_of_load_balancers_say_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let (data, haproxy) = (folder.path().join("data"), haproxy_that_vanishes(folder.path()));
    let mut command = serve(&data);
    command.arg("--haproxy").arg(&haproxy).stderr(Stdio::null());
    let server = Server::spawn(command);
    server.until_ready();
    assert!(!haproxy.exists());
    let cookie = server.sign_in(&first_password(&data));
    let page = |path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nAccept-Language: en\r\nCookie: {cookie}");
        let page = server.ask(&head);
        assert!(
            page.contains("200 OK") && page.contains("apt install haproxy"),
            "{page}"
        );
        page
    };
    let create = "form[name]=lb&form[remark]=";
    server.process.post(&cookie, "/api/balancers/create", create);
    let list = page("/balancers");
    let id = list.split("/balancers/").find(|part| part.starts_with("lb-")).unwrap();
    let id = id.split(['"', '?', '/', '&']).next().unwrap();
    let listener = format!(
        "id={id}&form[name]=http&form[port]=20123&form[algorithm]=round_robin&form[check_path]=/healthz\
         &form[check_interval_s]=2"
    );
    server.process.post(&cookie, "/api/balancers/create-vserver", &listener);
    page(&format!("/balancers/{id}"));
    assert!(server.ask("GET /readyz HTTP/1.1").contains("200 OK"));
}

#[test]
fn a_started_server_is_ready_says_so_and_counts_what_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let alive = server.ask("GET /healthz HTTP/1.1");
    assert!(alive.contains("200 OK") && alive.contains("store well"), "{alive}");
    server.until_ready();
    let metrics = server.ask("GET /metrics HTTP/1.1");
    for name in [
        "tidegate_pass_lag_seconds_bucket",
        "tidegate_store_seconds_bucket{le=",
        "operation=\"claim\"",
        "tidegate_driver_calls_total{call=\"list\",answer=\"done\"}",
        "tidegate_leases 64",
        "tidegate_groups 0",
        "tidegate_machines 0",
    ] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
    assert!(metrics.trim_end().ends_with("# EOF"), "{metrics}");
    let proxied = server.ask("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1");
    assert!(proxied.contains("401 Unauthorized"), "{proxied}");
}
