//! Groups are bound to VServers and unbound.

use super::world::{World, bind_form, wrong};
use api::backend::{Balancers as _, Groups as _};
use api::balancers::BindForm;
use control::values;
use engine::model::{Binding, VServerId};

#[tokio::test]
async fn a_binding_is_in_the_spec_and_in_its_row_and_both_sides_are_woken() {
    let world = World::new().await;
    let (group, balancer) = (world.group("web").await, world.balancer("edge").await);
    let (one, two) = (world.vserver(balancer).await, world.vserver(balancer).await);
    world.woken();
    let form = BindForm {
        port: "80".into(),
        weight: "256".into(),
        ..bind_form(&one.to_string())
    };
    world
        .console
        .bind_group(&world.owner, group, form)
        .await
        .expect("bound");
    assert_eq!(world.woken(), [balancer.to_string(), group.to_string()]);
    world.bound(group, two).await;

    let view = world.console.group(&world.owner, group).await.expect("its page");
    let mut bindings = vec![
        Binding {
            vserver: one,
            port: 80,
            weight: 256,
        },
        Binding {
            vserver: two,
            port: 8080,
            weight: 1,
        },
    ];
    bindings.sort_unstable();
    assert_eq!(view.spec.bindings, bindings);
    let first = view
        .bindings
        .iter()
        .find(|binding| binding.vserver == one)
        .expect("shown");
    assert_eq!((first.balancer, first.port, first.weight), (balancer, 80, 256));
    assert_eq!(first.url, format!("http://127.0.0.1:{}", first.vserver_port));
    let page = world.console.balancer(&world.owner, balancer).await.expect("its page");
    assert!(page.vservers.iter().all(|vserver| vserver.groups[0].name == "web"));
    assert_eq!(world.log(group).await[0], "Edit olga bound 1>1");
}

#[tokio::test]
async fn unbinding_takes_both_away() {
    let world = World::new().await;
    let (group, balancer) = (world.group("web").await, world.balancer("edge").await);
    let vserver = world.vserver(balancer).await;
    world.bound(group, vserver).await;
    world
        .console
        .unbind_group(&world.owner, group, vserver)
        .await
        .expect("unbound");
    assert_eq!(
        world
            .console
            .group(&world.owner, group)
            .await
            .expect("its page")
            .spec
            .bindings,
        []
    );
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM bindings", values![]).await, 0);
    let before = world.weight().await;
    assert_eq!(
        wrong(world.console.unbind_group(&world.owner, group, vserver).await),
        ["NotFound"]
    );
    assert_eq!(world.weight().await, before);
}

#[tokio::test]
async fn what_cannot_be_bound_is_refused_at_its_field() {
    let world = World::new().await;
    let (group, balancer) = (world.group("web").await, world.balancer("edge").await);
    let (bound, gone) = (world.vserver(balancer).await, world.vserver(balancer).await);
    world.bound(group, bound).await;
    world
        .console
        .delete_vserver(&world.owner, balancer, gone)
        .await
        .expect("deleted");
    let before = world.weight().await;
    let (unknown, good) = (VServerId(5).to_string(), bind_form(&bound.to_string()));
    let table = [
        (good.clone(), "vserver AlreadyBound".to_owned()),
        (bind_form(""), "vserver Empty".to_owned()),
        (bind_form(&unknown), format!("vserver NoSuch vserver {unknown}")),
        (bind_form(&gone.to_string()), format!("vserver NoSuch vserver {gone}")),
        (
            BindForm {
                port: "0".into(),
                ..good.clone()
            },
            "port OutOfRange 1 65535".to_owned(),
        ),
        (
            BindForm {
                port: "http".into(),
                ..good.clone()
            },
            "port NotANumber".to_owned(),
        ),
        (
            BindForm {
                weight: "257".into(),
                ..good.clone()
            },
            "weight OutOfRange 1 256".to_owned(),
        ),
    ];
    for (form, problem) in table {
        assert_eq!(
            wrong(world.console.bind_group(&world.owner, group, form).await),
            [problem]
        );
    }
    assert_eq!(world.weight().await, before);
}
