//! The kernel's clocks, for this driver only: its instants are the host's, not the product's.
//!
//! A shim outlives the server, so no clock can be passed in; a deadline must survive both a restart of the server and a
//! wall clock that is set, so it counts nanoseconds since the host started.

use crate::clock::Wall;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The wall clock.
pub fn wall() -> Wall {
    Wall(i64::try_from(read(ClockId::CLOCK_REALTIME).as_millis()).unwrap_or(i64::MAX))
}

/// Nanoseconds since the host started, sleep included; the same for every process of one boot.
pub fn boot_ns() -> u64 {
    nanoseconds(read(ClockId::CLOCK_BOOTTIME))
}

/// CPU time the calling thread has used, in nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(read(ClockId::CLOCK_THREAD_CPUTIME_ID))
}

/// CPU time a process has used, ended threads included; `None` if there is no such process any more.
pub fn process_cpu_ns(pid: i32) -> Option<u64> {
    let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(pid)).ok()?;
    clock_gettime(clock).ok().map(|time| nanoseconds(Duration::from(time)))
}

/// A span as nanoseconds; 584 years at most.
pub fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}
