//! What runs on this host, by `/proc`: the instances of one folder, their shims, HAProxy. Counted by another way than the
//! product's, which reads its own files.
//!
//! A process is its id *and* its start time: ids are used again, and where nobody reaps, a zombie has its id for ever. A
//! machine is an instance id with a living program; its shim is beside it. Two walks over `/proc` tell more than one:
//! whoever is in both was there at the same moment as all others that are.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One process of this boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its id.
    pub pid: i32,
    /// Its start in ticks since boot.
    pub start: u64,
}

/// What of a line of `/proc` is asked here.
#[derive(Debug, Clone, Copy)]
struct Line {
    key: Key,
    parent: i32,
    session: i32,
    lives: bool,
}

/// What lives of one instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Its programs: those whose parent is none of them. More than one is two machines.
    pub programs: BTreeSet<Key>,
    /// Its shims.
    pub shims: BTreeSet<Key>,
}

/// Machines by instance id.
pub type Machines = BTreeMap<String, Machine>;

impl Key {
    /// The process of that id, if it lives.
    pub fn of(pid: i32) -> Option<Self> {
        line(pid).filter(|line| line.lives).map(|line| line.key)
    }

    /// Whether it is there and no zombie.
    pub fn lives(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// A signal to exactly this process; gone meanwhile is fine. Says whether it was there.
    pub fn signal(self, signal: Signal) -> bool {
        let pinned = Pid::from_raw(self.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        // Looked at after the descriptor is open: a stranger who was given the id meanwhile is not signalled.
        let pinned = pinned.filter(|_| self.lives());
        pinned.is_some_and(|pin| pidfd_send_signal(pin, signal).is_ok())
    }
}

/// The program's name may hold anything: fields count from the last closing bracket.
fn line(pid: i32) -> Option<Line> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    Some(Line {
        key: Key {
            pid,
            start: fields.get(19)?.parse().ok()?,
        },
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        lives: !matches!(*fields.first()?, "Z" | "X" | "x"),
    })
}

/// Every living process.
fn living() -> Vec<Line> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(line).filter(|line| line.lives).collect()
}

/// Parts of a file of `/proc` that are closed by a zero byte.
fn parts(pid: i32, file: &str) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let parts = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// The machines whose folders lie in `root`, which is an absolute path without links.
pub fn machines(root: &Path) -> Machines {
    let mut programs: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    let mut machines = Machines::new();
    for line in living() {
        let environment = parts(line.key.pid, "environ");
        let works_in = std::fs::read_link(format!("/proc/{}/cwd", line.key.pid)).unwrap_or_default();
        if let Some(id) = program_of(root, &environment, &works_in) {
            programs.entry(id).or_default().push(line);
        } else if let Some(id) = shim_of(root, line, &environment) {
            machines.entry(id).or_default().shims.insert(line.key);
        }
    }
    for (id, lines) in programs {
        let pids: BTreeSet<i32> = lines.iter().map(|line| line.key.pid).collect();
        let first = lines.iter().filter(|line| !pids.contains(&line.parent));
        machines.entry(id).or_default().programs = first.map(|line| line.key).collect();
    }
    machines
}

/// Whose program this is: it was told its id, and works in a folder of ours, be that removed by now.
fn program_of(root: &Path, environment: &[String], works_in: &Path) -> Option<String> {
    let id = environment
        .iter()
        .find_map(|entry| entry.strip_prefix("TIDEGATE_INSTANCE="))?;
    works_in.starts_with(root).then(|| id.to_owned())
}

/// Whose shim this is. One that has not made its own session yet only starts another; a child of a shim that is not its
/// program yet has not either.
fn shim_of(root: &Path, line: Line, environment: &[String]) -> Option<String> {
    let detached = environment
        .iter()
        .any(|entry| entry.starts_with("TIDEGATE_SHIM_DETACHED="));
    if !detached || line.session != line.key.pid {
        return None;
    }
    let arguments = parts(line.key.pid, "cmdline");
    let folder = Path::new(arguments.last()?);
    (arguments.iter().any(|word| word == "shim") && folder.parent() == Some(root))
        .then(|| folder.file_name()?.to_str().map(str::to_owned))
        .flatten()
}

