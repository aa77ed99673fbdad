//! One server under load, broken as planned, then left alone until it is quiet, then audited.

use crate::clock::{self, Teller};
use crate::plan::{self, Act, Planned};
use crate::report::{Store, Told};
use crate::server::Ended;
use crate::site::{GROUPS, Site};
use crate::watcher::{Watched, Watcher};
use crate::{Place, acts, audit};
use anyhow::Context as _;
use control::load::{LoadOptions, LoadReport, run_until};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Requests a second: some work for every member, a fraction of a core.
const RATE: u32 = 25;
/// Longer than any story.
const LOAD_FOR: Duration = Duration::from_secs(6 * 3600);
/// How long it may take until all is equal after the last mend. A breaker that is open tries again after 5, 10, 20 and 40
/// product minutes: 5 real ones in all at this scale.
const QUIET_WITHIN: Duration = Duration::from_secs(330);
/// All has to be equal for so long: at the very moment of a fault nobody has noticed it yet.
const STEADY_FOR: Duration = Duration::from_secs(4);
/// How long kills that found nobody are tried again when all else is done.
const OWED_FOR: Duration = Duration::from_secs(30);
/// How often the supervisor looks, and how often it is looked whether all is equal.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often it is said what is not equal yet.
const SAY_EVERY: Duration = Duration::from_secs(20);

/// Load and watcher: what runs beside the faults.
struct Beside {
    stop: CancellationToken,
    load: JoinSet<Option<LoadReport>>,
    watcher: JoinSet<Watched>,
}

/// A story under way.
struct Story {
    site: Site,
    teller: Teller,
    told: Told,
    done: acts::Done,
}

/// Tells it.
pub async fn tell(place: &Place, store: Store, seed: u64, kills: u32) -> anyhow::Result<Told> {
    let teller = Teller::begin();
    teller.say(format_args!("{}: {kills} kills, SEED={seed}", store.name()));
    let site = Site::start(place, store).await?;
    teller.say("both groups serve");
    let beside = Beside::begin(&site, teller);
    let mut told = Told::new(store.name(), seed);
    if store == Store::Sqlite && site.disk.is_none() {
        let why = "filling the disk: only an account that may mount a tmpfs has one to fill";
        teller.say(format_args!("skipped: {why}"));
        told.skipped.push(why.to_owned());
    }
    let mut story = Story {
        site,
        teller,
        told,
        done: acts::Done::default(),
    };
    story.break_all(&plan::plan(seed, kills, store)).await?;
    story.settle().await?;
    let Story { site, mut told, .. } = story;
    beside.end(&mut told).await;
    told.seconds = teller.passed().as_secs();
    site.end().await;
    Ok(told)
}

impl Beside {
    fn begin(site: &Site, teller: Teller) -> Self {
        let (stop, mut load, mut watcher) = (CancellationToken::new(), JoinSet::new(), JoinSet::new());
        let options = LoadOptions {
            rate: Some(RATE),
            duration: LOAD_FOR,
            ..LoadOptions::new(site.url())
        };
        let loading = run_until(options, stop.clone());
        load.spawn(async move { loading.await.ok() });
        let watching = Watcher {
            root: site.root(),
            books: site.books.clone(),
            balancer: Some((site.balancer.clone(), site.groups[0].clone())),
            teller,
        };
        watcher.spawn(watching.watch(stop.clone()));
        Self { stop, load, watcher }
    }

    async fn end(mut self, told: &mut Told) {
        self.stop.cancel();
        if let Some(Ok(load)) = self.load.join_next().await {
            told.load = load;
        }
        match self.watcher.join_next().await {
            Some(Ok(watched)) => told.watched(watched),
            other => told.violations.push(format!("the watcher broke off: {other:?}")),
        }
    }
}

