//! Who may do what: the whole matrix is a golden file, and every method asks before it does anything.

use super::world::{World, actor, bind_form, group_form, vserver_form, wrong};
use api::actor::Role;
use api::backend::{Backend, Protect};
use control::auth::gate::{Action, Verdict, may};
use engine::model::{GroupId, InstanceId, LoadBalancerId, TemplateId, VServerId};

const ROLES: [Role; 4] = [Role::PlatformAdmin, Role::TenantOwner, Role::Operator, Role::Viewer];

#[test]
fn the_matrix_is_as_it_was_agreed() {
    let mut matrix = format!("{:<18} {:<10}", "action", "resource");
    for role in ROLES {
        matrix += &format!(" {:<14}", format!("{role:?}"));
    }
    for action in Action::ALL {
        matrix = matrix.trim_end().to_owned();
        matrix += &format!("\n{:<18} {:<10}", action.name(), format!("{:?}", action.resource()));
        for role in ROLES {
            let word = match may(role, *action) {
                Verdict::Allowed => "yes",
                Verdict::Forbidden => "-",
            };
            matrix += &format!(" {word:<14}");
        }
    }
    let matrix = matrix.trim_end().to_owned() + "\n";
    assert_eq!(
        matrix,
        include_str!("../golden/gate.txt"),
        "if this is meant, store it:\n{matrix}"
    );
}

#[tokio::test]
async fn who_only_looks_is_refused_every_change_before_anything_else_is_said() {
    let world = World::new().await;
    let viewer = actor("vera", world.tenant, Role::Viewer);
    let (who, backend): (_, &dyn Backend) = (&viewer, &world.console);
    let (group, instance, template) = (GroupId(1), InstanceId(1), TemplateId(1));
    let (balancer, vserver) = (LoadBalancerId(1), VServerId(1));
    let before = world.weight().await;
    let refused = [
        wrong(backend.create_group(who, Default::default()).await),
        wrong(backend.update_group(who, group, group_form("", template)).await),
        wrong(backend.resize_group(who, group, String::new()).await),
        wrong(backend.enable_group(who, group).await),
        wrong(backend.disable_group(who, group).await),
        wrong(backend.delete_group(who, group, String::new()).await),
        wrong(backend.bind_group(who, group, bind_form("")).await),
        wrong(backend.unbind_group(who, group, vserver).await),
        wrong(backend.remove_instance(who, group, instance).await),
        wrong(backend.protect_instance(who, group, instance, Protect::Set).await),
        wrong(backend.rearm_breaker(who, group).await),
        wrong(backend.confirm_strays(who, group).await),
        wrong(backend.create_template(who, Default::default()).await),
        wrong(backend.delete_template(who, template).await),
        wrong(backend.create_balancer(who, Default::default()).await),
        wrong(backend.delete_balancer(who, balancer, String::new()).await),
        wrong(backend.create_vserver(who, balancer, vserver_form(0)).await),
        wrong(backend.delete_vserver(who, balancer, vserver).await),
    ];
    let changes = Action::ALL
        .iter()
        .filter(|action| may(Role::Viewer, **action) == Verdict::Forbidden)
        .count();
    assert_eq!(refused.len(), changes, "every action that a viewer may not do is tried");
    assert_eq!(
        refused,
        vec!["Forbidden"; changes]
            .into_iter()
            .map(|word| vec![word.to_owned()])
            .collect::<Vec<_>>()[..]
    );
    assert_eq!((world.weight().await, world.woken()), (before, vec![]));
    assert_eq!(
        wrong(backend.group(who, group).await),
        ["NotFound"],
        "looking is allowed"
    );
}

#[tokio::test]
async fn an_operator_works_with_groups_templates_and_balancers() {
    let world = World::new().await;
    let operator = actor("otto", world.tenant, Role::Operator);
    let form = world.template_form(&operator, "web").await;
    let template = world
        .backend()
        .create_template(&operator, form)
        .await
        .expect("a template");
    let group = world
        .backend()
        .create_group(&operator, group_form("web", template))
        .await
        .expect("a group");
    world
        .backend()
        .delete_group(&operator, group, "web".to_owned())
        .await
        .expect("deleting");
    assert_eq!(world.log(group).await[0], "Edit otto deleted 1>0");
}
