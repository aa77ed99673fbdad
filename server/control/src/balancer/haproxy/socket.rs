//! One question to the runtime socket, one answer, within two seconds. Every answer is matched against the texts known
//! for that question: an unknown text is a refusal, never taken for a yes.

use super::place::{Place, SOCKET};
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long HAProxy may take to answer. Shorter and a busy host looks mute; longer and a mute one holds up its callers.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// The longest answer read: `show stat` has about 500 bytes a server, so this is 30,000 servers.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// `add server` did it.
pub const REGISTERED: &str = "New server registered.";
/// `add server` found the name taken.
pub const TAKEN: &str = "Already exists a server with the same name in backend.";
/// No server of that name.
pub const NO_SERVER: &str = "No such server.";
/// No backend of that name.
pub const NO_BACKEND: &str = "No such backend.";
/// `del server` did it.
pub const DELETED: &str = "Server deleted.";
/// `del server` must be repeated.
pub const ATTACHED: &str = "Server still has connections attached to it, cannot remove it.";
/// `del server` found a server that was taken in again.
pub const SERVES: &str = "Only servers in maintenance mode can be deleted.";
/// `set server addr` did something, or had nothing to do.
pub const ADDRESS: [&str; 3] = ["IP changed from", "port changed from", "no need to change"];

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nobody listens.
    NotRunning,
    /// Somebody listens and says nothing.
    Mute(String),
}

/// Asks one line (several commands are parted by `; `) and reads until the other side closes.
pub async fn ask(place: &Place, line: &str) -> Result<String, Silence> {
    match timeout(ANSWER_LIMIT, exchange(place, line)).await {
        Err(_) => Err(Silence::Mute(format!("no answer in {} s", ANSWER_LIMIT.as_secs()))),
        Ok(Err(why)) => Err(silence(&why)),
        Ok(Ok(text)) => Ok(text),
    }
}

fn silence(why: &io::Error) -> Silence {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotADirectory, NotFound, UnexpectedEof};
    match why.kind() {
        NotFound | NotADirectory | ConnectionRefused | ConnectionReset | BrokenPipe | UnexpectedEof => {
            Silence::NotRunning
        }
        _ => Silence::Mute(why.to_string()),
    }
}

async fn exchange(place: &Place, line: &str) -> io::Result<String> {
    let directory = place.open()?;
    let mut stream = UnixStream::connect(format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd())).await?;
    stream.write_all(format!("{line}\n").as_bytes()).await?;
    let mut text = String::new();
    let read = stream.take(ANSWER_BYTES_MAX).read_to_string(&mut text).await?;
    if read == 0 {
        // A live HAProxy ends every answer with an empty line: this one died while it was asked.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text)
}

/// Nothing but `known` texts (each the start of a line) may be in the answer.
pub fn judge(answer: &str, known: &[&str]) -> Result<(), String> {
    let strange = |line: &&str| !line.is_empty() && !known.iter().any(|text| line.starts_with(text));
    match answer.lines().map(str::trim).find(strange) {
        None => Ok(()),
        Some(line) => Err(format!(
            "HAProxy answered \"{}\"",
            line.chars().take(200).collect::<String>()
        )),
    }
}

/// Whether a line of the answer is that text.
pub fn says(answer: &str, text: &str) -> bool {
    answer.lines().any(|line| line.trim() == text)
}

/// A value out of `show info`.
pub fn info<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
