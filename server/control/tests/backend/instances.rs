//! One instance by hand: remove, protect, its log; and the breaker.

use super::world::{World, wrong};
use api::backend::{Groups as _, Protect};
use api::groups::ListQuery;
use control::store::tx::json;
use control::values;
use engine::memory::{Breaker, Durable, StrayDoubt};
use engine::model::{Flags, InstanceId, LeaveCause, Order, Phase, Timestamp};

#[tokio::test]
async fn removing_an_instance_is_an_order_given_once() {
    let world = World::new().await;
    let group = world.group("web").await;
    let id = world.instance(group, 1, Phase::Serving).await;
    world.woken();
    world
        .console
        .remove_instance(&world.owner, group, id)
        .await
        .expect("ordered");
    let row = &world.rows("SELECT body, user_name FROM orders", values![]).await[0];
    assert_eq!(row.json::<Order>("body").expect("an order"), Order::Remove { id });
    assert_eq!(
        (world.woken(), world.log(group).await[0].as_str()),
        (vec![group.to_string()], "Edit olga removed 1>1")
    );
    let before = world.weight().await;
    world
        .console
        .remove_instance(&world.owner, group, id)
        .await
        .expect("ordered already");
    assert_eq!(world.weight().await, before);
    assert_eq!(
        world
            .console
            .group(&world.owner, group)
            .await
            .expect("its page")
            .version,
        1,
        "an order is no edit"
    );
}

#[tokio::test]
async fn no_removal_is_ordered_of_a_disabled_group_or_of_one_that_leaves_already() {
    let world = World::new().await;
    let (group, other) = (world.group("web").await, world.group("other").await);
    let leaving = Phase::Stopping {
        cause: LeaveCause::Surplus,
        until: Timestamp(1),
    };
    let (serves, leaves) = (
        world.instance(group, 1, Phase::Serving).await,
        world.instance(group, 2, leaving).await,
    );
    let before = world.weight().await;
    let remove = |group, id| world.console.remove_instance(&world.owner, group, id);
    remove(group, leaves).await.expect("it leaves already");
    assert_eq!(wrong(remove(other, serves).await), ["NotFound"]);
    assert_eq!(wrong(remove(group, InstanceId(3)).await), ["NotFound"]);
    assert_eq!(world.weight().await, before);
    world
        .console
        .disable_group(&world.owner, group)
        .await
        .expect("disabled");
    assert_eq!(wrong(remove(group, serves).await), ["WrongState enabled"]);
    world
        .sql("UPDATE instances SET terminated_at = 1 WHERE id = $1", values![serves])
        .await;
    assert_eq!(wrong(remove(group, serves).await), ["NotFound"]);
}

#[tokio::test]
async fn protection_is_set_and_lifted_and_the_loops_marks_stay() {
    let world = World::new().await;
    let group = world.group("web").await;
    let id = world.instance(group, 1, Phase::Serving).await;
    let flags = async || -> Flags {
        let rows = world
            .rows("SELECT flags FROM instances WHERE id = $1", values![id])
            .await;
        rows[0].json("flags").expect("flags")
    };
    let protect = |protect| world.console.protect_instance(&world.owner, group, id, protect);
    let planned = async || {
        let sql = "SELECT state_rev FROM groups_ WHERE id = $1";
        world.rows(sql, values![group]).await[0]
            .get::<i64>("state_rev")
            .expect("a number")
    };
    let before = planned().await;
    protect(Protect::Set).await.expect("protected");
    assert_ne!(
        planned().await,
        before,
        "what a pass planned for it unprotected is refused"
    );
    assert_eq!(
        flags().await,
        Flags {
            protected: true,
            was_in_service: true,
            ..Flags::default()
        }
    );
    let listed = world.console.instances(&world.owner, group, ListQuery::default()).await;
    assert!(listed.expect("a list").rows[0].protected);
    let before = world.weight().await;
    protect(Protect::Set).await.expect("so already");
    assert_eq!(world.weight().await, before);
    protect(Protect::Lift).await.expect("lifted");
    assert_eq!(
        flags().await,
        Flags {
            was_in_service: true,
            ..Flags::default()
        }
    );
    let stray = world
        .console
        .protect_instance(&world.owner, group, InstanceId(3), Protect::Set)
        .await;
    assert_eq!(wrong(stray), ["NotFound"]);
}

#[tokio::test]
async fn only_an_open_breaker_is_re_armed() {
    let world = World::new().await;
    let group = world.group("web").await;
    assert_eq!(
        wrong(world.console.rearm_breaker(&world.owner, group).await),
        ["WrongState breaker open"]
    );
    let breaker = Breaker {
        failures: 5,
        opened: Some(Timestamp(1)),
        ..Breaker::default()
    };
    let durable = Durable {
        breaker,
        desired: 1,
        ..Durable::default()
    };
    world
        .sql(
            "UPDATE groups_ SET durable = $2 WHERE id = $1",
            values![group, json(&durable)],
        )
        .await;
    for _ in 0..2 {
        world.console.rearm_breaker(&world.owner, group).await.expect("ordered");
    }
    let rows = world.rows("SELECT body FROM orders", values![]).await;
    let orders: Vec<Order> = rows.iter().map(|row| row.json("body").expect("an order")).collect();
    assert_eq!(orders, [Order::RearmBreaker]);
}

#[tokio::test]
async fn only_strays_that_wait_for_a_person_are_let_go() {
    let world = World::new().await;
    let group = world.group("web").await;
    let confirm = || world.console.confirm_strays(&world.owner, group);
    assert_eq!(wrong(confirm().await), ["WrongState machines without a record wait"]);
    let durable = Durable {
        stray_doubt: Some(StrayDoubt::StoreIsOlder),
        desired: 1,
        ..Durable::default()
    };
    let row = values![group, json(&durable)];
    world.sql("UPDATE groups_ SET durable = $2 WHERE id = $1", row).await;
    for _ in 0..2 {
        confirm().await.expect("ordered");
    }
    let rows = world.rows("SELECT body FROM orders", values![]).await;
    let orders: Vec<Order> = rows.iter().map(|row| row.json("body").expect("an order")).collect();
    assert_eq!(orders, [Order::ConfirmStrays]);
}

#[tokio::test]
async fn a_log_is_what_the_driver_has_and_a_mute_driver_is_an_incident() {
    let world = World::new().await;
    let group = world.group("web").await;
    let said = world.instance(group, 1, Phase::Serving).await;
    let refused = world.instance(group, 2, Phase::Serving).await;
    let mute = world.instance(group, 3, Phase::Serving).await;
    let text = "listening\n<script>alert(1)</script>".to_owned();
    world
        .driver
        .logs
        .lock()
        .expect("whole")
        .extend([(said, Ok(text.clone())), (refused, Err(()))]);
    let logs = |id| world.console.instance_logs(&world.owner, group, id);
    assert_eq!(logs(said).await, Ok(text));
    for id in [refused, mute] {
        let problems = logs(id).await.expect_err("no answer");
        assert_eq!(problems.status(), 503);
        assert_eq!(
            (problems.0[0].numbers[0].as_str(), problems.0[0].numbers[1].len()),
            ("driver", 13)
        );
    }
    assert_eq!(wrong(logs(InstanceId(1)).await), ["NotFound"]);
}
