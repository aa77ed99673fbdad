//! Load balancers and VServers are created, shown and deleted.

use super::world::{World, vserver_form, wrong};
use api::backend::{Balancers as _, Groups as _};
use api::balancers::{BalancerForm, BalancerHealth, VServerForm};
use control::balancer::BackendStat;
use control::commands::Options;
use control::queries::BalancerLive;
use control::values;
use engine::model::{CheckWord, LoadBalancerId, Phase, VServerId};
use std::net::TcpListener;

/// A port of the range that nobody has, and somebody who has it.
fn occupied() -> (TcpListener, u16) {
    let found = (20_500..20_900).find_map(|port| Some((TcpListener::bind(("127.0.0.1", port)).ok()?, port)));
    found.expect("a free port")
}

#[tokio::test]
async fn a_balancer_needs_a_name_of_its_own() {
    let world = World::new().await;
    let id = world.balancer("edge").await;
    assert_eq!(world.woken(), [id.to_string()]);
    let before = world.weight().await;
    let form = |name: &str| BalancerForm {
        name: name.to_owned(),
        remark: String::new(),
    };
    let create = |name: &str| world.console.create_balancer(&world.owner, form(name));
    assert_eq!(wrong(create("edge").await), ["name NameTaken edge"]);
    assert_eq!(wrong(create("").await), ["name Empty"]);
    assert_eq!(wrong(create("</title><script>").await), ["name BadCharacter <"]);
    assert_eq!(world.weight().await, before);
    let view = world.console.balancer(&world.owner, id).await.expect("its page");
    assert_eq!(
        (view.row.address.as_str(), view.row.health),
        ("127.0.0.1", BalancerHealth::Idle)
    );
}

#[tokio::test]
async fn a_port_that_is_used_is_refused_naming_by_whom_and_nothing_is_half_made() {
    let world = World::new().await;
    let (edge, inner) = (world.balancer("edge").await, world.balancer("inner").await);
    let vserver = world.vserver(edge).await;
    let page = world.console.balancer(&world.owner, edge).await.expect("its page");
    let (name, port) = (page.vservers[0].name.clone(), page.vservers[0].port);
    assert_eq!(page.vservers[0].id, vserver);
    let (_listener, foreign) = occupied();
    let before = world.weight().await;
    let other_name = |port| VServerForm {
        name: "other".into(),
        ..vserver_form(port)
    };
    let create = |balancer, form| world.console.create_vserver(&world.owner, balancer, form);
    assert_eq!(
        wrong(create(inner, other_name(port)).await),
        [format!("port PortTaken {port} {name}")]
    );
    assert_eq!(
        wrong(create(edge, other_name(port)).await),
        [format!("port PortTaken {port} {name}")]
    );
    assert_eq!(
        wrong(create(edge, other_name(foreign)).await),
        [format!("port PortForeign {foreign}")]
    );
    assert_eq!(
        wrong(create(edge, vserver_form(port)).await),
        [format!("name NameTaken {name}")]
    );
    assert_eq!(
        wrong(create(LoadBalancerId(1), other_name(foreign)).await),
        ["NotFound"]
    );
    assert_eq!(
        wrong(create(edge, other_name(80)).await),
        ["port OutOfRange 20000 29999"]
    );
    let bad_path = VServerForm {
        check_path: "/a\r\nHost: x".into(),
        ..other_name(foreign)
    };
    assert_eq!(wrong(create(edge, bad_path).await), ["check_path BadCharacter U+000D"]);
    assert_eq!(world.weight().await, before);

    let stranger = world.stranger().await;
    let form = BalancerForm {
        name: "theirs".into(),
        remark: String::new(),
    };
    let theirs = world
        .console
        .create_balancer(&stranger, form)
        .await
        .expect("a balancer");
    let answer = world.console.create_vserver(&stranger, theirs, other_name(port)).await;
    assert_eq!(
        wrong(answer),
        [format!("port PortForeign {port}")],
        "whose it is, is not told"
    );
}

