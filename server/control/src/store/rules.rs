//! What both stores must do alike, without a database: who holds which shard, which address is free, which decisions merge,
//! what is kept.

use super::{GroupHead, Lease, SHARDS};
use crate::clock::Wall;
use engine::model::{Cycle, Flags, GroupStatus, Phase, Reason};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

/// How long a lease lasts. Longer and a dead server's groups wait; shorter and a slow disk loses them.
pub const LEASE_LASTS: Duration = Duration::from_secs(20);
/// Cycles in a row of group series: one hour of them.
pub const CYCLES_A_ROW: u64 = 240;
/// The first address of a subnet an instance may get; those below are the subnet's own.
const FIRST_HOST: u32 = 10;
/// Why a launch's activity failed when its instance leaves before it was in service: `api`'s word as JSON, so that each
/// reader gets it in their language.
pub const REMOVED_BEFORE_SERVICE: &str = "\"removed_before_service\"";

/// The row of series a cycle belongs to.
pub const fn hour_of(cycle: Cycle) -> u64 {
    cycle.0 / CYCLES_A_ROW
}

/// Until when a lease taken now lasts.
pub fn lease_until(now: Wall) -> Wall {
    now.plus(LEASE_LASTS)
}

/// How many shards a server is to hold while these live, it among them: as many as each other, and what does not divide is
/// one more for the first by name. All shares together are all shards, so nobody has to give before somebody can take, and
/// once each has its share nothing moves.
pub fn share(living: &[String], name: &str) -> usize {
    let (shards, servers) = (usize::from(SHARDS), living.len().max(1));
    let before = living.iter().filter(|other| other.as_str() < name).count();
    shards / servers + usize::from(before < shards % servers)
}

/// What a server gives back of the leases it holds, by shard: the last ones beyond its share.
pub fn surplus(held: &[Lease], share: usize) -> &[Lease] {
    held.get(share..).unwrap_or_default()
}

/// Which free shards a server takes that holds so many: the first ones up to its share.
pub fn taken(free: &[u16], held: usize, share: usize) -> &[u16] {
    &free[..free.len().min(share.saturating_sub(held))]
}

/// The names of a trail's reasons: a decision row is extended while they stay the same.
pub fn variants(trail: &[Reason]) -> String {
    let name = |reason: &Reason| {
        let value = serde_json::to_value(reason).unwrap_or_default();
        value
            .get("reason")
            .and_then(|name| name.as_str())
            .unwrap_or("unknown")
            .to_owned()
    };
    trail.iter().map(name).collect::<Vec<_>>().join(",")
}

/// The lowest address of a subnet that nobody has; none if it is full or `cidr` is no IPv4 subnet.
pub fn lowest_free(cidr: &str, used: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
    let (base, bits) = cidr.split_once('/')?;
    let base = u32::from(base.parse::<Ipv4Addr>().ok()?);
    let hosts = 1_u32.checked_shl(32_u32.checked_sub(bits.parse().ok()?)?)?;
    let broadcast = base.checked_add(hosts.checked_sub(1)?)?;
    (base.checked_add(FIRST_HOST)?..broadcast)
        .map(Ipv4Addr::from)
        .find(|address| !used.contains(address))
}

/// An instance's marks after a pass: what people set stays as stored.
pub const fn kept_flags(stored: Flags, passed: Flags) -> Flags {
    Flags {
        protected: stored.protected,
        standby: stored.standby,
        ..passed
    }
}

/// A record's phase after a pass. `Serving` is what a pass says of a launch that is over; one that the same pass has begun
/// to remove, by an intent written before, leaves all the same.
pub fn kept_phase(stored: Phase, passed: Option<Phase>) -> Phase {
    match passed {
        Some(Phase::Serving) if stored != Phase::Launching => stored,
        Some(passed) => passed,
        None => stored,
    }
}

/// Whether a load balancer that is started anew may send to whoever has this record.
pub const fn serves(phase: Phase, flags: Flags) -> bool {
    matches!(phase, Phase::Serving) && !flags.standby
}

