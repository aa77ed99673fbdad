//! Zones, stock, prices, times, and what goes wrong in them.

use super::machine::{Fate, Machine, State};
use super::{Lot, World};
use crate::model::{GroupId, InstanceId, Span, Timestamp};

/// One zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    /// Machines that still fit.
    pub stock: u32,
}

/// What a region is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its zones.
    pub zones: Vec<Zone>,
    /// Hosts in each zone: what fails together.
    pub hosts: u32,
    /// Price of a whole vCPU for an hour, micro-units.
    pub vcpu_hour_micro: u64,
    /// From "accepted" to "running": least and most.
    pub boot: (Span, Span),
    /// From SIGTERM to the end: least and most, cut short by the grace.
    pub stop: (Span, Span),
    /// From delete to gone: least and most.
    pub delete: (Span, Span),
}

impl Default for Region {
    /// Two zones with room for all.
    fn default() -> Self {
        Self {
            zones: vec![Zone { stock: 10_000 }; 2],
            hosts: 8,
            vcpu_hour_micro: 20_000,
            boot: (Span::secs(5), Span::secs(40)),
            stop: (Span(200), Span::secs(8)),
            delete: (Span(100), Span::secs(3)),
        }
    }
}

/// What goes wrong with machines at the moment, each in thousandths of those it may happen to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ills {
    /// New ones never come to run.
    pub never_boots: u32,
    /// New ones stop soon after they came to run.
    pub stops: u32,
    /// New ones' programs end soon after they came to run.
    pub exits: u32,
    /// Deletes are accepted and nothing goes.
    pub zombies: u32,
    /// They run and serve, and the balancer's check of them fails.
    pub sick: u32,
    /// There is no room for new ones.
    pub no_stock: u32,
    /// Thousandths of its vCPUs that every machine takes beside in its first two minutes.
    pub spikes: u32,
}

/// A machine that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Its id: its name, tag and idempotency key.
    pub id: InstanceId,
    /// The group it is tagged with.
    pub group: GroupId,
    /// Which zone, by its place; one too large is the last.
    pub zone: usize,
    /// vCPUs in thousandths.
    pub vcpu_milli: u32,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// It may be taken back by the region at any time.
    pub spot: Spot,
}

/// Whether the region may take a machine back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spot {
    /// It stays until it is deleted.
    #[default]
    Kept,
    /// It is reclaimed when the region wants it ([`World::reclaim`]).
    Reclaimable,
}

/// Why a machine was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMade {
    /// Its id was deleted: it can never be made again.
    Deleted,
    /// None left there.
    OutOfStock,
}

impl World {
    /// Makes a machine; asking again for one that is there changes nothing.
    ///
    /// # Errors
    /// It was deleted, or there is no room.
    pub fn make(&mut self, wanted: Wanted) -> Result<(), NotMade> {
        if self.tombstones.contains(&wanted.id) {
            return Err(NotMade::Deleted);
        }
        if self.machines.contains_key(&wanted.id) {
            return Ok(());
        }
        let zone = wanted.zone.min(self.region.zones.len().saturating_sub(1));
        let minute = u64::try_from(self.now.0 / 60_000).unwrap_or(0);
        let none_left = self.hits(Lot::Stock, minute, self.ills.no_stock);
        let room = self
            .region
            .zones
            .get_mut(zone)
            .filter(|zone| zone.stock > 0 && !none_left);
        let Some(place) = room else {
            return Err(NotMade::OutOfStock);
        };
        place.stock -= 1;
        self.place(Wanted { zone, ..wanted });
        Ok(())
    }

    fn place(&mut self, wanted: Wanted) {
        let of = wanted.id.0;
        let fate = self.fate(of);
        let boots = self.now.plus(self.between(Lot::Boot, of, self.region.boot));
        let host = u32::try_from(self.draw(Lot::Host, of) % u64::from(self.region.hosts.max(1))).unwrap_or(0);
        let price_micro =
            u64::try_from(u128::from(self.region.vcpu_hour_micro) * u128::from(wanted.vcpu_milli) / 1_000)
                .unwrap_or(u64::MAX);
        let state = State::Booting {
            until: (fate != Fate::NeverBoots).then_some(boots),
        };
        let machine = Machine::new(wanted, (host, price_micro), state, fate);
        self.rate_micro = self.rate_micro.saturating_add(price_micro);
        *self.made.entry(wanted.id).or_default() += 1;
        self.machines.insert(wanted.id, machine);
        self.look_ahead();
    }

    /// What will become of a new machine, by what goes wrong now.
    fn fate(&self, of: u64) -> Fate {
        let after = self.between(Lot::FateAfter, of, (Span::secs(1), Span::secs(200)));
        let drawn = u32::try_from(self.draw(Lot::Fate, of) % super::WHOLE).unwrap_or(0);
        let Ills {
            never_boots,
            stops,
            exits,
            ..
        } = self.ills;
        if drawn < never_boots {
            Fate::NeverBoots
        } else if drawn < never_boots.saturating_add(stops) {
            Fate::Stops(after)
        } else if drawn < never_boots.saturating_add(stops).saturating_add(exits) {
            Fate::Exits(after)
        } else {
            Fate::Well
        }
    }

    /// Every machine on that host of that zone is no more: it neither runs nor comes back by itself.
    pub fn lose_host(&mut self, zone: usize, host: u32) {
        for machine in self.machines.values_mut() {
            if (machine.zone, machine.host) == (zone, host) {
                machine.halt(State::Stopped);
            }
        }
    }

    /// The region takes back what it may of that zone: those machines are gone.
    pub fn reclaim(&mut self, zone: usize) {
        let taken = |machine: &&Machine| machine.zone == zone && machine.spot == Spot::Reclaimable;
        let ids: Vec<InstanceId> = self.machines.values().filter(taken).map(|machine| machine.id).collect();
        ids.into_iter().for_each(|id| self.bury(id));
    }

    /// The next instant at which a machine changes by itself.
    pub(super) fn look_ahead(&mut self) {
        let next = self.machines.values().filter_map(Machine::changes_at).min();
        self.due = next.unwrap_or(Timestamp(i64::MAX));
    }
}
