//! What browsers are told.

use crate::world::{GROUP, NOW, World, settlement};
use api::live::Change;
use control::store::Settlement;
use engine::model::{LoadBalancerId, TemplateId};
use tokio::task::JoinSet;

const CHANGES: [Change; 2] = [Change::Group { id: GROUP }, Change::Balancer { id: LoadBalancerId(3) }];

pub async fn the_sequence_has_no_gap_and_no_double(world: &World) {
    let fence = world.group().await;
    let (mut tasks, tenant) = (JoinSet::new(), world.tenant);
    for _ in 0..40 {
        let store = world.store.clone();
        tasks.spawn(async move { store.announce(tenant, &CHANGES, NOW).await });
        let store = world.store.clone();
        let settled = Settlement {
            changes: vec![CHANGES[0]],
            ..settlement()
        };
        tasks.spawn(async move { store.settle(fence, &settled, NOW).await });
    }
    for done in tasks.join_all().await {
        done.unwrap();
    }
    let seqs: Vec<i64> = world
        .people
        .events(tenant)
        .await
        .iter()
        .map(|event| event.seq)
        .collect();
    assert_eq!(seqs, (1..=120).collect::<Vec<_>>());
}

pub async fn a_refused_settlement_tells_nothing(world: &World) {
    let fence = world.group().await;
    world.wall.pass(20);
    world.store.claim("server-b").await.unwrap();
    let settled = Settlement {
        changes: CHANGES.to_vec(),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap_err();
    assert_eq!(world.people.events(world.tenant).await, []);
}

pub async fn nothing_to_say_takes_no_number(world: &World) {
    let template = Change::Template { id: TemplateId(1) };
    world.store.announce(world.tenant, &[], NOW).await.unwrap();
    world.store.announce(world.tenant, &[template], NOW).await.unwrap();
    let events = world.people.events(world.tenant).await;
    assert_eq!(
        events,
        [api::live::LiveEvent {
            seq: 1,
            change: template
        }]
    );
}
