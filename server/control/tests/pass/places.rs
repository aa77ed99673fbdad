//! Launches go where an address is free: the emptiest subnet first, a full one is passed over (design 4.14).

use crate::world::World;
use crate::world::fixture::{GROUP, steady};
use crate::world_of;
use control::values;
use engine::model::{GroupSpec, SubnetId, VpcId};
use std::collections::BTreeMap;

/// Addresses 10 to 14.
const SMALL: &str = "127.44.2.0/28";

async fn with_second_subnet(spec: &GroupSpec) -> World {
    let mut world = world_of(spec).await;
    world
        .run_sql(
            "INSERT INTO subnets (id, vpc_id, zone, cidr) VALUES ($1, $2, 'r-a', $3)",
            values![SubnetId(5), VpcId(3), SMALL],
        )
        .await;
    world.start().await;
    world
}

async fn by_subnet(world: &World) -> BTreeMap<SubnetId, usize> {
    let record = world.loaded(GROUP).await.expect("the group");
    let mut counts = BTreeMap::new();
    for row in &record.instances {
        *counts.entry(row.subnet).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn launches_are_spread_and_what_a_full_subnet_cannot_take_goes_to_the_next() {
    let world = with_second_subnet(&GroupSpec { max: 20, ..steady(6) }).await;
    world.cycles(1).await;
    assert_eq!(
        by_subnet(&world).await,
        BTreeMap::from([(SubnetId(4), 3), (SubnetId(5), 3)])
    );
    world.change(GROUP, &GroupSpec { max: 20, ..steady(14) }).await;
    world.cycles(1).await;
    assert_eq!(
        by_subnet(&world).await,
        BTreeMap::from([(SubnetId(4), 9), (SubnetId(5), 5)])
    );
    assert_eq!(world.driver.running().len(), 14);
}

#[tokio::test]
async fn with_every_subnet_full_the_group_is_out_of_stock_says_so_and_spins_not() {
    let mut world = world_of(&GroupSpec { max: 20, ..steady(5) }).await;
    world.run_sql("UPDATE subnets SET cidr = $1", values![SMALL]).await;
    world.start().await;
    world.cycles(2).await;
    world.change(GROUP, &GroupSpec { max: 20, ..steady(7) }).await;
    let passes = world.handle().lag().passes;
    world.cycles(4).await;
    assert_eq!((world.driver.running().len(), world.records(GROUP).await), (5, 5));
    assert!(
        world.reasons(GROUP).await.contains("out_of_stock"),
        "{}",
        world.reasons(GROUP).await
    );
    let log = world.log(GROUP).await;
    assert!(
        log.iter().all(|row| !row.contains(" failed ")),
        "no launch failed: {log:#?}"
    );
    let more = world.handle().lag().passes - passes;
    assert!(more <= 6, "one a cycle, not one a slot: {more}");
    world
        .run_sql("UPDATE subnets SET cidr = '127.44.2.0/24'", values![])
        .await;
    world.cycles(2).await;
    assert_eq!(
        world.driver.running().len(),
        7,
        "room again: launched at the next cycle"
    );
}

#[tokio::test]
async fn what_has_room_is_launched_though_others_have_none() {
    let mut world = world_of(&GroupSpec { max: 20, ..steady(9) }).await;
    world.run_sql("UPDATE subnets SET cidr = $1", values![SMALL]).await;
    world.start().await;
    world.cycles(2).await;
    assert_eq!((world.driver.running().len(), world.records(GROUP).await), (5, 5));
}
