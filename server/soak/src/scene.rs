//! Plays a story: servers on one store and one region, and time that jumps to the next instant anybody waits for.

use crate::crowd::{Alike, BALANCER, GROUP, edit, put_right, settle_in, stray, undo};
use crate::gates::Moods;
use crate::quiet::{self, Quiet};
use crate::rest;
use crate::server::{Server, Site, StoryIds};
use crate::story::{Event, Hand, Mood, Story, What};
use crate::timeline::{BEGIN_MS, StoryClock, Timeline, WORLD, Who};
use crate::witness::{Invariant, Move, Telling, Violation, Witness};
use control::drivers::simulated::SimulatedRegion;
use control::store::{GroupRecord, InstanceRow, LoopStore as _, MemoryStore};
use engine::draw::mix;
use engine::model::{GroupStatus, InstanceId, Phase, Timestamp};
use engine::simulate::{Halt, Service, Shape, Traffic};
use futures::FutureExt as _;
use std::sync::Arc;

/// What came of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What broke, if anything did.
    pub violation: Option<Violation>,
    /// Everything that happened, in one number.
    pub digest: u64,
    /// Calls that were made.
    pub calls: u64,
    /// The telling, if it was asked for.
    pub lines: Vec<String>,
    /// How it ended.
    pub end: End,
}

/// How a story ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// May the loop work on the group?
    pub status: Option<GroupStatus>,
    /// Desired; 0 once the group is deleted.
    pub desired: u32,
    /// Records that were in service and serve.
    pub serving: usize,
    /// Records.
    pub records: usize,
    /// Machines there ever were.
    pub made: usize,
    /// Machines there were at once, at most.
    pub peak: usize,
    /// How desired moved.
    pub moves: Vec<Move>,
}

/// Plays it from its beginning to its end.
pub fn play(story: &Story, telling: Telling) -> Played {
    quiet::run(|quiet| async move {
        let mut scene = Scene::new(story, telling);
        scene.tell(&quiet).await;
        scene.end()
    })
}

/// What is to happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Begins(Event),
    Ends(Event),
    Calm,
}

/// A server's place: it may be empty for a while.
#[derive(Default)]
struct Seat {
    server: Option<Server>,
    /// When the next one is started.
    starts: Option<i64>,
    ahead_ms: i64,
}

/// A story under way.
pub struct Scene {
    pub(crate) story: Story,
    pub(crate) site: Site,
    seats: Vec<Seat>,
    /// By time, the next one last.
    agenda: Vec<(i64, Turn)>,
    starts: u64,
}

impl Scene {
    fn new(story: &Story, telling: Telling) -> Self {
        let timeline = Arc::new(Timeline::default());
        let clock = Arc::new(StoryClock::new(timeline.clone(), WORLD, Timestamp(0), 0));
        let region = SimulatedRegion::new(story.seed, story.region.clone(), clock);
        let leases = timeline.clone();
        let store = MemoryStore::new(Arc::new(move || control::clock::Wall(leases.now())));
        settle_in(&store, story);
        region.world(|world| world.serves(GROUP, story.service));
        let witness = Witness::new(timeline.clone(), region.clone(), store.clone(), telling);
        let site = Site {
            moods: Arc::new(Moods::new(timeline.clone(), story.seed)),
            ids: Arc::new(StoryIds::new(story.seed)),
            witness: Arc::new(witness),
            timeline,
            region,
            store,
        };
        Self {
            seats: (0..story.servers).map(|_| Seat::default()).collect(),
            agenda: agenda(story),
            story: story.clone(),
            site,
            starts: 0,
        }
    }

    async fn tell(&mut self, quiet: &Quiet) {
        self.take_turns(BEGIN_MS);
        for who in 0..self.seats.len() {
            self.start(who);
        }
        let end = instant(self.story.length);
        loop {
            quiet.wait().await;
            self.bury();
            let next = self.next().unwrap_or(end);
            if next >= end || self.site.witness.is_broken() {
                return;
            }
            let now = next.max(self.site.timeline.now());
            self.site.timeline.set(now);
            self.take_turns(now);
            self.site.timeline.wake(|who| self.is_awake(who));
        }
    }

    fn end(mut self) -> Played {
        self.site.timeline.set(instant(self.story.length));
        for seat in &mut self.seats {
            if seat.server.take().is_some_and(|server| server.broken() > 0) {
                self.site
                    .witness
                    .break_(Invariant::Defect, || "a pass broke off".to_owned());
            }
        }
        if !self.site.witness.is_broken() {
            rest::check(&self);
        }
        let witness = &self.site.witness;
        Played {
            end: self.how_it_ended(),
            violation: witness.violation(),
            digest: mix(witness.digest(), rest::digest(&self), 0),
            calls: witness.calls(),
            lines: witness.lines(),
        }
    }

