//! Load balancers as the loop sees them.

use crate::world::World;
use control::store::{BalancerRecord, VServerRecord};
use engine::model::{LoadBalancerId, VServerId};
use std::net::Ipv4Addr;

fn balancer(world: &World) -> BalancerRecord {
    let vserver = |n: u16| VServerRecord {
        id: VServerId(u64::from(n)),
        port: 20_000 + n,
        algorithm: "round_robin".into(),
        check_path: "/healthz".into(),
        check_interval_s: 5,
    };
    BalancerRecord {
        id: LoadBalancerId(8),
        tenant: world.tenant,
        address: Ipv4Addr::LOCALHOST,
        vservers: vec![vserver(1), vserver(2)],
        deleted: false,
    }
}

pub async fn a_deleted_balancer_stays_until_its_process_has_ended(world: &World) {
    assert_eq!(world.store.balancers().await.unwrap(), []);
    let balancer = balancer(world);
    world.people.put_balancer(balancer.clone()).await;
    assert_eq!(world.store.balancers().await.unwrap(), std::slice::from_ref(&balancer));
    world.people.delete_balancer(balancer.id).await;
    assert_eq!(
        world.store.balancers().await.unwrap(),
        [BalancerRecord {
            deleted: true,
            ..balancer.clone()
        }]
    );
    world.store.balancer_ended(balancer.id).await.unwrap();
    world.store.balancer_ended(balancer.id).await.unwrap();
    assert_eq!(world.store.balancers().await.unwrap(), []);
}

pub async fn a_balancer_that_is_not_deleted_cannot_end(world: &World) {
    let balancer = balancer(world);
    world.people.put_balancer(balancer.clone()).await;
    world.store.balancer_ended(balancer.id).await.unwrap();
    world.store.balancer_ended(LoadBalancerId(404)).await.unwrap();
    assert_eq!(world.store.balancers().await.unwrap(), [balancer]);
}
