//! Samples the host, the records and HAProxy once a second while everything breaks.
//!
//! A violation is something that must not be true for a single moment: more machines, records or members of a group than
//! its maximum; one id with two machines; a machine that lives while its record says that it is gone. Whatever may differ
//! for a while is the audit's, at the end.
//!
//! The records are read between two walks over the host, and what both walks have seen lived while they were read. A
//! source that does not answer is missing in that sample: it is broken on purpose now and then.

use crate::books::{Books, Page};
use crate::clock::{self, Teller};
use crate::host::{self, Machines};
use crate::site::{Members, folders, members};
use control::balancer::haproxy::place::Place;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two samples.
const EVERY: Duration = Duration::from_secs(1);
/// After this a second shim that only found the lock taken has ended, and so has a process between fork and exec.
const SECOND_LOOK: Duration = Duration::from_millis(300);
/// Violations that are kept: the first ones tell the most.
const KEPT_MAX: usize = 100;

/// Whom it watches.
pub struct Watcher {
    /// Where instances have their folders.
    pub root: PathBuf,
    /// The records.
    pub books: Books,
    /// HAProxy and the group behind it; none where a story has no listener.
    pub balancer: Option<(Place, String)>,
    /// Where violations are told at once.
    pub teller: Teller,
}

/// The most that was seen of one group at one moment.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Most {
    /// What it may have.
    pub max: usize,
    /// Records that count: not those whose machine the driver has removed.
    pub records: usize,
    /// Machines on the host.
    pub machines: usize,
    /// HAProxy's members.
    pub members: usize,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Watched {
    /// Samples taken.
    pub samples: u64,
    /// Those without the records: the database was gone.
    pub without_records: u64,
    /// Those without HAProxy.
    pub without_balancer: u64,
    /// By the group's name.
    pub most: BTreeMap<String, Most>,
    /// What must not be.
    pub violations: Vec<String>,
    told: BTreeSet<String>,
}

impl Watcher {
    /// Samples until it is stopped.
    pub async fn watch(self, stop: CancellationToken) -> Watched {
        let mut watched = Watched::default();
        let mut last = Page::default();
        while !stop.is_cancelled() {
            self.sample(&mut watched, &mut last).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = clock::wait(EVERY) => {}
            }
        }
        watched
    }

    async fn sample(&self, watched: &mut Watched, last: &mut Page) {
        let before = host::machines(&self.root);
        let page = self.books.page().await.ok();
        let said = match &self.balancer {
            Some((place, _)) => members(place).await.ok(),
            None => None,
        };
        let machines = host::in_both(&before, &host::machines(&self.root));
        watched.samples += 1;
        watched.without_records += u64::from(page.is_none());
        watched.without_balancer += u64::from(said.is_none() && self.balancer.is_some());
        let current = page.is_some();
        if let Some(page) = page {
            *last = page;
        }
        let mut found = over_max(watched, last, &machines);
        if current {
            found.extend(records_over_max(watched, last, &removed(&self.root)));
            found.extend(gone_and_alive(last, &machines));
        }
        if let (Some(said), Some((_, group))) = (&said, &self.balancer) {
            found.extend(members_over_max(watched, last, group, said));
        }
        found.extend(self.twice(&machines).await);
        for violation in found {
            self.violated(watched, violation);
        }
    }

    /// An id with two machines, looked at once more: a shim that finds the lock taken lives for a moment.
    async fn twice(&self, machines: &Machines) -> Vec<String> {
        let two = |machines: &Machines| -> BTreeMap<String, host::Machine> {
            let all = machines.iter();
            let more = all.filter(|(_, machine)| machine.programs.len() > 1 || machine.shims.len() > 1);
            more.map(|(id, machine)| (id.clone(), machine.clone())).collect()
        };
        let suspects = two(machines);
        if suspects.is_empty() {
            return Vec::new();
        }
        clock::wait(SECOND_LOOK).await;
        let still = two(&host::in_both(&suspects, &host::machines(&self.root)));
        still
            .iter()
            .map(|(id, machine)| {
                let (programs, shims) = (machine.programs.len(), machine.shims.len());
                format!("I4: {id} has {programs} programs and {shims} shims at once")
            })
            .collect()
    }

    fn violated(&self, watched: &mut Watched, violation: String) {
        if watched.violations.len() < KEPT_MAX && watched.told.insert(violation.clone()) {
            self.teller.say(format_args!("VIOLATION {violation}"));
            watched.violations.push(violation);
        }
    }
}

/// Machines of each group that live at once. By the last known records: a machine has its record before it is made, and
/// one that is not known counts with nobody until the records are read again.
fn over_max(watched: &mut Watched, page: &Page, machines: &Machines) -> Vec<String> {
    let group_of: BTreeMap<&str, &str> = page.instances.iter().map(|one| (&*one.id, &*one.group)).collect();
    let mut found = Vec::new();
    for group in &page.groups {
        let ours = machines.keys().filter(|id| group_of.get(&***id) == Some(&&*group.id));
        let most = watched.most.entry(group.name.clone()).or_default();
        let count = ours.count();
        most.max = group.max;
        most.machines = most.machines.max(count);
        if count > group.max {
            found.push(format!(
                "I1: {count} machines of {} at once, at most {}",
                group.name, group.max
            ));
        }
    }
    found
}

/// Whom the driver has removed to the end: buried, and without a folder. The pass that is told so may launch another in its
/// place before it has stored that (I1 counts machines that are not confirmed gone).
fn removed(root: &Path) -> BTreeSet<String> {
    let buried = folders(&root.join(".gone")).into_iter();
    buried.filter(|id| !root.join(id).exists()).collect()
}

fn records_over_max(watched: &mut Watched, page: &Page, removed: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for group in &page.groups {
        let count = page.of(group).filter(|one| !removed.contains(&one.id)).count();
        let most = watched.most.entry(group.name.clone()).or_default();
        most.records = most.records.max(count);
        if count > group.max {
            found.push(format!(
                "I1: {count} records of {} at once, at most {}",
                group.name, group.max
            ));
        }
    }
    found
}

fn members_over_max(watched: &mut Watched, page: &Page, group: &str, members: &Members) -> Option<String> {
    let group = page.groups.iter().find(|one| one.id == group)?;
    let count = members.len();
    let most = watched.most.entry(group.name.clone()).or_default();
    most.members = most.members.max(count);
    (count > group.max).then(|| format!("{count} members of {} in HAProxy, at most {}", group.name, group.max))
}

/// Gone is a word that only the driver says, once nothing is left.
fn gone_and_alive(page: &Page, machines: &Machines) -> Vec<String> {
    let gone = page.instances.iter().filter(|instance| instance.gone);
    let alive = gone.filter(|instance| machines.get(&instance.id).is_some_and(|one| !one.programs.is_empty()));
    alive
        .map(|instance| format!("I4: {} is gone by its record and lives", instance.id))
        .collect()
}
