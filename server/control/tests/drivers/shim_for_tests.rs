//! The part of `tidegate` that driver tests need: `shim <dir>` and `sample-web [slow start in ms]`, without the host;
//! and `burn <threads> <ms>`: threads that burn CPU time and end.

use control::drivers::process::{shim, thread_cpu_ns};
use control::drivers::sample_web::{self, SampleOptions};
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
