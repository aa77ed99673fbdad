//! `tidegate`.
//!
//! `tidegate shim DIR` is started beside every instance and must stay small: it is recognised before anything is parsed
//! and before any thread runs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

/// A page is made of thousands of small pieces, and they are freed by another thread than took them as often as not: with
/// the C library's allocator a third of a page's time went there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(command), Some(dir), None) if command == OsStr::new("shim") && !is_flag(&dir) => {
            control::drivers::process::shim::run(Path::new(&dir))
        }
        _ => server::cli::run(),
    }
}

fn is_flag(text: &OsStr) -> bool {
    text.as_encoded_bytes().starts_with(b"-")
}
