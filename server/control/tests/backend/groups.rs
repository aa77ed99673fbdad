//! Groups are created and deleted.

use super::world::{World, group_form, wrong};
use api::backend::{Groups as _, Templates as _};
use api::groups::GroupForm;
use control::values;
use engine::memory::Durable;
use engine::model::{GroupSpec, GroupStatus, ReadyCheck, TemplateId};

#[tokio::test]
async fn a_created_group_is_enabled_at_its_minimum_with_log_audit_event_and_wake() {
    let world = World::new().await;
    let template = world.template("web").await;
    let form = GroupForm {
        min: "2".into(),
        remark: " front ".into(),
        ..group_form("Web tier 组", template)
    };
    let id = world.console.create_group(&world.owner, form).await.expect("created");

    let view = world.console.group(&world.owner, id).await.expect("its page");
    assert_eq!(
        (view.row.name.as_str(), view.row.remark.as_str()),
        ("Web tier 组", "front")
    );
    assert_eq!(
        (view.row.status, view.row.desired, view.version),
        (GroupStatus::Enabled, 2, 1)
    );
    assert_eq!(
        (view.spec.min, view.spec.max, view.spec.ready_check),
        (2, 4, ReadyCheck::Required)
    );
    assert_ne!(view.spec.seed, 0, "its draws have their own seed");
    assert_eq!(world.log(id).await, ["Edit olga created 0>2"]);
    assert_eq!(world.woken(), [id.to_string()]);

    let row = &world
        .rows("SELECT durable, desired, kind FROM groups_", values![])
        .await[0];
    let durable: Durable = row.json("durable").expect("durable memory");
    assert_eq!(
        (
            durable.desired,
            durable.accounted,
            row.get::<u32>("desired").expect("a number")
        ),
        (2, 0, 2)
    );
    assert_eq!(row.get::<String>("kind").expect("a word"), "vm");
    let audit = world
        .rows(
            "SELECT user_name, action, resource FROM audit ORDER BY action",
            values![],
        )
        .await;
    let audit: Vec<String> = audit.iter().map(|row| row.get("action").expect("a word")).collect();
    assert_eq!(audit, ["create_group", "create_template"]);
    assert_eq!(world.number("SELECT seq AS n FROM tenants", values![]).await, 2);
}

#[tokio::test]
async fn every_bad_field_is_refused_at_the_field_and_nothing_is_half_made() {
    let world = World::new().await;
    let template = world.template("web").await;
    world.group("taken").await;
    world.woken();
    let before = world.weight().await;
    type Change = fn(&mut GroupForm);
    let table: &[(Change, &str)] = &[
        (|f| f.name = String::new(), "name Empty"),
        (|f| f.name = "x".repeat(64), "name TooLong 63"),
        (|f| f.name = "</title><script>".into(), "name BadCharacter <"),
        (|f| f.name = " taken ".into(), "name NameTaken taken"),
        (|f| f.max = "0".into(), "max MaxBelowMin 1 0"),
        (|f| f.min = "one".into(), "min NotANumber"),
        (|f| f.min = "0".into(), "min MinZeroWithRule"),
        (|f| f.cpu = "0".into(), "cpu NotPositive"),
        (|f| f.memory = "101".into(), "memory OutOfRange 1 100"),
        (|f| f.warm_up_s = "-1".into(), "warm_up_s OutOfRange 0 86400"),
    ];
    for (change, problem) in table {
        let mut form = group_form("web", template);
        change(&mut form);
        assert_eq!(wrong(world.console.create_group(&world.owner, form).await), [*problem]);
    }
    assert_eq!(world.weight().await, before);
    assert_eq!(world.woken(), [""; 0]);
}

#[tokio::test]
async fn a_template_that_is_not_there_is_refused_at_its_field() {
    let world = World::new().await;
    let (unknown, gone, group) = (TemplateId(77), world.template("gone").await, world.group("web").await);
    world
        .console
        .delete_template(&world.owner, gone)
        .await
        .expect("deleted");
    let before = world.weight().await;
    for named in [
        unknown.to_string(),
        gone.to_string(),
        group.to_string(),
        "</title>".to_owned(),
    ] {
        let form = GroupForm {
            template: named.clone(),
            ..group_form("new", unknown)
        };
        let problem = format!("template NoSuch template {named}");
        assert_eq!(wrong(world.console.create_group(&world.owner, form).await), [problem]);
    }
    let form = GroupForm {
        template: String::new(),
        ..group_form("new", unknown)
    };
    assert_eq!(
        wrong(world.console.create_group(&world.owner, form).await),
        ["template Empty"]
    );
    assert_eq!(world.weight().await, before);
}

