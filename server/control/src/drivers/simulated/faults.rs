//! What can go wrong in a region, by name, and whom it hits.

use engine::draw::mix;
use engine::simulate::Ills;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A call does its work and its answer never comes.
    AnswerLost,
    /// A call does nothing and says nothing.
    Silent,
    /// A call works and answers later: perhaps when nobody waits any more. What a list says is as old.
    Late,
    /// A call is carried out now and once more later.
    Repeated,
    /// A create is refused.
    Refused,
    /// Too many calls.
    Throttled,
    /// A create finds no capacity.
    OutOfStock,
    /// A list leaves machines out.
    PartialList,
    /// New machines never come to run.
    NeverBoots,
    /// New machines stop soon after they came to run.
    BootsThenStops,
    /// New machines' programs end soon after they came to run.
    Dies,
    /// Deleted machines stay.
    Zombie,
    /// Machines serve, and only the balancer's check of them fails.
    CheckFails,
    /// New machines are busy with themselves at first.
    StartUpSpike,
    /// No counters are read.
    MetricGap,
    /// Counters are read as if nothing were used.
    MetricZero,
    /// Counters are those read before.
    MetricStale,
    /// Counters are nonsense: they run back, or no time passed between them.
    MetricNonsense,
    /// One machine has no counters.
    OneSilent,
    /// The balancer runs and does not answer.
    BalancerMute,
    /// The balancer does what it is told and its answer never comes.
    BalancerAnswerLost,
}

impl Fault {
    /// Every one, in their order.
    pub const ALL: [Self; 21] = [
        Self::AnswerLost,
        Self::Silent,
        Self::Late,
        Self::Repeated,
        Self::Refused,
        Self::Throttled,
        Self::OutOfStock,
        Self::PartialList,
        Self::NeverBoots,
        Self::BootsThenStops,
        Self::Dies,
        Self::Zombie,
        Self::CheckFails,
        Self::StartUpSpike,
        Self::MetricGap,
        Self::MetricZero,
        Self::MetricStale,
        Self::MetricNonsense,
        Self::OneSilent,
        Self::BalancerMute,
        Self::BalancerAnswerLost,
    ];
}

/// Which faults there are at the moment, each with its share in thousandths.
#[derive(Debug, Clone)]
pub struct Faults {
    seed: u64,
    calls: u64,
    shares: [u32; Fault::ALL.len()],
}

impl Faults {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            seed,
            calls: 0,
            shares: [0; Fault::ALL.len()],
        }
    }

    /// From now on so many in a thousand are hit.
    pub const fn set(&mut self, fault: Fault, share: u32) {
        self.shares[fault as usize] = share;
    }

    /// How many in a thousand are hit.
    pub const fn share(&self, fault: Fault) -> u32 {
        self.shares[fault as usize]
    }

    /// Whether this call is hit. Where there is no fault nothing is drawn.
    pub(super) fn hits(&mut self, fault: Fault) -> bool {
        let share = self.share(fault);
        share > 0 && self.draw(fault as u64) % 1_000 < u64::from(share)
    }

    pub(super) const fn draw(&mut self, lot: u64) -> u64 {
        self.calls += 1;
        mix(self.seed, self.calls, lot)
    }

    /// What the world has to know of them.
    pub(super) const fn ills(&self) -> Ills {
        Ills {
            never_boots: self.share(Fault::NeverBoots),
            stops: self.share(Fault::BootsThenStops),
            exits: self.share(Fault::Dies),
            zombies: self.share(Fault::Zombie),
            sick: self.share(Fault::CheckFails),
            no_stock: 0,
            spikes: self.share(Fault::StartUpSpike),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_place_of_its_own_and_hits_its_share_of_the_calls() {
        let mut faults = Faults::new(3);
        for (place, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault as usize, place);
            assert!(!faults.hits(fault));
            faults.set(fault, 250);
            let hits = (0..4_000).filter(|_| faults.hits(fault)).count();
            assert!((800..1_200).contains(&hits), "{fault:?} {hits}");
        }
    }
}
