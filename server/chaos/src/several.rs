//! Several servers on one database: who works on what when one of them stops, dies or comes.
//!
//! What must hold at every moment is the watcher's (I1, I4). What is promised besides is measured here, and what is not
//! kept is a violation: a fair share of the shards, a wake that reaches the owner, one HAProxy a load balancer, a console
//! that shows all, and a successor within two cycles of time scale 1.

use crate::clock::{self, Teller};
use crate::fleet::Fleet;
use crate::report::Told;
use crate::site::{Wish, front, group, template};
use crate::watcher::Watcher;
use crate::{Place, audit, host};
use anyhow::Context as _;
use control::load::{LoadOptions, run_until};
use engine::draw::mix;
use rustix::process::Signal;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Product seconds a second: a cycle is three seconds, so that a wake that is not heard is seen.
const SCALE: u32 = 5;
const CYCLE: Duration = Duration::from_secs(3);
/// Groups, and how many instances each has at least and at most.
const GROUPS: usize = 4;
const SIZES: (u32, u32) = (1, 3);
/// Shards there are.
const SHARDS: usize = 64;
/// Shares are fair after this: some renewals of the leases.
const SHARED_WITHIN: Duration = Duration::from_secs(20);
/// Two cycles of time scale 1. A lease lasts 20 s and is looked at every 5 s.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(30);
/// An edit is a new record in less than this (design 7).
const WOKEN_WITHIN: Duration = Duration::from_secs(2);
/// How long somebody is stopped: well past the end of the lease.
const FROZEN_FOR: Duration = Duration::from_secs(35);
/// How long a woken one is watched before the next thing happens.
const AWAKE_FOR: Duration = Duration::from_secs(10);
/// Whoever takes longer has failed.
const LIMIT: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A story under way.
struct Several {
    fleet: Fleet,
    told: Told,
    teller: Teller,
    groups: Vec<String>,
    drawn: u64,
}

/// Tells it: so many rounds of a server that is stopped and woken, and one that is killed.
pub async fn tell(place: &Place, seed: u64, rounds: u32) -> anyhow::Result<Told> {
    let teller = Teller::begin();
    teller.say(format_args!("several servers: {rounds} rounds, SEED={seed}"));
    let mut story = Several {
        fleet: Fleet::start(place, SCALE).await?,
        told: Told::new("several", seed),
        teller,
        groups: Vec::new(),
        drawn: 0,
    };
    story.begin().await?;
    let (stop, mut watching) = (CancellationToken::new(), JoinSet::new());
    let watcher = Watcher {
        root: story.fleet.root(),
        books: story.fleet.books.clone(),
        balancer: None,
        teller,
    };
    watching.spawn(watcher.watch(stop.clone()));
    story.shares("a, b and c run").await?;
    story.all_show_all().await?;
    story.wakes().await?;
    story.served("before anything is broken").await?;
    for round in 0..rounds {
        story.freeze_owner(round).await?;
        story.served("after a server was stopped").await?;
        story.kill_owner(round).await?;
        story.served("after a server was killed").await?;
    }
    story.settle().await?;
    stop.cancel();
    if let Some(Ok(watched)) = watching.join_next().await {
        story.told.watched(watched);
    }
    story.told.seconds = teller.passed().as_secs();
    let Several { fleet, told, .. } = story;
    fleet.end().await;
    Ok(told)
}

impl Several {
    fn draw(&mut self, below: u32) -> u32 {
        self.drawn += 1;
        u32::try_from(mix(self.told.seed, self.drawn, 1) % u64::from(below)).unwrap_or(0)
    }

    fn violated(&mut self, what: String) {
        self.teller.say(format_args!("VIOLATION {what}"));
        self.told.violations.push(what);
    }