    fn how_it_ended(&self) -> End {
        let (group, (made, peak)) = (self.group(), self.site.witness.machines());
        let rows = group.as_ref().map_or(&[][..], |group| &group.instances);
        let serves = |row: &&InstanceRow| row.flags.was_in_service && row.phase == Phase::Serving;
        End {
            status: self.site.store.status(GROUP),
            desired: group.as_ref().map_or(0, |group| group.durable.desired),
            serving: rows.iter().filter(serves).count(),
            records: rows.len(),
            made,
            peak,
            moves: self.site.witness.moves(),
        }
    }

    fn is_awake(&self, who: Who) -> bool {
        let seat = usize::try_from(who).ok().and_then(|who| self.seats.get(who));
        seat.is_none_or(|seat| seat.server.as_ref().is_some_and(|server| server.fate.is_awake()))
    }

    fn next(&self) -> Option<i64> {
        let event = self.agenda.last().map(|(at, _)| *at);
        let waiting = self.site.timeline.next(|who| self.is_awake(who));
        let starts = self.seats.iter().filter_map(|seat| seat.starts);
        event.into_iter().chain(waiting).chain(starts).min()
    }

    fn start(&mut self, who: usize) {
        let (site, number) = (&self.site, u32::try_from(who).unwrap_or(0));
        site.witness.tell(|| format!("server {who} starts"));
        let seat = &mut self.seats[who];
        seat.starts = None;
        seat.server = Some(Server::start(site, number, seat.ahead_ms));
    }

    /// Servers that are dead or came to an end are replaced after a while.
    fn bury(&mut self) {
        let now = self.site.timeline.now();
        for (who, seat) in self.seats.iter_mut().enumerate() {
            let Some(server) = seat.server.take_if(Server::is_over) else {
                continue;
            };
            if server.broken() > 0 {
                self.site
                    .witness
                    .break_(Invariant::Defect, || "a pass broke off".to_owned());
            }
            self.starts += 1;
            let rest = i64::try_from(mix(self.story.seed, self.starts, 5) % 30_000).unwrap_or(0);
            seat.starts = Some(now + 200 + rest);
            self.site.witness.tell(|| format!("server {who} is gone"));
        }
    }

    fn take_turns(&mut self, now: i64) {
        while let Some((_, turn)) = self.agenda.pop_if(|(at, _)| *at <= now) {
            match turn {
                Turn::Begins(event) => {
                    self.site.witness.tell(|| format!("* {event}"));
                    self.begin(event);
                }
                Turn::Ends(event) => self.finish(event),
                Turn::Calm => self.calm_down(),
            }
        }
        for who in 0..self.seats.len() {
            if self.seats[who].starts.is_some_and(|at| at <= now) {
                self.start(who);
            }
        }
    }

    fn begin(&mut self, event: Event) {
        let region = &self.site.region;
        match event.what {
            What::Fault(fault, share) => region.fault(fault, share),
            What::Store(mood) => self.site.moods.set(mood),
            What::HostLost { zone, host } => region.world(|world| world.lose_host(zone, host)),
            What::Hand(hand) => self.hand(hand, event.number),
            What::BalancerDies => region.kill_balancer(BALANCER),
            What::BalancerForgets { each } => region.forget_members(BALANCER, each),
            What::Edit(change) => {
                edit(&self.site.store, change, self.someone(event.number), event.number);
                self.look();
            }
            What::Crash { server, act, side } => self.of(server, |server| server.fate.arm(act, side)),
            What::Stop { server } => self.of(server, Server::stop),
            What::Asleep { server } => self.of(server, |server| server.fate.fall_asleep()),
            What::ClockSet { server, ahead } => self.set_clock(server, ahead * 1_000),
            What::Traffic { to } => self.traffic(to),
        }
    }

    fn finish(&mut self, event: Event) {
        match event.what {
            What::Fault(fault, _) => self.site.region.fault(fault, 0),
            What::Store(_) => self.site.moods.set(Mood::Well),
            What::Edit(change) => {
                if let Some(group) = self.group() {
                    undo(&self.site.store, change, &group);
                    self.look();
                }
            }
            What::Crash { server, .. } => self.of(server, |server| {
                if server.fate.is_armed() {
                    server.fate.die();
                }
            }),
            What::Asleep { server } => self.of(server, |server| server.fate.wake()),
            What::Traffic { .. } => self.traffic(1_000),
            _ => {}
        }
    }

