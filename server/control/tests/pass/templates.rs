//! A new template touches instances launched after it, and no other (design 4.11).

use crate::world::World;
use crate::world::fixture::{GROUP, TEMPLATE, steady};
use crate::world_with;
use control::drivers::ImageSpec;
use control::store::tx::json;
use control::values;
use engine::model::{InstanceId, VpcId};
use std::collections::BTreeMap;

/// People make a second version of the group's template, of another image, and have the group launch from it.
async fn renew_template(world: &World) {
    let image = ImageSpec {
        name: "newer".to_owned(),
        command: vec!["newer".to_owned()],
        environment: Vec::new(),
        ports: vec![8080],
        ready_path: None,
    };
    let sql = "INSERT INTO images VALUES ('newer', '', $1)";
    world.run_sql(sql, values![json(&image)]).await;
    let sql = "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, created_at)
               VALUES ($1, 2, 'newer', 't.quarter', $2, 0)";
    world.run_sql(sql, values![TEMPLATE, VpcId(3)]).await;
    let sql = "UPDATE groups_ SET template_version = 2 WHERE id = $1";
    world.run_sql(sql, values![GROUP]).await;
    world.change(GROUP, &steady(2)).await;
}

/// The template's version that each member's record names.
async fn versions(world: &World) -> BTreeMap<InstanceId, u32> {
    let record = world.loaded(GROUP).await.expect("the group");
    let version = |row: &control::store::InstanceRow| (row.id, row.template.1);
    record.instances.iter().map(version).collect()
}

#[tokio::test]
async fn a_new_template_leaves_the_members_as_they_are_and_the_next_launches_are_of_it() {
    let world = world_with(&steady(2)).await;
    world.cycles(2).await;
    let old = world.driver.images();
    renew_template(&world).await;
    world.cycles(3).await;
    assert_eq!((world.driver.images(), world.driver.creates()), (old.clone(), 2));
    assert!(versions(&world).await.values().all(|version| *version == 1));

    world.change(GROUP, &steady(3)).await;
    world.cycles(1).await;
    let lost = *old.keys().next().expect("a member");
    world.driver.kill(lost);
    world.cycles(2).await;
    let now = world.driver.images();
    let (stayed, came): (Vec<_>, Vec<_>) = now.iter().partition(|(id, _)| old.contains_key(*id));
    assert_eq!(
        (stayed.len(), came.len()),
        (1, 2),
        "one more, and one in the place of the lost: {now:?}"
    );
    assert!(stayed.iter().all(|(_, image)| *image == "web"), "{now:?}");
    assert!(came.iter().all(|(_, image)| *image == "newer"), "{now:?}");
    let versions = versions(&world).await;
    assert!(came.iter().all(|(id, _)| versions[*id] == 2), "{versions:?}");
}
