//! How fast the real server reacts, at time scale 1, with real processes: to load, and to an edit.

use crate::figures::{Bound, Sheet};
use crate::served::{Prepared, Server, TEMPLATE};
use crate::{Place, clock, filled};
use anyhow::Context as _;
use control::clock::system::wall_now;
use control::load::{LoadOptions, run_until};
use control::pass::offset_of;
use control::store::tx::{json, word};
use control::store::{Db, shard_of};
use control::values;
use engine::memory::Durable;
use engine::model::{CYCLE_MS, Cycle, GroupId, GroupSpec, GroupStatus, Metric, Rule, Span, Timestamp};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// The group that is overloaded.
const LOADED: GroupId = GroupId(11);
/// The group that people edit.
const EDITED: GroupId = GroupId(12);
/// Where instances' addresses lie: a corner of 127/8 no test takes.
const SUBNETS: u8 = 39;
/// The sample's port.
const PORT: u16 = 8080;
/// Requests of 5 ms of CPU time a second: 120 % of a quarter vCPU.
const RATE: u32 = 60;
/// Edits; the slowest counts.
const EDITS: u32 = 4;
/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Whoever takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);

/// Every line of this bench.
pub fn measure(place: &Place, sheet: &mut Sheet) -> anyhow::Result<()> {
    crate::block_on(async {
        let prepared = Prepared::new(place.folder.join("react"), SUBNETS).await?;
        group(&prepared, LOADED, "loaded", 1).await?;
        group(&prepared, EDITED, "edited", 0).await?;
        let server = prepared.serve(place).await?;
        let db = Db::open(&filled::file(server.folder())).await?;
        let edits = edits(&server, &db).await?;
        let reaction = overload(&db).await?;
        db.close().await;
        sheet.line("overload-to-process-in-service", reaction, "s", Bound::Below(17.0));
        sheet.line("edit-to-process", edits, "s", Bound::Below(2.0));
        Ok(())
    })
}

/// Up to four instances; with a CPU rule if it has one to begin with.
async fn group(prepared: &Prepared, id: GroupId, name: &str, min: u32) -> anyhow::Result<()> {
    let rule = Rule {
        metric: Metric::Cpu,
        threshold: 50_000,
        step: None,
    };
    let spec = GroupSpec {
        min,
        warm_up: Span(0),
        rules: (min > 0).then_some(rule).into_iter().collect(),
        bindings: Vec::new(),
        ..crate::decide::spec(EDITS.into())
    };
    let durable = Durable {
        desired: min,
        ..Durable::default()
    };
    let sql = "INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size, template_id,
                                    template_version, durable, desired, created_at)
               VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, 1, $9, $6, 0)";
    let enabled = word(GroupStatus::Enabled);
    let row = values![
        id,
        prepared.tenant,
        name,
        enabled,
        shard_of(id),
        min,
        spec.max,
        TEMPLATE,
        json(&durable)
    ];
    prepared.insert(sql, row).await?;
    let sql = "INSERT INTO group_specs (group_id, version, spec, user_name, created_at) VALUES ($1, 1, $2, 'bench', 0)";
    prepared.insert(sql, values![id, json(&spec)]).await
}

/// From posting a new size to a new process that takes connections; seconds, the slowest.
async fn edits(server: &Server, db: &Db) -> anyhow::Result<f64> {
    let mut slowest = 0.0_f64;
    for size in 1..=EDITS {
        let start = clock::instant();
        server
            .post("/api/groups/resize", format!("id={EDITED}&desired={size}"))
            .await?;
        let address = within(async || newest(db, EDITED, size).await).await;
        let address = address.context("no instance was launched after an edit")?;
        let at = SocketAddr::from((address, PORT));
        within(async || TcpStream::connect(at).await.ok())
            .await
            .context("a new process takes no connections")?;
        slowest = slowest.max(start.elapsed().as_secs_f64());
    }
    Ok(slowest)
}

/// From the begin of the first wholly overloaded cycle to the second instance in service; seconds.
async fn overload(db: &Db) -> anyhow::Result<f64> {
    let first = within(async || addresses(db, LOADED).await.ok()?.pop())
        .await
        .context("no first instance")?;
    let at = SocketAddr::from((first, PORT));
    within(async || TcpStream::connect(at).await.ok())
        .await
        .context("the first instance does not answer")?;
    let began = begin_of_next_cycle().await;
    let options = LoadOptions {
        rate: Some(RATE),
        duration: LIMIT,
        ..LoadOptions::new(format!("http://{at}/work?ms=5"))
    };
    let stop = CancellationToken::new();
    let ending = stop.clone();
    let (load, served) = tokio::join!(run_until(options, stop), async move {
        let served = within(async || in_service(db, LOADED).await.ok().filter(|count| *count > 1)).await;
        ending.cancel();
        served.map(|_| wall_now().0)
    });
    let report = load.context("cannot load the first instance")?;
    anyhow::ensure!(report.success_percent > 90.0, "the load failed: {report}");
    let served = served.context("overload did not bring a second instance into service")?;
    Ok(Duration::from_millis(u64::try_from(served - began.0).unwrap_or(0)).as_secs_f64())
}

/// Waits until a second before a cycle of the loaded group begins: that second is too little load for the cycle before to
/// be judged overloaded.
async fn begin_of_next_cycle() -> Timestamp {
    let offset = offset_of(LOADED);
    let now = Timestamp(wall_now().0);
    let mut next = Cycle(Cycle::at(now, offset).0 + 1).begins(offset);
    if next.since(now) < Span::secs(2) {
        next = next.plus(Span(CYCLE_MS));
    }
    let wait = next.since(now).0 - 1_000;
    clock::wait(Duration::from_millis(u64::try_from(wait).unwrap_or(0))).await;
    next
}

async fn addresses(db: &Db, group: GroupId) -> anyhow::Result<Vec<Ipv4Addr>> {
    let mut tx = db.read("read addresses").await?;
    let sql = "SELECT address FROM instances WHERE group_id = $1 AND terminated_at IS NULL ORDER BY created_at, id";
    let rows = tx.all(sql, values![group]).await?;
    Ok(rows.iter().map(|row| row.get("address")).collect::<Result<_, _>>()?)
}

/// The newest instance's address, once there are so many.
async fn newest(db: &Db, group: GroupId, count: u32) -> Option<Ipv4Addr> {
    let all = addresses(db, group).await.ok()?;
    all.last().copied().filter(|_| u32::try_from(all.len()) == Ok(count))
}

async fn in_service(db: &Db, group: GroupId) -> anyhow::Result<u64> {
    let mut tx = db.read("count instances in service").await?;
    let sql = "SELECT COUNT(*) AS count FROM instances WHERE group_id = $1 AND state = 'in_service' AND terminated_at IS NULL";
    Ok(tx.one(sql, values![group]).await?.get("count")?)
}

/// Looks until there is something; none after the limit.
async fn within<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let start = clock::instant();
    while start.elapsed() < LIMIT {
        if let Some(found) = look().await {
            return Some(found);
        }
        clock::wait(LOOK_EVERY).await;
    }
    None
}