    /// From here on all is well, and a person puts right what needs one.
    fn calm_down(&mut self) {
        self.site.witness.tell(|| "* calm".to_owned());
        self.site.region.well();
        self.site.moods.set(Mood::Well);
        self.site.region.world(|world| {
            for zone in &mut world.region_mut().zones {
                zone.stock = zone.stock.max(1_000);
            }
            let (service, noise) = (self.story.service, self.story.service.traffic.noise.min(50));
            let traffic = Traffic {
                noise,
                shape: Shape::Constant,
                ..service.traffic
            };
            world.serves(GROUP, Service { traffic, ..service });
        });
        for seat in self.seats.iter().filter_map(|seat| seat.server.as_ref()) {
            seat.fate.wake();
        }
        if let Some(group) = self.group() {
            put_right(&self.site.store, &group);
            self.look();
        }
    }

    fn of(&self, server: u32, act: impl FnOnce(&Server)) {
        let seat = usize::try_from(server).ok().and_then(|server| self.seats.get(server));
        if let Some(server) = seat.and_then(|seat| seat.server.as_ref()) {
            act(server);
        }
    }

    fn set_clock(&mut self, server: u32, ahead_ms: i64) {
        self.of(server, |server| server.clock.set_ahead(ahead_ms));
        let seat = usize::try_from(server)
            .ok()
            .and_then(|server| self.seats.get_mut(server));
        if let Some(seat) = seat {
            seat.ahead_ms = ahead_ms;
        }
    }

    fn traffic(&self, to: u32) {
        let Service { traffic, .. } = self.story.service;
        let base = u64::try_from(u128::from(traffic.base) * u128::from(to) / 1_000).unwrap_or(traffic.base);
        let traffic = Traffic { base, ..traffic };
        let service = Service {
            traffic,
            ..self.story.service
        };
        self.site.region.world(|world| world.serves(GROUP, service));
    }

    /// The console of the first server that runs says "look now".
    fn look(&self) {
        let mut servers = self.seats.iter().filter_map(|seat| seat.server.as_ref());
        if let Some(server) = servers.find(|server| server.fate.is_awake()) {
            server.handle.wake_group(GROUP);
        }
    }

    pub(crate) fn group(&self) -> Option<GroupRecord> {
        self.site.store.load(GROUP).now_or_never()?.ok()?
    }

    /// One of the group's instances.
    fn someone(&self, number: usize) -> Option<InstanceId> {
        self.one_of(number, |_| true)
    }

    /// One that serves and is protected.
    fn kept(&self, number: usize) -> Option<InstanceId> {
        self.one_of(number, |row| row.flags.protected && row.phase == Phase::Serving)
    }

    /// One of those instances that a test holds for.
    fn one_of(&self, number: usize, test: impl Fn(&InstanceRow) -> bool) -> Option<InstanceId> {
        let group = self.group()?;
        let rows = group.instances.iter().filter(|row| test(row));
        let all: Vec<InstanceId> = rows.map(|row| row.id).collect();
        let count = u64::try_from(all.len()).unwrap_or(0);
        let drawn = mix(self.story.seed, u64::try_from(number).unwrap_or(0), 7).checked_rem(count)?;
        all.get(usize::try_from(drawn).unwrap_or(0)).copied()
    }

    fn hand(&self, hand: Hand, number: usize) {
        let (region, someone, kept) = (&self.site.region, self.someone(number), self.kept(number));
        let alike = match hand {
            Hand::Kills => return someone.into_iter().for_each(|id| region.halt(id, Halt::Dies)),
            Hand::Stops => return someone.into_iter().for_each(|id| region.halt(id, Halt::Stops)),
            Hand::TakesAway => return someone.into_iter().for_each(|id| region.take_away(id)),
            Hand::KillsKept => return kept.into_iter().for_each(|id| region.halt(id, Halt::Dies)),
            Hand::StopsKept => return kept.into_iter().for_each(|id| region.halt(id, Halt::Stops)),
            Hand::MakesAlike => Alike::Same,
            Hand::MakesOther => Alike::Other,
        };
        if let Some(group) = self.group() {
            let id = InstanceId(mix(self.story.seed, u64::try_from(number).unwrap_or(0), 9));
            let now = Timestamp(self.site.timeline.now());
            region.conjure(&stray(id, alike, &group, now));
        }
    }
}

fn instant(secs: i64) -> i64 {
    BEGIN_MS + secs * 1_000
}

/// Everything that is to happen, the last first. What ends ends before something of the same instant begins.
fn agenda(story: &Story) -> Vec<(i64, Turn)> {
    let begins = story
        .events
        .iter()
        .map(|event| (instant(event.at), 1, Turn::Begins(*event)));
    let ends = story
        .events
        .iter()
        .map(|event| (instant(event.until), 0, Turn::Ends(*event)));
    let mut all: Vec<_> = begins.chain(ends).collect();
    all.sort_by_key(|(at, order, _)| (*at, *order));
    all.push((instant(story.calm_from().max(0)), 2, Turn::Calm));
    all.sort_by_key(|(at, order, _)| (*at, *order));
    all.reverse();
    all.into_iter().map(|(at, _, turn)| (at, turn)).collect()
}