impl Story {
    /// Does what was planned, when it was planned. A kill that finds nobody (HAProxy is not back while the server is down) is
    /// owed, and done as soon as there is somebody: what is planned does not wait for it.
    async fn break_all(&mut self, planned: &[Planned]) -> anyhow::Result<()> {
        let begin = clock::instant();
        let mut owed = Vec::new();
        for Planned { at, act } in planned {
            while begin.elapsed() < *at {
                self.pay(&mut owed).await?;
                clock::wait(LOOK_EVERY.min(at.saturating_sub(begin.elapsed()))).await;
            }
            if !self.hit(*act).await? && act.is_kill() {
                owed.push(*act);
            }
        }
        let last = clock::instant();
        while !owed.is_empty() && last.elapsed() < OWED_FOR {
            self.pay(&mut owed).await?;
            clock::wait(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// The supervisor's turn, and one kill that is owed.
    async fn pay(&mut self, owed: &mut Vec<Act>) -> anyhow::Result<()> {
        self.mind()?;
        if let Some(first) = owed.first().copied()
            && self.hit(first).await?
        {
            owed.remove(0);
        }
        Ok(())
    }

    /// Does it, and says it. False where there was nobody.
    async fn hit(&mut self, act: Act) -> anyhow::Result<bool> {
        self.mind()?;
        let Some(hit) = acts::act(&mut self.site, &mut self.done, act).await? else {
            return Ok(false);
        };
        self.told.kills += u32::from(act.is_kill());
        let number = if act.is_kill() {
            format!("{:>4}", self.told.kills)
        } else {
            "   .".to_owned()
        };
        self.teller.say(format_args!("{number}  {act} {hit}"));
        if let Some(fault) = act.fault() {
            *self.told.faults.entry(fault.to_owned()).or_default() += 1;
        }
        Ok(true)
    }

    /// The supervisor's turn. A server that ends by itself while its store is there is a violation.
    fn mind(&mut self) -> anyhow::Result<()> {
        match self.site.server.mind()? {
            None => {}
            Some(Ended::Starting(status)) => {
                *self.told.faults.entry("(start that failed)".to_owned()).or_default() += 1;
                self.teller.say(format_args!(
                    "      the server did not start ({status}); again in a second"
                ));
            }
            Some(Ended::Running(status)) => {
                let said = format!("the server ended by itself: {status}");
                self.teller.say(format_args!("      {said}"));
                if self.done.has_store() {
                    self.told.violations.push(said);
                }
            }
        }
        Ok(())
    }

    /// Waits until all is equal, and audits.
    async fn settle(&mut self) -> anyhow::Result<()> {
        self.teller.say("the faults are over");
        let begin = clock::instant();
        let (mut differences, mut since, mut said) = (Vec::new(), None, Duration::ZERO);
        while begin.elapsed() < QUIET_WITHIN + STEADY_FOR {
            self.mind()?;
            differences = self.differences().await;
            let now = begin.elapsed();
            since = if differences.is_empty() {
                since.or(Some(now))
            } else {
                None
            };
            if since.is_some_and(|since| now - since >= STEADY_FOR) {
                break;
            }
            if !differences.is_empty() && now >= said + SAY_EVERY {
                said = now;
                self.teller
                    .say(format_args!("not quiet yet: {}", differences.join("; ")));
            }
            clock::wait(LOOK_EVERY).await;
        }
        self.told.quiet_after_ms = since.and_then(|since| u64::try_from(since.as_millis()).ok());
        let late = differences.into_iter();
        self.told
            .violations
            .extend(late.map(|what| format!("I3, after {QUIET_WITHIN:?}: {what}")));
        self.audit().await
    }

    /// What is not equal; a source that does not answer is not quiet either.
    async fn differences(&mut self) -> Vec<String> {
        if !self.site.server.is_well().await {
            return vec!["the server is not well".to_owned()];
        }
        let count = match self.site.count().await {
            Ok(count) => count,
            Err(why) => return vec![format!("{why:#}")],
        };
        let mut found = audit::differences(&count, &self.site.groups[0]);
        match self.site.books.log().await {
            Ok(log) => found.extend(
                log.iter()
                    .filter(|line| !line.ended)
                    .map(|line| format!("{} {} of {} has not ended", line.kind, line.id, line.instance)),
            ),
            Err(why) => found.push(format!("{why:#}")),
        }
        found
    }

    async fn audit(&mut self) -> anyhow::Result<()> {
        let books = &self.site.books;
        let page = books.page().await.context("cannot read the records for the audit")?;
        let log = books.log().await.context("cannot read the log for the audit")?;
        let wrong = audit::log(&page, &log);
        self.told
            .violations
            .extend(wrong.into_iter().map(|what| format!("I8: {what}")));
        self.told.figure("instances made", page.instances.len());
        self.told.figure("activities", log.len());
        for (name, id) in GROUPS.iter().zip(&self.site.groups) {
            let count = page.present().filter(|instance| instance.group == *id).count();
            self.told.figure(&format!("instances of {name} at the end"), count);
        }
        self.told.logged(&self.site.log());
        self.teller.say("audited");
        Ok(())
    }
}
