//! Every question and every change that the backend knows, asked of a full store.

use super::fill::Full;
use super::stopwatch::{Stopwatch, TIMES};
use super::world::{START_MS, World, bind_form, group_form};
use api::backend::{Balancers as _, Common as _, Groups as _, Protect, Templates as _};
use api::groups::{ListQuery, Page};
use api::problem::Problems;
use control::auth::{sessions, users};
use control::clock::Wall;
use engine::model::UserId;
use std::fmt::Debug;

const DAY_MS: i64 = 86_400_000;

fn query(filter: &str, after: &str) -> ListQuery {
    ListQuery {
        filter: filter.to_owned(),
        after: after.to_owned(),
        limit: 50,
        ..ListQuery::default()
    }
}

/// All of it; what is asked is timed a few times, what changes something once.
pub async fn everything(world: &World, full: &Full, watch: &mut Stopwatch) {
    lists(world, full, watch).await;
    logs(world, full, watch).await;
    pages(world, full, watch).await;
    groups(world, full, watch).await;
    templates_and_balancers(world, watch).await;
    people(world, watch).await;
}

/// Asks a list for its first page, one deep in it, and one of those a filter finds, which may be few or none.
async fn list<T: Debug>(
    watch: &mut Stopwatch,
    name: &str,
    (filters, deep): (&[(&str, &str)], &str),
    ask: impl AsyncFn(ListQuery) -> Result<Page<T>, Problems>,
) {
    for _ in 0..TIMES {
        let first = watch.time(name, ask(query("", ""))).await.expect("a page");
        assert!(!first.rows.is_empty(), "{name}: nothing to look at");
        let page = watch
            .time(&format!("{name}, deep in it"), ask(query("", deep)))
            .await
            .expect("a page");
        assert!(!page.rows.is_empty(), "{name}: nothing deep in it");
        for (filter, kind) in filters {
            let name = format!("{name}, filter of {kind}");
            watch.time(&name, ask(query(filter, ""))).await.expect("a page");
        }
    }
}

async fn lists(world: &World, full: &Full, watch: &mut Stopwatch) {
    let (console, owner) = (&world.console, &world.owner);
    let filters: &[_] = &[("0", "many"), ("0777", "few"), ("nowhere", "none")];
    let deep = "asg-1000000000000 group 06000";
    list(watch, "groups", (filters, deep), async |query| {
        console.groups(owner, query).await
    })
    .await;
    let deep = "tpl-1000000000000 template 300";
    list(watch, "templates", (filters, deep), async |query| {
        console.templates(owner, query).await
    })
    .await;
    let deep = "lb-1000000000000 balancer 600";
    list(watch, "balancers", (filters, deep), async |query| {
        console.balancers(owner, query).await
    })
    .await;
    let columns: &[_] = &["created", "desired", "in_service", "name"];
    orders(watch, ("groups", columns), async |query| {
        console.groups(owner, query).await
    })
    .await;
    let columns: &[_] = &["created", "name"];
    orders(watch, ("templates", columns), async |query| {
        console.templates(owner, query).await
    })
    .await;
    orders(watch, ("balancers", columns), async |query| {
        console.balancers(owner, query).await
    })
    .await;
    let deep = format!("i-1000000000000 {}", START_MS + 100_500);
    let large = full.large;
    let ask = async |query| console.instances(owner, large, query).await;
    list(watch, "instances of a large group", (filters, &deep), ask).await;
}

/// Each order that a list offers, either way: its first two pages, and a filter that finds nothing.
async fn orders<T: Debug>(
    watch: &mut Stopwatch,
    (name, columns): (&str, &[&str]),
    ask: impl AsyncFn(ListQuery) -> Result<Page<T>, Problems>,
) {
    for sort in columns
        .iter()
        .flat_map(|column| [(*column).to_owned(), format!("-{column}")])
    {
        let in_order = |filter: &str, after: &str| ListQuery {
            sort: sort.clone(),
            ..query(filter, after)
        };
        let name = format!("{name} by {sort}");
        for _ in 0..TIMES {
            let first = watch.time(&name, ask(in_order("", ""))).await.expect("a page");
            let next = first.next.expect("a second page");
            let second = watch.time(&name, ask(in_order("", &next))).await.expect("a page");
            assert_eq!(second.rows.len(), 50);
            let name = format!("{name}, filter of none");
            watch.time(&name, ask(in_order("nowhere", ""))).await.expect("a page");
        }
    }
}

async fn logs(world: &World, full: &Full, watch: &mut Stopwatch) {
    let (console, owner) = (&world.console, &world.owner);
    let filters: &[_] = &[("-7", "many"), ("nowhere", "none")];
    let deep = format!("act-1000000000000 {}", START_MS - 80 * DAY_MS + 6_900 * 985_000);
    let large = full.large;
    let ask = async |query| console.activities(owner, large, query).await;
    list(watch, "activities of a large group", (filters, &deep), ask).await;
    let filters: &[_] = &[("fixed", "all"), ("nowhere", "none")];
    let deep = format!("d {}", START_MS - 80 * DAY_MS + 30_000 * 100_005);
    let ask = async |query| console.decisions(owner, large, query).await;
    list(watch, "decisions", (filters, &deep), ask).await;
}

