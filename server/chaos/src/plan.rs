//! What is broken when: a pure function of a seed, so that a run can be repeated as far as real machines allow.
//!
//! Rules: whatever is broken for a while has its mend in the plan, and the plan ends with the last of them. What is broken
//! already is not broken once more; instances are many, so they always can be. Between faults there is time to recover
//! more often than not, but one pause in four is short: faults come in bursts, and into the middle of a recovery.

use crate::report::Store;
use engine::draw::mix;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// The groups that people resize: how many sizes each takes, from its minimum on. [`crate::site::GROUPS`] has them.
pub const SIZES: [(u32, u32); 2] = [(2, 6), (1, 4)];
/// Sizes to begin with: large enough that a fault meets some of several.
const BEGIN: [u32; 2] = [4, 2];
/// The first fault comes so long after that, in milliseconds: then they serve.
const FIRST_MS: u64 = 5_000;
/// Of a hundred pauses so many are short.
const SHORT_PERCENT: u64 = 25;
/// Milliseconds of a short pause: shorter than a start of the server takes.
const SHORT_MS: Range<u64> = 100..800;
/// Milliseconds of a pause in which a group mostly recovers at time scale 15.
const PAUSE_MS: Range<u64> = 1_500..9_000;
/// Of a hundred outages of database or server so many last longer than a lease (20 s).
const LONG_PERCENT: u64 = 20;
const LONG_MS: Range<u64> = 22_000..26_000;
/// Of a hundred faults so many come just after somebody changed a size.
const RESIZE_PERCENT: u64 = 40;
const RESIZE_AHEAD_MS: u64 = 900;

/// Something done at an instant. `pick` chooses among whoever lives then, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// kill -9.
    KillServer,
    /// It is started again.
    StartServer,
    /// SIGSTOP.
    FreezeServer,
    /// SIGCONT.
    ThawServer,
    /// kill -9 of an instance's program.
    KillProgram { pick: u64 },
    /// kill -9 of an instance's shim: its program goes on alone.
    KillShim { pick: u64 },
    /// kill -9 of both.
    KillBoth { pick: u64 },
    /// SIGSTOP of an instance's program.
    FreezeProgram { pick: u64 },
    /// SIGCONT of whatever `FreezeProgram` of that pick stopped.
    ThawProgram { pick: u64 },
    /// kill -9 of HAProxy's master: its worker ends with it.
    KillBalancer,
    /// kill -9 of HAProxy's worker.
    KillWorker,
    /// SIGSTOP of all of HAProxy.
    FreezeBalancer,
    /// SIGCONT.
    ThawBalancer,
    /// Nothing fits on the data folder's disk any more.
    FillDisk,
    /// There is room again.
    EmptyDisk,
    /// PostgreSQL is stopped at once.
    StopDatabase,
    /// It is started again.
    StartDatabase,
    /// Somebody sets a size.
    Resize { group: usize, desired: u32 },
}

impl Act {
    /// Whether it is a kill -9.
    pub const fn is_kill(self) -> bool {
        matches!(
            self,
            Self::KillServer
                | Self::KillProgram { .. }
                | Self::KillShim { .. }
                | Self::KillBoth { .. }
                | Self::KillBalancer
                | Self::KillWorker
        )
    }

    /// What it is called in a table; nothing for what mends.
    pub const fn fault(self) -> Option<&'static str> {
        match self {
            Self::KillServer => Some("server killed"),
            Self::FreezeServer => Some("server stopped and continued"),
            Self::KillProgram { .. } => Some("instance killed"),
            Self::KillShim { .. } => Some("instance's shim killed"),
            Self::KillBoth { .. } => Some("instance killed with its shim"),
            Self::FreezeProgram { .. } => Some("instance stopped and continued"),
            Self::KillBalancer => Some("HAProxy killed"),
            Self::KillWorker => Some("HAProxy's worker killed"),
            Self::FreezeBalancer => Some("HAProxy stopped and continued"),
            Self::FillDisk => Some("disk filled"),
            Self::StopDatabase => Some("PostgreSQL restarted"),
            Self::StartServer
            | Self::ThawServer
            | Self::ThawProgram { .. }
            | Self::ThawBalancer
            | Self::EmptyDisk
            | Self::StartDatabase
            | Self::Resize { .. } => None,
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KillServer => "kill -9: server",
            Self::StartServer => "start: server",
            Self::FreezeServer => "stop: server",
            Self::ThawServer => "continue: server",
            Self::KillProgram { .. } => "kill -9: instance",
            Self::KillShim { .. } => "kill -9: shim",
            Self::KillBoth { .. } => "kill -9: instance and shim",
            Self::FreezeProgram { .. } => "stop: instance",
            Self::ThawProgram { .. } => "continue: instance",
            Self::KillBalancer => "kill -9: HAProxy",
            Self::KillWorker => "kill -9: HAProxy's worker",
            Self::FreezeBalancer => "stop: HAProxy",
            Self::ThawBalancer => "continue: HAProxy",
            Self::FillDisk => "fill: disk",
            Self::EmptyDisk => "room again: disk",
            Self::StopDatabase => "stop: PostgreSQL",
            Self::StartDatabase => "start: PostgreSQL",
            Self::Resize { .. } => "resize",
        })
    }
}