/// Whether a removal or launch may be begun in a group of that status (design 4.9).
pub const fn may_begin(status: GroupStatus) -> bool {
    matches!(status, GroupStatus::Enabled | GroupStatus::Deleting)
}

/// Whether the loop looks at this group when it owns these shards.
pub fn owned(shards: &[u16], head: &GroupHead) -> bool {
    head.status != GroupStatus::Deleted && shards.contains(&super::shard_of(head.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: u8) -> Vec<String> {
        (b'a'..)
            .take(usize::from(count))
            .map(|letter| char::from(letter).to_string())
            .collect()
    }

    #[test]
    fn shares_are_alike_and_together_are_every_shard() {
        for (servers, expected) in [
            (1, vec![64]),
            (2, vec![32, 32]),
            (3, vec![22, 21, 21]),
            (5, vec![13, 13, 13, 13, 12]),
            (10, vec![7, 7, 7, 7, 6, 6, 6, 6, 6, 6]),
        ] {
            let living = names(servers);
            let shares: Vec<_> = living.iter().map(|name| share(&living, name)).collect();
            assert_eq!(shares, expected);
        }
        let crowd: Vec<String> = (100..170).map(|number| number.to_string()).collect();
        let shares: Vec<_> = crowd.iter().map(|name| share(&crowd, name)).collect();
        assert_eq!((shares.iter().sum::<usize>(), shares[0], shares[69]), (64, 1, 0));
    }

    #[test]
    fn what_is_beyond_a_share_is_given_and_what_is_missing_is_taken() {
        let lease = |shard| Lease {
            shard,
            epoch: 1,
            until: Wall(0),
        };
        let held: Vec<_> = [3, 5, 8, 9].map(lease).to_vec();
        let given = |share| {
            surplus(&held, share)
                .iter()
                .map(|lease| lease.shard)
                .collect::<Vec<_>>()
        };
        assert_eq!((given(2), given(4), given(9)), (vec![8, 9], vec![], vec![]));
        let free = [1, 2, 4];
        for (held, share, expected) in [
            (0, 2, &[1, 2][..]),
            (4, 5, &[1][..]),
            (4, 9, &[1, 2, 4][..]),
            (4, 4, &[][..]),
            (6, 4, &[][..]),
        ] {
            assert_eq!(taken(&free, held, share), expected, "{held} of {share}");
        }
    }

    #[test]
    fn the_lowest_free_address_is_taken_and_a_full_subnet_has_none() {
        let mut used = BTreeSet::new();
        for host in 10..=254 {
            assert_eq!(
                lowest_free("127.20.1.0/24", &used),
                Some(Ipv4Addr::new(127, 20, 1, host))
            );
            used.insert(Ipv4Addr::new(127, 20, 1, host));
        }
        assert_eq!(lowest_free("127.20.1.0/24", &used), None);
        used.remove(&Ipv4Addr::new(127, 20, 1, 77));
        assert_eq!(lowest_free("127.20.1.0/24", &used), Some(Ipv4Addr::new(127, 20, 1, 77)));
    }

    #[test]
    fn what_is_no_subnet_has_no_address() {
        for cidr in [
            "",
            "127.0.0.1",
            "127.0.0.0/33",
            "127.0.0.0/x",
            "x/24",
            "255.255.255.255/1",
            "0.0.0.0/0",
        ] {
            assert_eq!(lowest_free(cidr, &BTreeSet::new()), None, "{cidr}");
        }
    }

    #[test]
    fn the_stored_failure_is_a_word_that_pages_can_say() {
        let word = serde_json::from_str::<api::groups::FailureWord>(REMOVED_BEFORE_SERVICE);
        assert_eq!(word.ok(), Some(api::groups::FailureWord::RemovedBeforeService));
    }

    #[test]
    fn variants_are_the_names_of_the_reasons() {
        let trail = [
            Reason::Disabled,
            Reason::FixedSize { desired: 3 },
            Reason::Braked { leaving: 1, limit: 1 },
        ];
        assert_eq!(variants(&trail), "disabled,fixed_size,braked");
        assert_eq!(variants(&[]), "");
    }
}
