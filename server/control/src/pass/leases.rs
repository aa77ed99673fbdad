//! The shards a server holds. They are asked for every few seconds and looked up for every group: so they are one piece,
//! shared, in the order of their numbers.

use crate::clock::Wall;
use crate::store::Lease;
use crate::store::rules::LEASE_LASTS;
use std::sync::Arc;

/// Leases by the number of their shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Leases(Arc<[Lease]>);

impl Leases {
    /// As the store said them, their end by our own clock. The store says it by its clock, which may be another host's and
    /// further from ours than the margin: a server ahead of it by ten seconds would never begin a step again. What was
    /// asked for now cannot have begun before now, so this end is never later than the store's.
    pub(super) fn measured(mut leases: Vec<Lease>, asked: Wall) -> Self {
        let until = asked.plus(LEASE_LASTS);
        leases.sort_unstable_by_key(|lease| lease.shard);
        let ours = leases.into_iter().map(|lease| Lease { until, ..lease });
        Self(ours.collect())
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The lease of a shard, if it is held.
    pub(super) fn get(&self, shard: u16) -> Option<&Lease> {
        let at = self.0.binary_search_by_key(&shard, |lease| lease.shard).ok()?;
        self.0.get(at)
    }

    /// Whether a shard is held.
    pub(super) fn holds(&self, shard: u16) -> bool {
        self.get(shard).is_some()
    }

    /// The shards' numbers.
    pub(super) fn shards(&self) -> impl Iterator<Item = u16> {
        self.0.iter().map(|lease| lease.shard)
    }

    /// When the last of them ends.
    pub(super) fn until(&self) -> Option<Wall> {
        self.0.iter().map(|lease| lease.until).max()
    }
}
