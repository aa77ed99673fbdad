//! Groups are edited, resized, enabled and disabled.

use super::world::{World, bind_form, wrong};
use api::backend::Groups as _;
use api::groups::GroupForm;
use control::store::tx::json;
use control::values;
use engine::memory::{Breaker, Durable};
use engine::model::{GroupId, GroupStatus, Span, Timestamp};

async fn durable(world: &World, id: GroupId) -> Durable {
    world
        .rows("SELECT durable FROM groups_ WHERE id = $1", values![id])
        .await[0]
        .json("durable")
        .expect("memory")
}

#[tokio::test]
async fn an_edit_makes_the_next_version_and_keeps_what_it_does_not_touch() {
    let world = World::new().await;
    let id = world.group("web").await;
    let vserver = world.vserver(world.balancer("edge").await).await;
    world.bound(id, vserver).await;
    let failed = Breaker {
        failures: 3,
        ..Breaker::default()
    };
    let remembered = Durable {
        breaker: failed,
        growth: 7,
        out_of_stock: Some(Timestamp(9)),
        ..durable(&world, id).await
    };
    world
        .sql(
            "UPDATE groups_ SET durable = $2 WHERE id = $1",
            values![id, json(&remembered)],
        )
        .await;
    let before = world.console.group(&world.owner, id).await.expect("its page");
    let other = world.template("other").await;
    let form = GroupForm {
        name: "renamed".into(),
        template: other.to_string(),
        warm_up_s: "0".into(),
        memory: "80".into(),
        ..world.edit(id).await
    };
    world.woken();
    world
        .console
        .update_group(&world.owner, id, form)
        .await
        .expect("changed");

    let after = world.console.group(&world.owner, id).await.expect("its page");
    assert_eq!(
        (after.version, after.row.name.as_str()),
        (before.version + 1, "renamed")
    );
    assert_eq!(
        (after.row.template, after.spec.warm_up, after.spec.rules.len()),
        (other, Span(0), 2)
    );
    assert_eq!(
        (after.spec.seed, after.spec.bindings),
        (before.spec.seed, before.spec.bindings.clone())
    );
    assert_eq!(durable(&world, id).await, remembered, "the loop's memory is the loop's");
    assert_eq!(world.log(id).await[0], "Edit olga updated 1>1");
    assert_eq!(world.woken(), [id.to_string()]);
    let sql = "SELECT COUNT(*) AS n FROM group_specs WHERE group_id = $1";
    assert_eq!(
        world.number(sql, values![id]).await,
        after.version,
        "every version stays"
    );
}

#[tokio::test]
async fn bounds_moved_past_desired_move_it_at_once_and_say_so() {
    let world = World::new().await;
    let id = world.group("web").await;
    let table = [
        ("3", "5", 3, "1>3"),
        ("3", "9", 3, ""),
        ("1", "2", 2, "3>2"),
        ("1", "1", 1, "2>1"),
    ];
    for (min, max, desired, moved) in table {
        let form = GroupForm {
            min: min.into(),
            max: max.into(),
            ..world.edit(id).await
        };
        world.clock.advance(std::time::Duration::from_secs(1));
        world
            .console
            .update_group(&world.owner, id, form)
            .await
            .expect("changed");
        let view = world.console.group(&world.owner, id).await.expect("its page");
        assert_eq!(
            (view.row.desired, durable(&world, id).await.desired),
            (desired, desired)
        );
        let log = world.log(id).await;
        let resized = log[..2].iter().find(|line| line.starts_with("Resize Engine")).cloned();
        match resized {
            Some(line) => assert!(
                line.contains("BoundsMoved") && line.ends_with(moved) && !moved.is_empty(),
                "{line}"
            ),
            None => assert_eq!(moved, ""),
        }
    }
}

