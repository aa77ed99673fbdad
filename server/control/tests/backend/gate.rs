//! Who may do what: the whole matrix is a golden file, every method asks before it does anything, and what each answers to
//! each role about its own and another tenant's things is what the table says.

use super::world::{World, actor, bind_form, group_form, vserver_form};
use api::actor::{Actor, Role};
use api::backend::{Answer, Backend, Protect};
use api::balancers::BalancerForm;
use api::problem::Code;
use control::auth::gate::{Action, Verdict, Whose, may};
use engine::model::{GroupId, InstanceId, LoadBalancerId, Phase, TemplateId, VServerId};

const ROLES: [Role; 4] = [Role::PlatformAdmin, Role::TenantOwner, Role::Operator, Role::Viewer];

/// `yes`, or the status of the refusal.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "yes",
        Verdict::SignInFirst => "401",
        Verdict::Forbidden => "403",
        Verdict::Hidden => "404",
    }
}

#[test]
fn the_matrix_is_as_it_was_agreed() {
    let actors = [None].into_iter().chain(ROLES.map(Some));
    let mut matrix = format!("{:<18} {:<10} {:<13}", "action", "resource", "whose");
    for who in actors.clone() {
        let name = who.map_or_else(|| "Nobody".to_owned(), |role| format!("{role:?}"));
        matrix += &format!(" {name:<14}");
    }
    for action in Action::ALL {
        for whose in action.whose() {
            matrix = matrix.trim_end().to_owned();
            let (name, resource) = (action.name(), format!("{:?}", action.resource()));
            matrix += &format!("\n{name:<18} {resource:<10} {:<13}", format!("{whose:?}"));
            for who in actors.clone() {
                matrix += &format!(" {:<14}", word(may(who, *action, *whose)));
            }
        }
    }
    let matrix = matrix.trim_end().to_owned() + "\n";
    if std::env::var_os("BLESS").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gate.txt");
        std::fs::write(path, &matrix).expect("the golden file is written");
    }
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gate.txt");
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    assert_eq!(matrix, kept, "gate.txt differs; BLESS=1 writes it anew");
}

/// One of everything, and a name that no other thing has.
struct Things {
    name: String,
    group: GroupId,
    template: TemplateId,
    balancer: LoadBalancerId,
    vserver: VServerId,
    free: VServerId,
    instance: InstanceId,
    /// No VServer has it.
    port: u16,
}

impl Things {
    async fn new(world: &World, number: u8) -> Self {
        let name = format!("t{number}");
        let group = world.group(&name).await;
        let balancer = world.balancer(&name).await;
        let port = 20_000 + 3 * u16::from(number);
        let listen = async |port| {
            let made = world
                .backend()
                .create_vserver(&world.owner, balancer, vserver_form(port));
            made.await.expect("a free port")
        };
        let (vserver, free) = (listen(port).await, listen(port + 1).await);
        world.bound(group, vserver).await;
        let instance = world.instance(group, number, Phase::Serving).await;
        world
            .driver
            .logs
            .lock()
            .expect("whole")
            .insert(instance, Ok("listening".to_owned()));
        let view = world.backend().group(&world.owner, group).await.expect("its page");
        Self {
            name,
            group,
            template: view.row.template,
            balancer,
            vserver,
            free,
            instance,
            port: port + 2,
        }
    }
}

