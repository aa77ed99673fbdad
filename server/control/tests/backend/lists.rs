//! Lists page by key, filter by text and count with an end.

use super::world::{World, group_form};
use api::backend::{Balancers as _, Groups as _, Templates as _};
use api::groups::ListQuery;
use control::store::tx::json;
use control::values;
use engine::model::{ActivityId, GroupId};

fn query(filter: &str, after: &str, limit: u32) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        after: after.to_owned(),
        limit,
        ..ListQuery::default()
    }
}

#[tokio::test]
async fn a_list_is_paged_in_each_order_without_loss_or_double_ties_included() {
    let world = World::new().await;
    let template = world.template("web").await;
    for number in 0..9 {
        let form = group_form(&format!("g{number}"), template);
        let id = world.console.create_group(&world.owner, form).await.expect("a group");
        // Desired and creation tie in threes.
        let (desired, created) = (i64::from(number % 3), i64::from(number / 3));
        let sql = "UPDATE groups_ SET desired = $2, created_at = $3 WHERE id = $1";
        world.sql(sql, values![id, desired, created]).await;
    }
    for sort in [
        "name",
        "-name",
        "created",
        "-created",
        "desired",
        "-desired",
        "in_service",
    ] {
        let mut seen = Vec::new();
        let mut asked = ListQuery {
            sort: sort.to_owned(),
            limit: 2,
            ..ListQuery::default()
        };
        loop {
            let page = world.console.groups(&world.owner, asked.clone()).await.expect("a page");
            seen.extend(page.rows.into_iter().map(|row| (row.desired, row.created_ms, row.name)));
            match page.next {
                Some(next) => asked.after = next,
                None => break,
            }
        }
        let mut names: Vec<&String> = seen.iter().map(|(.., name)| name).collect();
        let key = |(desired, created, name): &(u32, i64, String)| match sort.trim_start_matches('-') {
            "name" => name.clone(),
            "created" => created.to_string(),
            "desired" => desired.to_string(),
            _ => String::new(),
        };
        let keys: Vec<String> = seen.iter().map(key).collect();
        let mut ordered = keys.clone();
        ordered.sort_unstable();
        if sort.starts_with('-') {
            ordered.reverse();
        }
        assert_eq!(keys, ordered, "{sort}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 9, "{sort}");
    }
    let unknown = ListQuery {
        sort: "password".to_owned(),
        ..ListQuery::default()
    };
    assert!(world.console.groups(&world.owner, unknown).await.is_err());
}

#[tokio::test]
async fn the_overview_sums_up_every_group_and_names_those_that_need_a_person() {
    let world = World::new().await;
    for name in ["c", "a", "b"] {
        world.group(name).await;
    }
    let sql = "UPDATE groups_ SET desired = 3, in_service = 2, everything = 4";
    world.sql(sql, values![]).await;
    let calm = world.console.overview(&world.owner).await.expect("an overview");
    assert_eq!(
        (calm.groups, calm.desired, calm.in_service, calm.everything),
        (3, 9, 6, 12)
    );
    assert_eq!((calm.alarms, calm.waiting), (0, vec![]));
    world
        .sql("UPDATE groups_ SET alarm = 1 WHERE name <> 'b'", values![])
        .await;
    let seen = world.console.overview(&world.owner).await.expect("an overview");
    let names: Vec<&str> = seen.waiting.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((seen.alarms, names), (2, vec!["a", "c"]));
    let stranger = world.stranger().await;
    let theirs = world.console.overview(&stranger).await.expect("an overview");
    assert_eq!((theirs.groups, theirs.desired, theirs.alarms), (0, 0, 0));
}

#[tokio::test]
async fn the_overview_tells_how_any_group_moved_last_newest_first_those_that_are_gone_too() {
    let world = World::new().await;
    let (web, old) = (world.group("web").await, world.group("old").await);
    for number in 0..15_u64 {
        let sql =
            "INSERT INTO activities (id, tenant_id, group_id, kind, status, cause, size_before, size_after, started_at)
                   VALUES ($1, $2, $3, $4, 'succeeded', $5, $6, $7, $8)";
        let group = if number % 2 == 0 { web } else { old };
        let kind = if number % 3 == 0 { "launch" } else { "resize" };
        let cause = api::groups::Cause::Engine { reasons: Vec::new() };
        let (id, at) = (ActivityId(number + 1), 1_900_000_000_000 + number);
        let values = values![id, world.tenant, group, kind, json(&cause), number, number + 1, at];
        world.sql(sql, values).await;
    }
    world
        .sql("UPDATE groups_ SET deleted_at = 1 WHERE id = $1", values![old])
        .await;
    let seen = world.console.overview(&world.owner).await.expect("an overview");
    let moves: Vec<(u32, u32)> = seen.latest.iter().map(|one| (one.from, one.to)).collect();
    assert_eq!(moves, [14, 13, 11, 10, 8, 7, 5, 4].map(|from| (from, from + 1)));
    let [newest, next] = [0, 1].map(|at| (seen.latest[at].name.as_str(), seen.latest[at].gone));
    assert_eq!((newest, next), (("web", false), ("old", true)));
    let stranger = world.stranger().await;
    let theirs = world.console.overview(&stranger).await.expect("an overview");
    assert_eq!(theirs.latest, []);
}

#[tokio::test]
async fn an_alarm_behind_two_hundred_calm_groups_is_seen() {
    let world = World::new().await;
    let template = world.template("web").await;
    for number in 0..=200 {
        let form = group_form(&format!("g{number:03}"), template);
        world.console.create_group(&world.owner, form).await.expect("a group");
    }
    world
        .sql("UPDATE groups_ SET alarm = 1 WHERE name = 'g200'", values![])
        .await;
    let seen = world.console.overview(&world.owner).await.expect("an overview");
    let names: Vec<&str> = seen.waiting.iter().map(|row| row.name.as_str()).collect();
    assert_eq!((seen.groups, names), (201, vec!["g200"]));
}

/// Every name of a list, read page by page.
async fn names(world: &World, filter: &str, limit: u32) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = world
            .console
            .groups(&world.owner, query(filter, &after, limit))
            .await
            .expect("a page");
        assert!(page.rows.len() <= limit as usize);
        names.extend(page.rows.into_iter().map(|row| row.name));
        match page.next {
            Some(next) => after = next,
            None => return names,
        }
    }
}