/// What was there in both walks.
pub fn in_both(one: &Machines, other: &Machines) -> Machines {
    let both = one.iter().filter_map(|(id, machine)| {
        let again = other.get(id)?;
        let same = |one: &BTreeSet<Key>, other: &BTreeSet<Key>| one.intersection(other).copied().collect();
        let machine = Machine {
            programs: same(&machine.programs, &again.programs),
            shims: same(&machine.shims, &again.shims),
        };
        Some((id.clone(), machine))
    });
    both.filter(|(_, machine)| *machine != Machine::default()).collect()
}

/// HAProxy's processes that work in a folder below `root`: masters, each with its workers.
pub fn balancers(root: &Path) -> Vec<(Key, Vec<Key>)> {
    let living = living();
    let ours = |line: &&Line| {
        let arguments = parts(line.key.pid, "cmdline");
        let mut pairs = arguments.windows(2);
        pairs.any(|pair| pair[0] == "-C" && Path::new(&pair[1]).starts_with(root))
    };
    let all: Vec<&Line> = living.iter().filter(ours).collect();
    let is_worker = |line: &Line| all.iter().any(|other| other.key.pid == line.parent);
    let masters = all.iter().filter(|line| !is_worker(line));
    masters
        .map(|master| {
            let workers = all.iter().filter(|line| line.parent == master.key.pid);
            (master.key, workers.map(|line| line.key).collect())
        })
        .collect()
}

/// Ends what outlives a server by design: instances and their shims below `root`, HAProxy below `balancers_root`. Shims go
/// first, so that none starts its program meanwhile. Says whether there was any.
pub fn end_all(root: &Path, balancers_root: &Path) -> bool {
    let machines = machines(root);
    let shims = machines.values().flat_map(|machine| &machine.shims);
    let programs = machines.values().flat_map(|machine| &machine.programs);
    let proxies = balancers(balancers_root);
    let proxies = proxies
        .iter()
        .flat_map(|(master, workers)| [master].into_iter().chain(workers));
    let mut any = false;
    for key in shims.chain(programs).chain(proxies) {
        any = true;
        key.signal(Signal::KILL);
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pid: i32) -> Key {
        Key { pid, start: 1 }
    }

    fn machine(programs: &[i32], shims: &[i32]) -> Machine {
        Machine {
            programs: programs.iter().copied().map(key).collect(),
            shims: shims.iter().copied().map(key).collect(),
        }
    }

    #[test]
    fn this_very_process_lives_and_one_with_another_start_does_not() {
        let me = Key::of(i32::try_from(std::process::id()).expect("a small id")).expect("it lives");
        assert!(me.lives());
        let other = Key {
            start: me.start + 1,
            ..me
        };
        assert!(!other.lives() && !other.signal(Signal::CONT));
    }

    #[test]
    fn only_what_two_walks_have_seen_was_there_at_once() {
        let one = Machines::from([("a".into(), machine(&[1, 2], &[])), ("b".into(), machine(&[3], &[4]))]);
        let other = Machines::from([("a".into(), machine(&[2], &[])), ("b".into(), machine(&[5], &[4]))]);
        let both = in_both(&one, &other);
        assert_eq!(both["a"], machine(&[2], &[]));
        assert_eq!(both["b"], machine(&[], &[4]));
        assert!(in_both(&one, &Machines::new()).is_empty());
    }

    #[test]
    fn a_program_belongs_to_the_folder_it_works_in() {
        let root = Path::new("/x/process");
        let of = |folder: &str| program_of(root, &["TIDEGATE_INSTANCE=i-1".to_owned()], Path::new(folder));
        assert_eq!(of("/x/process/i-1/work"), Some("i-1".to_owned()));
        assert_eq!(of("/x/process/.trash/i-1.7.0/work (deleted)"), Some("i-1".to_owned()));
        assert_eq!(of("/y/process/i-1/work"), None);
        assert_eq!(program_of(root, &[], Path::new("/x/process/i-1/work")), None);
    }
}
