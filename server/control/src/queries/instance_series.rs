//! What instances used, minute by minute: of one for two days, or of all of a group for six hours.

use super::group::exists;
use crate::auth::gate::Action;
use crate::commands::{Console, Refusal, not_found};
use crate::pass::offset_of;
use crate::store::StoreError;
use crate::store::minutes::{CYCLES_A_MINUTE, MEMBERS_A_ROW, MinuteRecord, minute_of, quarter_of};
use crate::store::sql::{minutes_of_group, minutes_of_instance};
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use api::groups::{InstanceSeries, InstanceSeriesView, InstanceUse};
use engine::model::{Cycle, GroupId, InstanceId, Span, TenantId, Timestamp};
use std::collections::BTreeMap;

/// Longest range of one instance: what is kept.
const ONE_MAX: Span = Span::mins(48 * 60);
/// Longest range of a whole group: 200 instances of more minutes would be more than a page can draw.
const ALL_MAX: Span = Span::mins(6 * 60);
/// Most instances of an answer.
const INSTANCES_MAX: usize = 200;

/// The minutes that began between two instants of product time, whichever comes first; the later part of a long range.
pub(crate) async fn view(
    console: &Console,
    actor: &Actor,
    (id, only): (GroupId, Option<InstanceId>),
    one_ms: i64,
    other_ms: i64,
) -> Answer<InstanceSeriesView> {
    console.look(actor, Action::ReadMinutes)?;
    let longest = if only.is_some() { ONE_MAX } else { ALL_MAX };
    let (from, to) = (one_ms.min(other_ms).max(0), one_ms.max(other_ms).max(0));
    let range = (from.max(to.saturating_sub(longest.0)), to);
    let mut tx = console.read("read series of instances").await?;
    read(&mut tx, actor.tenant, (id, only), range)
        .await
        .map_err(|refusal| console.problems(refusal))
}

async fn read(
    tx: &mut Tx,
    tenant: TenantId,
    (id, only): (GroupId, Option<InstanceId>),
    (from, to): (i64, i64),
) -> Result<InstanceSeriesView, Refusal> {
    exists(tx, tenant, id).await?;
    let quarter = |at: i64| quarter_of(minute_of(Cycle::at(Timestamp(at), offset_of(id))));
    let quarters = (quarter(from), quarter(to));
    let records = match only {
        Some(only) => {
            of_group(tx, id, only).await?;
            minutes_of_instance(tx, id, only, quarters).await?
        }
        None => minutes_of_group(tx, id, quarters, INSTANCES_MAX.div_ceil(MEMBERS_A_ROW) as u64).await?,
    };
    let mut instances = Vec::new();
    for (instance, minutes) in by_instance(id, records, (from, to)).into_iter().take(INSTANCES_MAX) {
        instances.push(InstanceSeries {
            id: instance,
            name: name(tx, instance).await?,
            minutes: minutes.into_iter().collect(),
        });
    }
    Ok(InstanceSeriesView {
        from_ms: from,
        to_ms: to,
        instances,
    })
}

/// The instance is, or was, one of the group.
async fn of_group(tx: &mut Tx, group: GroupId, id: InstanceId) -> Result<(), Refusal> {
    let sql = "SELECT id FROM instances WHERE id = $1 AND group_id = $2";
    tx.first(sql, values![id, group]).await?.map(drop).ok_or_else(not_found)
}

async fn name(tx: &mut Tx, id: InstanceId) -> Result<Option<String>, StoreError> {
    let row = tx
        .first("SELECT name FROM instances WHERE id = $1", values![id])
        .await?;
    row.map(|row| row.get("name")).transpose()
}

/// Minutes by instance and beginning. One that was written twice (another server took over within it) is the later.
fn by_instance(
    group: GroupId,
    records: Vec<MinuteRecord>,
    (from, to): (i64, i64),
) -> BTreeMap<InstanceId, BTreeMap<i64, InstanceUse>> {
    let mut found = BTreeMap::<_, BTreeMap<_, _>>::new();
    for record in records {
        let began = Cycle(record.minute * CYCLES_A_MINUTE).begins(offset_of(group)).0;
        if (from..=to).contains(&began) {
            for (id, used) in record.uses {
                found.entry(id).or_default().insert(began, used);
            }
        }
    }
    found
}
