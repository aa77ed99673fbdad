//! One request, followed from the browser to the program it starts, through the log lines of a real server
//! (docs/operations.md, "Following a request").
//!
//! request id -> `changed` (audit row, group, spec version) -> `pass` -> `launch intended` (activity, instance) ->
//! `driver call` (instance) -> the instance's own folder.

mod support;

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use support::{LIMIT, Process, first_password, serve};

/// A running server whose log is read, with somebody signed in; it dies with the test.
struct Server {
    process: Process,
    lines: Receiver<String>,
    cookie: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        // Addresses of its own: another test's instances have others.
        let subnets = format!("127.{}", 200 + std::process::id() % 50);
        let mut command = serve(data);
        command
            .args(["--log-format", "json", "--time-scale", "20", "--subnets", &subnets])
            .stderr(Stdio::piped());
        let (mut process, _printed) = Process::start(command);
        let (say, lines) = channel();
        let log = BufReader::new(process.child.stderr.take().unwrap());
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let cookie = process.sign_in(&first_password(data));
        Self { process, lines, cookie }
    }

    /// One form; head and body of the answer.
    fn post(&self, path: &str, form: &str) -> (String, String) {
        let answer = self.process.post(&self.cookie, path, form);
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
    let server = Server::start(folder.path());
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
