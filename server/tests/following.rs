//! One request, followed from the browser to the program it starts, through the log lines of a real server
//! (docs/operations.md, "Following a request").
//!
//! request id -> `changed` (audit row, group, spec version) -> `pass` -> `launch intended` (activity, instance) ->
//! `driver call` (instance) -> the instance's own folder.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Whoever waits longer has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server whose log is read; it dies with the test.
struct Server {
    child: Child,
    address: String,
    lines: Receiver<String>,
    cookie: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _over = self.child.kill();
        let _over = self.child.wait();
    }
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIDEGATE_")) {
            command.env_remove(name);
        }
        // Addresses of its own: another test's instances have others.
        let subnets = format!("127.{}", 200 + std::process::id() % 50);
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log-format",
                "json",
                "--subnets",
                &subnets,
            ])
            .args(["--time-scale", "20", "--data"])
            .arg(data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut said).unwrap();
        let address = said
            .trim_end()
            .strip_prefix("Tidegate is at http://")
            .unwrap()
            .to_owned();
        let (say, lines) = channel();
        let log = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let cookie = String::new();
        Self {
            child,
            address,
            lines,
            cookie,
        }
    }

    /// One form; head and body of the answer.
    fn post(&self, path: &str, form: &str) -> (String, String) {
        let form = form.replace('[', "%5B").replace(']', "%5D");
        let (host, cookie, length) = (&self.address, &self.cookie, form.len());
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\nConnection: \
             close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    /// A template and a group of one, as forms; the id of the request that made the group.
    fn make_a_group(&self) -> String {
        let (_, catalogue) = self.post("/api/catalogue", "");
        let catalogue: Value = serde_json::from_str(&catalogue).unwrap();
        let vpc = text(&catalogue["vpcs"][0]["id"]);
        let template = format!(
            "form[name]=web&form[remark]=&form[image]=sample-web&form[instance_type]=t.quarter&form[vpc]={vpc}\
             &form[user_data]=&form[environment]="
        );
        self.post("/api/templates/create", &template);
        let template = self.line("the template", |line| says(line, "changed"));
        let group = format!(
            "form[name]=web&form[remark]=&form[template]={}&form[min]=1&form[max]=1&form[cpu]=&form[memory]=\
             &form[warm_up_s]=0&form[scale_in]=allowed&form[removal]=newest&form[brake]=on&form[hold]=on\
             &form[projection]=on&form[version]=",
            text(&template["fields"]["resource"])
        );
        let (head, _) = self.post("/api/groups/create", &group);
        header(&head, "x-request-id").to_owned()
    }

    /// The first line of the log from here on that fits.
    fn line(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self
                .lines
                .recv_timeout(LIMIT)
                .unwrap_or_else(|_| panic!("no line: {what}"));
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if fits(&line) {
                return line;
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .unwrap_or_else(|| panic!("{name}: {head}"))
        .1
}

fn says(line: &Value, message: &str) -> bool {
    line["fields"]["message"] == message
}

/// The same, under the span of a pass over this group.
fn in_pass<'a>(line: &'a Value, group: &str) -> Option<&'a Value> {
    let spans = line["spans"].as_array()?;
    spans
        .iter()
        .find(|span| span["name"] == "pass" && span["group"] == group)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

#[test]
fn a_request_leads_from_the_browser_to_the_program_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let password = std::fs::read_to_string(folder.path().join("first-password")).unwrap();
    let form = format!("name=admin&password={}&next=/", password.trim());
    let (head, _) = server.post("/api/session/sign-in", &form);
    server.cookie = header(&head, "set-cookie").split(';').next().unwrap().to_owned();
    let request = server.make_a_group();

    let changed = server.line("the change", |line| {
        says(line, "changed") && line["fields"]["request"] == *request
    });
    assert_eq!(changed["fields"]["action"], "create_group");
    assert_eq!(changed["fields"]["user"], "admin");
    let (group, version) = (
        text(&changed["fields"]["resource"]),
        changed["fields"]["spec_version"].clone(),
    );
    assert!(
        text(&changed["fields"]["audit"]).starts_with("aud-") && version == 1,
        "{changed}"
    );

    let launch = server.line("the launch", |line| {
        says(line, "launch intended") && in_pass(line, &group).is_some()
    });
    assert_eq!(in_pass(&launch, &group).unwrap()["spec_version"], version, "{launch}");
    let instance = text(&launch["fields"]["instance"]);
    assert!(text(&launch["fields"]["activity"]).starts_with("act-"), "{launch}");

    let create = |line: &Value| says(line, "driver call") && line["fields"]["call"] == "create";
    let call = server.line("the driver's call", |line| {
        create(line) && line["fields"]["instance"] == *instance
    });
    assert_eq!(call["fields"]["answer"], "done", "{call}");
    assert_eq!(in_pass(&call, &group).unwrap()["spec_version"], version, "{call}");

    let pass = server.line("the pass", |line| {
        says(line, "pass") && line["fields"]["group"] == *group
    });
    assert_eq!(
        (&pass["fields"]["spec_version"], &pass["fields"]["launches"]),
        (&version, &Value::from(1))
    );
    assert!(
        std::fs::read_dir(folder.path().join("process"))
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().contains(&instance)),
        "the instance has a folder of its name"
    );

    // What was started ends with its group.
    server.post("/api/groups/delete", &format!("id={group}&typed=web"));
    let gone = |line: &Value| line["fields"]["call"] == "delete" && line["fields"]["instance"] == *instance;
    server.line("the end", gone);
}
