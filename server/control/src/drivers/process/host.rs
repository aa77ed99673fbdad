//! What `/proc` says, and signals that cannot hit a stranger.
//!
//! A process id alone names nobody: ids are used again, and where process 1 does not reap, an orphan stays a zombie for
//! ever. So a process is its id *and* its start time, and it is alive if both are in `/proc` and it is not a zombie.

use super::clock;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;

/// One process of one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its process id.
    pub pid: i32,
    /// Its start time in clock ticks since boot (field 22 of `stat`).
    pub start: u64,
}

impl Key {
    /// The key of a process that is there now.
    pub fn of(pid: i32) -> io::Result<Self> {
        stat(pid).map(|stat| stat.key)
    }
    /// Whether it is there and not a zombie.
    pub fn is_alive(self) -> bool {
        stat(self.pid).is_ok_and(|stat| stat.key == self && stat.lives())
    }
    /// Sends a signal to exactly this process. That it is gone is no error.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return Ok(());
        };
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Err(rustix::io::Errno::SRCH) => return Ok(()),
            opened => opened?,
        };
        if !self.is_alive() {
            return Ok(());
        }
        match pidfd_send_signal(handle, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            sent => Ok(sent?),
        }
    }
}

/// The line of one process in `/proc`.
#[derive(Debug, Clone, Copy)]
pub struct Stat {
    /// Who it is.
    pub key: Key,
    /// Its parent's id.
    pub parent: i32,
    /// Its state letter.
    state: u8,
    /// CPU ticks of children it has waited for, theirs included.
    ended_children_ticks: u64,
    /// Resident pages.
    resident_pages: u64,
}

impl Stat {
    /// Not a zombie, not dying.
    pub fn lives(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }
    /// CPU time of the children it has waited for.
    pub fn ended_children_ns(&self, unit: &Unit) -> u64 {
        self.ended_children_ticks.saturating_mul(unit.tick_ns)
    }
    /// Resident memory.
    pub fn resident_bytes(&self, unit: &Unit) -> u64 {
        self.resident_pages.saturating_mul(unit.page_bytes)
    }
}

/// What one tick and one page are on this host.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    tick_ns: u64,
    page_bytes: u64,
}

impl Unit {
    /// This host's; the kernel's usual 100 ticks a second and 4 KiB if it does not say.
    pub fn here() -> Self {
        use nix::unistd::{SysconfVar, sysconf};
        let ask = |name| sysconf(name).ok().flatten().and_then(|value| u64::try_from(value).ok());
        let ticks = ask(SysconfVar::CLK_TCK).unwrap_or(100).max(1);
        Self {
            tick_ns: 1_000_000_000 / ticks,
            page_bytes: ask(SysconfVar::PAGE_SIZE).unwrap_or(4096),
        }
    }
}

/// Reads one process's line.
pub fn stat(pid: i32) -> io::Result<Stat> {
    let bytes = fs::read(format!("/proc/{pid}/stat"))?;
    parse(pid, &bytes).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat has an unknown form")))
}

/// The program's name may hold spaces and brackets: fields count from the last closing one.
fn parse(pid: i32, line: &[u8]) -> Option<Stat> {
    let close = line.iter().rposition(|byte| *byte == b')')?;
    let fields: Vec<&str> = str::from_utf8(line.get(close + 1..)?)
        .ok()?
        .split_ascii_whitespace()
        .collect();
    // `proc(5)` counts from 1; the state is field 3 and the first one after the bracket.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat {
        key: Key {
            pid,
            start: number(22)?,
        },
        parent: fields.get(1)?.parse().ok()?,
        state: *fields.first()?.as_bytes().first()?,
        ended_children_ticks: number(16)?.saturating_add(number(17)?),
        resident_pages: number(24)?,
    })
}

/// Every process of the host, read in one walk; who ended meanwhile is left out.
#[derive(Debug, Default)]
pub struct Table {
    by_pid: BTreeMap<i32, Stat>,
    children: BTreeMap<i32, Vec<i32>>,
}

impl Table {
    /// Walks `/proc` once.
    pub fn read() -> io::Result<Self> {
        let mut table = Self::default();
        for entry in fs::read_dir("/proc")? {
            let pid = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            if let Some(stat) = pid.and_then(|pid| stat(pid).ok()) {
                table.children.entry(stat.parent).or_default().push(stat.key.pid);
                table.by_pid.insert(stat.key.pid, stat);
            }
        }
        Ok(table)
    }
    /// The line of exactly this process.
    pub fn get(&self, key: Key) -> Option<&Stat> {
        self.by_pid.get(&key.pid).filter(|stat| stat.key == key)
    }
    /// Everything below this process, itself left out.
    pub fn below(&self, pid: i32) -> Vec<Stat> {
        let mut found = Vec::new();
        let mut open = vec![pid];
        while let Some(parent) = open.pop() {
            for child in self.children.get(&parent).into_iter().flatten() {
                found.extend(self.by_pid.get(child));
                open.push(*child);
            }
        }
        found
    }
    /// Every living process.
    pub fn living(&self) -> impl Iterator<Item = &Stat> {
        self.by_pid.values().filter(|stat| stat.lives())
    }
}

/// CPU time and memory of some processes, and of the children they have waited for.
pub fn sum(processes: &[Stat], unit: &Unit) -> (u64, u64) {
    let cpu =
        |stat: &Stat| clock::process_cpu_ns(stat.key.pid).map(|own| own.saturating_add(stat.ended_children_ns(unit)));
    processes.iter().fold((0, 0), |(cpu_ns, bytes): (u64, u64), stat| {
        (
            cpu_ns.saturating_add(cpu(stat).unwrap_or(0)),
            bytes.saturating_add(stat.resident_bytes(unit)),
        )
    })
}

/// Whether a process was started with `NAME=value` in its environment.
pub fn has_environment(pid: i32, entry: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|found| found == entry.as_bytes())
}

/// The name of this boot; process ids of another one mean nothing.
pub fn boot_id() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_brackets_and_spaces_does_not_move_the_fields() {
        let line = b"42 (a) Z 1 (b) S 7 42 42 0 -1 4194560 1 2 3 4 50 60 11 12 20 0 1 0 987654 1000 33 184467 1 1";
        let stat = parse(42, line).expect("a line of the usual form");
        assert_eq!((stat.key.start, stat.parent, stat.resident_pages), (987_654, 7, 33));
        assert_eq!(stat.ended_children_ticks, 23);
        assert!(stat.lives());
    }

    #[test]
    fn this_very_process_is_alive_and_one_with_another_start_is_not() {
        let me = Key::of(i32::try_from(std::process::id()).expect("a small id")).expect("it is in /proc");
        assert!(me.is_alive());
        assert!(
            !Key {
                start: me.start + 1,
                ..me
            }
            .is_alive()
        );
    }
}
