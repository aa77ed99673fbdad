//! What a seed makes of itself: a group, its region and traffic, what goes wrong and when, what people do. All of it is drawn
//! before anything runs, so that parts of it can be left out.

mod drawn;
mod together;

use crate::gates::{Act, Side};
use control::drivers::simulated::Fault;
use engine::model::{GroupSpec, GroupStatus, Span};
use engine::simulate::{Region, Service};
use std::fmt;

/// How long all is well at the end of a story, seconds: what faults left behind must be over by then. A drain and a stop
/// take two minutes, a launch that never boots ten, a hold ten, and a trial of the breaker is let go by a person.
pub const CALM_SECS: i64 = 45 * 60;

/// One story.
#[derive(Debug, Clone)]
pub struct Story {
    /// Where it came from.
    pub seed: u64,
    /// How long it is, seconds.
    pub length: i64,
    /// The group as people made it.
    pub spec: GroupSpec,
    /// Desired as people set it.
    pub desired: u32,
    /// Where machines run.
    pub region: Region,
    /// What they have to do.
    pub service: Service,
    /// How many servers there are.
    pub servers: u32,
    /// Prefix length of each of the two subnets: small ones run out of addresses.
    pub subnet_bits: u8,
    /// What happens, in its order.
    pub events: Vec<Event>,
}

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its number among those drawn: what is kept of a story is told by these.
    pub number: usize,
    /// When it begins, seconds from the beginning.
    pub at: i64,
    /// When it ends; what happens at once ends as it begins.
    pub until: i64,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A fault of the region, for so many in a thousand.
    Fault(Fault, u32),
    /// The store does something else than it should.
    Store(Mood),
    /// A host of a zone fails.
    HostLost {
        /// The zone.
        zone: usize,
        /// The host.
        host: u32,
    },
    /// A machine ends by itself or by another's hand.
    Hand(Hand),
    /// A balancer's process ends.
    BalancerDies,
    /// A balancer forgets members.
    BalancerForgets {
        /// One in so many.
        each: usize,
    },
    /// People change something.
    Edit(Edit),
    /// A server dies at that point, when it comes there next.
    Crash {
        /// Which server.
        server: u32,
        /// Where.
        act: Act,
        /// On which side of it.
        side: Side,
    },
    /// A server is stopped as it should be.
    Stop {
        /// Which server.
        server: u32,
    },
    /// A server does nothing until it wakes, as on a host that is suspended.
    Asleep {
        /// Which server.
        server: u32,
    },
    /// A server's wall clock is set.
    ClockSet {
        /// Which server.
        server: u32,
        /// So far ahead of true time, seconds.
        ahead: i64,
    },
    /// Traffic is so many thousandths of what it was, for a while.
    Traffic {
        /// How much.
        to: u32,
    },
}

/// What the store does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// What it should.
    #[default]
    Well,
    /// It answers after some seconds.
    Slow,
    /// It answers with an error.
    Gone,
    /// It does not answer, and says so after five seconds.
    Hangs,
    /// It reads and does not write.
    Full,
    /// It writes intents and nothing else.
    FullAfterIntend,
    /// It writes, and the answer gets lost.
    AnswerLost,
    /// Somebody else changed the group in between.
    Conflicting,
}

/// Other people's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// A machine's program ends.
    Kills,
    /// A machine is stopped.
    Stops,
    /// A machine is taken away altogether.
    TakesAway,
    /// A protected member's program ends.
    KillsKept,
    /// A protected member's machine is stopped: its checks fail.
    StopsKept,
    /// A machine is made with the group's tags, as the group would make it.
    MakesAlike,
    /// A machine is made with the group's tags and is something else.
    MakesOther,
}

/// What people change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Fewest and most.
    Bounds(u32, u32),
    /// Desired, cut to the bounds of that moment.
    Desired(u32),
    /// A new version of the template.
    Template,
    /// The warm-up.
    WarmUp(Span),
    /// The first rule's threshold.
    Threshold(u64),
    /// Disabled, and enabled again at the event's end.
    Status(GroupStatus),
    /// An instance is removed.
    Remove,
    /// Every other instance is protected until the event's end.
    Protect,
    /// An instance is set aside until the event's end.
    SetAside,
    /// The breaker is re-armed.
    Rearm,
}

impl Story {
    /// Of a seed, so many hours long.
    pub fn of(seed: u64, hours: u32) -> Self {
        drawn::story(seed, hours)
    }

    /// Of a line that `make soak` printed: `make soak SEED=17 HOURS=2 KEEP=3,5`; what follows a `#` is for people.
    pub fn of_line(line: &str) -> Option<Self> {
        let words = line.split('#').next()?.split_whitespace();
        let mut found = (None, None, None);
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            match name {
                "SEED" => found.0 = value.parse().ok(),
                "HOURS" => found.1 = value.parse().ok(),
                "KEEP" => found.2 = Some(value),
                _ => return None,
            }
        }
        let story = Self::of(found.0?, found.1?);
        match found.2 {
            None => Some(story),
            Some("none") => Some(story.keeping(&[])),
            Some(kept) => {
                let kept: Result<Vec<usize>, _> = kept.split(',').map(str::parse).collect();
                Some(story.keeping(&kept.ok()?))
            }
        }
    }

    /// Without faults and edits: what a seed's group is like when all is well.
    #[must_use]
    pub fn calm(self) -> Self {
        Self {
            events: Vec::new(),
            servers: 1,
            ..self
        }
    }

    /// With only those events.
    #[must_use]
    pub fn keeping(mut self, numbers: &[usize]) -> Self {
        self.events.retain(|event| numbers.contains(&event.number));
        self
    }

    /// When the calm begins, seconds.
    pub const fn calm_from(&self) -> i64 {
        self.length - CALM_SECS
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            at,
            until,
            what,
        } = self;
        write!(f, "{number}: {at} s to {until} s {what:?}")
    }
}
