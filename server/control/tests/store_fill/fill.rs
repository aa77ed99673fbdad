//! Fills a database by few large statements: what is measured later is the store, not the filling.

use super::databases::Kind;
use super::world::{START_MS, World, bind_form};
use api::backend::Groups as _;
use api::groups::Cause;
use control::store::tx::{Value, json};
use control::store::{StoreError, shard_of};
use control::values;
use engine::model::{Flags, GroupId, InstanceId, LoadBalancerId, Phase, Reason, TemplateId, VServerId};

/// How much there is.
const GROUPS: i64 = 10_000;
const INSTANCES_EACH: i64 = 10;
const ACTIVITIES_EACH: i64 = 98;
/// What one group has besides: a large one.
const LARGE_INSTANCES: i64 = 2_000;
const LARGE_ACTIVITIES: i64 = 20_200;
/// A million, or plans and times are of a smaller database than the one that is promised; one group was made by hand.
const _: () = assert!((GROUPS - 1) * ACTIVITIES_EACH + LARGE_ACTIVITIES >= 1_000_000);
/// Numbers in ids: 13 digits, which are base-32 digits, too.
const FIRST_ID: i64 = 1_000_000_000_000;

/// Where to look in what was filled.
pub struct Full {
    /// A group like the others.
    pub group: GroupId,
    /// One of its instances.
    pub instance: InstanceId,
    /// The group with much more of everything.
    pub large: GroupId,
    /// What most groups launch from.
    pub template: TemplateId,
    /// A load balancer with a bound listener.
    pub balancer: LoadBalancerId,
    /// The listener.
    pub vserver: VServerId,
}

fn id<T: std::str::FromStr>(prefix: &str, number: i64) -> T {
    let text = format!("{prefix}-{}", FIRST_ID + number);
    text.parse().ok().expect("13 base-32 digits")
}

async fn run(world: &World, sql: String, values: Vec<Value>) {
    let sql: &'static str = Box::leak(sql.into_boxed_str());
    let done: Result<u64, StoreError> = world
        .db
        .write("fill a table", move |tx| {
            Box::pin(async move { tx.execute(sql, values).await })
        })
        .await;
    done.expect("rows that fit");
}

/// Numbers from 0 to below `count`, as table `n` with column `n`.
fn numbers(count: i64) -> String {
    format!(
        "WITH RECURSIVE n (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM n WHERE n < {})",
        count - 1
    )
}

/// The number in a group's id.
const NUMBER: &str = "(CAST(SUBSTR(g.id, 5) AS BIGINT) - 1000000000000)";
/// The groups that were filled in.
const FILLED: &str = "g.name LIKE 'group %'";

/// Fills all of it.
pub async fn fill(world: &World) -> Full {
    if Kind::chosen() == Kind::Sqlite {
        run(world, "PRAGMA cache_size = -400000".to_owned(), Vec::new()).await;
    }
    let (first, template) = groups(world).await;
    instances(world).await;
    activities(world).await;
    decisions(world).await;
    series(world).await;
    rest(world).await;
    let (balancer, vserver) = balancers(world, first).await;
    Full {
        group: id("asg", 5_000),
        instance: id("i", 50_003),
        large: id("asg", 1),
        template,
        balancer,
        vserver,
    }
}

