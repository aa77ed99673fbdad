//! What must hold once faults have stopped and everything had time to end (design 5: I3, I8, I9).

use crate::crowd::{BALANCER, GROUP, is_leaving};
use crate::scene::Scene;
use crate::timeline::BEGIN_MS;
use crate::witness::{Invariant, Move};
use api::groups::{ActivityKind, ActivityStatus};
use control::store::{GroupRecord, InstanceRow};
use engine::draw::mix;
use engine::model::{GroupStatus, Guard, InstanceId};
use engine::simulate::Checks;
use std::collections::BTreeSet;

/// What began so late may be under way still, milliseconds: a launch may take ten minutes and its warm-up, a removal
/// two minutes.
const UNDER_WAY_MS: i64 = 20 * 60_000;
/// How much of the calm what came before may still be seen in the group's window, seconds.
const SETTLE_SECS: i64 = 15 * 60;
/// Addresses a subnet keeps for itself.
const RESERVED: u32 = 11;

/// Says what does not hold.
pub fn check(scene: &Scene) {
    if stood_still(scene) {
        return;
    }
    match scene.site.store.status(GROUP) {
        Some(GroupStatus::Deleted) => nothing_left(scene),
        Some(GroupStatus::Deleting) => fail(scene, Invariant::I3, "the group is still being deleted".to_owned()),
        _ => {
            if let Some(group) = scene.group() {
                at_rest(scene, &group);
            }
        }
    }
    activities(scene);
}

/// Whether product time stood still in the calm: a clock that was ahead for an hour and is set right holds it for an hour,
/// and nothing is promised of that hour. What was to end in it had less than the calm to do so.
fn stood_still(scene: &Scene) -> bool {
    let calm = BEGIN_MS + scene.story.calm_from() * 1_000;
    scene.site.timeline.held() > calm
}

/// The end in one number.
pub fn digest(scene: &Scene) -> u64 {
    let ids = machines(scene).into_iter().map(|id| id.0);
    let cost = u64::try_from(scene.site.region.world(|world| world.cost_micro())).unwrap_or(u64::MAX);
    let activities = scene.site.store.activities(GROUP);
    let times = activities.iter().flat_map(|(id, activity)| {
        let ended = activity.ended_at.map_or(0, |at| at.0.cast_unsigned());
        [id.0, activity.started_at.0.cast_unsigned(), ended]
    });
    ids.chain(times)
        .chain([cost])
        .fold(0, |digest, next| mix(digest, next, 1))
}

fn fail(scene: &Scene, invariant: Invariant, what: String) {
    scene.site.witness.break_(invariant, || what);
}

fn machines(scene: &Scene) -> BTreeSet<InstanceId> {
    let ours = |world: &mut engine::simulate::World| {
        let all = world.machines().values().filter(|machine| machine.group == GROUP);
        all.map(|machine| machine.id).collect()
    };
    scene.site.region.world(ours)
}

fn nothing_left(scene: &Scene) {
    let left = machines(scene);
    if !left.is_empty() {
        fail(
            scene,
            Invariant::I3,
            format!("the group is deleted and {left:?} are there"),
        );
    }
}

fn at_rest(scene: &Scene, group: &GroupRecord) {
    let records: BTreeSet<InstanceId> = group.instances.iter().map(|row| row.id).collect();
    let machines = machines(scene);
    if machines != records {
        return fail(
            scene,
            Invariant::I3,
            format!("machines {machines:?}, records {records:?}"),
        );
    }
    rests(scene);
    if scene.site.witness.is_broken() || moves_still(scene) || is_overrun(scene) {
        return;
    }
    let desired = group.durable.desired;
    let wanted = desired.min(places(scene, group));
    let have = u32::try_from(records.len()).unwrap_or(u32::MAX);
    if have != wanted
        || group
            .instances
            .iter()
            .any(|row| is_leaving(&row.phase) || !row.flags.was_in_service)
    {
        let rows: Vec<_> = group
            .instances
            .iter()
            .map(|row| (row.id, row.phase, row.state))
            .collect();
        return fail(scene, Invariant::I3, format!("desired {desired}, there are {rows:?}"));
    }
    if !(group.spec.min..=group.spec.max).contains(&desired) {
        fail(
            scene,
            Invariant::I3,
            format!("desired {desired} is not within {}..{}", group.spec.min, group.spec.max),
        );
    }
    let members = members(scene);
    let bound = !group.spec.bindings.is_empty();
    if bound && members != records || !bound && !members.is_empty() {
        fail(
            scene,
            Invariant::I3,
            format!("members {members:?}, records {records:?}"),
        );
    }
}

/// How many there can be: the addresses of two subnets, and whoever was taken in with another one.
fn places(scene: &Scene, group: &GroupRecord) -> u32 {
    let size = 1_u32 << (32 - scene.story.subnet_bits);
    let outside = |row: &&InstanceRow| u32::from(row.address.octets()[3]) >= size;
    let guests = group.instances.iter().filter(outside).count();
    2 * (size - RESERVED) + u32::try_from(guests).unwrap_or(u32::MAX)
}

fn members(scene: &Scene) -> BTreeSet<InstanceId> {
    scene.site.region.world(|world| {
        let balancer = world.balancer(BALANCER).into_iter();
        balancer
            .flat_map(|balancer| balancer.members.keys().map(|(_, id)| *id))
            .collect()
    })
}

/// Whether something began a moment ago: a group of constant demand may scale in once more at the end.
fn moves_still(scene: &Scene) -> bool {
    let now = scene.site.timeline.now();
    let activities = scene.site.store.activities(GROUP);
    activities
        .values()
        .any(|activity| now - activity.started_at.0 < UNDER_WAY_MS)
}

/// Whether more comes in than all there may be can do, and the checks fail for it: nobody can be kept in service.
fn is_overrun(scene: &Scene) -> bool {
    scene.site.region.world(|world| {
        let service = world.service(GROUP).map(|service| service.checks);
        let waits = world.served(GROUP).map_or(0, |served| served.wait_ms);
        matches!(service, Some(Checks::FailAfter(_))) && waits > 0
    })
}

/// Each launch and removal ends, and each instance was launched once.
fn activities(scene: &Scene) {
    let now = scene.site.timeline.now();
    let activities = scene.site.store.activities(GROUP);
    let mut launched = BTreeSet::new();
    for (id, activity) in &activities {
        let old = now - activity.started_at.0 > UNDER_WAY_MS;
        if activity.status == ActivityStatus::Running && old {
            fail(scene, Invariant::I8, format!("{id} never ended: {activity:?}"));
        }
        let launch = activity.activity.kind == ActivityKind::Launch;
        let again = activity
            .instance
            .filter(|_| launch)
            .is_some_and(|id| !launched.insert(id));
        if again {
            fail(
                scene,
                Invariant::I8,
                format!("{id} is the second of its instance: {activity:?}"),
            );
        }
    }
}

/// Constant demand: desired moves out, then in, then rests. Not promised to who switched the projection off.
fn rests(scene: &Scene) {
    if scene.story.spec.projection == Guard::Off {
        return;
    }
    let from = scene.story.calm_from() + SETTLE_SECS;
    let moves = scene.site.witness.moves();
    let mut late = moves.iter().filter(|moved| moved.at >= from);
    let is_in = |moved: &&Move| moved.to < moved.from;
    if late.any(|moved| is_in(&moved)) && late.any(|moved| !is_in(&moved)) {
        fail(
            scene,
            Invariant::I9,
            format!("under constant demand desired moved {moves:?}"),
        );
    }
}
