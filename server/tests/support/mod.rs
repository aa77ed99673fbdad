//! A real server as a process, and plain HTTP to it: what every test program that starts one shares.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Whoever waits longer has failed.
pub const LIMIT: Duration = Duration::from_secs(30);

/// `tidegate` without a setting that the test's own environment may have.
pub fn tidegate() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIDEGATE_")) {
        command.env_remove(name);
    }
    command.env_remove("DATABASE_URL");
    command
}

/// `tidegate serve` on a free port; more arguments may follow.
pub fn serve(data: &Path) -> Command {
    let mut command = tidegate();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

/// The password that the first start left.
pub fn first_password(data: &Path) -> String {
    let file = std::fs::read_to_string(data.join("first-password")).unwrap();
    file.trim().to_owned()
}

/// A running server; it dies with the test.
pub struct Process {
    pub child: Child,
    pub address: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process {
    /// Starts it and waits for the line that says where it is; and what it prints after that.
    pub fn start(mut command: Command) -> (Self, BufReader<ChildStdout>) {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut process = Self {
            child,
            address: String::new(),
        };
        let mut said = String::new();
        lines.read_line(&mut said).unwrap();
        let address = said.trim_end().strip_prefix("Tidegate is at http://");
        process.address = address.unwrap_or_else(|| panic!("{said:?}")).to_owned();
        (process, lines)
    }

    pub fn kill(&mut self) {
        let _over = self.child.kill();
        let _over = self.child.wait();
    }

    /// One request on a connection of its own; the whole answer. `head` is the first line, and more may follow it.
    pub fn ask(&self, head: &str, body: &str) -> String {
        let (host, length) = (&self.address, body.len());
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(
            stream,
            "{head}\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a form, as a page of the server itself does.
    pub fn post(&self, cookie: &str, path: &str, form: &str) -> String {
        let head = format!(
            "POST {path} HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded"
        );
        self.ask(&head, &form.replace('[', "%5B").replace(']', "%5D"))
    }

    /// Signs the administrator in; the cookie.
    pub fn sign_in(&self, password: &str) -> String {
        let form = format!("name=admin&password={password}&next=/");
        let answer = self.post("", "/api/session/sign-in", &form);
        answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .and_then(|cookie| cookie.split(';').next())
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }
}