/// An act and its instant, counted from the begin of the faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// When.
    pub at: Duration,
    /// What.
    pub act: Act,
}

/// What can be broken once at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Server,
    Balancer,
    Store,
}

/// A fault, its mend, the part it breaks, and how long that is.
struct Break {
    act: Act,
    mend: Option<Act>,
    part: Option<Part>,
    lasts_ms: u64,
}

/// Draws and what they came to.
struct Drawing {
    seed: u64,
    drawn: u64,
    broken_until_ms: BTreeMap<Part, u64>,
    acts: Vec<(u64, Act)>,
}

/// So many kills, and the other faults between them, in their order.
pub fn plan(seed: u64, kills: u32, store: Store) -> Vec<Planned> {
    let mut drawing = Drawing {
        seed,
        drawn: 0,
        broken_until_ms: BTreeMap::new(),
        acts: BEGIN
            .into_iter()
            .enumerate()
            .map(|(group, desired)| (0, Act::Resize { group, desired }))
            .collect(),
    };
    let (mut at_ms, mut killed) = (FIRST_MS, 0);
    while killed < kills {
        let broken = drawing.fault(store);
        if !drawing.begin(at_ms, &broken) {
            continue;
        }
        killed += u32::from(broken.act.is_kill());
        at_ms += drawing.pause();
    }
    // Stable: what was drawn first comes first at the same instant.
    drawing.acts.sort_by_key(|(at, _)| *at);
    let planned = drawing.acts.into_iter();
    planned
        .map(|(at, act)| Planned {
            at: Duration::from_millis(at),
            act,
        })
        .collect()
}

