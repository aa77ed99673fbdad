//! The image's ready check: asked every 200 ms until it passes once, never again after that.

use crate::drivers::MachineSpec;
use std::io::{self, PipeReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

/// Between two tries. Longer delays every launch by as much; shorter costs CPU while a slow program starts.
const EVERY: Duration = Duration::from_millis(200);

/// For one answer. A program that accepts and never answers must not stop the tries.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Bytes of an answer that are looked at: its status line.
const STATUS_BYTES: u64 = 64;

/// A running check. Dropping it ends it.
pub struct Probe {
    /// Ends (reads as end of file) once the check has passed, or there is nothing to check.
    pub passed: PipeReader,
    _alive: Sender<()>,
}

impl Probe {
    /// Begins, if the image has a check and a port to ask.
    pub fn begin(spec: &MachineSpec) -> Option<Self> {
        let (path, port) = (spec.image.ready_path.clone()?, *spec.image.ports.first()?);
        let address = SocketAddr::from((spec.address, port));
        let (passed, done) = io::pipe().ok()?;
        let (alive, ended) = mpsc::channel::<()>();
        let ask = move || {
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if answers(address, &path).unwrap_or(false) {
                    let _unheard = (&done).write_all(b"1");
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("ready".to_owned())
            .stack_size(64 * 1024)
            .spawn(ask)
            .ok()?;
        Some(Self { passed, _alive: alive })
    }
}

/// One try: a 2xx or 3xx answer passes.
fn answers(address: SocketAddr, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.set_write_timeout(Some(ANSWER_WITHIN))?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut head = Vec::new();
    let mut status = stream.take(STATUS_BYTES);
    while !head.contains(&b'\n') {
        let mut chunk = [0; STATUS_BYTES as usize];
        let read = status.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(&chunk[..read]);
    }
    Ok(passes(&head))
}

fn passes(head: &[u8]) -> bool {
    let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    head.starts_with(b"HTTP/1.") && status.len() == 3 && matches!(status[0], b'2' | b'3')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_status_passes() {
        assert!(passes(b"HTTP/1.1 200 OK\r\n") && passes(b"HTTP/1.0 302 Found\r\n"));
        for head in [
            "HTTP/1.1 503 Service Unavailable\r\n",
            "HTTP/1.1 2000 x",
            "SSH-2.0-x 200 OK",
            "",
            "HTTP/1.1",
        ] {
            assert!(!passes(head.as_bytes()), "{head}");
        }
    }
}
