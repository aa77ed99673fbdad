//! What is kept of a group's past: its instances page by page, its decisions, and what its instances used.

use super::world::{START_MS, World, group_form, wrong};
use api::backend::Groups as _;
use api::groups::{InstanceSeriesView, InstanceUse, ListQuery, MeanMax};
use control::pass::offset_of;
use control::store::minutes::{CYCLES_A_MINUTE, MinuteRecord, Part, add, quarter_of};
use control::store::tx::json;
use control::values;
use engine::model::{Cycle, GroupId, InstanceId, Phase, Reason, Timestamp};

fn query(filter: &str, after: &str, limit: u32) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        after: after.to_owned(),
        limit,
        ..ListQuery::default()
    }
}

#[tokio::test]
async fn instances_are_paged_newest_first_and_found_by_name_or_id() {
    let world = World::new().await;
    let group = world.group("web").await;
    let mut made = Vec::new();
    for number in 1..=23 {
        made.push(world.instance(group, number, Phase::Serving).await);
    }
    let sql = "UPDATE instances SET terminated_at = 1 WHERE id = $1";
    world.sql(sql, values![made.remove(4)]).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = world
            .console
            .instances(&world.owner, group, query("", &after, 5))
            .await
            .expect("a page");
        assert_eq!(page.total, 22);
        seen.extend(page.rows.iter().map(|row| row.id));
        let Some(next) = page.next else { break };
        after = next;
    }
    made.reverse();
    assert_eq!(seen, made);
    let found = async |filter: &str| {
        let page = world
            .console
            .instances(&world.owner, group, query(filter, "", 3))
            .await
            .expect("a page");
        (
            page.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>(),
            page.total,
        )
    };
    assert_eq!(
        found("B-2").await,
        (vec!["web-23".into(), "web-22".into(), "web-21".into()], 5)
    );
    assert_eq!(found(&made[0].to_string()).await, (vec!["web-23".into()], 1));
    let stranger = world.stranger().await;
    let refused = world.console.instances(&stranger, group, ListQuery::default()).await;
    assert_eq!(wrong(refused), ["NotFound"]);
}

#[tokio::test]
async fn decisions_are_paged_newest_first_and_found_by_their_reasons() {
    let world = World::new().await;
    let group = world.group("web").await;
    for number in 1..=9_i64 {
        let reason = if number % 3 == 0 {
            Reason::Disabled
        } else {
            Reason::FixedSize { desired: 2 }
        };
        let name = if number % 3 == 0 { "disabled" } else { "fixed_size" };
        let sql = "INSERT INTO decisions (group_id, number, first_at, last_at, passes, size, variants, trail)
                   VALUES ($1, $2, $2, $2, 4, 2, $3, $4)";
        world.sql(sql, values![group, number, name, json(&[reason])]).await;
    }
    let page = async |filter: &str, after: &str| {
        let page = world
            .console
            .decisions(&world.owner, group, query(filter, after, 4))
            .await
            .expect("a page");
        let began: Vec<i64> = page.rows.iter().map(|row| row.first_ms).collect();
        (began, page.total, page.next)
    };
    let (first, total, next) = page("", "").await;
    assert_eq!((first, total), (vec![9, 8, 7, 6], 9));
    let (second, _, next) = page("", &next.expect("more")).await;
    assert_eq!(second, [5, 4, 3, 2]);
    let (third, ..) = page("", &next.expect("more")).await;
    assert_eq!(third, [1]);
    assert_eq!(page("DISABLED", "").await, (vec![9, 6, 3], 3, None));
    let stranger = world.stranger().await;
    let refused = world.console.decisions(&stranger, group, ListQuery::default()).await;
    assert_eq!(wrong(refused), ["NotFound"]);
}

/// Where a filter does not find enough among ten thousand rows, its page says so by having a next one.
#[tokio::test]
async fn a_filter_looks_through_ten_thousand_rows_a_page() {
    let world = World::new().await;
    let template = world.template("t").await;
    for name in ["a first one", "z last one"] {
        world
            .console
            .create_group(&world.owner, group_form(name, template))
            .await
            .expect("a group");
    }
    let sql = "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 10049)
               INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size, template_id,
                   template_version, durable, desired, created_at)
               SELECT 'asg-' || (1000000000000 + n), g.tenant_id, 'group ' || (100000 + n), g.status, 0, 1, 1, 4,
                   g.template_id, 1, g.durable, 1, 0
               FROM n CROSS JOIN groups_ g WHERE g.name = 'a first one'";
    world.sql(sql, values![]).await;
    let page = async |filter: &str, after: &str| {
        let page = world
            .console
            .groups(&world.owner, query(filter, after, 2))
            .await
            .expect("a page");
        (
            page.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>(),
            page.total,
            page.next,
        )
    };
    let (all, total, _) = page("", "").await;
    assert_eq!((all.len(), total), (2, 10_000), "10,000+");
    let (found, total, next) = page("ONE", "").await;
    assert_eq!(
        (found, total),
        (vec!["a first one".to_owned()], 1),
        "of the first ten thousand"
    );
    let (found, _, next) = page("one", &next.expect("more to look through")).await;
    assert_eq!((found, next), (vec!["z last one".to_owned()], None));
    let (found, _, next) = page("nowhere", "").await;
    assert_eq!(found, [""; 0]);
    let (found, _, next) = page("nowhere", &next.expect("more to look through")).await;
    assert_eq!((found.len(), next), (0, None));
}

