//! I12: a tenant sees and touches only its own.

use super::world::{World, bind_form, group_form, vserver_form, wrong};
use api::backend::{Backend, Protect};
use engine::model::{Binding, Phase};

#[tokio::test]
async fn another_tenant_sees_and_touches_nothing() {
    let world = World::new().await;
    let (group, edge) = (world.group("web").await, world.balancer("edge").await);
    let vserver = world.vserver(edge).await;
    world.bound(group, vserver).await;
    let instance = world.instance(group, 1, Phase::Serving).await;
    let stranger = world.stranger().await;
    let form = world.edit(group).await;
    let template = world
        .backend()
        .group(&world.owner, group)
        .await
        .expect("its page")
        .row
        .template;
    let before = world.weight().await;
    let (backend, who): (&dyn Backend, _) = (&world.console, &stranger);

    assert_eq!(backend.groups(who, Default::default()).await.expect("a list").total, 0);
    assert_eq!(
        backend.templates(who, Default::default()).await.expect("a list").total,
        0
    );
    assert_eq!(
        backend.balancers(who, Default::default()).await.expect("a list").total,
        0
    );
    let catalogue = backend.catalogue(who).await.expect("a catalogue");
    let vpcs: Vec<&str> = catalogue.vpcs.iter().map(|vpc| vpc.name.as_str()).collect();
    assert_eq!(vpcs, ["theirs"]);

    assert_eq!(wrong(backend.group(who, group).await), ["NotFound"]);
    assert_eq!(
        wrong(backend.activities(who, group, Default::default()).await),
        ["NotFound"]
    );
    assert_eq!(wrong(backend.series(who, group, 0, i64::MAX).await), ["NotFound"]);
    assert_eq!(wrong(backend.instance_logs(who, group, instance).await), ["NotFound"]);
    assert_eq!(wrong(backend.update_group(who, group, form).await), ["NotFound"]);
    assert_eq!(
        wrong(backend.resize_group(who, group, "2".to_owned()).await),
        ["NotFound"]
    );
    assert_eq!(wrong(backend.enable_group(who, group).await), ["NotFound"]);
    assert_eq!(wrong(backend.disable_group(who, group).await), ["NotFound"]);
    assert_eq!(
        wrong(backend.delete_group(who, group, "web".to_owned()).await),
        ["NotFound"]
    );
    assert_eq!(
        wrong(backend.bind_group(who, group, bind_form(&vserver.to_string())).await),
        ["NotFound"]
    );
    assert_eq!(wrong(backend.unbind_group(who, group, vserver).await), ["NotFound"]);
    assert_eq!(wrong(backend.remove_instance(who, group, instance).await), ["NotFound"]);
    assert_eq!(
        wrong(backend.protect_instance(who, group, instance, Protect::Set).await),
        ["NotFound"]
    );
    assert_eq!(wrong(backend.rearm_breaker(who, group).await), ["NotFound"]);
    assert_eq!(wrong(backend.template(who, template).await), ["NotFound"]);
    assert_eq!(wrong(backend.delete_template(who, template).await), ["NotFound"]);
    assert_eq!(wrong(backend.balancer(who, edge).await), ["NotFound"]);
    assert_eq!(
        wrong(backend.delete_balancer(who, edge, "edge".to_owned()).await),
        ["NotFound"]
    );
    assert_eq!(
        wrong(backend.create_vserver(who, edge, vserver_form(29_999)).await),
        ["NotFound"]
    );
    assert_eq!(wrong(backend.delete_vserver(who, edge, vserver).await), ["NotFound"]);

    let theirs = group_form("mine", template);
    assert_eq!(
        wrong(backend.create_group(who, theirs).await),
        [format!("template NoSuch template {template}")]
    );
    let mut borrowed = world.template_form(&world.owner, "t").await;
    assert_eq!(
        wrong(backend.create_template(who, borrowed.clone()).await),
        [format!("vpc NoSuch vpc {}", borrowed.vpc)]
    );
    assert_eq!(world.weight().await, before);

    // The same names are free to them, and what they own they cannot tie to what they do not.
    borrowed.vpc = world.template_form(who, "web").await.vpc;
    let own = backend.create_template(who, borrowed).await.expect("a template");
    let own = backend
        .create_group(who, group_form("web", own))
        .await
        .expect("a group");
    let bind = backend.bind_group(who, own, bind_form(&vserver.to_string())).await;
    assert_eq!(wrong(bind), [format!("vserver NoSuch vserver {vserver}")]);
    let view = backend.group(&world.owner, group).await.expect("its page");
    assert_eq!(
        view.spec.bindings,
        [Binding {
            vserver,
            port: 8080,
            weight: 1
        }]
    );
    assert_eq!(
        backend
            .groups(&world.owner, Default::default())
            .await
            .expect("a list")
            .total,
        1
    );
}