/// Does it, whatever it answers.
async fn act(world: &World, who: &Actor, action: Action, on: &Things) -> Answer<()> {
    let backend: &dyn Backend = &world.console;
    let (group, list, name) = (on.group, Default::default, on.name.clone());
    match action {
        Action::ListGroups => backend.groups(who, list()).await.map(drop),
        Action::ReadOverview => backend.overview(who).await.map(drop),
        Action::ReadGroup => backend.group(who, group).await.map(drop),
        Action::ListInstances => backend.instances(who, group, list()).await.map(drop),
        Action::ListDecisions => backend.decisions(who, group, list()).await.map(drop),
        Action::ReadMinutes => backend.instance_series(who, group, None, 0, 60_000).await.map(drop),
        Action::ReadActivities => backend.activities(who, group, list()).await.map(drop),
        Action::ReadSeries => backend.series(who, group, 0, 60_000).await.map(drop),
        Action::ReadLogs => backend.instance_logs(who, group, on.instance).await.map(drop),
        Action::CreateGroup => {
            let form = group_form(&format!("{name}x"), on.template);
            backend.create_group(who, form).await.map(drop)
        }
        Action::UpdateGroup => {
            let form = world.edit(group).await;
            backend.update_group(who, group, form).await
        }
        Action::ResizeGroup => backend.resize_group(who, group, "2".to_owned()).await,
        Action::EnableGroup => backend.enable_group(who, group).await,
        Action::DisableGroup => backend.disable_group(who, group).await,
        Action::DeleteGroup => backend.delete_group(who, group, name).await,
        Action::BindGroup => backend.bind_group(who, group, bind_form(&on.free.to_string())).await,
        Action::UnbindGroup => backend.unbind_group(who, group, on.vserver).await,
        Action::RemoveInstance => backend.remove_instance(who, group, on.instance).await,
        Action::ProtectInstance => backend.protect_instance(who, group, on.instance, Protect::Set).await,
        Action::RearmBreaker => backend.rearm_breaker(who, group).await,
        Action::ConfirmStrays => backend.confirm_strays(who, group).await,
        Action::ListTemplates => backend.templates(who, list()).await.map(drop),
        Action::ReadTemplate => backend.template(who, on.template).await.map(drop),
        Action::CreateTemplate => {
            let form = world.template_form(who, &format!("{name}x")).await;
            backend.create_template(who, form).await.map(drop)
        }
        Action::DeleteTemplate => backend.delete_template(who, on.template).await,
        other => act_on_balancers(world, who, other, on).await,
    }
}

async fn act_on_balancers(world: &World, who: &Actor, action: Action, on: &Things) -> Answer<()> {
    let backend: &dyn Backend = &world.console;
    match action {
        Action::ListBalancers => backend.balancers(who, Default::default()).await.map(drop),
        Action::ReadBalancer => backend.balancer(who, on.balancer).await.map(drop),
        Action::CreateBalancer => {
            let form = BalancerForm {
                name: format!("{}x", on.name),
                remark: String::new(),
            };
            backend.create_balancer(who, form).await.map(drop)
        }
        Action::DeleteBalancer => backend.delete_balancer(who, on.balancer, on.name.clone()).await,
        Action::CreateVServer => backend
            .create_vserver(who, on.balancer, vserver_form(on.port))
            .await
            .map(drop),
        Action::DeleteVServer => backend.delete_vserver(who, on.balancer, on.free).await,
        Action::ReadCatalogue => backend.catalogue(who).await.map(drop),
        Action::ReadSystem => backend.system(who).await.map(drop),
        other => panic!("{other:?} is not called here: add it"),
    }
}

/// A change that cannot be carried out now was let through.
fn verdict(answer: &Answer<()>) -> Verdict {
    match answer.as_ref().map_err(|problems| problems.0[0].code) {
        Err(Code::SignInFirst) => Verdict::SignInFirst,
        Err(Code::Forbidden) => Verdict::Forbidden,
        Err(Code::NotFound) => Verdict::Hidden,
        Ok(()) | Err(Code::WrongState | Code::InUse | Code::Stale) => Verdict::Allowed,
        Err(other) => panic!("{other:?} is no verdict"),
    }
}

#[tokio::test]
async fn every_action_answers_to_every_role_what_the_table_says_and_changes_nothing_when_it_refuses() {
    let world = World::new().await;
    let theirs = world.stranger().await.tenant;
    let mut number = 0;
    for action in Action::ALL {
        for (whose, tenant) in [(Whose::Own, world.tenant), (Whose::Other, theirs)] {
            if whose == Whose::Other && !action.whose().contains(&whose) {
                continue;
            }
            for role in ROLES {
                number += 1;
                let on = Things::new(&world, number).await;
                let who = actor("somebody", tenant, role);
                let (before, _) = (world.weight().await, world.woken());
                let said = verdict(&act(&world, &who, *action, &on).await);
                assert_eq!(
                    said,
                    may(Some(role), *action, whose),
                    "{action:?} of {whose:?} as {role:?}"
                );
                if said != Verdict::Allowed {
                    assert_eq!(
                        (world.weight().await, world.woken()),
                        (before, vec![]),
                        "{action:?} as {role:?}"
                    );
                }
            }
        }
    }
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