const MINUTE_MS: i64 = 60_000;

fn used(tenths: u64) -> InstanceUse {
    let one = Some(MeanMax {
        mean: tenths * 100,
        max: tenths * 100,
    });
    InstanceUse { cpu: one, memory: one }
}

/// Writes minutes as the loop does, of every instance the same.
async fn minutes(world: &World, group: GroupId, ids: &[InstanceId], minutes: impl Iterator<Item = u64>) {
    for minute in minutes {
        let uses = ids.iter().map(|id| (*id, used(minute % 1_000))).collect();
        let mut parts: Vec<Part> = Vec::new();
        add(&mut parts, &MinuteRecord { minute, uses });
        for part in parts {
            let sql =
                "INSERT INTO instance_series (group_id, quarter, part, members, minutes) VALUES ($1, $2, $3, $4, $5)
                       ON CONFLICT (group_id, quarter, part) DO UPDATE
                       SET minutes = instance_series.minutes || ' ' || excluded.minutes";
            let quarter = quarter_of(minute);
            let row = values![group, quarter, part.number, part.members_text(), &part.line];
            world.sql(sql, row).await;
        }
    }
}

/// When a minute of a group begins.
fn begins(group: GroupId, minute: u64) -> i64 {
    Cycle(minute * CYCLES_A_MINUTE).begins(offset_of(group)).0
}

#[tokio::test]
async fn an_instances_minutes_are_cut_to_their_range_and_to_two_days() {
    let world = World::new().await;
    let group = world.group("web").await;
    let ids = [
        world.instance(group, 1, Phase::Serving).await,
        world.instance(group, 2, Phase::Serving).await,
    ];
    let last = Cycle::at(Timestamp(START_MS), offset_of(group)).0 / CYCLES_A_MINUTE;
    minutes(&world, group, &ids, last - 40..=last).await;
    let read = async |only, from, to| -> InstanceSeriesView {
        world
            .console
            .instance_series(&world.owner, group, only, from, to)
            .await
            .expect("minutes")
    };
    let at = |back: u64| begins(group, last - back);
    let seen = read(Some(ids[1]), at(20), at(17)).await;
    let expected: Vec<_> = [20, 19, 18, 17]
        .map(|back| (at(back), used((last - back) % 1_000)))
        .into();
    assert_eq!(seen.instances.len(), 1);
    assert_eq!(
        (seen.instances[0].id, seen.instances[0].name.as_deref()),
        (ids[1], Some("web-2"))
    );
    assert_eq!(seen.instances[0].minutes, expected);
    let all = read(None, at(0), at(40)).await;
    let counts: Vec<usize> = all.instances.iter().map(|one| one.minutes.len()).collect();
    assert_eq!(counts, [41, 41], "whichever comes first");
    let range = |view: InstanceSeriesView| (view.to_ms - view.from_ms) / MINUTE_MS;
    assert_eq!(range(read(Some(ids[0]), 0, START_MS).await), 48 * 60);
    assert_eq!(range(read(None, 0, START_MS).await), 6 * 60);
    assert_eq!(read(Some(ids[0]), i64::MIN, i64::MAX).await.instances, []);
}

#[tokio::test]
async fn minutes_are_of_ones_own_groups_and_their_instances() {
    let world = World::new().await;
    let (group, other) = (world.group("web").await, world.group("db").await);
    let id = world.instance(other, 1, Phase::Serving).await;
    let console = &world.console;
    let ask = async |actor, group, only| wrong(console.instance_series(actor, group, only, 0, 1).await);
    assert_eq!(
        ask(&world.owner, group, Some(id)).await,
        ["NotFound"],
        "another group's"
    );
    assert_eq!(ask(&world.owner, GroupId(9), None).await, ["NotFound"]);
    let stranger = world.stranger().await;
    assert_eq!(ask(&stranger, other, Some(id)).await, ["NotFound"]);
    assert_eq!(ask(&stranger, other, None).await, ["NotFound"]);
    let sql = "UPDATE instances SET terminated_at = 1 WHERE id = $1";
    world.sql(sql, values![id]).await;
    let gone = console.instance_series(&world.owner, other, Some(id), 0, 1).await;
    assert!(gone.is_ok(), "one that is gone has its past still");
}