#[tokio::test]
async fn a_group_without_a_rule_may_have_a_minimum_of_zero() {
    let world = World::new().await;
    let template = world.template("web").await;
    let form = GroupForm {
        min: "0".into(),
        max: "0".into(),
        cpu: String::new(),
        ..group_form("fixed", template)
    };
    let id = world.console.create_group(&world.owner, form).await.expect("created");
    assert_eq!(
        world
            .console
            .group(&world.owner, id)
            .await
            .expect("its page")
            .row
            .desired,
        0
    );
}

#[tokio::test]
async fn deleting_asks_for_the_name_works_in_any_state_and_fences_the_loop() {
    let world = World::new().await;
    for disable in [false, true] {
        let id = world.group(if disable { "idle" } else { "busy" }).await;
        if disable {
            world.console.disable_group(&world.owner, id).await.expect("disabled");
        }
        let name = world.console.group(&world.owner, id).await.expect("its page").row.name;
        let typed = |text: &str| world.console.delete_group(&world.owner, id, text.to_owned());
        assert_eq!(wrong(typed("").await), [format!("typed NameNotRepeated {name}")]);
        assert_eq!(wrong(typed("web").await), [format!("typed NameNotRepeated {name}")]);
        typed(&name).await.expect("deleting");
        let view = world.console.group(&world.owner, id).await.expect("it stays readable");
        assert_eq!((view.row.status, view.row.desired), (GroupStatus::Deleting, 0));
        let before = world.weight().await;
        typed(&name).await.expect("asked for already");
        assert_eq!(world.weight().await, before, "once is enough");
        assert_eq!(world.log(id).await[0], "Edit olga deleted 1>0");
    }
}

#[tokio::test]
async fn nothing_of_a_group_that_leaves_can_be_changed_and_its_name_is_free_when_it_is_gone() {
    let world = World::new().await;
    let id = world.group("web").await;
    let form = world.edit(id).await;
    let balancer = world.balancer("edge").await;
    let vserver = world.vserver(balancer).await;
    world
        .console
        .delete_group(&world.owner, id, "web".to_owned())
        .await
        .expect("deleting");
    let before = world.weight().await;
    let (console, owner) = (&world.console, &world.owner);
    let states = "WrongState enabled or disabled";
    assert_eq!(wrong(console.update_group(owner, id, form.clone()).await), [states]);
    assert_eq!(wrong(console.resize_group(owner, id, "2".to_owned()).await), [states]);
    assert_eq!(wrong(console.rearm_breaker(owner, id).await), [states]);
    assert_eq!(wrong(console.enable_group(owner, id).await), ["WrongState disabled"]);
    assert_eq!(wrong(console.disable_group(owner, id).await), ["WrongState enabled"]);
    let bind = super::world::bind_form(&vserver.to_string());
    assert_eq!(wrong(console.bind_group(owner, id, bind).await), [states]);
    let again = GroupForm {
        version: String::new(),
        ..form
    };
    assert_eq!(
        wrong(console.create_group(owner, again.clone()).await),
        ["name NameTaken web"]
    );
    assert_eq!(world.weight().await, before);

    world
        .sql(
            "UPDATE groups_ SET status = 'deleted', deleted_at = 5 WHERE id = $1",
            values![id],
        )
        .await;
    assert_eq!(
        wrong(console.delete_group(owner, id, "web".to_owned()).await),
        ["NotFound"]
    );
    console.create_group(owner, again).await.expect("the name is free");
    let view = console.group(owner, id).await.expect("the row stays readable");
    assert_eq!(view.row.status, GroupStatus::Deleted);
    assert_eq!(
        console.groups(owner, Default::default()).await.expect("a list").total,
        1
    );
}

#[tokio::test]
async fn a_stored_spec_is_what_the_engine_reads() {
    let world = World::new().await;
    let id = world.group("web").await;
    let row = &world.rows("SELECT spec, user_name FROM group_specs", values![]).await[0];
    let spec: GroupSpec = row.json("spec").expect("a spec");
    assert_eq!(
        spec,
        world.console.group(&world.owner, id).await.expect("its page").spec
    );
    assert_eq!(row.get::<String>("user_name").expect("a name"), "olga");
}
