//! A group's page, its series, the catalogue, the frame, and what happens when the store does not answer.

use super::world::{START_MS, World, wrong};
use api::backend::{Common as _, Groups as _};
use api::groups::ListQuery;
use control::pass::offset_of;
use control::store::tx::json;
use control::values;
use engine::census::InstanceState;
use engine::memory::CycleRecord;
use engine::model::{CYCLE_MS, Cycle, Metric, Missing, Phase, Reason, Timestamp};

#[tokio::test]
async fn a_groups_page_has_its_instances_with_samples_its_decisions_and_its_price() {
    let world = World::new().await;
    let group = world.group("web").await;
    let old = world.instance(group, 1, Phase::Serving).await;
    let new = world.instance(group, 2, Phase::Launching).await;
    let gone = world.instance(group, 3, Phase::Serving).await;
    world
        .sql("UPDATE instances SET terminated_at = 1 WHERE id = $1", values![gone])
        .await;
    let sql = "INSERT INTO instance_samples (instance_id, group_id, cycle, cpu_milli, memory_milli) VALUES ($1, $2, 7, 98500, NULL)";
    world.sql(sql, values![old, group]).await;
    for number in 1..=25_i64 {
        let sql = "INSERT INTO decisions (group_id, number, first_at, last_at, passes, size, variants, trail)
                   VALUES ($1, $2, $2, $3, 4, 2, '', $4)";
        let trail = vec![Reason::NoRoom {
            wanted: 1,
            everything: 4,
            max: 4,
        }];
        world.sql(sql, values![group, number, number + 1, json(&trail)]).await;
    }
    let list = world.console.instances(&world.owner, group, ListQuery::default());
    let instances = list.await.expect("a list").rows;
    let ids: Vec<_> = instances.iter().map(|instance| instance.id).collect();
    assert_eq!(ids, [new, old], "newest first, without those that are gone");
    let shown = &instances[1];
    assert_eq!(
        (shown.name.as_str(), shown.address.as_str(), shown.zone.as_str()),
        ("web-1", "127.20.1.1", "zone-a")
    );
    assert_eq!(
        (shown.state, shown.cpu_milli, shown.memory_milli),
        (InstanceState::InService, Some(98_500), None)
    );
    let view = world.console.group(&world.owner, group).await.expect("its page");
    let newest: Vec<i64> = view.decisions.iter().map(|decision| decision.first_ms).collect();
    assert_eq!(newest, (6..=25).rev().collect::<Vec<_>>());
    assert_eq!((view.decisions[0].passes, view.decisions[0].trail.len()), (4, 1));
    let price = world
        .number(
            "SELECT hour_micros AS n FROM instance_types WHERE name = 't.quarter'",
            values![],
        )
        .await;
    assert_eq!((view.hour_micros, view.currency.as_str()), (price, "USD"));
}

#[tokio::test]
async fn a_series_is_cut_to_its_range_and_to_a_day() {
    let world = World::new().await;
    let group = world.group("web").await;
    let offset = offset_of(group);
    let first = Cycle::at(Timestamp(START_MS), offset).0 / 240 * 240;
    let record = |cycle| CycleRecord {
        cycle: Cycle(cycle),
        desired: 1,
        in_service: 1,
        everything: 1,
        means: [Ok(50_000), Err(Missing::NotRead)],
        demands: [Ok(50_000), Err(Missing::NotRead)],
    };
    for hour in 0..2 {
        let cycles: Vec<CycleRecord> = (0..240).map(|at| record(first + hour * 240 + at)).collect();
        let sql = "INSERT INTO group_series (group_id, hour, last_cycle, cycles) VALUES ($1, $2, $3, $4)";
        let last = first + hour * 240 + 239;
        world
            .sql(sql, values![group, first / 240 + hour, last, json(&cycles)])
            .await;
    }
    let at = |cycle: u64| Cycle(cycle).begins(offset).0;
    let series = async |from, to| {
        world
            .console
            .series(&world.owner, group, from, to)
            .await
            .expect("a series")
    };
    let view = series(at(first + 230), at(first + 250)).await;
    let cycles: Vec<u64> = view.cycles.iter().map(|record| record.cycle.0 - first).collect();
    assert_eq!(cycles, (230..=250).collect::<Vec<_>>());
    assert_eq!(
        (view.offset_ms, view.thresholds),
        (offset.0, vec![(Metric::Cpu, 70_000)])
    );
    assert_eq!((view.min, view.max), (1, 4));
    assert_eq!(
        series(at(first + 250), at(first + 230)).await.cycles.len(),
        21,
        "whichever comes first"
    );
    let all = series(0, i64::MAX).await;
    assert_eq!((all.to_ms - all.from_ms, all.cycles.len()), (5_760 * CYCLE_MS, 0));
}

