//! Tells browsers what the looks see of the load balancers. No command did it, so no command's transaction says it.
//!
//! After each look, what pages show now is held against what they showed when browsers were last told. Levels, not events:
//! what cannot be told now, because the store does not answer or it is too soon, is told after a later look.
//!
//! It is a task of its own: a store that hangs holds up no look.
//!
//! Of several servers each tells what reads otherwise than before, since each has its own last look and its own pages; how
//! numbers move is told by whoever keeps the balancer.

use super::looks::{BalancerLook, Looks};
use super::owner::LoopParts;
use super::wake::{Handle, Work};
use crate::clock::{Clock, Wall};
use crate::store::LoopStore;
use api::live::Change;
use engine::model::{LoadBalancerId, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Between two tellings of one balancer, real time, when its health, its members or their words changed. Slots are a second
/// apart at time scale 1, so nothing waits for it there; at a high scale they are 50 ms apart, and this keeps a hundred
/// balancers whose members change at every look to 12,000 rows a minute.
const WORDS_REST: Duration = Duration::from_millis(500);
/// The same when nothing but requests and sessions moved, which under load is always. A hundred busy balancers write 2,000
/// rows a minute by it, a twentieth of what 10,000 busy groups do. Longer, and numbers look as if they stood still.
const NUMBERS_REST: Duration = Duration::from_secs(3);

/// Tells of every balancer.
pub(super) struct Herald {
    store: Arc<dyn LoopStore>,
    clock: Arc<dyn Clock>,
    looks: Arc<Looks>,
    work: Arc<Work>,
    told: BTreeMap<LoadBalancerId, Told>,
}

/// What pages showed of one balancer when browsers were last told.
struct Told {
    look: Option<Arc<BalancerLook>>,
    at: Wall,
}

/// What pages show of one balancer now.
type News = (LoadBalancerId, Option<Arc<BalancerLook>>);

impl Herald {
    pub(super) fn new(parts: &LoopParts, handle: &Handle) -> Self {
        Self {
            store: parts.store.clone(),
            clock: parts.clock.clone(),
            looks: handle.looks.clone(),
            work: handle.work.clone(),
            told: BTreeMap::new(),
        }
    }

    /// Never ends by itself.
    pub(super) async fn watch(mut self) {
        loop {
            self.looks.looked().await;
            self.work.begin();
            self.tell().await;
            self.work.end();
        }
    }

    async fn tell(&mut self) {
        let (tenants, now) = (self.looks.tenants(), self.clock.wall());
        self.told.retain(|id, _| tenants.contains_key(id));
        let mut news = BTreeMap::<TenantId, Vec<News>>::new();
        for (id, tenant) in tenants {
            let look = self.looks.shown(id);
            if self.is_news(id, look.as_deref(), now) {
                news.entry(tenant).or_default().push((id, look));
            }
        }
        for (tenant, each) in news {
            self.announce(tenant, each, now).await;
        }
    }

    fn is_news(&self, id: LoadBalancerId, look: Option<&BalancerLook>, now: Wall) -> bool {
        // Before the first look pages show that it starts: whoever gave it its first listener has said so.
        let Some(told) = self.told.get(&id) else {
            return look.is_some();
        };
        let is_told = |rest: &Duration| *rest < NUMBERS_REST || self.looks.keeps(id);
        let rest = rest(told.look.as_deref(), look).filter(is_told);
        rest.is_some_and(|rest| now.since(told.at) >= rest)
    }

    async fn announce(&mut self, tenant: TenantId, each: Vec<News>, now: Wall) {
        let changes: Vec<_> = each.iter().map(|(id, _)| Change::Balancer { id: *id }).collect();
        match self.store.announce(tenant, &changes, self.clock.now()).await {
            Ok(()) => {
                let told = each.into_iter().map(|(id, look)| (id, Told { look, at: now }));
                self.told.extend(told);
            }
            Err(why) => {
                tracing::warn!(%tenant, error = &why as &dyn std::error::Error, "browsers are not told of balancers now");
            }
        }
    }
}

/// How long ago the last telling must be for this to be told; `None` if there is nothing to tell.
fn rest(before: Option<&BalancerLook>, now: Option<&BalancerLook>) -> Option<Duration> {
    match (before, now) {
        (None, None) => None,
        (Some(before), Some(now)) if before.reads_like(now) => (!before.counts_like(now)).then_some(NUMBERS_REST),
        _ => Some(WORDS_REST),
    }
}

#[cfg(test)]
mod tests {
    use super::super::views::Mark;
    use super::*;
    use crate::balancer::{BackendStat, BalancerError, BalancerStat};
    use engine::model::{CheckWord, InstanceId, VServerId};

    fn look(word: CheckWord, requests: u64) -> BalancerLook {
        let line = BackendStat {
            vserver: VServerId(1),
            id: InstanceId(2),
            word,
            requests,
            sessions: 0,
        };
        BalancerLook::new(Mark::default(), Ok(BalancerStat { backends: vec![line] }))
    }

    #[test]
    fn a_word_is_told_sooner_than_a_number_and_what_stays_is_not_told() {
        let (up, down) = (look(CheckWord::Up, 7), look(CheckWord::Down, 7));
        let id = LoadBalancerId(3);
        let ended = BalancerLook::new(Mark::default(), Err(BalancerError::NotRunning { id }));
        assert_eq!(rest(Some(&up), Some(&look(CheckWord::Up, 7))), None);
        assert_eq!(rest(Some(&up), Some(&look(CheckWord::Up, 8))), Some(NUMBERS_REST));
        for changed in [Some(&down), Some(&ended), None] {
            assert_eq!(rest(Some(&up), changed), Some(WORDS_REST));
        }
        let [three, two] = [3, 2].map(|left| look(CheckWord::Draining(left), 7));
        assert_eq!(rest(Some(&three), Some(&two)), None, "how many are left is no word");
    }
}
