//! A group's cycles between two instants, with every scaling event of that time.

use super::activities;
use super::page::each;
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal, not_found};
use crate::pass::offset_of;
use crate::store::StoreError;
use crate::store::rules::hour_of;
use crate::store::sql::series::records;
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{ActivityView, SeriesView};
use engine::memory::CycleRecord;
use engine::model::{CYCLE_MS, Cycle, GroupId, GroupSpec, TenantId, Timestamp};

/// Most cycles of an answer: a day. More would not fit a chart's pixels.
const CYCLES_MAX: i64 = 5_760;

/// From and to, as far as an answer goes.
#[derive(Clone, Copy)]
struct Range {
    from: i64,
    to: i64,
}

impl Range {
    /// Between the two instants, whichever comes first; at most a day, the later part.
    fn of(one: i64, other: i64) -> Self {
        let (from, to) = (one.min(other).max(0), one.max(other).max(0));
        Self {
            from: from.max(to.saturating_sub(CYCLES_MAX * CYCLE_MS)),
            to,
        }
    }
}

/// The group's cycles between two instants of product time.
pub(crate) async fn view(
    console: &Console,
    actor: &Actor,
    id: GroupId,
    from_ms: i64,
    to_ms: i64,
) -> Answer<SeriesView> {
    console.look(actor, Action::ReadSeries)?;
    let mut tx = console.read("read a series").await?;
    let range = Range::of(from_ms, to_ms);
    read(&mut tx, actor.tenant, id, range)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn read(tx: &mut Tx, tenant: TenantId, id: GroupId, range: Range) -> Result<SeriesView, Refusal> {
    let sql = "SELECT s.spec FROM groups_ g JOIN group_specs s ON s.group_id = g.id AND s.version = g.spec_version
               WHERE g.id = $1 AND g.tenant_id = $2";
    let row = tx.first(sql, values![id, tenant]).await?.ok_or_else(not_found)?;
    let spec: GroupSpec = row.json("spec")?;
    Ok(SeriesView {
        from_ms: range.from,
        to_ms: range.to,
        offset_ms: offset_of(id).0,
        cycles: cycles(tx, id, range).await?,
        marks: marks(tx, tenant, id, range).await?,
        thresholds: spec.rules.iter().map(|rule| (rule.metric, rule.threshold)).collect(),
        min: spec.min,
        max: spec.max,
    })
}

/// Cycles that began within the range, oldest first; a cycle that is not there was not seen.
async fn cycles(tx: &mut Tx, id: GroupId, range: Range) -> Result<Vec<CycleRecord>, StoreError> {
    let offset = offset_of(id);
    let hour = |at: i64| hour_of(Cycle::at(Timestamp(at), offset));
    let sql = "SELECT hour, cycles FROM group_series WHERE group_id = $1 AND hour >= $2 AND hour <= $3 ORDER BY hour";
    let rows = tx.all(sql, values![id, hour(range.from), hour(range.to)]).await?;
    let hours: Vec<Vec<CycleRecord>> = each(&rows, records)?;
    let within = |cycle: &CycleRecord| (range.from..=range.to).contains(&cycle.cycle.begins(offset).0);
    Ok(hours.into_iter().flatten().filter(within).collect())
}

/// Launches, removals and resizes that began within the range, oldest first.
async fn marks(tx: &mut Tx, tenant: TenantId, id: GroupId, range: Range) -> Result<Vec<ActivityView>, StoreError> {
    let sql =
        "SELECT a.id, a.kind, a.status, a.cause, a.failure, a.instance_id, i.name AS instance_name, a.size_before,
                   a.size_after, a.started_at, a.ended_at
               FROM activities a LEFT JOIN instances i ON i.id = a.instance_id
               WHERE a.group_id = $1 AND a.tenant_id = $2 AND a.kind IN ('launch', 'removal', 'resize')
                   AND a.started_at >= $3 AND a.started_at <= $4
               ORDER BY a.started_at DESC, a.id DESC LIMIT 1000";
    let rows = tx.all(sql, values![id, tenant, range.from, range.to]).await?;
    let mut marks = each(&rows, activities::row)?;
    marks.reverse();
    Ok(marks)
}