#[tokio::test]
async fn marks_are_launches_removals_and_resizes_not_edits() {
    let world = World::new().await;
    let group = world.group("web").await;
    world
        .console
        .resize_group(&world.owner, group, "3".to_owned())
        .await
        .expect("resized");
    let view = world
        .console
        .series(&world.owner, group, START_MS - 1, START_MS + 1)
        .await
        .expect("a series");
    assert_eq!((view.marks.len(), view.marks[0].size_after), (1, 3));
}

#[tokio::test]
async fn the_catalogue_offers_what_the_first_start_wrote() {
    let world = World::new().await;
    let catalogue = world.console.catalogue(&world.owner).await.expect("a catalogue");
    assert_eq!(
        (catalogue.zones.len(), catalogue.vpcs.len(), catalogue.currency.as_str()),
        (3, 1, "USD")
    );
    assert_eq!(catalogue.vpcs[0].subnets.len(), 3);
    let types: Vec<_> = catalogue
        .types
        .iter()
        .map(|kind| (kind.name.as_str(), kind.vcpu_milli))
        .collect();
    assert_eq!(types, [("t.quarter", 250), ("t.one", 1_000), ("t.two", 2_000)]);
    assert_eq!(catalogue.images[0].name, "sample-web");
}

#[tokio::test]
async fn the_frame_tells_the_time_and_who_is_there() {
    let world = World::new().await;
    world.clock.advance(std::time::Duration::from_secs(2));
    let frame = world.console.frame(Some(&world.owner)).await.expect("a frame");
    assert_eq!(
        (frame.now_ms, frame.wall_ms, frame.scale),
        (START_MS + 30_000, START_MS + 2_000, 15)
    );
    assert_eq!(
        (frame.actor, frame.balancer_missing),
        (Some(world.owner.clone()), false)
    );
    assert_eq!(world.console.frame(None).await.expect("a frame").actor, None);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_an_incident_with_a_number() {
    let world = World::new().await;
    let template = world.template("web").await;
    world.db.close().await;
    let list = world
        .console
        .groups(&world.owner, Default::default())
        .await
        .expect_err("closed");
    let create = world
        .console
        .create_group(&world.owner, super::world::group_form("web", template))
        .await;
    for problems in [list, create.expect_err("closed")] {
        assert_eq!(
            (problems.status(), problems.0[0].numbers[0].as_str()),
            (503, "database")
        );
        assert_eq!(problems.0[0].numbers[1].len(), 13, "an incident's number");
        assert!(
            !problems.to_string().contains("closed"),
            "the cause is the log's: {problems}"
        );
    }
}

#[tokio::test]
async fn an_unknown_group_is_not_found() {
    let world = World::new().await;
    let id = engine::model::GroupId(9);
    assert_eq!(wrong(world.console.group(&world.owner, id).await), ["NotFound"]);
    assert_eq!(wrong(world.console.series(&world.owner, id, 0, 1).await), ["NotFound"]);
    assert_eq!(
        wrong(world.console.activities(&world.owner, id, Default::default()).await),
        ["NotFound"]
    );
}