    /// A measured time, and a violation if it is over.
    fn timed(&mut self, name: impl Into<String>, took: Option<Duration>, within: Duration) {
        let name = name.into();
        let shown = took.map_or_else(|| "never".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
        self.teller.say(format_args!("{name}: {shown}"));
        self.told.figure(&name, &shown);
        if took.is_none_or(|took| took > within) {
            self.violated(format!("{name}: {shown}, promised within {} s", within.as_secs()));
        }
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        for name in ['b', 'c'] {
            self.fleet.add(name).await?;
        }
        let books = self.fleet.books.clone();
        let first = self.fleet.server('a')?;
        template(first, &books).await?;
        for nth in 0..GROUPS {
            let (name, (min, max)) = (format!("g{nth}"), SIZES);
            let wish = Wish {
                name: &name,
                min,
                max,
                cpu: "",
            };
            self.groups.push(group(first, &books, &wish).await?);
        }
        let port = self.fleet.port();
        front(self.fleet.server('a')?, &books, &self.groups[0], port).await?;
        self.until_equal().await
    }

    async fn until_equal(&mut self) -> anyhow::Result<()> {
        let mut last = Vec::new();
        let equal = clock::until(LIMIT, LOOK_EVERY * 10, async || {
            last = audit::on_host(&self.fleet.count().await.ok()?);
            last.is_empty().then_some(())
        });
        let equal = equal.await;
        if equal.is_none() {
            let missing = last.join("; ");
            self.violated(format!("I3, after {LIMIT:?}: {missing}"));
        }
        Ok(())
    }

    /// Each server has about as many shards as the others.
    async fn shares(&mut self, when: &str) -> anyhow::Result<()> {
        let least = SHARDS / self.fleet.servers.len() / 2;
        let mut last = String::new();
        let fair = clock::until(SHARED_WITHIN, LOOK_EVERY * 10, async || {
            let shares = self.fleet.shares().await.ok()?;
            last = format!("{shares:?}");
            shares.values().all(|count| *count >= least).then_some(())
        });
        let fair = fair.await;
        self.told.figure(&format!("shards when {when}"), &last);
        if fair.is_none() {
            self.violated(format!("shares are not fair when {when}: {last}"));
        }
        Ok(())
    }

    async fn all_show_all(&mut self) -> anyhow::Result<()> {
        let names: Vec<char> = self.fleet.servers.keys().copied().collect();
        for name in names {
            let page = self.fleet.server(name)?.get("/groups").await?;
            let missing: Vec<_> = (0..GROUPS).filter(|nth| !page.contains(&format!("g{nth}"))).collect();
            if !missing.is_empty() {
                self.violated(format!("the console of {name} does not show the groups {missing:?}"));
            }
        }
        Ok(())
    }

    /// Who owns a group now.
    async fn owner_of(&self, nth: usize) -> anyhow::Result<char> {
        let owner = self
            .fleet
            .books
            .owner(&self.groups[nth])
            .await?
            .context("nobody owns it")?
            .0;
        self.fleet.named(&owner).context("its owner is none of ours")
    }

    /// From a resize at one console to the new record.
    async fn resized_at(&mut self, name: char, nth: usize, desired: u32) -> anyhow::Result<Option<Duration>> {
        let group = self.groups[nth].clone();
        let begin = clock::instant();
        let form = format!("id={group}&desired={desired}");
        self.fleet.server(name)?.post("/api/groups/resize", &form).await?;
        let books = self.fleet.books.clone();
        let seen = clock::until(CYCLE * 10, LOOK_EVERY, async || {
            let page = books.page().await.ok()?;
            let count = page.present().filter(|instance| instance.group == group).count();
            (u32::try_from(count) == Ok(desired)).then_some(())
        });
        Ok(seen.await.map(|()| begin.elapsed()))
    }

    /// A resize at the owner's console and at another's; a group that is made at another's. The slowest of each.
    async fn wakes(&mut self) -> anyhow::Result<()> {
        let (mut own, mut others, mut made) = (Some(Duration::ZERO), Some(Duration::ZERO), Some(Duration::ZERO));
        let slower =
            |worst: Option<Duration>, took| worst.zip(took).map(|(worst, took): (_, Duration)| worst.max(took));
        for nth in 0..GROUPS {
            let (owner, other) = self.owner_and_another().await?;
            own = slower(own, self.resized_at(owner, nth, 2).await?);
            // A launch under way keeps its group awake: what is measured begins at rest.
            self.until_equal().await?;
            others = slower(others, self.resized_at(other, nth, 3).await?);
            made = slower(made, self.made_at(other, nth).await?);
            self.until_equal().await?;
        }
        self.timed("resize at the owner's console", own, WOKEN_WITHIN);
        self.timed("resize at another's console", others, WOKEN_WITHIN);
        self.timed("group made at another's console", made, WOKEN_WITHIN);
        Ok(())
    }

    async fn owner_and_another(&self) -> anyhow::Result<(char, char)> {
        let owner = self.owner_of(0).await?;
        let mut others = self.fleet.servers.keys().copied().filter(|name| *name != owner);
        Ok((owner, others.next().context("only one server runs")?))
    }

    /// From making a group at one console to its first record.
    async fn made_at(&mut self, at: char, nth: usize) -> anyhow::Result<Option<Duration>> {
        let (books, begin) = (self.fleet.books.clone(), clock::instant());
        let name = format!("late{nth}");
        let wish = Wish {
            name: &name,
            min: 1,
            max: 1,
            cpu: "",
        };
        let id = group(self.fleet.server(at)?, &books, &wish).await?;
        let launched = clock::until(LIMIT, LOOK_EVERY, async || {
            let page = books.page().await.ok()?;
            page.present().any(|instance| instance.group == id).then_some(())
        });
        Ok(launched.await.map(|()| begin.elapsed()))
    }

    /// Every group gets another size, so that its owner has something under way.
    async fn stir(&mut self, at: char) -> anyhow::Result<()> {
        for nth in 0..GROUPS {
            let desired = SIZES.0 + self.draw(SIZES.1 - SIZES.0 + 1);
            let form = format!("id={}&desired={desired}", self.groups[nth]);
            self.fleet.server(at)?.post("/api/groups/resize", &form).await?;
        }
        Ok(())
    }

    /// Until nobody's lease of the first group is the former owner's.
    async fn taken_over(&self, from: char) -> Option<(Duration, char)> {
        let begin = clock::instant();
        let taken = clock::until(TAKEN_OVER_WITHIN * 2, LOOK_EVERY, async || {
            self.owner_of(0).await.ok().filter(|owner| *owner != from)
        });
        taken.await.map(|owner| (begin.elapsed(), owner))
    }

    /// The owner is stopped in the middle of its work and woken long after its leases are over.
    async fn freeze_owner(&mut self, round: u32) -> anyhow::Result<()> {
        let owner = self.owner_of(0).await?;
        self.stir(owner).await?;
        let pause = u64::from(self.draw(400));
        clock::wait(Duration::from_millis(pause)).await;
        self.fleet.server(owner)?.signal(Signal::STOP);
        let begin = clock::instant();
        self.teller.say(format_args!("stop: server {owner}"));
        *self
            .told
            .faults
            .entry("server stopped and woken".to_owned())
            .or_default() += 1;
        let taken = self.taken_over(owner).await;
        self.timed(
            format!("round {round}: taken over from a stopped server"),
            taken.map(|(took, _)| took),
            TAKEN_OVER_WITHIN,
        );
        if let Some((_, successor)) = taken {
            self.stir(successor).await?;
        }
        clock::wait(FROZEN_FOR.saturating_sub(begin.elapsed())).await;
        self.fleet.server(owner)?.signal(Signal::CONT);
        self.teller.say(format_args!("continue: server {owner}"));
        clock::wait(AWAKE_FOR).await;
        self.fleet.until_well(owner).await?;
        let late = self.fenced(owner).await?;
        self.told
            .figure(&format!("round {round}: its passes refused when woken"), late);
        self.until_equal().await
    }

    /// Passes that this server dropped because the shard was another's.
    async fn fenced(&mut self, name: char) -> anyhow::Result<u64> {
        let metrics = self.fleet.server(name)?.get("/metrics").await?;
        let lines = metrics.lines().filter(|line| line.contains("outcome=\"fenced\""));
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        Ok(values.sum())
    }

    /// The owner is killed in the middle of its work; another is started in its place, which is to get its share.
    async fn kill_owner(&mut self, round: u32) -> anyhow::Result<()> {
        let owner = self.owner_of(0).await?;
        self.stir(owner).await?;
        let pause = u64::from(self.draw(400));
        clock::wait(Duration::from_millis(pause)).await;
        self.fleet.server(owner)?.kill();
        self.teller.say(format_args!("kill -9: server {owner}"));
        self.told.kills += 1;
        *self.told.faults.entry("server killed".to_owned()).or_default() += 1;
        let taken = self.taken_over(owner).await;
        self.timed(
            format!("round {round}: taken over from a killed server"),
            taken.map(|(took, _)| took),
            TAKEN_OVER_WITHIN,
        );
        self.until_equal().await?;
        if round == 0 {
            self.fleet.servers.remove(&owner);
            self.fleet.add('d').await?;
            self.shares("d has come for one that was killed").await?;
        } else {
            self.fleet.server(owner)?.revive()?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> anyhow::Result<()> {
        let begin = clock::instant();
        self.until_equal().await?;
        self.told.quiet_after_ms = u64::try_from(begin.elapsed().as_millis()).ok();
        let (page, log) = (self.fleet.books.page().await?, self.fleet.books.log().await?);
        for what in audit::log(&page, &log) {
            self.violated(format!("I8: {what}"));
        }
        self.told.figure("instances made", page.instances.len());
        for log in self.fleet.logs() {
            self.told.logged(&log);
        }
        self.all_show_all().await
    }

    /// The load balancer that every server knows: one HAProxy, and no request is lost while nothing is broken.
    async fn served(&mut self, when: &str) -> anyhow::Result<()> {
        let masters = host::balancers(self.fleet.folder()).len();
        self.told.figure(&format!("HAProxys {when}"), masters);
        if masters != 1 {
            self.violated(format!("{masters} HAProxys run for one load balancer {when}"));
        }
        let options = LoadOptions {
            rate: Some(50),
            duration: Duration::from_secs(5),
            ..LoadOptions::new(self.fleet.url())
        };
        let report = run_until(options, CancellationToken::new()).await?;
        if report.failed > 0 {
            let (failed, all) = (report.failed, report.requests);
            self.violated(format!("{failed} of {all} requests failed {when}"));
        }
        self.told.load = Some(report);
        Ok(())
    }
}