#[tokio::test]
async fn a_stale_edit_is_refused_with_the_version_that_is_there_and_who_made_it() {
    let world = World::new().await;
    let id = world.group("web").await;
    let stale = world.edit(id).await;
    world.console.disable_group(&world.owner, id).await.expect("disabled");
    let before = world.weight().await;
    assert_eq!(
        wrong(world.console.update_group(&world.owner, id, stale.clone()).await),
        ["Stale 2 1 olga"]
    );
    let problems = world
        .console
        .update_group(&world.owner, id, stale.clone())
        .await
        .expect_err("stale");
    assert_eq!(problems.status(), 409);
    let unread = GroupForm {
        version: String::new(),
        ..stale
    };
    assert_eq!(
        wrong(world.console.update_group(&world.owner, id, unread).await),
        ["version Empty"]
    );
    assert_eq!(world.weight().await, before);
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_stale() {
    let world = World::new().await;
    let id = world.group("web").await;
    let form = world.edit(id).await;
    let edit = || world.console.update_group(&world.owner, id, form.clone());
    let (one, other) = futures::join!(edit(), edit());
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    assert_eq!(wrong(one.and(other)), ["Stale 2 1 olga"]);
}

#[tokio::test]
async fn a_bad_edit_changes_nothing() {
    let world = World::new().await;
    let id = world.group("web").await;
    world.group("taken").await;
    let form = world.edit(id).await;
    let before = world.weight().await;
    let table = [
        (
            GroupForm {
                name: "taken".into(),
                ..form.clone()
            },
            "name NameTaken taken",
        ),
        (
            GroupForm {
                name: "a\u{7}".into(),
                ..form.clone()
            },
            "name BadCharacter U+0007",
        ),
        (
            GroupForm {
                min: "9".into(),
                ..form.clone()
            },
            "max MaxBelowMin 9 4",
        ),
        (
            GroupForm {
                cpu: "1001".into(),
                ..form.clone()
            },
            "cpu OutOfRange 1 1000",
        ),
    ];
    for (form, problem) in table {
        assert_eq!(
            wrong(world.console.update_group(&world.owner, id, form).await),
            [problem]
        );
    }
    assert_eq!(world.weight().await, before);
    world
        .console
        .update_group(&world.owner, id, form)
        .await
        .expect("its own name is not taken");
}

#[tokio::test]
async fn a_size_by_hand_must_lie_within_the_bounds() {
    let world = World::new().await;
    let id = world.group("web").await;
    let resize = |typed: &str| world.console.resize_group(&world.owner, id, typed.to_owned());
    let before = world.weight().await;
    assert_eq!(wrong(resize("5").await), ["desired DesiredOutOfBounds 5 1 4"]);
    assert_eq!(wrong(resize("0").await), ["desired DesiredOutOfBounds 0 1 4"]);
    assert_eq!(wrong(resize("").await), ["desired Empty"]);
    assert_eq!(wrong(resize("lots").await), ["desired NotANumber"]);
    resize("1").await.expect("it is so already");
    assert_eq!(world.weight().await, before);
    resize("4").await.expect("resized");
    let view = world.console.group(&world.owner, id).await.expect("its page");
    assert_eq!(
        (view.row.desired, durable(&world, id).await.desired, view.version),
        (4, 4, 2)
    );
    assert_eq!(world.log(id).await[0], "Resize olga resized 1>4");
}

#[tokio::test]
async fn enabling_needs_a_disabled_group_and_disabling_an_enabled_one() {
    let world = World::new().await;
    let id = world.group("web").await;
    let (console, owner) = (&world.console, &world.owner);
    assert_eq!(wrong(console.enable_group(owner, id).await), ["WrongState disabled"]);
    console.disable_group(owner, id).await.expect("disabled");
    assert_eq!(
        console.group(owner, id).await.expect("its page").row.status,
        GroupStatus::Disabled
    );
    assert_eq!(wrong(console.disable_group(owner, id).await), ["WrongState enabled"]);
    console.enable_group(owner, id).await.expect("enabled");
    assert_eq!(
        console.group(owner, id).await.expect("its page").row.status,
        GroupStatus::Enabled
    );
    assert_eq!(
        world.log(id).await[..2],
        ["Edit olga enabled 1>1", "Edit olga disabled 1>1"]
    );
}

#[tokio::test]
async fn every_change_by_people_makes_the_next_version() {
    let world = World::new().await;
    let id = world.group("web").await;
    let vserver = world.vserver(world.balancer("edge").await).await;
    let (console, owner) = (&world.console, &world.owner);
    let version = async || console.group(owner, id).await.expect("its page").version;
    assert_eq!(version().await, 1);
    console.resize_group(owner, id, "2".to_owned()).await.expect("resized");
    assert_eq!(version().await, 2);
    console
        .bind_group(owner, id, bind_form(&vserver.to_string()))
        .await
        .expect("bound");
    assert_eq!(version().await, 3);
    console.unbind_group(owner, id, vserver).await.expect("unbound");
    assert_eq!(version().await, 4);
    console.disable_group(owner, id).await.expect("disabled");
    assert_eq!(version().await, 5);
    console.enable_group(owner, id).await.expect("enabled");
    assert_eq!(version().await, 6);
    let form = world.edit(id).await;
    console.update_group(owner, id, form).await.expect("changed");
    assert_eq!(version().await, 7);
    console
        .delete_group(owner, id, "web".to_owned())
        .await
        .expect("deleting");
    assert_eq!(version().await, 8);
}
