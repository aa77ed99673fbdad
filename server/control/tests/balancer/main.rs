//! The balancer against the real HAProxy.

mod loading;
mod several;
mod tables;
mod world;

use control::balancer::haproxy::place::CONFIG;
use control::balancer::haproxy::{HaproxyBalancer, Version, socket};
use control::balancer::{Algorithm, Balancer, BalancerError, Leave, VServerSpec};
use control::load::{LoadOptions, run};
use engine::model::{CheckWord, InstanceId, VServerId};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinSet;
use world::{Web, World, until};

#[tokio::test]
async fn a_slow_starter_gets_nothing_before_its_first_check_passes() {
    let (world, steady, slow) = (World::new(), Web::start().await, Web::with(503).await);
    world.ensure(&[&steady]).await;
    world.until_word(&steady, CheckWord::Up).await;
    let load = world.load(4);
    world.join(&slow).await;
    slow.until_checks(2).await;
    world.until_word(&slow, CheckWord::Down).await;
    assert_eq!(slow.hits(), 0, "it was never ready");
    slow.answer(200);
    slow.until_hits(20).await;
    let report = load.end().await;
    assert_eq!(report.failed, 0, "{report}");
}

#[tokio::test]
async fn a_member_not_yet_checked_is_missing_and_not_eligible() {
    let mut world = World::new();
    world.spec.vservers[0].check_interval = Duration::from_secs(600);
    let (steady, fresh) = (Web::start().await, Web::start().await);
    world.ensure(&[&steady]).await;
    world.until_word(&steady, CheckWord::Up).await;
    let load = world.load(2);
    world.join(&fresh).await;
    assert_eq!(world.word(&fresh).await, CheckWord::Missing);
    steady.until_hits(200).await;
    assert_eq!(fresh.hits(), 0, "600 s until its first check");
    assert_eq!(load.end().await.failed, 0);
}

#[tokio::test]
async fn drain_and_leave_under_load_fail_no_request() {
    let (world, stays, goes) = (World::new(), Web::start().await, Web::start().await);
    goes.manners.delay_ms.store(20, Ordering::SeqCst);
    world.ensure(&[&stays, &goes]).await;
    world.until_word(&goes, CheckWord::Up).await;
    let load = world.load(8);
    goes.until_hits(20).await;
    world.drain(&goes).await;
    world.until_word(&goes, CheckWord::Draining(0)).await;
    let hits = goes.hits();
    stays.until_hits(100).await;
    assert_eq!(goes.hits(), hits, "nothing new reaches a drained member");
    let left = world
        .balancer
        .leave(world.id(), world.vs(), goes.id)
        .await
        .expect("left");
    assert_eq!(left, Leave::Left);
    drop(goes);
    stays.until_hits(100).await;
    let report = load.end().await;
    assert_eq!(report.failed, 0, "{report}");
}

#[tokio::test]
async fn a_member_in_drain_can_be_taken_back() {
    let (world, one) = (World::new(), Web::start().await);
    world.ensure(&[&one]).await;
    world.until_word(&one, CheckWord::Up).await;
    world.drain(&one).await;
    world.until_word(&one, CheckWord::Draining(0)).await;
    world
        .balancer
        .undrain(world.id(), world.vs(), one.id)
        .await
        .expect("undrained");
    world
        .balancer
        .undrain(world.id(), world.vs(), one.id)
        .await
        .expect("twice is fine");
    assert_eq!(world.word(&one).await, CheckWord::Up);
}

#[tokio::test]
async fn leave_may_be_repeated_and_an_unknown_member_has_left() {
    let (world, one) = (World::new(), Web::start().await);
    let leave = async |vs, id| world.balancer.leave(world.id(), vs, id).await;
    let early = leave(world.vs(), one.id).await;
    assert!(matches!(early, Err(BalancerError::NotRunning { .. })), "{early:?}");
    world.ensure(&[&one]).await;
    world.until_word(&one, CheckWord::Up).await;
    until("it left", async || {
        (leave(world.vs(), one.id).await.expect("an answer") == Leave::Left).then_some(())
    })
    .await;
    assert_eq!(world.word(&one).await, CheckWord::Absent);
    for (vs, id) in [
        (world.vs(), one.id),
        (world.vs(), InstanceId(5)),
        (VServerId(99), one.id),
    ] {
        assert_eq!(leave(vs, id).await.expect("an answer"), Leave::Left, "{vs}/{id}");
    }
    world.drain(&one).await;
    let why = world
        .balancer
        .undrain(world.id(), world.vs(), one.id)
        .await
        .expect_err("gone")
        .to_string();
    assert!(why.contains("join it"), "{why}");
}

