//! Load balancers as the loop sees them.

use crate::world::{GROUP, NOW, World, moving, settlement, spec};
use control::balancer::MemberAddress;
use control::store::{BalancerRecord, GroupRecord, InstanceUpdate, Settlement, VServerRecord};
use engine::census::InstanceState;
use engine::model::{Binding, Flags, GroupId, GroupSpec, InstanceId, LeaveCause, LoadBalancerId, Phase, VServerId};
use std::collections::BTreeSet;
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

/// A group behind one of its listeners, with instances of these numbers that serve.
async fn served(world: &World, group: GroupId, binding: Binding, numbers: &[u64]) {
    let spec = GroupSpec {
        bindings: vec![binding],
        ..spec()
    };
    let record = world.record(group);
    world.people.put_group(GroupRecord { spec, ..record }).await;
    let fence = world.fence(group).await;
    world.launched(fence, numbers.iter().copied()).await;
    let serves = |number: &u64| InstanceUpdate {
        id: InstanceId(*number),
        phase: Some(Phase::Serving),
        state: InstanceState::InService,
        flags: Flags::default(),
        running_at: Some(NOW),
        terminated: None,
    };
    let settled = Settlement {
        instances: numbers.iter().map(serves).collect(),
        ..settlement()
    };
    world.store.settle(fence, &settled, NOW).await.unwrap();
}

pub async fn who_serves_behind_a_balancer_is_told_of_all_groups_and_nobody_who_leaves(world: &World) {
    world.people.put_balancer(balancer(world)).await;
    let [one, two] = [(1, 8080), (2, 9090)].map(|(vserver, port)| Binding {
        vserver: VServerId(vserver),
        port,
        weight: 3,
    });
    served(world, GROUP, one, &[1, 2]).await;
    served(world, GroupId(78), two, &[3]).await;
    let leaves = Phase::Draining {
        cause: LeaveCause::Surplus,
        until: NOW,
    };
    let fence = world.fence(GROUP).await;
    world.launched(fence, [4]).await;
    let leaving = [moving(2, Phase::Serving, leaves, None)];
    world.intend(fence, &leaving).await.unwrap();
    let mut serving = world.store.serving(LoadBalancerId(8)).await.unwrap();
    serving.sort_by_key(|(vserver, _)| *vserver);
    let mut expected = Vec::new();
    for (group, number, binding) in [(GROUP, 1, one), (GroupId(78), 3, two)] {
        let record = world.loaded(group).await;
        let member = MemberAddress {
            id: InstanceId(number),
            address: record.row(InstanceId(number)).expect("its record").address,
            port: binding.port,
            weight: 3,
        };
        expected.push((binding.vserver, member));
    }
    assert_eq!(serving, expected);
    assert_eq!(world.store.serving(LoadBalancerId(404)).await.unwrap(), []);
}

pub async fn who_has_a_record_is_told_until_it_ends(world: &World) {
    world.people.put_balancer(balancer(world)).await;
    let binding = Binding {
        vserver: VServerId(1),
        port: 8080,
        weight: 1,
    };
    served(world, GROUP, binding, &[1, 2]).await;
    let asked: Vec<_> = (1..=200).map(InstanceId).collect();
    let told = async || world.store.recorded(&asked).await.unwrap();
    assert_eq!(told().await, BTreeSet::from([InstanceId(1), InstanceId(2)]));
    let ends = InstanceUpdate {
        id: InstanceId(1),
        phase: None,
        state: InstanceState::Terminated,
        flags: Flags::default(),
        running_at: None,
        terminated: Some(NOW),
    };
    let fence = world.fence(GROUP).await;
    let ended = Settlement {
        instances: vec![ends],
        ..settlement()
    };
    world.store.settle(fence, &ended, NOW).await.unwrap();
    assert_eq!(told().await, BTreeSet::from([InstanceId(2)]));
}
