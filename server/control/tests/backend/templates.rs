//! Templates are created and deleted.

use super::world::{World, wrong};
use api::backend::{Groups as _, Templates as _};
use api::groups::GroupForm;
use api::templates::TemplateForm;
use control::values;
use engine::model::VpcId;

#[tokio::test]
async fn a_template_shows_what_it_was_made_with_and_its_secrets_stay_out_of_the_audit() {
    let world = World::new().await;
    let form = TemplateForm {
        user_data: "#!/bin/sh\necho sesame\n".into(),
        environment: "TOKEN=sesame, MODE=fast".into(),
        ..world.template_form(&world.owner, "web").await
    };
    let id = world
        .console
        .create_template(&world.owner, form)
        .await
        .expect("created");
    let view = world.console.template(&world.owner, id).await.expect("its page");
    assert_eq!(
        (view.row.name.as_str(), view.row.version, view.row.vcpu_milli),
        ("web", 1, 250)
    );
    assert_eq!((view.row.vpc.as_str(), view.subnets.len()), ("main", 3));
    assert!(view.row.hour_micros > 0);
    assert_eq!(view.environment[0], ("TOKEN".to_owned(), "sesame".to_owned()));
    assert!(view.user_data.contains("sesame"));
    let detail: String = world.rows("SELECT detail FROM audit", values![]).await[0]
        .get("detail")
        .expect("a text");
    assert!(detail.contains("TOKEN") && !detail.contains("sesame"), "{detail}");
}

#[tokio::test]
async fn what_does_not_exist_is_named_at_its_field_all_at_once() {
    let world = World::new().await;
    world.template("web").await;
    let before = world.weight().await;
    let good = world.template_form(&world.owner, "web").await;
    let vpc = VpcId(4).to_string();
    let form = TemplateForm {
        image: "windows".into(),
        instance_type: "t.huge".into(),
        vpc: vpc.clone(),
        ..good.clone()
    };
    assert_eq!(
        wrong(world.console.create_template(&world.owner, form).await),
        [
            "name NameTaken web",
            "image NoSuch image windows",
            "instance_type NoSuch instance_type t.huge",
            &format!("vpc NoSuch vpc {vpc}"),
        ]
    );
    let table = [
        (
            TemplateForm {
                name: "</title><script>".into(),
                ..good.clone()
            },
            "name BadCharacter <",
        ),
        (
            TemplateForm {
                image: String::new(),
                ..good.clone()
            },
            "image Empty",
        ),
        (
            TemplateForm {
                user_data: "x".repeat(16_385),
                ..good.clone()
            },
            "user_data TooLong 16384",
        ),
        (
            TemplateForm {
                environment: "PORT=1".into(),
                ..good.clone()
            },
            "environment NameTaken PORT",
        ),
    ];
    for (form, problem) in table {
        assert_eq!(
            wrong(world.console.create_template(&world.owner, form).await),
            [problem]
        );
    }
    assert_eq!(world.weight().await, before);
}

#[tokio::test]
async fn a_template_is_not_deleted_while_a_group_launches_from_it() {
    let world = World::new().await;
    let group = world.group("web").await;
    let template = world
        .console
        .group(&world.owner, group)
        .await
        .expect("its page")
        .row
        .template;
    for name in ["api", "batch"] {
        let form = super::world::group_form(name, template);
        world.console.create_group(&world.owner, form).await.expect("a group");
    }
    let before = world.weight().await;
    let delete = || world.console.delete_template(&world.owner, template);
    let problems = delete().await.expect_err("used");
    assert_eq!(problems.status(), 409);
    assert_eq!(wrong::<()>(Err(problems)), ["InUse api, batch, web"]);
    assert_eq!(world.weight().await, before);

    let rows = world
        .console
        .groups(&world.owner, Default::default())
        .await
        .expect("a list")
        .rows;
    for row in rows.iter().filter(|row| row.id != group) {
        world
            .console
            .delete_group(&world.owner, row.id, row.name.clone())
            .await
            .expect("deleting");
    }
    let other = world.template("other").await.to_string();
    let form = GroupForm {
        template: other,
        ..world.edit(group).await
    };
    world
        .console
        .update_group(&world.owner, group, form)
        .await
        .expect("moved to another");
    delete().await.expect("nobody launches from it any more");
    assert_eq!(wrong(delete().await), ["NotFound"]);
    assert_eq!(
        wrong(world.console.template(&world.owner, template).await),
        ["NotFound"]
    );
    world.template("web").await;
}
