//! The group list as a browser asks for it, rendered by the real server with a thousand groups stored.

use crate::figures::{Bound, Sheet};
use crate::served::{Prepared, Server, TEMPLATE};
use crate::{Place, clock};
use anyhow::Context as _;
use control::store::shard_of;
use control::store::tx::{json, word};
use control::values;
use engine::draw::mix;
use engine::memory::Durable;
use engine::model::{GroupId, GroupSpec, GroupStatus};
use hdrhistogram::Histogram;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Groups stored (design 7).
const GROUPS: u64 = 1_000;
/// From one request to the next: 100 a second (design 7).
const EVERY: Duration = Duration::from_millis(10);
/// Requests that warm caches up, and those that count.
const WARM: u32 = 200;
const COUNTED: u32 = 2_000;
/// Where instances' addresses would lie; there are none.
const SUBNETS: u8 = 38;
/// The slowest answer a histogram holds: a minute.
const LATENCY_MAX_US: u64 = 60_000_000;

/// Every line of this bench.
pub fn measure(place: &Place, sheet: &mut Sheet) -> anyhow::Result<()> {
    crate::block_on(async {
        let prepared = Prepared::new(place.folder.join("pages"), SUBNETS).await?;
        for number in 0..GROUPS {
            group(&prepared, number).await?;
        }
        let server = Arc::new(prepared.serve(place).await?);
        let length = server.get("/groups").await?;
        anyhow::ensure!(length > 10_000, "the list has only {length} bytes");
        let bare = ask(&server, "/healthz").await?;
        let list = ask(&server, "/groups").await?;
        sheet.line("group-list-p50", ms(&list, 0.5), "ms", Bound::AtMost(5.0));
        sheet.line("group-list-p99", ms(&list, 0.99), "ms", Bound::AtMost(25.0));
        sheet.line(
            "group-list/healthz-p50",
            ms(&list, 0.5) / ms(&bare, 0.5),
            "x",
            Bound::None,
        );
        Ok(())
    })
}

/// A quiet group without instances.
async fn group(prepared: &Prepared, number: u64) -> anyhow::Result<()> {
    let id = GroupId(mix(8, number, 0));
    let spec = GroupSpec {
        min: 0,
        rules: Vec::new(),
        bindings: Vec::new(),
        ..crate::decide::spec(10)
    };
    let name = format!("group-{number:04}");
    let sql = "INSERT INTO groups_ (id, tenant_id, name, status, shard, spec_version, min_size, max_size, template_id,
                                    template_version, durable, desired, created_at)
               VALUES ($1, $2, $3, $4, $5, 1, 0, $6, $7, 1, $8, 0, $9)";
    let (enabled, durable) = (word(GroupStatus::Enabled), json(&Durable::default()));
    let row = values![
        id,
        prepared.tenant,
        name,
        enabled,
        shard_of(id),
        spec.max,
        TEMPLATE,
        durable,
        number
    ];
    prepared.insert(sql, row).await?;
    let sql = "INSERT INTO group_specs (group_id, version, spec, user_name, created_at) VALUES ($1, 1, $2, 'bench', 0)";
    prepared.insert(sql, values![id, json(&spec)]).await
}

/// Latencies in microseconds. A request counts from when it was meant to start, so that a server that stalls cannot hide
/// those it held up.
async fn ask(server: &Arc<Server>, path: &'static str) -> anyhow::Result<Histogram<u64>> {
    let mut latencies = Histogram::new_with_max(LATENCY_MAX_US, 3).context("a histogram")?;
    let (mut beats, mut asked) = (beats(), JoinSet::new());
    while let Some((number, meant)) = beats.recv().await {
        let server = server.clone();
        asked.spawn(async move {
            let answer = server.get(path).await;
            answer.map(|_| (number, meant.elapsed()))
        });
    }
    while let Some(answered) = asked.join_next().await {
        let (number, latency) = answered.context("a request broke off")??;
        if number >= WARM {
            latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        }
    }
    Ok(latencies)
}

/// When each request is meant to start. From a thread of its own: the runtime's timers are late by up to two milliseconds,
/// which would be counted as the server's.
fn beats() -> mpsc::UnboundedReceiver<(u32, Instant)> {
    let (beat, beats) = mpsc::unbounded_channel();
    let start = clock::instant();
    std::thread::spawn(move || {
        for number in 0..WARM + COUNTED {
            let meant = start + EVERY * number;
            clock::pause(meant.saturating_duration_since(clock::instant()));
            if beat.send((number, meant)).is_err() {
                return;
            }
        }
    });
    beats
}

fn ms(latencies: &Histogram<u64>, quantile: f64) -> f64 {
    Duration::from_micros(latencies.value_at_quantile(quantile)).as_secs_f64() * 1e3
}
