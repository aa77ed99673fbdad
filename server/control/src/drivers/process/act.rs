//! Orders: stop and delete.
//!
//! While the shim lives it carries them out; without one the driver does, as far as a program without a watch can be
//! found: by its key, by what hangs on it, and by the instance id in its environment.

use super::home::{Folder, State, StopRequest};
use super::host::{self, Table};
use super::look::lock;
use super::{Parts, clock, refused, unknown};
use crate::drivers::{DriverError, Removal};
use engine::model::InstanceId;
use rustix::process::Signal;
use std::io;
use std::sync::PoisonError;
use std::time::Duration;

/// How long a shim may take to kill its tree before it is killed itself. Too short costs nothing but the gentler way;
/// too long, and a stuck shim holds its place against max.
const SHIM_OBEYS_WITHIN: Duration = Duration::from_secs(2);

/// How often tombstones are swept. Each delete leaves one, and a server may run for years; more often only reads the same
/// folder again.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

impl Parts {
    /// Writes the request (the first one stands) and says "look now".
    pub(super) fn stop(&self, id: InstanceId, grace: Duration) -> Result<(), DriverError> {
        if self.ours(id).map_err(unknown("stop"))?.is_none() {
            let gone = self.home.is_gone(id).map_err(unknown("stop"))?;
            return if gone {
                Ok(())
            } else {
                Err(refused("stop", format!("there is no machine {id} here")))
            };
        }
        let kill_at_boot_ns = clock::boot_ns().saturating_add(clock::nanoseconds(grace));
        self.stop_by(&self.home.instance(id), StopRequest { kill_at_boot_ns })
            .map_err(unknown("stop"))
    }

    fn stop_by(&self, folder: &Folder, request: StopRequest) -> io::Result<()> {
        folder.request_stop(request)?;
        let Some(state) = running(folder)? else { return Ok(()) };
        if state.shim.is_alive() {
            return state.shim.signal(Signal::USR1);
        }
        // Nobody watches the deadline: every repeated stop does.
        let first = folder.stop_request()?.unwrap_or(request);
        let signal = if clock::boot_ns() < first.kill_at_boot_ns {
            Signal::TERM
        } else {
            Signal::KILL
        };
        state.main.map_or(Ok(()), |main| main.signal(signal))
    }

    /// Tombstone, then kill, then remove; each call goes as far as it can without waiting.
    pub(super) fn delete(&self, id: InstanceId) -> Result<Removal, DriverError> {
        let folder = self.home.instance(id);
        // A broken folder can be deleted too: its tombstone just knows no group.
        let record = folder.record().ok().flatten();
        if record
            .as_ref()
            .is_some_and(|record| record.installation != self.installation)
        {
            return Err(refused("delete", format!("{id} is a machine of another installation")));
        }
        self.home
            .bury(id, record.map(|record| record.spec.group))
            .map_err(unknown("delete"))?;
        let removal = self.clear(id).map_err(unknown("delete"))?;
        tracing::info!(instance = %id, ?removal, "deleted");
        self.sweep_when_due();
        Ok(removal)
    }

    /// Of several deletes at once one sweeps. A sweep that fails is tried again when the next one is due.
    fn sweep_when_due(&self) {
        let now = clock::wall();
        {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            if now.since(*swept) < SWEEP_EVERY {
                return;
            }
            *swept = now;
        }
        if let Err(why) = self.home.sweep_tombstones(now) {
            tracing::warn!(%why, "old tombstones are not swept now");
        }
    }

    /// Removes what is left of a buried instance. Whoever holds the lock may be about to start it, and sees the
    /// tombstone; once it is ours, nobody will.
    pub(super) fn clear(&self, id: InstanceId) -> io::Result<Removal> {
        let folder = self.home.instance(id);
        if !folder.exists()? {
            return Ok(Removal::Gone);
        }
        let Some(held) = folder.lock()? else {
            self.urge(&folder, id)?;
            return Ok(Removal::Going);
        };
        if kill_survivors(&folder, id)? == Survivors::Some {
            return Ok(Removal::Going);
        }
        self.home.discard(id)?;
        drop(held);
        lock(&self.cpu_ns_read).remove(&id);
        Ok(Removal::Gone)
    }
}

impl Parts {
    /// Tells a shim to look at its tombstone; one that does not for long (stopped, stuck) is killed, and the next
    /// delete does its work.
    fn urge(&self, folder: &Folder, id: InstanceId) -> io::Result<()> {
        let Some(state) = running(folder).ok().flatten() else {
            return Ok(());
        };
        state.shim.signal(Signal::USR1)?;
        if clock::wall().since(self.home.buried_at(id)?) > SHIM_OBEYS_WITHIN {
            tracing::warn!(instance = %id, "its shim does not obey: killed");
            state.shim.signal(Signal::KILL)?;
        }
        Ok(())
    }
}

/// Whether anything of an instance without a shim still ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Survivors {
    None,
    Some,
}

/// The state of a program that may still run.
fn running(folder: &Folder) -> io::Result<Option<State>> {
    Ok(folder
        .state()?
        .filter(|state| state.exit.is_none() && host::boot_id().is_ok_and(|boot| boot == state.boot)))
}

/// Kills what a dead shim left behind. An exit code means that nothing was.
fn kill_survivors(folder: &Folder, id: InstanceId) -> io::Result<Survivors> {
    if let Ok(state) = folder.state()
        && state.is_none_or(|state| state.exit.is_some())
    {
        return Ok(Survivors::None);
    }
    let table = Table::read()?;
    let mark = format!("TIDEGATE_INSTANCE={id}");
    let main = running(folder).ok().flatten().and_then(|state| state.main);
    let hanging = main
        .filter(|main| main.is_alive())
        .map(|main| table.below(main.pid))
        .unwrap_or_default();
    let marked = table
        .living()
        .filter(|stat| host::has_environment(stat.key.pid, &mark))
        .map(|stat| stat.key);
    let survivors: Vec<_> = main
        .into_iter()
        .chain(hanging.iter().map(|stat| stat.key))
        .chain(marked)
        .filter(|key| key.is_alive())
        .collect();
    for survivor in &survivors {
        survivor.signal(Signal::KILL)?;
    }
    Ok(if survivors.is_empty() {
        Survivors::None
    } else {
        Survivors::Some
    })
}

#[cfg(test)]
mod tests {
    use super::super::home::Home;
    use super::super::host::Unit;
    use super::*;
    use crate::clock::Wall;
    use std::fs::File;
    use std::path::PathBuf;
    use std::sync::Mutex;
    use std::time::SystemTime;

    #[test]
    fn a_delete_sweeps_old_tombstones_once_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let parts = Parts {
            home: Home::open(folder.path(), clock::wall()).unwrap(),
            installation: "ours".to_owned(),
            shim_command: Vec::new(),
            unit: Unit::here(),
            cpu_ns_read: Mutex::default(),
            swept: Mutex::new(clock::wall()),
        };
        let tombstone = |id: u64| -> PathBuf { folder.path().join(".gone").join(InstanceId(id).to_string()) };
        parts.delete(InstanceId(1)).unwrap();
        let old = File::options().write(true).open(tombstone(1)).unwrap();
        old.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        parts.delete(InstanceId(2)).unwrap();
        assert!(tombstone(1).exists(), "swept less than a day ago");
        *parts.swept.lock().unwrap() = Wall(0);
        parts.delete(InstanceId(3)).unwrap();
        assert_eq!([1, 2, 3].map(|id| tombstone(id).exists()), [false, true, true]);
    }
}
