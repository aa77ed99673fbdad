//! Everything that the loop asks of its store, asked of a full one.

use super::fill::Full;
use super::stopwatch::{Stopwatch, TIMES};
use super::world::{START_MS, World};
use api::groups::{ActivityKind, ActivityStatus, Cause, InstanceUse, MeanMax};
use api::live::Change;
use control::clock::Wall;
use control::store::minutes::MinuteRecord;
use control::store::retention::Retention;
use control::store::{
    Counts, DecisionRow, EndedActivity, Fence, GroupRecord, InstanceUpdate, Intent, LoopStore, NewActivity, Settlement,
    SqlStore, events, shard_of,
};
use engine::census::InstanceState;
use engine::memory::CycleRecord;
use engine::model::{ActivityId, Cycle, Flags, InstanceId, LeaveCause, Missing, Phase, Reason, SubnetId, Timestamp};
use std::sync::Arc;

const NOW: Timestamp = Timestamp(START_MS);
const OWNER: &str = "a server";

/// All of it.
pub async fn everything(world: &World, full: &Full, watch: &mut Stopwatch) {
    let store = SqlStore::with_lease_clock(world.db.clone(), Arc::new(|| Wall(START_MS)));
    let leases = watch.time("claim", store.claim(OWNER)).await.expect("leases");
    watch.time("renew", store.renew(OWNER)).await.expect("leases");
    let shards: Vec<u16> = leases.iter().map(|lease| lease.shard).collect();
    for _ in 0..TIMES {
        let heads = watch
            .time("heads of 10,000 groups", store.heads(&shards))
            .await
            .expect("heads");
        assert!(heads.len() > 9_000);
        watch.time("balancers", store.balancers()).await.expect("balancers");
        let serving = watch.time("who serves", store.serving(full.balancer)).await;
        serving.expect("members");
    }
    for (name, group) in [("", full.group), (", large", full.large)] {
        let fence = Fence {
            group,
            lease: leases[usize::from(shard_of(group))],
            spec_version: 1,
            state_rev: 0,
        };
        passes(&store, fence, name, watch).await;
    }
    watch.time("mark", store.mark(NOW)).await.expect("a mark");
    let changes = [Change::Group { id: full.group }];
    watch
        .time("announce", store.announce(world.tenant, &changes, NOW))
        .await
        .expect("an event");
    listener(world, watch).await;
    watch
        .time("a balancer's end", store.balancer_ended(full.balancer))
        .await
        .expect("an answer");
    sweeps(world, store.clone(), watch).await;
    watch.time("release", store.release(OWNER)).await.expect("an end");
    let own = SqlStore::new(world.db.clone());
    own.claim(OWNER).await.expect("by the database's own clock");
}

/// What a browser's stream asks.
async fn listener(world: &World, watch: &mut Stopwatch) {
    let last = watch
        .time("the last event", events::last(&world.db, world.tenant))
        .await
        .expect("a number");
    let asked = events::after(&world.db, world.tenant, last - 200, 100);
    assert_eq!(watch.time("events after one", asked).await.expect("events").len(), 100);
}

/// Quiet passes, and one in which everything happens.
async fn passes(store: &SqlStore, fence: Fence, name: &str, watch: &mut Stopwatch) {
    let mut cycle = u64::try_from(START_MS / 15_000).expect("a cycle") + 1;
    for _ in 0..TIMES {
        let loaded = store.load(fence.group);
        let record = watch
            .time(&format!("load{name}"), loaded)
            .await
            .expect("a load")
            .expect("the group");
        watch
            .time(&format!("series{name}"), store.series(fence.group, 5_760))
            .await
            .expect("a series");
        let launch = store.launch_of(record.launch.template, 1);
        watch
            .time(&format!("another launch{name}"), launch)
            .await
            .expect("an answer")
            .expect("a version");
        // Three cycles without, the fourth with the minute.
        for minute in [None, None, None, Some(minute(&record, cycle / 4))] {
            let kind = if minute.is_some() {
                "settle with a minute"
            } else {
                "settle"
            };
            let settled = quiet(&record, cycle, minute);
            let settled = store.settle(fence, &settled, NOW);
            watch.time(&format!("{kind}{name}"), settled).await.expect("settled");
            cycle += 1;
        }
        // The same cycle again, as the next owner would.
        let again = quiet(&record, cycle - 1, None);
        let again = store.settle(fence, &again, NOW);
        watch
            .time(&format!("settle a cycle again{name}"), again)
            .await
            .expect("settled");
    }
    busy(store, fence, name, watch).await;
}