impl Drawing {
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        mix(self.seed, self.drawn, 0)
    }

    fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.draw() % (range.end - range.start)
    }

    fn happens(&mut self, percent: u64) -> bool {
        self.draw() % 100 < percent
    }

    fn pause(&mut self) -> u64 {
        let range = if self.happens(SHORT_PERCENT) {
            SHORT_MS
        } else {
            PAUSE_MS
        };
        self.within(range)
    }

    /// An outage, now and then longer than a lease.
    fn outage(&mut self, short: Range<u64>) -> u64 {
        let range = if self.happens(LONG_PERCENT) { LONG_MS } else { short };
        self.within(range)
    }

    /// The weights: four faults of five are kills, most of them of instances, as there are more of these.
    fn fault(&mut self, store: Store) -> Break {
        let (kind, pick) = (self.draw() % 100, self.draw());
        match kind {
            0..15 => self.of(Act::KillServer, Act::StartServer, Part::Server, 200..6_000),
            15..45 => alone(Act::KillProgram { pick }),
            45..53 => alone(Act::KillShim { pick }),
            53..61 => alone(Act::KillBoth { pick }),
            61..72 => balancer(Act::KillBalancer),
            72..78 => balancer(Act::KillWorker),
            78..83 => {
                let lasts = self.outage(1_000..8_000);
                self.of(Act::FreezeServer, Act::ThawServer, Part::Server, lasts..lasts + 1)
            }
            83..91 => Break {
                mend: Some(Act::ThawProgram { pick }),
                lasts_ms: self.within(500..9_000),
                ..alone(Act::FreezeProgram { pick })
            },
            91..95 => self.of(Act::FreezeBalancer, Act::ThawBalancer, Part::Balancer, 300..4_000),
            _ => match store {
                Store::Sqlite => self.of(Act::FillDisk, Act::EmptyDisk, Part::Store, 2_500..9_000),
                Store::Postgres => {
                    let lasts = self.outage(1_500..12_000);
                    self.of(Act::StopDatabase, Act::StartDatabase, Part::Store, lasts..lasts + 1)
                }
            },
        }
    }

    fn of(&mut self, act: Act, mend: Act, part: Part, lasts_ms: Range<u64>) -> Break {
        Break {
            act,
            mend: Some(mend),
            part: Some(part),
            lasts_ms: self.within(lasts_ms),
        }
    }

    /// False where it is broken already.
    fn begin(&mut self, at_ms: u64, broken: &Break) -> bool {
        let over_ms = at_ms + broken.lasts_ms;
        if let Some(part) = broken.part {
            let until = self.broken_until_ms.entry(part).or_default();
            if *until > at_ms {
                return false;
            }
            *until = over_ms;
        }
        self.resize(at_ms);
        self.acts.push((at_ms, broken.act));
        self.acts.extend(broken.mend.map(|mend| (over_ms, mend)));
        true
    }

    /// A size somebody sets shortly before a fault, so that the fault meets launches and removals.
    fn resize(&mut self, at_ms: u64) {
        if !self.happens(RESIZE_PERCENT) {
            return;
        }
        let group = usize::try_from(self.draw()).unwrap_or(0) % SIZES.len();
        let (min, max) = SIZES[group];
        let desired = u32::try_from(self.within(min.into()..u64::from(max) + 1)).unwrap_or(min);
        let ahead_ms = self.within(0..RESIZE_AHEAD_MS);
        self.acts
            .push((at_ms.saturating_sub(ahead_ms), Act::Resize { group, desired }));
    }
}

/// Of an instance: there are always others.
const fn alone(act: Act) -> Break {
    Break {
        act,
        mend: None,
        part: None,
        lasts_ms: 0,
    }
}

/// The server brings it back; a frozen one is not killed, or nobody could be continued.
const fn balancer(act: Act) -> Break {
    Break {
        part: Some(Part::Balancer),
        ..alone(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_plans_the_same_and_another_one_something_else() {
        let of = |seed| plan(seed, 20, Store::Sqlite);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn as_many_are_killed_as_was_asked_and_all_that_is_broken_is_mended() {
        for (seed, store) in (0..50).zip([Store::Sqlite, Store::Postgres].into_iter().cycle()) {
            let acts = plan(seed, 40, store);
            let count = |wanted: &dyn Fn(Act) -> bool| acts.iter().filter(|planned| wanted(planned.act)).count();
            assert_eq!(count(&Act::is_kill), 40);
            for (act, mend) in [
                (Act::KillServer, Act::StartServer),
                (Act::FreezeServer, Act::ThawServer),
                (Act::FreezeBalancer, Act::ThawBalancer),
                (Act::FillDisk, Act::EmptyDisk),
                (Act::StopDatabase, Act::StartDatabase),
            ] {
                assert_eq!(count(&|one| one == act), count(&|one| one == mend), "{act}");
            }
            let frozen = count(&|one| matches!(one, Act::FreezeProgram { .. }));
            assert_eq!(frozen, count(&|one| matches!(one, Act::ThawProgram { .. })));
        }
    }

    #[test]
    fn what_is_broken_is_not_broken_once_more() {
        for seed in 0..50 {
            let mut running = true;
            for Planned { act, .. } in plan(seed, 60, Store::Sqlite) {
                match act {
                    Act::KillServer | Act::FreezeServer => assert!(std::mem::replace(&mut running, false)),
                    Act::StartServer | Act::ThawServer => running = true,
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn sizes_that_people_set_lie_within_the_bounds() {
        let acts = (0..50).flat_map(|seed| plan(seed, 40, Store::Postgres));
        let sizes: Vec<_> = acts
            .filter_map(|planned| match planned.act {
                Act::Resize { group, desired } => Some((SIZES[group], desired)),
                _ => None,
            })
            .collect();
        assert!(sizes.len() > 500);
        assert!(sizes.iter().all(|((min, max), size)| (min..=max).contains(&size)));
    }
}