#[tokio::test]
async fn a_leave_that_was_cut_short_is_finished_by_the_next_look() {
    let (world, one) = (World::new(), Web::start().await);
    world.ensure(&[&one]).await;
    world.until_word(&one, CheckWord::Up).await;
    let name = format!("{}/{}", world.vs(), one.id);
    let half = format!("set server {name} state maint");
    socket::ask(&world.place(), &half).await.expect("an answer");
    assert_eq!(world.word(&one).await, CheckWord::Absent, "this look still sees it");
    until("it is not listed", async || {
        world.stat().await.backends.is_empty().then_some(())
    })
    .await;
    let listed = socket::ask(&world.place(), "show servers state").await;
    assert!(!listed.expect("an answer").contains(&one.id.to_string()));
    world.join(&one).await;
    world.until_word(&one, CheckWord::Up).await;
}

#[tokio::test]
async fn leave_cuts_off_what_is_still_in_flight() {
    let (world, slow) = (World::new(), Web::start().await);
    slow.manners.delay_ms.store(600_000, Ordering::SeqCst);
    world.ensure(&[&slow]).await;
    world.until_word(&slow, CheckWord::Up).await;
    let mut three = LoadOptions::new(world.url());
    (three.rate, three.duration) = (Some(3), Duration::from_secs(1));
    let mut load = JoinSet::new();
    load.spawn(run(three));
    slow.until_hits(3).await;
    world.drain(&slow).await;
    assert_eq!(world.word(&slow).await, CheckWord::Draining(3));
    let leave = async || {
        world
            .balancer
            .leave(world.id(), world.vs(), slow.id)
            .await
            .expect("an answer")
    };
    until("it left", async || (leave().await == Leave::Left).then_some(())).await;
    let report = load
        .join_next()
        .await
        .expect("a task")
        .expect("no panic")
        .expect("a report");
    assert_eq!((report.requests, report.failed), (3, 3), "{report}");
}

#[tokio::test]
async fn a_member_that_dies_under_load_costs_no_request() {
    let (world, stays, dies) = (World::new(), Web::start().await, Web::start().await);
    world.ensure(&[&stays, &dies]).await;
    world.until_word(&dies, CheckWord::Up).await;
    world.until_word(&stays, CheckWord::Up).await;
    let load = world.load(8);
    dies.until_hits(50).await;
    let (id, address) = (dies.id, dies.address);
    drop(dies);
    stays.until_hits(200).await;
    let ghost = Web::ghost(id, address);
    world.until_word(&ghost, CheckWord::Down).await;
    let report = load.end().await;
    assert_eq!(report.failed, 0, "{report}");
}

#[tokio::test]
async fn a_server_that_finds_a_dead_balancer_keeps_what_was_healthy_serving() {
    let (mut world, one, two) = (World::new(), Web::start().await, Web::start().await);
    world.spec.vservers[0].check_interval = Duration::from_secs(600);
    world.ensure(&[]).await;
    world.crash().await;
    world.restart_server();
    world.ensure(&[&one, &two]).await;
    // HAProxy spreads its first checks over the interval: the second is 300 s away.
    assert_eq!(
        world.word(&two).await,
        CheckWord::Missing,
        "not checked since the crash"
    );
    let load = world.load(2);
    two.until_hits(5).await;
    one.until_hits(5).await;
    assert_eq!(load.end().await.failed, 0);
}

#[tokio::test]
async fn join_may_be_repeated_and_follows_weight_and_state() {
    let (world, one) = (World::new(), Web::start().await);
    world.ensure(&[]).await;
    world.join(&one).await;
    world.until_word(&one, CheckWord::Up).await;
    world.join(&one).await;
    assert_eq!(
        world.word(&one).await,
        CheckWord::Up,
        "a repeated join forces nobody down"
    );
    let heavy = control::balancer::MemberAddress {
        weight: 9,
        ..one.member()
    };
    world
        .balancer
        .join(world.id(), world.vs(), heavy)
        .await
        .expect("joined");
    assert!(world.place().read(CONFIG).expect("a file").contains("weight 9"));
    world.drain(&one).await;
    world.join(&one).await;
    assert_eq!(world.word(&one).await, CheckWord::Up);
}