/// Groups like one that was made by hand, with its spec; 10,100 templates, of which one is the groups'.
async fn groups(world: &World) -> (GroupId, TemplateId) {
    let first = world.group("first").await;
    let template = world
        .console
        .group(&world.owner, first)
        .await
        .expect("a group")
        .row
        .template;
    let heads =
        "INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size, template_id,
                     template_version, durable, desired, in_service, everything, decisions, created_at)
                 SELECT $2, tenant_id, $3, status, $4, spec_version, min_size, max_size, template_id,
                     template_version, durable, 10, 10, 10, 20, created_at FROM groups_ WHERE id = $1";
    let specs = "INSERT INTO group_specs (group_id, version, spec, user_name, created_at)
                 SELECT $2, version, spec, user_name, created_at FROM group_specs WHERE group_id = $1";
    let done: Result<(), StoreError> = world
        .db
        .write("fill groups", move |tx| {
            Box::pin(async move {
                for number in 0..GROUPS - 1 {
                    let new: GroupId = id("asg", number);
                    let name = format!("group {:05}", number * 7_919 % GROUPS);
                    tx.execute(heads, values![first, new, name, shard_of(new)]).await?;
                    tx.execute(specs, values![first, new]).await?;
                }
                Ok(())
            })
        })
        .await;
    done.expect("groups that fit");
    let sql = numbers(10_100)
        + "INSERT INTO templates (id, tenant_id, name, created_at)
           SELECT 'tpl-' || (1000000000000 + n), $1, 'template ' || n, 0 FROM n";
    run(world, sql, values![world.tenant]).await;
    let sql = "INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, created_at)
               SELECT t.id, 1, v.image, v.instance_type, v.vpc_id, 0 FROM templates t
               JOIN template_versions v ON v.template_id = $1 WHERE t.name LIKE 'template %'";
    run(world, sql.to_owned(), values![template]).await;
    (first, template)
}

/// Ten instances a group in service, one ended, and a group of two thousand. Subnets of 240 each.
async fn instances(world: &World) {
    let subnets = GROUPS * INSTANCES_EACH / 240 + 20;
    let sql = numbers(subnets / 10 + 1)
        + "INSERT INTO vpcs (id, tenant_id, name) SELECT 'vpc-' || (1000000000000 + n), $1, 'vpc ' || n FROM n";
    run(world, sql, values![world.tenant]).await;
    let sql = numbers(subnets)
        + "INSERT INTO subnets (id, vpc_id, zone, cidr)
           SELECT 'sub-' || (1000000000000 + n), 'vpc-' || (1000000000000 + n / 10), (SELECT MIN(name) FROM zones),
               '10.' || (n / 256) || '.' || (n % 256) || '.0/24' FROM n";
    run(world, sql, Vec::new()).await;
    let row = |k: &str| {
        format!(
            "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone, address,
                 phase, state, flags, warm_up_ms, activity_id, created_at, running_at)
             SELECT 'i-' || (1000000000000 + {k}), g.tenant_id, g.id, g.name || '-' || n.n, g.template_id,
                 g.template_version, 'sub-' || (1000000000000 + {k} / 240), 'zone-a',
                 '10.' || ({k} / 61440) || '.' || ({k} / 240 % 256) || '.' || (10 + {k} % 240),
                 $1, 'in_service', $2, 0, '', $3 + {k}, $3 + {k}
             FROM groups_ g CROSS JOIN n WHERE "
        )
    };
    let flags = Flags {
        was_in_service: true,
        ..Flags::default()
    };
    let values = values![json(&Phase::Serving), json(&flags), START_MS];
    let each = format!("({NUMBER} * {INSTANCES_EACH} + n.n)");
    run(world, numbers(INSTANCES_EACH) + &row(&each) + FILLED, values.clone()).await;
    let more = format!("({} + n.n)", GROUPS * INSTANCES_EACH);
    let large = format!("g.id = 'asg-{}'", FIRST_ID + 1);
    run(world, numbers(LARGE_INSTANCES) + &row(&more) + &large, values).await;
    let sql = numbers(5)
        + "INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone, address,
               phase, state, flags, warm_up_ms, activity_id, created_at, terminated_at)
           SELECT 'i-2' || SUBSTR(i.id, 4, 11) || n.n, tenant_id, group_id, name, template_id, template_version, subnet_id,
               zone, address, phase, 'terminated', flags, 0, '', created_at,
               created_at - n.n * 86400000 - created_at % 100000 * 800
           FROM n CROSS JOIN instances i WHERE i.id LIKE '%0'";
    run(world, sql, Vec::new()).await;
    let sql = "INSERT INTO instance_samples (instance_id, group_id, cycle, cpu_milli, memory_milli)
               SELECT id, group_id, $1, 50000, 25000 FROM instances WHERE terminated_at IS NULL";
    run(world, sql.to_owned(), values![START_MS / 15_000]).await;
}

