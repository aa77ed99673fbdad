//! The part of `tidegate` that driver tests need: `shim <dir>` and `sample-web [slow start in ms]`, without the host;
//! `burn <threads> <ms>`: threads that burn CPU time and end; and `slow-web <ms>`: a web server whose checks are answered
//! at once and everything else after a while, on hardly any CPU time.

use control::drivers::process::{shim, thread_cpu_ns};
use control::drivers::sample_web::{self, SampleOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["shim", folder] => shim::run(Path::new(folder)),
        ["sample-web"] => sample(Duration::ZERO),
        ["sample-web", slow_start_ms] => sample(Duration::from_millis(slow_start_ms.parse().unwrap_or(0))),
        ["slow-web", ms] => slow_web(Duration::from_millis(ms.parse().unwrap_or(0))),
        ["burn", threads, ms] => burn(threads.parse().unwrap_or(1), ms.parse().unwrap_or(0)),
        _ => ExitCode::from(2),
    }
}

fn burn(threads: usize, ms: u64) -> ExitCode {
    let burning = move || {
        let until = thread_cpu_ns() + ms * 1_000_000;
        while thread_cpu_ns() < until {
            std::hint::spin_loop();
        }
    };
    let burning: Vec<_> = (0..threads).map(|_| std::thread::spawn(burning)).collect();
    burning
        .into_iter()
        .for_each(|thread| thread.join().expect("burning cannot fail"));
    println!("burned");
    loop {
        std::thread::park();
    }
}

fn sample(slow_start: Duration) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let ran = runtime.map(|runtime| {
        let options = SampleOptions::from_environment(None, None, slow_start)?;
        runtime.block_on(sample_web::run(options))
    });
    match ran {
        Ok(Ok(())) => ExitCode::SUCCESS,
        other => {
            eprintln!("sample-web: {other:?}");
            ExitCode::FAILURE
        }
    }
}

/// Answers one request a connection, each in a thread of its own. SIGTERM ends it.
fn slow_web(delay: Duration) -> ExitCode {
    let text = |name| std::env::var(name).unwrap_or_default();
    let listener = match TcpListener::bind(format!("{}:{}", text("ADDRESS"), text("PORT"))) {
        Ok(listener) => listener,
        Err(why) => {
            eprintln!("slow-web: {why}");
            return ExitCode::FAILURE;
        }
    };
    for stream in listener.incoming().flatten() {
        let _answers_by_itself = std::thread::spawn(move || answer(stream, delay));
    }
    ExitCode::SUCCESS
}

fn answer(mut stream: TcpStream, delay: Duration) -> std::io::Result<()> {
    let (mut request, mut some) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut some)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&some[..read]),
        }
    }
    if !request.starts_with(b"GET /healthz ") {
        // Nobody wakes this thread: it waits as long as it is told.
        std::thread::park_timeout(delay);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nok\n")
}
