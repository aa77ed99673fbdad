//! What each path answers.

use crate::drivers::process::thread_cpu_ns;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, Response, StatusCode, header};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// CPU time one request may ask for. More would hold a blocking thread for longer than any check waits.
pub const MAX_WORK_MS: u64 = 10_000;

/// Memory that can be held. More could take the host down, not just the instance.
pub const MAX_MEMORY_MB: usize = 1_024;

/// Turns of the burning loop between two looks at the clock: about 20 microseconds.
const TURNS_A_LOOK: u32 = 20_000;

/// What the program is and holds.
#[derive(Debug)]
pub struct Sample {
    instance: String,
    host_name: String,
    user_data_path: Option<std::path::PathBuf>,
    started_ns: u64,
    sick: AtomicBool,
    ending: AtomicBool,
    held: Mutex<Vec<u8>>,
}

/// An answer of this program.
pub type Answer = Response<Full<Bytes>>;

impl Sample {
    /// Reads who it is from the environment.
    pub fn from_environment() -> Self {
        let text = |name| std::env::var(name).unwrap_or_else(|_missing| "unknown".to_owned());
        Self {
            instance: text("TIDEGATE_INSTANCE"),
            host_name: text("HOSTNAME"),
            user_data_path: std::env::var_os("TIDEGATE_USER_DATA").map(Into::into),
            started_ns: crate::drivers::process::boot_ns(),
            sick: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            held: Mutex::default(),
        }
    }
    /// From now on the check fails and work is refused.
    pub fn end(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }
    /// Whether it is ending.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst)
    }
    /// Answers one request.
    pub async fn answer<B>(self: &std::sync::Arc<Self>, request: &Request<B>) -> Answer {
        let query = request.uri().query().unwrap_or_default();
        match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => self.health(),
            (&Method::POST, "/admin/sick") => self.turn_sick(query),
            _ if self.is_ending() => text(StatusCode::SERVICE_UNAVAILABLE, "ending\n"),
            (&Method::GET | &Method::HEAD, "/") => text(StatusCode::OK, self.who()),
            (&Method::GET, "/work") => work(query).await,
            (&Method::GET, "/memory") => self.hold(query),
            (&Method::GET, "/userdata") => self.user_data(),
            (_, "/" | "/healthz" | "/work" | "/memory" | "/userdata" | "/admin/sick") => {
                text(StatusCode::METHOD_NOT_ALLOWED, "that path does not take this method\n")
            }
            _ => text(
                StatusCode::NOT_FOUND,
                "try /, /work?ms=5, /healthz, /memory?mb=10, /userdata\n",
            ),
        }
    }
    fn who(&self) -> String {
        let up_s = crate::drivers::process::boot_ns().saturating_sub(self.started_ns) / 1_000_000_000;
        format!(
            "instance {}\nhost {}\npid {}\nup {up_s} s\n",
            self.instance,
            self.host_name,
            std::process::id()
        )
    }
    fn health(&self) -> Answer {
        if self.is_ending() {
            text(StatusCode::SERVICE_UNAVAILABLE, "ending\n")
        } else if self.sick.load(Ordering::SeqCst) {
            text(StatusCode::SERVICE_UNAVAILABLE, "sick\n")
        } else {
            text(StatusCode::OK, "ok\n")
        }
    }
    fn turn_sick(&self, query: &str) -> Answer {
        let sick = match value_of(query, "on") {
            None => !self.sick.fetch_not(Ordering::SeqCst),
            Some(on @ ("true" | "false")) => {
                self.sick.store(on == "true", Ordering::SeqCst);
                on == "true"
            }
            Some(_other) => return text(StatusCode::BAD_REQUEST, "on must be true or false\n"),
        };
        text(StatusCode::OK, if sick { "sick\n" } else { "well\n" })
    }
    fn hold(&self, query: &str) -> Answer {
        let Some(mb) = value_of(query, "mb")
            .and_then(|mb| mb.parse::<usize>().ok())
            .filter(|mb| *mb <= MAX_MEMORY_MB)
        else {
            return text(
                StatusCode::BAD_REQUEST,
                format!("mb must be a whole number from 0 to {MAX_MEMORY_MB}\n"),
            );
        };
        // Ones: zeroes would be pages nobody has touched, and those are not resident.
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = vec![1; mb * 1024 * 1024];
        text(StatusCode::OK, format!("holding {mb} MB\n"))
    }
    fn user_data(&self) -> Answer {
        match self.user_data_path.as_ref().map(std::fs::read) {
            None => text(StatusCode::NOT_FOUND, "no user data was handed over\n"),
            Some(Ok(bytes)) => text(StatusCode::OK, String::from_utf8_lossy(&bytes).into_owned()),
            Some(Err(why)) => text(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("cannot read the user data: {why}\n"),
            ),
        }
    }
}

async fn work(query: &str) -> Answer {
    let Some(ms) = value_of(query, "ms")
        .and_then(|ms| ms.parse::<u64>().ok())
        .filter(|ms| *ms <= MAX_WORK_MS)
    else {
        return text(
            StatusCode::BAD_REQUEST,
            format!("ms must be a whole number from 0 to {MAX_WORK_MS}\n"),
        );
    };
    match tokio::task::spawn_blocking(move || burn(ms)).await {
        Ok(()) => text(StatusCode::OK, format!("burned {ms} ms\n")),
        Err(why) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{why}\n")),
    }
}

/// CPU time, not wall time: on a busy host the work stays the same.
fn burn(ms: u64) {
    let until = thread_cpu_ns().saturating_add(ms.saturating_mul(1_000_000));
    while thread_cpu_ns() < until {
        for turn in 0..TURNS_A_LOOK {
            std::hint::black_box(turn);
        }
    }
}

fn value_of<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

fn text(status: StatusCode, words: impl Into<String>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(words.into())));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burning_takes_the_cpu_time_that_was_asked_for() {
        let before = thread_cpu_ns();
        burn(20);
        let burned_ms = (thread_cpu_ns() - before) / 1_000_000;
        assert!((20..40).contains(&burned_ms), "{burned_ms} ms");
    }

    #[test]
    fn a_query_is_read_by_name() {
        assert_eq!(value_of("a=1&ms=25&ms=3", "ms"), Some("25"));
        assert_eq!(value_of("ms", "ms"), None);
    }
}
