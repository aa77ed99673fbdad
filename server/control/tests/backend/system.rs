//! The page "System": what an administrator sees of the installation, and the links a change leaves behind.

use super::world::{World, actor, wrong};
use api::actor::Role;
use api::backend::{Groups as _, System as _};
use api::balancers::{BalancerFault, BalancerHealth};
use api::system::{Condition, Database};
use control::queries::BalancerLive;
use control::request;
use control::values;
use engine::model::Phase;

#[tokio::test]
async fn an_administrator_sees_every_tenants_balancers_those_in_trouble_first() {
    let world = World::new().await;
    let admin = actor("ada", world.tenant, Role::PlatformAdmin);
    let (well, ill) = (world.balancer("a-well").await, world.balancer("b-ill").await);
    world.balancer("c-without-listener").await;
    for balancer in [well, ill] {
        world.vserver(balancer).await;
    }
    let live = |health| BalancerLive {
        health,
        backends: Vec::new(),
    };
    let failing = BalancerHealth::Failing(BalancerFault::Mute("no answer".to_owned()));
    let said = [(well, live(BalancerHealth::Running)), (ill, live(failing.clone()))];
    world.ear.live.lock().expect("whole").extend(said);
    let view = world.console.system(&admin).await.expect("the page");
    let lines: Vec<_> = view
        .balancers
        .iter()
        .map(|line| (line.name.as_str(), &line.health))
        .collect();
    assert_eq!(lines, [("b-ill", &failing), ("a-well", &BalancerHealth::Running)]);
    assert!(
        view.balancers.iter().all(|line| line.tenant_name == "default"),
        "{view:?}"
    );
    assert_eq!(
        (view.store.condition, view.store.database),
        (Condition::Well, Database::Sqlite)
    );
    assert_eq!(
        (view.scaling.condition, view.driver.condition),
        (Condition::Starting, Condition::Unknown)
    );
}

#[tokio::test]
async fn nobody_else_does() {
    let world = World::new().await;
    for role in [Role::TenantOwner, Role::Operator, Role::Viewer] {
        let who = actor("otto", world.tenant, role);
        assert_eq!(wrong(world.console.system(&who).await), ["Forbidden"], "{role:?}");
    }
}

#[tokio::test]
async fn a_change_keeps_the_id_of_its_request_with_the_spec_version_or_the_order_it_made() {
    let world = World::new().await;
    let group = world.group("web").await;
    let instance = world.instance(group, 1, Phase::Serving).await;
    let resize = world.console.resize_group(&world.owner, group, "2".to_owned());
    request::scope("req-one".to_owned(), resize).await.expect("a resize");
    let remove = world.console.remove_instance(&world.owner, group, instance);
    request::scope("req-two".to_owned(), remove).await.expect("an order");
    let sql = "SELECT detail FROM audit WHERE action = $1";
    let rows = world.rows(sql, values!["resize_group"]).await;
    let detail: serde_json::Value = rows[0].json("detail").expect("JSON");
    assert_eq!(
        (&detail["request"], &detail["spec_version"]),
        (&"req-one".into(), &2.into())
    );
    let rows = world.rows(sql, values!["remove_instance"]).await;
    let detail: serde_json::Value = rows[0].json("detail").expect("JSON");
    let order: String = world.rows("SELECT id FROM orders", values![]).await[0]
        .get("id")
        .expect("an id");
    assert_eq!(
        (&detail["request"], &detail["order"]),
        (&"req-two".into(), &order.into())
    );
    let rows = world.rows(sql, values!["create_group"]).await;
    let detail: serde_json::Value = rows[0].json("detail").expect("JSON");
    assert!(
        detail.get("request").is_none() && detail["spec_version"] == 1,
        "{detail}"
    );
}