/// Nearly a hundred of each group, spread over eighty days; the large group's are the last.
async fn activities(world: &World) {
    let row = |k: &str| {
        format!(
            "INSERT INTO activities (id, tenant_id, group_id, kind, status, cause, instance_id, size_before, size_after,
                 started_at, ended_at)
             SELECT 'act-' || (1000000000000 + {k}), g.tenant_id, g.id,
                 CASE WHEN n.n % 10 = 0 THEN 'resize' ELSE 'launch' END, 'succeeded', $1,
                 'i-' || (1000000000000 + {NUMBER} * 10 + n.n % 10), 9, 10, $2 + {k} * 6900, $2 + {k} * 6900 + 45000
             FROM n CROSS JOIN groups_ g WHERE "
        )
    };
    let cause = Cause::Engine {
        reasons: vec![Reason::FixedSize { desired: 10 }],
    };
    let values = values![json(&cause), START_MS - 80 * 86_400_000];
    let each = format!("(n.n * {GROUPS} + {NUMBER})");
    run(world, numbers(ACTIVITIES_EACH) + &row(&each) + FILLED, values.clone()).await;
    let more = format!("({} + n.n)", ACTIVITIES_EACH * GROUPS);
    let large = format!("g.id = 'asg-{}'", FIRST_ID + 1);
    run(world, numbers(LARGE_ACTIVITIES) + &row(&more) + &large, values).await;
}

async fn decisions(world: &World) {
    let trail = vec![Reason::FixedSize { desired: 10 }];
    let at = format!("$2 + (n.n * {GROUPS} + {NUMBER}) * 30000");
    let sql = numbers(20)
        + "INSERT INTO decisions (group_id, number, first_at, last_at, passes, size, variants, trail)
           SELECT g.id, n.n + 1, "
        + &at
        + ", "
        + &at
        + " + 20000, 40, 10, 'fixed_size', $1 FROM n CROSS JOIN groups_ g WHERE "
        + FILLED;
    run(world, sql, values![json(&trail), START_MS - 80 * 86_400_000]).await;
}

/// A day of hours with few cycles each, and two hours of instances' minutes, which are whole.
async fn series(world: &World) {
    let cycles: Vec<String> = (0..4)
        .map(|place| format!("{place},10,10,10,50000,25000,500000,250000"))
        .collect();
    let sql = numbers(24)
        + "INSERT INTO group_series (group_id, hour, last_cycle, cycles)
           SELECT g.id, $1 + n.n, ($1 + n.n) * 240 + 3, $2 FROM n CROSS JOIN groups_ g WHERE "
        + FILLED;
    run(world, sql, values![START_MS / 3_600_000 - 23, cycles.join(";")]).await;
    let members: Vec<String> = (0..10)
        .map(|n| format!("'i-' || (1000000000000 + {NUMBER} * 10 + {n})"))
        .collect();
    let lines: Vec<String> = (0..15_u8)
        .map(|n| char::from(b'0' + n).to_string() + &"7d7d3j3j".repeat(10))
        .collect();
    let sql = numbers(8)
        + "INSERT INTO instance_series (group_id, quarter, part, members, minutes) SELECT g.id, $1 + n.n, 0, "
        + &members.join(" || ' ' || ")
        + ", '"
        + &lines.join(" ")
        + "' FROM n CROSS JOIN groups_ g WHERE "
        + FILLED;
    run(world, sql, values![START_MS / 900_000 - 7]).await;
}