#[tokio::test]
async fn one_hundred_and_twenty_groups_are_paged_without_loss_or_double() {
    let world = World::new().await;
    let template = world.template("web").await;
    let mut made = Vec::new();
    for number in 0..120 {
        let name = format!("g {:03}", number * 7 % 120);
        world
            .console
            .create_group(&world.owner, group_form(&name, template))
            .await
            .expect("a group");
        made.push(name);
    }
    made.sort_unstable();
    for limit in [7, 40, 119, 120, 200] {
        assert_eq!(names(&world, "", limit).await, made, "pages of {limit}");
    }
    let page = world
        .console
        .groups(&world.owner, ListQuery::default())
        .await
        .expect("a page");
    assert_eq!((page.rows.len(), page.total, page.next.is_some()), (50, 120, true));
    // What is added before the key does not shift the next page, what is deleted does not either.
    let after = page.next.clone().expect("more");
    world
        .console
        .create_group(&world.owner, group_form("a new one", template))
        .await
        .expect("a group");
    world
        .sql("UPDATE groups_ SET deleted_at = 1 WHERE name = 'g 049'", values![])
        .await;
    let next = world
        .console
        .groups(&world.owner, query("", &after, 1))
        .await
        .expect("a page");
    assert_eq!(next.rows[0].name, "g 050");
    let used = world
        .console
        .templates(&world.owner, ListQuery::default())
        .await
        .expect("a page");
    let named = used.rows[0].groups.len();
    assert_eq!(named, 101, "the first hundred that use it, and one that tells of more");
}

#[tokio::test]
async fn a_filter_is_part_of_a_name_or_an_id_and_its_signs_mean_themselves() {
    let world = World::new().await;
    let template = world.template("t").await;
    let mut last = GroupId(0);
    for name in ["Web_1", "web 1", "webs", "GRÖSSE", "db"] {
        last = world
            .console
            .create_group(&world.owner, group_form(name, template))
            .await
            .expect("a group");
    }
    assert_eq!(names(&world, "WEB", 2).await, ["Web_1", "web 1", "webs"]);
    assert_eq!(names(&world, "grÖsse", 2).await, ["GRÖSSE"]);
    assert_eq!(names(&world, "b_1", 2).await, ["Web_1"]);
    assert_eq!(names(&world, "%", 2).await, [""; 0]);
    assert_eq!(names(&world, "'; DROP TABLE groups_; --", 2).await, [""; 0]);
    assert_eq!(names(&world, &last.to_string(), 2).await, ["db"]);
    let page = world
        .console
        .groups(&world.owner, query("web", "", 1))
        .await
        .expect("a page");
    assert_eq!(page.total, 3, "what is counted is what is filtered");
}

#[tokio::test]
async fn the_scaling_log_is_paged_newest_first_through_equal_instants() {
    let world = World::new().await;
    let group = world.group("web").await;
    for number in 0..30_u64 {
        let sql =
            "INSERT INTO activities (id, tenant_id, group_id, kind, status, cause, size_before, size_after, started_at)
                   VALUES ($1, $2, $3, 'launch', 'running', $4, 1, 2, $5)";
        let cause = api::groups::Cause::Engine { reasons: Vec::new() };
        let at = 1_900_000_000_000 + number / 10;
        let id = ActivityId((number + 1).wrapping_mul(0xd134_2543_de82_ef95));
        world.sql(sql, values![id, world.tenant, group, json(&cause), at]).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = world
            .console
            .activities(&world.owner, group, query("", &after, 7))
            .await
            .expect("a page");
        assert_eq!(page.total, 31);
        seen.extend(page.rows.iter().map(|row| (row.started_ms, row.id)));
        let Some(next) = page.next else { break };
        after = next;
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted.dedup();
    assert_eq!((seen.len(), seen), (31, sorted));
}

#[tokio::test]
async fn templates_and_balancers_are_paged_the_same_way() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.template(name).await;
        world.balancer(name).await;
    }
    let one = world
        .console
        .templates(&world.owner, query("", "", 2))
        .await
        .expect("a page");
    let two = world
        .console
        .templates(&world.owner, query("", &one.next.expect("more"), 2))
        .await
        .expect("a page");
    let names: Vec<String> = one.rows.into_iter().chain(two.rows).map(|row| row.name).collect();
    assert_eq!(
        (names, two.next, one.total),
        (vec!["a".into(), "b".into(), "c".into()], None, 3)
    );
    let one = world
        .console
        .balancers(&world.owner, query("", "", 2))
        .await
        .expect("a page");
    let two = world
        .console
        .balancers(&world.owner, query("", &one.next.expect("more"), 2))
        .await
        .expect("a page");
    let names: Vec<String> = one.rows.into_iter().chain(two.rows).map(|row| row.name).collect();
    assert_eq!(
        (names, two.next, one.total),
        (vec!["a".into(), "b".into(), "c".into()], None, 3)
    );
}
