//! One real server as a process: started, killed, stopped, continued, and started again when it ends by itself, as a
//! supervisor would. And plain HTTP to it.
//!
//! It prints where it is into a file: a pipe would have to be read by somebody, and a server whose pipe is closed ends.

use crate::clock;
use crate::host::Key;
use anyhow::Context as _;
use rustix::process::Signal;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an answer of the console may take before somebody gives up.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Between two starts of a server that does not start: what a supervisor would wait.
const START_AGAIN: Duration = Duration::from_millis(1_000);

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The binary.
    pub program: PathBuf,
    /// The site's files.
    pub site: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// What it logs is added here.
    pub log: PathBuf,
    /// Where its database is, if that is PostgreSQL.
    pub database: Option<String>,
    /// Product seconds a second.
    pub scale: u32,
    /// More arguments.
    pub more: Vec<String>,
}

/// What somebody wants it to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Up,
    Down,
}

/// A server.
pub struct Server {
    settings: Settings,
    wanted: Wanted,
    child: Option<Child>,
    /// `host:port`, once it has said so.
    address: Option<String>,
    start_again_at: Instant,
    cookie: String,
}

/// An end that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It had said where it is.
    Running(ExitStatus),
    /// It never came so far.
    Starting(ExitStatus),
}

impl Server {
    /// Starts it.
    pub fn start(settings: Settings) -> anyhow::Result<Self> {
        let mut server = Self {
            settings,
            wanted: Wanted::Up,
            child: None,
            address: None,
            start_again_at: clock::instant(),
            cookie: String::new(),
        };
        server.spawn()?;
        Ok(server)
    }

    fn said(&self) -> PathBuf {
        self.settings.log.with_extension("said")
    }

    fn spawn(&mut self) -> anyhow::Result<()> {
        let Settings {
            program,
            site,
            data,
            log,
            database,
            scale,
            more,
        } = &self.settings;
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(program);
        // No setting of whoever runs this is the story's.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIDEGATE_")) {
            command.env_remove(name);
        }
        command.env_remove("DATABASE_URL");
        command.envs(database.as_ref().map(|url| ("DATABASE_URL", url)));
        command.args(["serve", "--listen", "127.0.0.1:0", "--time-scale", &scale.to_string()]);
        command.arg("--data").arg(data).arg("--site-root").arg(site).args(more);
        command
            .stdin(Stdio::null())
            .stdout(File::create(self.said())?)
            .stderr(log);
        let child = command.spawn();
        self.child = Some(child.with_context(|| format!("cannot start {}", program.display()))?);
        self.address = None;
        Ok(())
    }

    /// What a supervisor does, now and then: starts again what ended by itself, and says so.
    pub fn mind(&mut self) -> anyhow::Result<Option<Ended>> {
        let ended = match &mut self.child {
            Some(child) => child.try_wait()?,
            None => None,
        };
        if let Some(status) = ended {
            let was_running = self.address().is_some();
            self.child = None;
            self.start_again_at = clock::instant() + START_AGAIN;
            return Ok(Some(if was_running {
                Ended::Running(status)
            } else {
                Ended::Starting(status)
            }));
        }
        if self.child.is_none() && self.wanted == Wanted::Up && clock::instant() >= self.start_again_at {
            self.spawn()?;
        }
        Ok(None)
    }

    /// `host:port`, once it has said where it is.
    pub fn address(&mut self) -> Option<&str> {
        if self.address.is_none() && self.child.is_some() {
            let said = std::fs::read_to_string(self.said()).unwrap_or_default();
            let line = said.lines().next().filter(|_| said.contains('\n'));
            let address = line.and_then(|line| line.strip_prefix("Tidegate is at http://"));
            self.address = address.map(str::to_owned);
        }
        self.address.as_deref()
    }

    /// kill -9, and it stays dead.
    pub fn kill(&mut self) {
        self.wanted = Wanted::Down;
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
        self.address = None;
    }

    /// It is to run again.
    pub fn revive(&mut self) -> anyhow::Result<()> {
        self.wanted = Wanted::Up;
        if self.child.is_none() {
            self.spawn()?;
        }
        Ok(())
    }

    /// SIGSTOP or SIGCONT.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok());
        if let Some(key) = pid.and_then(Key::of) {
            key.signal(signal);
        }
    }

    /// Signs the first administrator in, once it answers.
    pub async fn sign_in(&mut self, password: &str) -> anyhow::Result<()> {
        let form = format!("name=admin&password={password}&next=/");
        let answer = self.post("/api/session/sign-in", &form).await?;
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|cookie| cookie.split(';').next());
        self.cookie = cookie
            .with_context(|| format!("the sign-in gave no session: {answer}"))?
            .to_owned();
        Ok(())
    }

    /// Another server's session: on the same database it is one here, too.
    pub fn signed_in_as(&mut self, other: &Self) {
        self.cookie.clone_from(&other.cookie);
    }

    /// Asks for a page; the whole answer.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<String> {
        self.ask(&format!("GET {path}"), "", "Accept: text/html").await
    }

    /// Posts a form as a page of its own does; the whole answer.
    pub async fn post(&mut self, path: &str, form: &str) -> anyhow::Result<String> {
        let form = form.replace('[', "%5B").replace(']', "%5D");
        let kind = "Content-Type: application/x-www-form-urlencoded";
        self.ask(&format!("POST {path}"), &form, kind).await
    }

    async fn ask(&mut self, what: &str, body: &str, header: &str) -> anyhow::Result<String> {
        let (cookie, length) = (self.cookie.clone(), body.len());
        let host = self.address().context("the server has not said where it is")?;
        let request = format!(
            "{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
             {header}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let answer = tokio::time::timeout(ANSWER_LIMIT, exchange(host, &request)).await;
        answer
            .with_context(|| format!("{what} got no answer in {ANSWER_LIMIT:?}"))?
            .with_context(|| format!("{what} got no answer"))
    }

    /// Whether it says of itself that all is well.
    pub async fn is_well(&mut self) -> bool {
        let answer = self.get("/healthz").await;
        answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.settings.data
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn exchange(host: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