/// Events, audit lines, orders, users and sessions; three more tenants.
async fn rest(world: &World) {
    let sql = numbers(3)
        + "INSERT INTO tenants (id, name, created_at) SELECT 'tn-' || (1000000000000 + n), 'tenant ' || n, 0 FROM n";
    run(world, sql, Vec::new()).await;
    let sql = numbers(10_100)
        + "INSERT INTO events (tenant_id, seq, change, created_at)
           SELECT t.id, 1000000 + n.n, $1, $2 + n.n * 8000 FROM tenants t CROSS JOIN n";
    let change = api::live::Change::Group { id: id("asg", 1) };
    run(world, sql, values![json(&change), START_MS - 23 * 3_600_000]).await;
    run(world, "UPDATE tenants SET seq = 1010099".to_owned(), Vec::new()).await;
    let sql = numbers(100_000)
        + "INSERT INTO audit (id, tenant_id, user_name, action, resource, detail, created_wall)
           SELECT 'aud-' || (1000000000000 + n), $1, 'olga', 'update_group', 'asg', '{}', $2 + n FROM n";
    run(world, sql, values![world.tenant, START_MS]).await;
    let sql = "INSERT INTO orders (id, group_id, body, user_name, created_at)
               SELECT 'ord-' || g.id, g.id, '{\"order\":\"rearm_breaker\"}', 'olga', 0 FROM groups_ g WHERE g.name LIKE 'group %1'";
    run(world, sql.to_owned(), Vec::new()).await;
    let sql = numbers(2_000)
        + "INSERT INTO users (id, tenant_id, name, role, password_hash, created_at)
           SELECT 'u-' || (1000000000000 + n), $1, 'user ' || n, 'viewer', 'none', 0 FROM n";
    run(world, sql, values![world.tenant]).await;
    let sql = numbers(20_000)
        + "INSERT INTO sessions (id_hash, user_id, data, expires_wall)
           SELECT 'hash ' || n, 'u-' || (1000000000000 + n % 2000), '{}', $1 + n FROM n";
    run(world, sql, values![START_MS]).await;
}

/// A thousand load balancers of one listener each, with four groups bound; one that was made by hand has a hundred.
async fn balancers(world: &World, first: GroupId) -> (LoadBalancerId, VServerId) {
    let sql = numbers(1_000)
        + "INSERT INTO load_balancers (id, tenant_id, name, address, created_at)
           SELECT 'lb-' || (1000000000000 + n), $1, 'balancer ' || n, '127.0.0.1', 0 FROM n";
    run(world, sql, values![world.tenant]).await;
    let sql = numbers(1_000)
        + "INSERT INTO vservers (id, balancer_id, name, port, algorithm, check_path, check_interval_s, created_at)
           SELECT 'vs-' || (1000000000000 + n), 'lb-' || (1000000000000 + n), 'http', 30000 + n, 'round_robin', '/', 5, 0
           FROM n";
    run(world, sql, Vec::new()).await;
    let sql = "INSERT INTO bindings (group_id, vserver_id, port, weight)
               SELECT g.id, 'vs-' || (1000000000000 + CAST(SUBSTR(g.id, 5) AS BIGINT) % 1000), 8080, 1
               FROM groups_ g WHERE g.name LIKE 'group 0%' OR g.name LIKE 'group __3%'";
    run(world, sql.to_owned(), Vec::new()).await;
    let balancer = world.balancer("made by hand").await;
    let vserver = world.vserver(balancer).await;
    let form = bind_form(&vserver.to_string());
    world
        .console
        .bind_group(&world.owner, first, form)
        .await
        .expect("a binding");
    let sql = "INSERT INTO bindings (group_id, vserver_id, port, weight)
               SELECT g.id, $1, 8080, 1 FROM groups_ g WHERE g.name LIKE 'group __7_4'";
    run(world, sql.to_owned(), values![vserver]).await;
    (balancer, vserver)
}
