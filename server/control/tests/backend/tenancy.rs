//! I12: a tenant sees and touches only its own.

use super::world::{World, bind_form, group_form, vserver_form, wrong};
use api::actor::Actor;
use api::backend::{Backend, Protect};
use engine::model::{Binding, GroupId, InstanceId, LoadBalancerId, Phase, TemplateId, VServerId};

/// One of everything, the first tenant's, and somebody of another tenant.
struct Owned {
    world: World,
    stranger: Actor,
    group: GroupId,
    template: TemplateId,
    balancer: LoadBalancerId,
    vserver: VServerId,
    instance: InstanceId,
}

impl Owned {
    async fn new() -> Self {
        let world = World::new().await;
        let (group, balancer) = (world.group("web").await, world.balancer("edge").await);
        let vserver = world.vserver(balancer).await;
        world.bound(group, vserver).await;
        let instance = world.instance(group, 1, Phase::Serving).await;
        let stranger = world.stranger().await;
        let template = world
            .backend()
            .group(&world.owner, group)
            .await
            .expect("its page")
            .row
            .template;
        Self {
            world,
            stranger,
            group,
            template,
            balancer,
            vserver,
            instance,
        }
    }
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let Owned {
        world,
        stranger,
        group,
        template,
        balancer,
        instance,
        ..
    } = Owned::new().await;
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
    assert_eq!(wrong(backend.template(who, template).await), ["NotFound"]);
    assert_eq!(wrong(backend.balancer(who, balancer).await), ["NotFound"]);
}

#[tokio::test]
async fn another_tenant_touches_nothing() {
    let Owned {
        world,
        stranger,
        group,
        template,
        balancer,
        vserver,
        instance,
    } = Owned::new().await;
    let form = world.edit(group).await;
    let before = world.weight().await;
    let (backend, who): (&dyn Backend, _) = (&world.console, &stranger);
    let answers = [
        backend.update_group(who, group, form).await,
        backend.resize_group(who, group, "2".to_owned()).await,
        backend.enable_group(who, group).await,
        backend.disable_group(who, group).await,
        backend.delete_group(who, group, "web".to_owned()).await,
        backend.bind_group(who, group, bind_form(&vserver.to_string())).await,
        backend.unbind_group(who, group, vserver).await,
        backend.remove_instance(who, group, instance).await,
        backend.protect_instance(who, group, instance, Protect::Set).await,
        backend.rearm_breaker(who, group).await,
        backend.confirm_strays(who, group).await,
        backend.delete_template(who, template).await,
        backend.delete_balancer(who, balancer, "edge".to_owned()).await,
        backend
            .create_vserver(who, balancer, vserver_form(29_999))
            .await
            .map(drop),
        backend.delete_vserver(who, balancer, vserver).await,
    ];
    for answer in answers {
        assert_eq!(wrong(answer), ["NotFound"]);
    }
    assert_eq!(world.weight().await, before);
}

#[tokio::test]
async fn what_a_tenant_owns_cannot_be_tied_to_what_another_owns() {
    let Owned {
        world,
        stranger,
        group,
        template,
        vserver,
        ..
    } = Owned::new().await;
    let (backend, who): (&dyn Backend, _) = (&world.console, &stranger);
    let before = world.weight().await;
    let theirs = backend.create_group(who, group_form("mine", template)).await;
    assert_eq!(wrong(theirs), [format!("template NoSuch template {template}")]);
    let mut form = world.template_form(&world.owner, "web").await;
    let borrowed = backend.create_template(who, form.clone()).await;
    assert_eq!(wrong(borrowed), [format!("vpc NoSuch vpc {}", form.vpc)]);
    assert_eq!(world.weight().await, before);

    form.vpc = world.template_form(who, "web").await.vpc;
    let own = backend
        .create_template(who, form)
        .await
        .expect("the name is free to them");
    let own = backend
        .create_group(who, group_form("web", own))
        .await
        .expect("and this one");
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
