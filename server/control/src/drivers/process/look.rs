//! What is known of machines: their word, their use, what they print.
//!
//! A word is `state.json` checked against `/proc`. The file is read again before "it died without a word" is said: the
//! shim may have written the exit code and ended between the two looks.

use super::home::{Record, State};
use super::host::{self, Key, Stat, Table};
use super::{Parts, clock, output, refused, unknown};
use crate::drivers::{DriverError, Machine, MachineWord, Usage};
use engine::model::{GroupId, InstanceId, ReadyWord};
use std::collections::BTreeMap;
use std::io;

/// Exit code of a program that was killed with its shim, or by the host's end.
const KILLED: i32 = 137;

/// Tag of a machine nothing is known of.
const NO_GROUP: GroupId = GroupId(0);

impl Parts {
    /// Every machine of ours. One broken folder makes it an error, unless that one is being deleted.
    pub(super) fn list(&self) -> Result<Vec<Machine>, DriverError> {
        let boot = host::boot_id().map_err(unknown("list"))?;
        let mut machines = Vec::new();
        for id in self.home.ids().map_err(unknown("list"))? {
            match self.machine(id, &boot) {
                Ok(found) => machines.extend(found),
                Err(_broken) if self.home.is_gone(id).map_err(unknown("list"))? => {}
                Err(why) => return Err(unknown("list")(why)),
            }
        }
        Ok(machines)
    }

    /// One machine; its group is `GroupId(0)` where nobody knows it.
    pub(super) fn describe(&self, id: InstanceId) -> Result<Machine, DriverError> {
        let boot = host::boot_id().map_err(unknown("describe"))?;
        if let Some(machine) = self.machine(id, &boot).map_err(unknown("describe"))? {
            return Ok(machine);
        }
        let gone = self.home.is_gone(id).map_err(unknown("describe"))?;
        let word = if gone {
            MachineWord::Gone
        } else {
            MachineWord::NeverSeen
        };
        let group = self.home.group_of_gone(id).unwrap_or(NO_GROUP);
        Ok(Machine {
            id,
            group,
            word,
            ready: ReadyWord::NotYet,
            made: None,
        })
    }

    /// Use of all these trees out of one walk.
    pub(super) fn usage(&self, ids: &[InstanceId], table: &Table) -> Result<Vec<(InstanceId, Usage)>, DriverError> {
        let boot = host::boot_id().map_err(unknown("read usage"))?;
        Ok(ids
            .iter()
            .filter_map(|id| Some((*id, self.usage_of(*id, &boot, table)?)))
            .collect())
    }

    /// The last words of a machine.
    pub(super) fn logs(&self, id: InstanceId, limit: usize) -> Result<String, DriverError> {
        match self.ours(id).map_err(unknown("read logs"))? {
            Some(_) => output::tail(self.home.instance(id).path(), limit).map_err(unknown("read logs")),
            None => Err(refused("read logs", format!("there is no machine {id} here"))),
        }
    }

    /// What a machine of ours is made from; `None` if there is none of that id, or it is another installation's.
    pub(super) fn ours(&self, id: InstanceId) -> io::Result<Option<Record>> {
        Ok(self
            .home
            .instance(id)
            .record()?
            .filter(|record| record.installation == self.installation))
    }

    fn machine(&self, id: InstanceId, boot: &str) -> io::Result<Option<Machine>> {
        let Some(record) = self.ours(id)? else { return Ok(None) };
        let (word, ready) = self.word(id, boot)?;
        Ok(Some(Machine {
            id,
            group: record.spec.group,
            word,
            ready,
            made: record.spec.made(),
        }))
    }

    fn word(&self, id: InstanceId, boot: &str) -> io::Result<(MachineWord, ReadyWord)> {
        let folder = self.home.instance(id);
        let Some(first) = folder.state()? else {
            return Ok((MachineWord::Pending, ReadyWord::NotYet));
        };
        if let Some(word) = first.certain(boot) {
            return Ok((word, first.ready));
        }
        let last = folder.state()?.unwrap_or(first);
        Ok((
            last.certain(boot).unwrap_or(MachineWord::Exited { code: KILLED }),
            last.ready,
        ))
    }

    fn usage_of(&self, id: InstanceId, boot: &str, table: &Table) -> Option<Usage> {
        let state = self.home.instance(id).state().ok().flatten()?;
        if state.boot != boot || state.exit.is_some() {
            return None;
        }
        let (tree, ended_ns) = tree(&state, table, &self.unit)?;
        let (living_ns, memory_bytes) = host::sum(&tree, &self.unit);
        let cpu_ns = self.never_back(id, living_ns.saturating_add(ended_ns));
        Some(Usage {
            cpu_ns,
            memory_bytes,
            read_at_ns: clock::boot_ns(),
        })
    }

    fn never_back(&self, id: InstanceId, cpu_ns: u64) -> u64 {
        let mut all = lock(&self.cpu_ns_read);
        let most = all.entry(id).or_default();
        *most = cpu_ns.max(*most);
        *most
    }
}

impl State {
    /// The word, if it needs no second look.
    fn certain(&self, boot: &str) -> Option<MachineWord> {
        if let Some(code) = self.exit {
            return Some(MachineWord::Exited { code });
        }
        if self.boot != boot {
            return Some(MachineWord::Exited { code: KILLED });
        }
        let running = self.main.filter(|main| self.shim.is_alive() || main.is_alive());
        match running {
            Some(_) => Some(MachineWord::Running { since: self.since }),
            None => self.shim.is_alive().then_some(MachineWord::Pending),
        }
    }
}

/// The program's processes, and the CPU time of those the shim has reaped. Without a shim, what hangs on the program.
fn tree(state: &State, table: &Table, unit: &host::Unit) -> Option<(Vec<Stat>, u64)> {
    if let Some(shim) = table.get(state.shim).filter(|shim| shim.lives()) {
        let below = table.below(shim.key.pid);
        return (!below.is_empty()).then(|| (below, shim.ended_children_ns(unit)));
    }
    let main: Key = state.main?;
    let mut tree = vec![*table.get(main)?];
    tree.extend(table.below(main.pid));
    Some((tree, 0))
}

/// A panic elsewhere does not make numbers wrong.
pub(super) fn lock(
    numbers: &std::sync::Mutex<BTreeMap<InstanceId, u64>>,
) -> std::sync::MutexGuard<'_, BTreeMap<InstanceId, u64>> {
    numbers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