async fn busy(store: &SqlStore, fence: Fence, name: &str, watch: &mut Stopwatch) {
    let record = store.load(fence.group).await.expect("a load").expect("the group");
    let (old, new) = (record.instances[0].clone(), fence.group.0 | 1 << 62);
    let removal = Intent::Move {
        id: old.id,
        from: old.phase,
        to: Phase::Draining {
            cause: LeaveCause::Surplus,
            until: NOW,
        },
        activity: Some(activity(new + 1, ActivityKind::Removal)),
    };
    let subnet = record.launch.subnets[0].0;
    let intents = [launch(new, subnet), removal];
    let fence = Fence {
        state_rev: record.state_rev,
        ..fence
    };
    let intended = store.intend(fence, &intents, NOW);
    watch.time(&format!("intend{name}"), intended).await.expect("intents");
    let gone = InstanceUpdate {
        id: old.id,
        phase: None,
        state: InstanceState::Terminated,
        flags: old.flags,
        running_at: None,
        terminated: Some(NOW),
    };
    let ended = EndedActivity {
        id: ActivityId(new),
        status: ActivityStatus::Succeeded,
        failure: None,
    };
    let settled = Settlement {
        instances: vec![gone],
        done: vec![activity(new + 2, ActivityKind::Resize)],
        ended: vec![ended],
        orders: record.orders.iter().map(|(id, _)| id.clone()).collect(),
        deleted: Some(NOW),
        ..quiet(&record, 0, None)
    };
    let decision = DecisionRow {
        trail: vec![Reason::Disabled],
        ..settled.decision.clone()
    };
    let settled = Settlement {
        decision,
        cycle: None,
        ..settled
    };
    let settled = store.settle(fence, &settled, NOW);
    watch
        .time(&format!("settle with a removal{name}"), settled)
        .await
        .expect("settled");
}

/// A minute's sweep as it is, and one that must remove of everything.
async fn sweeps(world: &World, store: SqlStore, watch: &mut Stopwatch) {
    for _ in 0..TIMES {
        watch
            .time("sweep", store.sweep(NOW, Wall(START_MS), 1_000))
            .await
            .expect("a sweep");
    }
    let mut kept = Retention::default();
    for keep in [
        &mut kept.series,
        &mut kept.instance_series,
        &mut kept.decisions,
        &mut kept.activities,
        &mut kept.instances,
        &mut kept.events,
    ] {
        keep.bytes = 0;
    }
    let store = store.keeping(kept);
    for _ in 0..TIMES {
        let swept = store.sweep(NOW, Wall(START_MS), 1_000);
        watch
            .time("sweep that removes 6,000 rows", swept)
            .await
            .expect("a sweep");
    }
    let mut tx = world.db.read("what is measured").await.expect("a reader");
    let row = tx
        .one("SELECT COUNT(DISTINCT kind) AS kinds FROM history_sizes", Vec::new())
        .await
        .expect("a row");
    assert_eq!(row.get::<i64>("kinds").expect("a number"), 6, "every kind was measured");
}

/// What a pass leaves behind in which nothing happened but a cycle.
fn quiet(record: &GroupRecord, cycle: u64, minute: Option<MinuteRecord>) -> Settlement {
    let samples = record.instances.iter().map(|row| (row.id, [Ok(50_000), Ok(25_000)]));
    Settlement {
        durable: record.durable.clone(),
        deleted: None,
        counts: Counts::default(),
        instances: Vec::new(),
        done: Vec::new(),
        ended: Vec::new(),
        orders: Vec::new(),
        decision: DecisionRow {
            at: NOW,
            size: 10,
            trail: vec![Reason::FixedSize { desired: 10 }],
        },
        cycle: Some(CycleRecord {
            cycle: Cycle(cycle),
            desired: 10,
            in_service: 10,
            everything: 10,
            means: [Ok(50_000), Ok(25_000)],
            demands: [Ok(500_000), Err(Missing::NotRead)],
        }),
        samples: samples.collect(),
        minute,
        changes: vec![Change::Group { id: record.id }],
    }
}

fn minute(record: &GroupRecord, minute: u64) -> MinuteRecord {
    let some = Some(MeanMax {
        mean: 50_000,
        max: 60_000,
    });
    let used = InstanceUse {
        cpu: some,
        memory: some,
    };
    MinuteRecord {
        minute,
        uses: record.instances.iter().map(|row| (row.id, used)).collect(),
    }
}

fn launch(number: u64, subnet: SubnetId) -> Intent {
    Intent::Launch {
        id: InstanceId(number),
        name: format!("new-{number}"),
        subnets: vec![subnet],
        flags: Flags::default(),
        warm_up_ms: 0,
        activity: activity(number, ActivityKind::Launch),
    }
}

fn activity(number: u64, kind: ActivityKind) -> NewActivity {
    let reasons = vec![Reason::FixedSize { desired: 10 }];
    NewActivity {
        id: ActivityId(number),
        kind,
        cause: Cause::Engine { reasons },
        size: (9, 10),
    }
}