#[tokio::test]
async fn ensure_twice_reloads_nothing() {
    let (mut world, one) = (World::new(), Web::start().await);
    world.ensure(&[&one]).await;
    let worker = world.worker().await;
    world.ensure(&[&one]).await;
    world.ensure(&[]).await;
    world.restart_server();
    world.ensure(&[&one]).await;
    assert_eq!(world.worker().await, worker, "a restarted server finds it as it is");
    world.until_word(&one, CheckWord::Up).await;
}

#[tokio::test]
async fn after_a_crash_ensure_makes_it_serve_again() {
    let (world, one, two) = (World::new(), Web::start().await, Web::start().await);
    world.ensure(&[]).await;
    world.join(&one).await;
    world.join(&two).await;
    world.until_word(&one, CheckWord::Up).await;
    world.until_word(&two, CheckWord::Up).await;
    two.answer(503);
    world.until_word(&two, CheckWord::Down).await;
    let file = world.place().read(CONFIG).expect("a file");
    assert!(
        file.contains(&one.id.to_string()) && file.contains(&two.id.to_string()),
        "kept in step: {file}"
    );
    world.crash().await;
    let silent = world.balancer.stat(world.id()).await;
    assert!(matches!(silent, Err(BalancerError::NotRunning { .. })), "{silent:?}");
    world.ensure(&[&one, &two]).await;
    let hits = two.hits();
    let load = world.load(2);
    one.until_hits(50).await;
    assert_eq!(two.hits(), hits, "who was down before the crash starts down");
    assert_eq!(load.end().await.failed, 0);
    world.until_word(&one, CheckWord::Up).await;
}

#[tokio::test]
async fn a_change_of_algorithm_reloads_without_a_failed_request() {
    let (mut world, one, joined, dead) = (
        World::new(),
        Web::start().await,
        Web::start().await,
        Web::with(503).await,
    );
    world.ensure(&[&one]).await;
    world.join(&joined).await;
    world.join(&dead).await;
    world.until_word(&joined, CheckWord::Up).await;
    world.until_word(&dead, CheckWord::Down).await;
    let (worker, load) = (world.worker().await, world.load(8));
    for algorithm in [
        Algorithm::LeastConn,
        Algorithm::Random,
        Algorithm::First,
        Algorithm::RoundRobin,
    ] {
        world.spec.vservers[0].algorithm = algorithm;
        world.ensure(&[&one]).await;
        one.until_hits(50).await;
    }
    assert_ne!(world.worker().await, worker);
    joined.until_hits(20).await;
    assert_eq!(dead.hits(), 0, "who was down before a reload is down after it");
    let report = load.end().await;
    assert_eq!(report.failed, 0, "{report}");
}

#[tokio::test]
async fn a_port_in_use_is_refused_by_its_number_and_what_runs_serves_on() {
    let (mut world, one) = (World::new(), Web::start().await);
    let taken = world::port(world.spec.address);
    let other = std::net::TcpListener::bind((world.spec.address, taken)).expect("it was free");
    world.ensure(&[&one]).await;
    world.until_word(&one, CheckWord::Up).await;
    let fresh = VServerSpec {
        id: VServerId(8),
        port: taken,
        ..world.spec.vservers[0].clone()
    };
    world.spec.vservers.push(fresh);
    let why = world
        .balancer
        .ensure(&world.spec, &[])
        .await
        .expect_err("taken")
        .to_string();
    assert!(
        why.contains(&format!("port {taken} of {}", world.spec.address)),
        "{why}"
    );
    assert_eq!(world.word(&one).await, CheckWord::Up);
    drop(other);
    world.ensure(&[]).await;
    assert_eq!(world.word(&one).await, CheckWord::Up);
}

#[tokio::test]
async fn ports_outside_the_range_or_given_twice_are_refused() {
    let mut world = World::new();
    for port in [80, 19_999, 30_000] {
        world.spec.vservers[0].port = port;
        let why = world
            .balancer
            .ensure(&world.spec, &[])
            .await
            .expect_err("outside")
            .to_string();
        assert!(why.contains(&port.to_string()), "{why}");
    }
    world.spec.vservers[0].port = 20_000;
    world.spec.vservers.push(VServerSpec {
        id: VServerId(8),
        ..world.spec.vservers[0].clone()
    });
    let why = world
        .balancer
        .ensure(&world.spec, &[])
        .await
        .expect_err("twice")
        .to_string();
    assert!(why.contains("two VServers"), "{why}");
}

