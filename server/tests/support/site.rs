//! A site of a real server for tests: its group, its load balancer, and what can be seen of it from outside.

#![allow(dead_code, reason = "each test program uses its part")]

use crate::support::{LIMIT, Process, first_password, serve};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{File, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Between two looks.
pub const PAUSE: Duration = Duration::from_millis(100);

/// A listener of a load balancer of its own.
pub struct Listener {
    pub balancer: String,
    pub vserver: String,
    pub port: u16,
}

/// A running server, its log beside it. At the end nothing that it started is left.
pub struct Server {
    pub process: Process,
    pub cookie: String,
    data: PathBuf,
    log: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill();
        end_all_of(&self.data);
    }
}

/// Instances and balancers outlive their server: those of this folder end with the test, however it ends.
pub fn end_all_of(data: &Path) {
    let folder = data.display().to_string();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(number) = process.file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let place = std::fs::read_link(process.path().join("cwd")).unwrap_or_default();
        let ours = String::from_utf8_lossy(&command).contains(&folder) || place.starts_with(data);
        if let Some(pid) = Pid::from_raw(number).filter(|_| ours) {
            let _over = kill_process(pid, Signal::KILL);
        }
    }
}

impl Server {
    /// Starts on this folder, with this database URL if there is one, and signs in.
    pub fn start(data: &Path, log: &Path, url: Option<&str>) -> Self {
        let mut server = Self::launch(data, log, url, &[]);
        server.cookie = server.process.sign_in(&first_password(data));
        server
    }

    /// The same with more arguments; nobody is signed in.
    pub fn launch(data: &Path, log: &Path, url: Option<&str>, more: &[String]) -> Self {
        // Addresses of its own: another test's instances have others.
        let which = u32::from(url.is_some()) * 25;
        let subnets = format!("127.{}", 150 + which + std::process::id() % 25);
        let mut command = serve(data);
        command
            .args(["--log-format", "json", "--time-scale", "20", "--subnets", &subnets])
            .args(more)
            .envs(url.map(|url| ("DATABASE_URL", url)))
            .stderr(File::create(log).unwrap());
        let (process, _printed) = Process::start(command);
        Self {
            process,
            cookie: String::new(),
            data: data.to_owned(),
            log: log.to_owned(),
        }
    }

    pub fn get(&self, path: &str) -> String {
        let head = format!(
            "GET {path} HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nCookie: {}",
            self.cookie
        );
        self.process.ask(&head, "")
    }

    pub fn post(&self, path: &str, form: &str) -> String {
        self.process.post(&self.cookie, path, form)
    }

    /// The resource that was changed by this action, from the log.
    fn changed(&self, action: &str) -> String {
        let found = || {
            let log = std::fs::read_to_string(&self.log).unwrap();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut changes = lines.filter(|line| line["fields"]["action"] == action);
            changes
                .next_back()
                .map(|line| line["fields"]["resource"].as_str().unwrap().to_owned())
        };
        until(action, || found().is_some());
        found().unwrap()
    }

    /// A group of one instance of the sample program, behind nothing.
    pub fn group(&self) -> String {
        let catalogue = self.post("/api/catalogue", "");
        let body = catalogue.split("\r\n\r\n").nth(1).unwrap();
        let catalogue: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{body}"));
        let vpc = catalogue["vpcs"][0]["id"].as_str().unwrap();
        self.post(
            "/api/templates/create",
            &format!(
                "form[name]=web&form[remark]=&form[image]=sample-web&form[instance_type]=t.quarter&form[vpc]={vpc}\
                 &form[user_data]=&form[environment]="
            ),
        );
        let template = self.changed("create_template");
        self.post(
            "/api/groups/create",
            &format!(
                "form[name]=web&form[remark]=&form[template]={template}&form[min]=1&form[max]=3&form[cpu]=&form[memory]=\
                 &form[warm_up_s]=0&form[scale_in]=allowed&form[removal]=newest&form[brake]=on&form[hold]=on\
                 &form[projection]=on&form[version]="
            ),
        );
        let group = self.changed("create_group");
        until("the first instance", || self.count("tidegate_machines ") == 1);
        group
    }

