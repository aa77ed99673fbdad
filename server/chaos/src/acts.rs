//! Does what was planned to whoever is there. What it hit is said; nothing where there was nobody to hit.

use crate::clock;
use crate::host::{self, Key};
use crate::plan::Act;
use crate::site::{GROUPS, Site};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long somebody waits for the answer to a resize: the server may be stopped, and the next fault must not wait.
const RESIZE_LIMIT: Duration = Duration::from_millis(1_500);

/// A server that was started while its store was away may find out, and end, so much later.
const STORE_SETTLES: Duration = Duration::from_secs(8);

/// What was done and is not mended yet.
#[derive(Default)]
pub struct Done {
    frozen: BTreeMap<u64, Key>,
    frozen_balancer: Vec<Key>,
    store_is_gone: bool,
    /// A moment after a store came back a server may still end for it.
    store_back_at: Option<Instant>,
}

impl Done {
    /// Whether the store is there, and has been for a while.
    pub fn has_store(&self) -> bool {
        let settled = |at: Instant| at.elapsed() > STORE_SETTLES;
        !self.store_is_gone && self.store_back_at.is_none_or(settled)
    }
}

/// Does it; who was hit.
pub async fn act(site: &mut Site, done: &mut Done, act: Act) -> anyhow::Result<Option<String>> {
    Ok(match act {
        Act::KillServer => {
            site.server.kill();
            some("")
        }
        Act::StartServer => {
            site.server.revive()?;
            some("")
        }
        Act::FreezeServer => {
            site.server.signal(Signal::STOP);
            some("")
        }
        Act::ThawServer => {
            site.server.signal(Signal::CONT);
            some("")
        }
        Act::KillProgram { pick } => instance(site, pick, |machine| machine.programs.iter().copied().collect()),
        Act::KillShim { pick } => instance(site, pick, |machine| machine.shims.iter().copied().collect()),
        Act::KillBoth { pick } => instance(site, pick, |machine| {
            machine.shims.iter().chain(&machine.programs).copied().collect()
        }),
        Act::FreezeProgram { pick } => freeze(site, done, pick),
        Act::ThawProgram { pick } => {
            let frozen = done.frozen.remove(&pick);
            frozen.filter(|key| key.signal(Signal::CONT)).map(|_| String::new())
        }
        Act::KillBalancer | Act::KillWorker | Act::FreezeBalancer | Act::ThawBalancer => balancer(site, done, act),
        Act::FillDisk | Act::EmptyDisk | Act::StopDatabase | Act::StartDatabase => store(site, done, act)?,
        Act::Resize { group, desired } => resize(site, group, desired).await,
    })
}

fn some(what: &str) -> Option<String> {
    Some(what.to_owned())
}

/// Kills what `of` names of the picked one among those that live.
fn instance(site: &Site, pick: u64, of: impl Fn(&host::Machine) -> Vec<Key>) -> Option<String> {
    let mut machines: Vec<_> = host::machines(&site.root()).into_iter().collect();
    machines.retain(|(_, machine)| !of(machine).is_empty());
    let (id, machine) = picked(&machines, pick)?;
    for key in of(machine) {
        key.signal(Signal::KILL);
    }
    some(id)
}

fn picked<T>(all: &[T], pick: u64) -> Option<&T> {
    let count = u64::try_from(all.len()).ok()?;
    all.get(usize::try_from(pick.checked_rem(count)?).ok()?)
}

fn freeze(site: &Site, done: &mut Done, pick: u64) -> Option<String> {
    let machines = host::machines(&site.root());
    let programs = machines
        .iter()
        .flat_map(|(id, machine)| machine.programs.iter().map(move |key| (id, *key)));
    let programs: Vec<_> = programs.collect();
    let (id, key) = picked(&programs, pick)?;
    key.signal(Signal::STOP);
    done.frozen.insert(pick, *key);
    some(id)
}

fn balancer(site: &Site, done: &mut Done, act: Act) -> Option<String> {
    if act == Act::ThawBalancer {
        let frozen = std::mem::take(&mut done.frozen_balancer);
        let woken = frozen.iter().filter(|key| key.signal(Signal::CONT)).count();
        return (woken > 0).then(String::new);
    }
    let running = host::balancers(&site.server.data().join("balancers"));
    let (master, workers) = running.first()?;
    let (hit, signal) = match act {
        Act::KillWorker => (vec![*workers.last()?], Signal::KILL),
        Act::FreezeBalancer => (
            [*master].into_iter().chain(workers.iter().copied()).collect(),
            Signal::STOP,
        ),
        _ => (vec![*master], Signal::KILL),
    };
    for key in &hit {
        key.signal(signal);
    }
    if act == Act::FreezeBalancer {
        done.frozen_balancer = hit;
    }
    some("")
}

fn store(site: &Site, done: &mut Done, act: Act) -> anyhow::Result<Option<String>> {
    let there = match (act, &site.disk, &site.cluster) {
        (Act::FillDisk, Some(disk), _) => {
            disk.fill()?;
            false
        }
        (Act::EmptyDisk, Some(disk), _) => {
            disk.empty();
            true
        }
        (Act::StopDatabase, _, Some(cluster)) => {
            tokio::task::block_in_place(|| cluster.stop());
            false
        }
        (Act::StartDatabase, _, Some(cluster)) => {
            tokio::task::block_in_place(|| cluster.resume());
            true
        }
        // A disk that could not be mounted is not filled.
        _ => return Ok(None),
    };
    done.store_is_gone = !there;
    done.store_back_at = there.then(clock::instant);
    Ok(some(""))
}

/// As a person would; a server that is down or has no store refuses, and that is said.
async fn resize(site: &mut Site, group: usize, desired: u32) -> Option<String> {
    let form = format!("id={}&desired={desired}", site.groups[group]);
    let posted = tokio::time::timeout(RESIZE_LIMIT, site.server.post("/api/groups/resize", &form)).await;
    let said = match posted {
        Err(_elapsed) => "no answer".to_owned(),
        Ok(Err(why)) => why.root_cause().to_string(),
        Ok(Ok(answer)) => answer.split_whitespace().nth(1).unwrap_or("nothing").to_owned(),
    };
    some(&format!("{} to {desired}: {said}", GROUPS[group]))
}