async fn pages(world: &World, full: &Full, watch: &mut Stopwatch) {
    let (console, owner, Full { group, large, .. }) = (&world.console, &world.owner, full);
    let (from, to) = (START_MS - DAY_MS, START_MS);
    for _ in 0..TIMES {
        let seen = watch.time("the overview", console.overview(owner)).await;
        assert_eq!(seen.expect("an overview").latest.len(), 8);
        watch
            .time("a group", console.group(owner, *group))
            .await
            .expect("a group");
        watch
            .time("a large group", console.group(owner, *large))
            .await
            .expect("a group");
        let seen = watch
            .time("series of a day", console.series(owner, *group, from, to))
            .await
            .expect("a series");
        assert!(!seen.cycles.is_empty());
        let asked = console.series(owner, *large, START_MS - 70 * DAY_MS, START_MS);
        watch.time("series of a day, large", asked).await.expect("a series");
        let asked = console.instance_series(owner, *group, Some(full.instance), from, to);
        let seen = watch.time("minutes of an instance", asked).await.expect("minutes");
        assert!(seen.instances[0].minutes.len() > 100, "{:?}", seen.instances);
        let asked = console.instance_series(owner, *group, None, from, to);
        let seen = watch.time("minutes of a group", asked).await.expect("minutes");
        assert_eq!(seen.instances.len(), 10);
        watch
            .time("a template", console.template(owner, full.template))
            .await
            .expect("a template");
        let seen = watch
            .time("a balancer", console.balancer(owner, full.balancer))
            .await
            .expect("a balancer");
        assert!(seen.vservers[0].backends.len() > 900);
        watch
            .time("the catalogue", console.catalogue(owner))
            .await
            .expect("a catalogue");
        watch
            .time("who is signed in", console.actor_by_id(owner.user))
            .await
            .expect("a user");
        watch
            .time("a log", console.instance_logs(owner, *group, full.instance))
            .await
            .expect_err("mute");
    }
}

async fn groups(world: &World, full: &Full, watch: &mut Stopwatch) {
    let (console, owner, Full { large, .. }) = (&world.console, &world.owner, full);
    let new = group_form("a new one", full.template);
    let new = watch
        .time("create a group", console.create_group(owner, new))
        .await
        .expect("a group");
    let edit = api::groups::GroupForm {
        max: "4".to_owned(),
        remark: "changed".to_owned(),
        ..world.edit(new).await
    };
    watch
        .time("update a group", console.update_group(owner, new, edit))
        .await
        .expect("an edit");
    watch
        .time("resize a group", console.resize_group(owner, new, "2".to_owned()))
        .await
        .expect("a size");
    watch
        .time("disable a group", console.disable_group(owner, new))
        .await
        .expect("disabled");
    watch
        .time("enable a group", console.enable_group(owner, new))
        .await
        .expect("enabled");
    let form = bind_form(&full.vserver.to_string());
    watch
        .time("bind a group", console.bind_group(owner, new, form))
        .await
        .expect("bound");
    watch
        .time("unbind a group", console.unbind_group(owner, new, full.vserver))
        .await
        .expect("unbound");
    watch
        .time("re-arm the breaker", console.rearm_breaker(owner, *large))
        .await
        .expect_err("no breaker is open");
    let id = full.instance;
    for protect in [Protect::Set, Protect::Lift] {
        let asked = console.protect_instance(owner, full.group, id, protect);
        watch.time("protect an instance", asked).await.expect("a mark");
    }
    watch
        .time("remove an instance", console.remove_instance(owner, full.group, id))
        .await
        .expect("an order");
    let typed = "a new one".to_owned();
    watch
        .time("delete a group", console.delete_group(owner, new, typed))
        .await
        .expect("deleting");
}

async fn templates_and_balancers(world: &World, watch: &mut Stopwatch) {
    let (console, owner) = (&world.console, &world.owner);
    let form = world.template_form(owner, "a new one").await;
    let new = watch
        .time("create a template", console.create_template(owner, form))
        .await
        .expect("a template");
    watch
        .time("delete a template", console.delete_template(owner, new))
        .await
        .expect("deleted");
    let balancer = watch.time("create a balancer", world.balancer("a new one")).await;
    let vserver = watch.time("create a VServer", world.vserver(balancer)).await;
    let asked = console.delete_vserver(owner, balancer, vserver);
    watch.time("delete a VServer", asked).await.expect("deleted");
    let asked = console.delete_balancer(owner, balancer, "a new one".to_owned());
    watch.time("delete a balancer", asked).await.expect("deleted");
}

async fn people(world: &World, watch: &mut Stopwatch) {
    let db = &world.db;
    world
        .console
        .check_password("user 7", "wrong", "::1")
        .await
        .expect_err("not their password");
    users::by_id(db, UserId(1)).await.expect("an answer");
    let session = || sessions::Session {
        user: Some(world.owner.user),
        data: "{}".to_owned(),
        expires: Wall(START_MS + 1),
    };
    watch
        .time("begin a session", sessions::create(db, "cookie", session()))
        .await
        .expect("a session");
    watch
        .time("save a session", sessions::save(db, "cookie", session()))
        .await
        .expect("a session");
    let found = watch
        .time("load a session", sessions::load(db, "cookie", Wall(START_MS)))
        .await;
    assert!(found.expect("an answer").is_some());
    watch
        .time("end a session", sessions::delete(db, "cookie"))
        .await
        .expect("an end");
}