    /// The group behind a listener of a load balancer; its port.
    pub fn front(&self, group: &str) -> u16 {
        let Listener { vserver, port, .. } = self.listener("lb");
        let form = format!("id={group}&form[vserver]={vserver}&form[port]=8080&form[weight]=1");
        self.post("/api/groups/bind", &form);
        until("an answer through the balancer", || is_served(port));
        port
    }

    /// A new load balancer of that name with a listener, and nobody behind it.
    pub fn listener(&self, name: &str) -> Listener {
        let port = free_port();
        self.post("/api/balancers/create", &format!("form[name]={name}&form[remark]="));
        let balancer = self.changed("create_balancer");
        self.post(
            "/api/balancers/create-vserver",
            &format!(
                "id={balancer}&form[name]=http&form[port]={port}&form[algorithm]=round_robin&form[check_path]=/healthz\
                 &form[check_interval_s]=2"
            ),
        );
        let page = self.post("/api/balancers/page", &format!("id={balancer}"));
        let vserver = page.find("\"vs-").map(|at| page[at + 1..].split('"').next().unwrap());
        let vserver = vserver.unwrap_or_else(|| panic!("{page}")).to_owned();
        Listener {
            balancer,
            vserver,
            port,
        }
    }

    /// A series of the metrics, summed over the lines that begin so.
    pub fn count(&self, series: &str) -> i64 {
        let metrics = self.get("/metrics");
        let lines = metrics.lines().filter(|line| line.starts_with(series));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
        let sum = values.sum::<f64>() as i64;
        sum
    }

    pub fn creates(&self) -> i64 {
        self.count("tidegate_driver_calls_total{call=\"create\"")
    }

    pub fn is_well(&self) -> bool {
        self.get("/healthz").contains("200 OK")
    }

    /// What everybody is told while the store is gone.
    pub fn says_that_the_store_is_gone(&self) {
        let health = self.get("/healthz");
        assert!(health.contains("503 ") && health.contains("store silent"), "{health}");
    }

    pub fn resize(&self, group: &str, desired: u32) -> String {
        self.post("/api/groups/resize", &format!("id={group}&desired={desired}"))
    }

    /// The group acts again: nobody restarted or woke anything.
    pub fn grows(&self, group: &str) {
        until("the server to be well", || self.is_well());
        let answer = self.resize(group, 2);
        assert!(
            answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 302"),
            "{answer}"
        );
        until("the second instance", || self.count("tidegate_machines ") == 2);
    }

    /// What was started ends with its group.
    pub fn deletes(&self, group: &str) {
        self.post("/api/groups/delete", &format!("id={group}&typed=web"));
        until("the end of all instances", || self.count("tidegate_machines ") == 0);
    }
}

/// A folder that instances may walk through: they run as other users.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    folder
}

/// Says whether so much time has passed since it was made.
pub fn passed(span: Duration) -> impl Fn() -> bool {
    let (keep, waits) = channel::<()>();
    let timer = std::thread::spawn(move || {
        let _over_or_let_go = waits.recv_timeout(span);
    });
    move || {
        let _open = &keep;
        timer.is_finished()
    }
}

/// Looks again and again, a little apart.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let too_long = passed(LIMIT);
    while !is_so() {
        assert!(!too_long(), "waited in vain: {what}");
        std::thread::park_timeout(PAUSE);
    }
}

/// A port that a listener may have and nobody has.
fn free_port() -> u16 {
    let first = u16::try_from(std::process::id() % 9_000).unwrap();
    let mut ports = (20_000 + first)..30_000;
    ports
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}

/// Whether anybody listens there.
pub fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

pub fn is_served(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut answer = String::new();
    let asked = write!(stream, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}
