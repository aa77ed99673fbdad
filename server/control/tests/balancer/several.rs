//! Two servers that share the balancers of one host.

use crate::world::{Web, World, until};
use async_trait::async_trait;
use control::balancer::haproxy::HaproxyBalancer;
use control::balancer::{Balancer, BalancerError, Leave, LoadBalancerSpec, MemberAddress, Members, VServerSpec};
use engine::model::{CheckWord, VServerId};
use std::time::Duration;
use tokio::sync::Notify;

/// The balancers as another server has them.
fn another(world: &World) -> HaproxyBalancer {
    HaproxyBalancer::new(world.root.path().to_owned(), None)
}

/// Tells nobody, once it may.
#[derive(Default)]
struct Held {
    asked: Notify,
    may: Notify,
}

#[async_trait]
impl Members for Held {
    async fn serving(&self, _: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
        self.asked.notify_one();
        self.may.notified().await;
        Vec::new()
    }
}

/// Must not be asked.
struct Unasked;

#[async_trait]
impl Members for Unasked {
    async fn serving(&self, spec: &LoadBalancerSpec) -> Vec<(VServerId, MemberAddress)> {
        panic!("nothing of {} has to be started", spec.id);
    }
}

#[tokio::test]
async fn a_process_is_taken_over_as_it_runs_with_every_members_state() {
    let (world, one, two) = (World::new(), Web::start().await, Web::start().await);
    world.ensure(&[&one]).await;
    let other = another(&world);
    other
        .join(world.id(), world.vs(), two.member())
        .await
        .expect("joined by the other server");
    world.until_word(&two, CheckWord::Up).await;
    let worker = world.worker().await;
    other.ensure(&world.spec, &[]).await.expect("taken over");
    assert_eq!(world.worker().await, worker, "neither restarted nor reloaded");
    assert_eq!(world.word(&one).await, CheckWord::Up);
}

#[tokio::test]
async fn a_reload_keeps_the_members_that_another_server_let_join_and_drops_those_it_let_go_of() {
    let (mut world, one, two) = (World::new(), Web::start().await, Web::start().await);
    world.ensure(&[&one]).await;
    let other = another(&world);
    other.stat(world.id()).await.expect("read");
    other.join(world.id(), world.vs(), two.member()).await.expect("joined");
    world.until_word(&two, CheckWord::Up).await;
    let fresh = VServerSpec {
        id: VServerId(8),
        port: crate::world::port(world.spec.address),
        ..world.spec.vservers[0].clone()
    };
    world.spec.vservers.push(fresh);
    world.ensure(&[&one]).await;
    assert_eq!(world.word(&two).await, CheckWord::Up, "it serves on");
    // The other server knows the new listener although it did not make it.
    other
        .join(world.id(), VServerId(8), two.member())
        .await
        .expect("joined there");
    let left = until("it left", async || {
        let left = other.leave(world.id(), world.vs(), two.id).await.expect("an answer");
        (left == Leave::Left).then_some(left)
    });
    left.await;
    world.spec.vservers.pop();
    world.ensure(&[&one]).await;
    assert_eq!(world.word(&two).await, CheckWord::Absent);
    assert_eq!(world.word(&one).await, CheckWord::Up);
}

#[tokio::test]
async fn after_a_crash_each_server_knows_who_took_part_whoever_let_them_join() {
    let (world, one, two) = (World::new(), Web::start().await, Web::start().await);
    world.ensure(&[&one]).await;
    let other = another(&world);
    other.join(world.id(), world.vs(), two.member()).await.expect("joined");
    world.until_word(&two, CheckWord::Up).await;
    world.drain(&one).await;
    world.stat().await;
    world.crash().await;
    let seen = world.balancer.last_seen(world.id());
    assert_eq!(seen, [(world.vs(), two.member())], "not the one in drain");
    world.balancer.ensure(&world.spec, &seen).await.expect("started");
    world.until_word(&two, CheckWord::Up).await;
}

#[tokio::test]
async fn what_another_server_removed_is_not_brought_back() {
    let world = World::new();
    world.ensure(&[]).await;
    another(&world).remove(world.id()).await.expect("removed");
    let revived = world.balancer.revive_of(&world.spec, &Unasked).await;
    assert!(matches!(revived, Err(BalancerError::NotRunning { .. })), "{revived:?}");
    assert!(!world.place().directory().exists());
}

#[tokio::test]
async fn what_runs_is_left_as_another_server_made_it_and_what_died_is_brought_back() {
    let (world, held) = (World::new(), Held::default());
    world.ensure(&[]).await;
    let (worker, mut older) = (world.worker().await, world.spec.clone());
    older.vservers[0].port = crate::world::port(older.address);
    let other = another(&world);
    other.revive_of(&older, &Unasked).await.expect("it runs");
    assert_eq!(world.worker().await, worker, "neither restarted nor reloaded");
    assert_eq!(world.place().spec(), Some(world.spec.clone()));
    world.crash().await;
    held.may.notify_one();
    other.revive_of(&world.spec, &held).await.expect("brought back");
    assert_ne!(world.worker().await, worker);
}

#[tokio::test]
async fn while_one_server_starts_a_balancer_no_other_says_that_it_does_not_run() {
    let (world, held) = (World::new(), Held::default());
    let other = another(&world);
    let starts = world.balancer.ensure_of(&world.spec, &held);
    let looks = async {
        held.asked.notified().await;
        let look = other.stat(world.id());
        let lets = async {
            // Long enough for the look to have asked in vain.
            tokio::task::yield_now().await;
            held.may.notify_one();
        };
        tokio::join!(look, lets).0
    };
    let (started, looked) = tokio::join!(starts, looks);
    started.expect("started");
    assert_eq!(looked.expect("an answer, not `not running`").backends, []);
}

#[tokio::test]
async fn a_turn_that_is_not_given_back_is_a_mute_balancer() {
    let (world, one) = (World::new(), Web::start().await);
    world.ensure(&[&one]).await;
    let turn = world.place().take_turn().expect("a directory").expect("nobody has it");
    let refused = world.balancer.leave(world.id(), world.vs(), one.id);
    let refused = tokio::time::timeout(Duration::from_secs(8), refused).await;
    let refused = refused.expect("an answer");
    assert!(matches!(refused, Err(BalancerError::Mute { .. })), "{refused:?}");
    assert_eq!(world.word(&one).await, CheckWord::Up, "it is read all the same");
    drop(turn);
    world
        .balancer
        .leave(world.id(), world.vs(), one.id)
        .await
        .expect("it can");
}