#[tokio::test]
async fn without_haproxy_the_error_says_what_to_install() {
    let world = World::new();
    let balancer = HaproxyBalancer::new(world.root.path().to_owned(), Some("/nowhere/haproxy".into()));
    for why in [
        balancer.installed().await.expect_err("missing"),
        balancer.ensure(&world.spec, &[]).await.expect_err("missing"),
    ] {
        assert!(matches!(why, BalancerError::NotInstalled), "{why}");
        assert!(why.to_string().contains("apt-get install haproxy"), "{why}");
    }
    let version = world.balancer.installed().await.expect("installed here");
    assert!(
        version
            >= Version {
                major: 2,
                minor: 6,
                patch: 0
            },
        "{version}"
    );
}

#[tokio::test]
async fn nobody_at_the_socket_is_not_running_and_a_silent_one_is_mute() {
    let world = World::new();
    let none = world.balancer.stat(world.id()).await;
    assert!(matches!(none, Err(BalancerError::NotRunning { .. })), "{none:?}");
    world.place().make().expect("a directory");
    let socket = world.place().file("admin.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("bound");
    let mute = world.balancer.stat(world.id()).await;
    assert!(matches!(mute, Err(BalancerError::Mute { .. })), "{mute:?}");
    let mute = world.balancer.ensure(&world.spec, &[]).await;
    assert!(
        matches!(mute, Err(BalancerError::Mute { .. })),
        "a mute one is waited for, not replaced: {mute:?}"
    );
    drop(listener);
    let none = world.balancer.stat(world.id()).await;
    assert!(matches!(none, Err(BalancerError::NotRunning { .. })), "{none:?}");
    world.ensure(&[]).await;
}

/// A worker lets go of its port a few milliseconds after its master has ended.
async fn until_port_is_free(world: &World) {
    let address = (world.spec.address, world.spec.vservers[0].port);
    until("its port is free", async || {
        std::net::TcpListener::bind(address).ok().map(drop)
    })
    .await;
}

#[tokio::test]
async fn remove_ends_the_process_and_takes_its_directory() {
    let (world, one) = (World::new(), Web::start().await);
    world.ensure(&[&one]).await;
    world.balancer.remove(world.id()).await.expect("removed");
    assert!(!world.place().directory().exists());
    until_port_is_free(&world).await;
    world.balancer.remove(world.id()).await.expect("removed twice");
    world.ensure(&[&one]).await;
    std::fs::remove_file(world.place().file("haproxy.pid")).expect("a pid file");
    world.balancer.remove(world.id()).await.expect("found by its socket");
    until_port_is_free(&world).await;
}

#[tokio::test]
async fn a_deep_directory_with_a_strange_name_works() {
    let root = tempfile::Builder::new()
        .prefix(&format!("a \"deep\" $HOME # {}", "x".repeat(150)))
        .tempdir();
    let (mut world, one) = (World::under(root.expect("a directory")), Web::start().await);
    world.ensure(&[&one]).await;
    world.until_word(&one, CheckWord::Up).await;
    world.spec.vservers[0].algorithm = Algorithm::LeastConn;
    world.ensure(&[&one]).await;
    assert_eq!(world.word(&one).await, CheckWord::Up);
    world.balancer.remove(world.id()).await.expect("removed");
}

#[tokio::test]
async fn a_balancer_without_listeners_runs_and_gets_one_later() {
    let (mut world, one) = (World::new(), Web::start().await);
    let vservers = std::mem::take(&mut world.spec.vservers);
    world.ensure(&[]).await;
    assert_eq!(world.stat().await.backends, []);
    world.spec.vservers = vservers;
    world.ensure(&[]).await;
    world.join(&one).await;
    world.until_word(&one, CheckWord::Up).await;
}

#[tokio::test]
async fn a_member_that_comes_back_elsewhere_is_checked_there_first() {
    let (world, one, other) = (World::new(), Web::start().await, Web::with(503).await);
    world.ensure(&[&one]).await;
    world.until_word(&one, CheckWord::Up).await;
    let moved = control::balancer::MemberAddress {
        address: other.address,
        ..one.member()
    };
    world
        .balancer
        .join(world.id(), world.vs(), moved)
        .await
        .expect("joined");
    other.until_checks(2).await;
    world.until_word(&one, CheckWord::Down).await;
    assert_eq!(other.hits(), 0);
    other.answer(200);
    world.until_word(&one, CheckWord::Up).await;
}