#[tokio::test]
async fn a_bound_vserver_or_balancer_stays_until_it_is_unbound() {
    let world = World::new().await;
    let (group, edge) = (world.group("web").await, world.balancer("edge").await);
    let vserver = world.vserver(edge).await;
    world.bound(group, vserver).await;
    world.woken();
    let before = world.weight().await;
    let (console, owner) = (&world.console, &world.owner);
    assert_eq!(wrong(console.delete_vserver(owner, edge, vserver).await), ["InUse web"]);
    assert_eq!(
        wrong(console.delete_balancer(owner, edge, "edge".to_owned()).await),
        ["InUse web"]
    );
    assert_eq!(
        wrong(console.delete_balancer(owner, edge, "egde".to_owned()).await),
        ["typed NameNotRepeated edge"]
    );
    assert_eq!(
        wrong(console.delete_vserver(owner, edge, VServerId(1)).await),
        ["NotFound"]
    );
    assert_eq!((world.weight().await, world.woken()), (before, vec![]));

    console.unbind_group(owner, group, vserver).await.expect("unbound");
    let port = console.balancer(owner, edge).await.expect("its page").vservers[0].port;
    console.delete_vserver(owner, edge, vserver).await.expect("deleted");
    let again = console
        .create_vserver(owner, edge, vserver_form(port))
        .await
        .expect("its port is free again");
    console
        .delete_balancer(owner, edge, "edge".to_owned())
        .await
        .expect("deleted");
    assert_eq!(wrong(console.balancer(owner, edge).await), ["NotFound"]);
    assert_eq!(wrong(console.delete_vserver(owner, edge, again).await), ["NotFound"]);
    let sql = "SELECT COUNT(*) AS n FROM vservers WHERE deleted_at IS NULL";
    assert_eq!(world.number(sql, values![]).await, 0);
    world.balancer("edge").await;
}

#[tokio::test]
async fn a_group_that_is_gone_holds_no_balancer_but_one_that_leaves_does() {
    let world = World::new().await;
    let (group, edge) = (world.group("web").await, world.balancer("edge").await);
    let vserver = world.vserver(edge).await;
    world.bound(group, vserver).await;
    let (console, owner) = (&world.console, &world.owner);
    console
        .delete_group(owner, group, "web".to_owned())
        .await
        .expect("deleting");
    assert_eq!(
        wrong(console.delete_vserver(owner, edge, vserver).await),
        ["InUse web"],
        "its members still drain"
    );
    world
        .sql("UPDATE groups_ SET status = 'deleted', deleted_at = 5", values![])
        .await;
    console
        .delete_balancer(owner, edge, "edge".to_owned())
        .await
        .expect("deleted");
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM bindings", values![]).await, 0);
}

#[tokio::test]
async fn a_page_shows_each_member_with_its_balancers_word() {
    let world = World::new().await;
    let (group, edge) = (world.group("web").await, world.balancer("edge").await);
    let vserver = world.vserver(edge).await;
    world.bound(group, vserver).await;
    let health = async || {
        world
            .console
            .balancer(&world.owner, edge)
            .await
            .expect("its page")
            .row
            .health
    };
    assert_eq!(health().await, BalancerHealth::Unseen);
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(world.instance(group, number, Phase::Serving).await);
    }
    let words = async || -> Vec<String> {
        let page = world.console.balancer(&world.owner, edge).await.expect("its page");
        page.vservers[0]
            .backends
            .iter()
            .rev()
            .map(|backend| backend.word.clone())
            .collect()
    };
    assert_eq!(words().await, ["checking"; 4]);
    let line = |at: usize, word| BackendStat {
        vserver,
        id: ids[at],
        word,
        requests: 54,
        sessions: 2,
    };
    let backends = vec![
        line(0, CheckWord::Up),
        line(1, CheckWord::Down),
        line(2, CheckWord::Draining(3)),
    ];
    let live = BalancerLive {
        health: BalancerHealth::Running,
        backends,
    };
    world.ear.live.lock().expect("whole").insert(edge, live);
    assert_eq!(
        (words().await, health().await),
        (
            vec!["up".into(), "down".into(), "draining".into(), "absent".into()],
            BalancerHealth::Running
        )
    );
    let page = world.console.balancer(&world.owner, edge).await.expect("its page");
    let first = page.vservers[0].backends.last().expect("four");
    assert_eq!(
        (first.address.as_str(), first.requests, first.sessions),
        ("127.20.1.1:8080", 54, 2)
    );
    let rows = world
        .console
        .balancers(&world.owner, Default::default())
        .await
        .expect("a list")
        .rows;
    assert_eq!(
        (rows[0].health.clone(), rows[0].vservers[0].0),
        (BalancerHealth::Running, vserver)
    );
}

#[tokio::test]
async fn without_haproxy_pages_say_so() {
    let world = World::with(Options {
        balancer_missing: true,
        ..Options::default()
    })
    .await;
    let edge = world.balancer("edge").await;
    world.vserver(edge).await;
    let page = world.console.balancer(&world.owner, edge).await.expect("its page");
    assert_eq!(page.row.health, BalancerHealth::NotInstalled);
    assert!(
        api::backend::Common::frame(&world.console, None)
            .await
            .expect("a frame")
            .balancer_missing
    );
}

#[test]
fn a_check_path_that_a_form_may_say_the_balancer_takes() {
    use control::balancer::CheckPath;
    for path in ["/", "/healthz", "/a-b/c.d_e~f/0", &format!("/{}", "x".repeat(127))] {
        let form = VServerForm {
            check_path: path.to_owned(),
            ..vserver_form(20_000)
        };
        let parsed = api::parse::vserver(&form).expect("a good path");
        assert!(CheckPath::try_from(parsed.check_path).is_ok(), "{path}");
    }
}
