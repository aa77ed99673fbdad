//! What every pass leaves behind: memory and counts, the decision, the closed cycle, what browsers are told. Of many
//! settlements at once, by one set of statements for all: in nine of ten nothing else happened, and what a statement costs
//! is mostly asking it. The others have the rest written by [`super::settle`].
//!
//! *Desired*: people write `groups_.durable.desired` and bump `spec_version` in one transaction. So when the stored
//! `spec_version` is not the fence's, the stored desired is what people set after this pass was loaded, and it stays;
//! everything else of the durable memory is the pass's.

use super::load::{AT_ONCE, ids, of_many};
use super::{minutes, series, sweep};
use crate::store::cycles;
use crate::store::retention::DECISIONS_MAX;
use crate::store::rules::{hour_of, variants};
use crate::store::tx::{Row, Tx, Value, json};
use crate::store::{DecisionRow, Fence, Settlement, StoreError, events};
use crate::values;
use api::live::Change;
use engine::memory::Durable;
use engine::model::{GroupId, TenantId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// One group's settlement.
pub(in crate::store) struct Wish {
    pub(in crate::store) fence: Fence,
    pub(in crate::store) settlement: Settlement,
    pub(in crate::store) now: Timestamp,
}

impl Wish {
    /// Whether it can be written with others.
    pub(in crate::store) fn is_quiet(&self) -> bool {
        let Settlement {
            ended,
            done,
            instances,
            orders,
            deleted,
            ..
        } = &self.settlement;
        let happened = !(ended.is_empty() && done.is_empty() && instances.is_empty() && orders.is_empty());
        !happened && deleted.is_none()
    }
}

/// A wish that may be granted, and what its group's row says.
struct Granted<'a> {
    group: GroupId,
    tenant: TenantId,
    wish: &'a Wish,
    durable: Durable,
    /// As lists show it: desired and in service.
    listed: (u32, u32),
    /// Its newest decision: number, begin and names; 0 if there is none.
    newest: (i64, i64, String),
    /// The names of the reasons now.
    names: String,
}

impl Granted<'_> {
    fn extends(&self) -> bool {
        self.newest.0 > 0 && self.newest.2 == self.names
    }

    /// The number of the newest decision from now on.
    fn number(&self) -> i64 {
        if self.extends() {
            self.newest.0
        } else {
            self.newest.0 + 1
        }
    }
}

/// Writes all of them, each of another group, at most [`AT_ONCE`]; for each in their order whose it is, or the
/// group whose lease is lost.
pub(in crate::store) async fn all(tx: &mut Tx, wishes: &[Wish]) -> Result<Vec<Result<TenantId, GroupId>>, StoreError> {
    let granted = granted(tx, wishes).await?;
    memories(tx, &granted).await?;
    decisions(tx, &granted).await?;
    cycles_of(tx, &granted).await?;
    samples(tx, &granted).await?;
    let closed = granted
        .iter()
        .filter_map(|one| Some((one.group, one.wish.settlement.minute.as_ref()?)));
    minutes::add(tx, &closed.collect::<Vec<_>>()).await?;
    told(tx, &granted).await?;
    let tenants: BTreeMap<GroupId, TenantId> = granted.iter().map(|one| (one.group, one.tenant)).collect();
    let answer = |wish: &Wish| {
        let group = wish.fence.group;
        tenants.get(&group).copied().ok_or(group)
    };
    Ok(wishes.iter().map(answer).collect())
}

/// Tells browsers of all of them: a tenant's sequence is taken once.
async fn told(tx: &mut Tx, granted: &[Granted<'_>]) -> Result<(), StoreError> {
    let mut by_tenant = BTreeMap::<TenantId, (Vec<Change>, Timestamp)>::new();
    for one in granted {
        let (changes, now) = by_tenant.entry(one.tenant).or_insert((Vec::new(), one.wish.now));
        changes.extend(&one.wish.settlement.changes);
        *now = one.wish.now.max(*now);
    }
    for (tenant, (changes, now)) in by_tenant {
        events::append(tx, tenant, &changes, now).await?;
    }
    Ok(())
}

static FENCED: LazyLock<&str> = LazyLock::new(|| {
    of_many(
        "SELECT g.id, g.tenant_id, g.spec_version, g.durable, g.desired, g.in_service, g.decisions, l.shard, l.epoch,
                d.first_at, d.variants
         FROM groups_ g JOIN leases l ON l.shard = g.shard
         LEFT JOIN decisions d ON d.group_id = g.id AND d.number = g.decisions
         WHERE g.id IN (IDS) AND g.deleted_at IS NULL",
    )
});

/// Those whose lease is still held and whose group is still there.
async fn granted<'a>(tx: &mut Tx, wishes: &'a [Wish]) -> Result<Vec<Granted<'a>>, StoreError> {
    let groups: Vec<GroupId> = wishes.iter().map(|wish| wish.fence.group).collect();
    let rows = tx.all(*FENCED, ids(&groups)).await?;
    let by_id: Result<BTreeMap<GroupId, &Row>, StoreError> = rows.iter().map(|row| Ok((row.get("id")?, row))).collect();
    let by_id = by_id?;
    let mut granted = Vec::new();
    for wish in wishes {
        let Fence { group, lease, .. } = wish.fence;
        let Some(row) = by_id.get(&group) else { continue };
        let held = (row.get::<u16>("shard")?, row.get::<i64>("epoch")?);
        if held == (lease.shard, lease.epoch) {
            granted.push(grant(wish, row)?);
        }
    }
    Ok(granted)
}

fn grant<'a>(wish: &'a Wish, row: &Row) -> Result<Granted<'a>, StoreError> {
    let mut durable = wish.settlement.durable.clone();
    if row.get::<i64>("spec_version")? != wish.fence.spec_version {
        durable.desired = row.json::<Durable>("durable")?.desired;
    }
    Ok(Granted {
        group: wish.fence.group,
        tenant: row.get("tenant_id")?,
        wish,
        durable,
        listed: (row.get("desired")?, row.get("in_service")?),
        newest: (
            row.get("decisions")?,
            row.get::<Option<i64>>("first_at")?.unwrap_or(i64::MIN),
            row.get::<Option<String>>("variants")?.unwrap_or_default(),
        ),
        names: variants(&wish.settlement.decision.trail),
    })
}

/// Rows a statement has: as many as fit, then one by one. Few sizes, so that each is prepared once.
pub(in crate::store) const SIZES: [usize; 3] = [32, 8, 1];

/// A statement with `ROWS` in it as rows of values, for each of [`SIZES`]. Of a value in `WITH v`, PostgreSQL knows the type
/// only as far as it was told when the statement was prepared: numbers are cast where they are used.
pub(in crate::store) fn in_sizes(sql: &str, columns: usize) -> [&'static str; SIZES.len()] {
    SIZES.map(|size| {
        let row = |n: usize| {
            let places: Vec<String> = (1..=columns)
                .map(|column| format!("${}", n * columns + column))
                .collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<String> = (0..size).map(row).collect();
        &*Box::leak(sql.replace("ROWS", &rows.join(", ")).into_boxed_str())
    })
}

/// Asks for all of these rows; the rows of the answers.
pub(in crate::store) async fn ask(
    tx: &mut Tx,
    sqls: &[&'static str; SIZES.len()],
    mut rows: &[Vec<Value>],
) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    for (sql, size) in sqls.iter().zip(SIZES) {
        while rows.len() >= size {
            let (some, rest) = rows.split_at(size);
            found.extend(tx.all(sql, some.concat()).await?);
            rows = rest;
        }
    }
    Ok(found)
}

/// Whose rows an answer has.
fn whose(rows: &[Row]) -> Result<BTreeSet<GroupId>, StoreError> {
    rows.iter().map(|row| row.get("group_id")).collect()
}

static MEMORIES: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "WITH v (id, durable, everything, alarm, number) AS (VALUES ROWS)
               UPDATE groups_ SET durable = v.durable, everything = CAST(v.everything AS BIGINT),
                      alarm = CAST(v.alarm AS BIGINT), decisions = CAST(v.number AS BIGINT), state_rev = state_rev + 1
               FROM v WHERE groups_.id = v.id";
    in_sizes(sql, 5)
});

async fn memories(tx: &mut Tx, granted: &[Granted<'_>]) -> Result<(), StoreError> {
    let row = |one: &Granted<'_>| {
        let counts = one.wish.settlement.counts;
        values![
            one.group,
            json(&one.durable),
            counts.everything,
            counts.alarm,
            one.number()
        ]
    };
    let rows: Vec<_> = granted.iter().map(row).collect();
    ask(tx, &MEMORIES, &rows).await?;
    for one in granted {
        // Lists are sorted by these, so each has an index, which SQLite writes anew whenever the column is set: a quiet pass
        // does not.
        let (desired, in_service) = (one.durable.desired, one.wish.settlement.counts.in_service);
        if one.listed != (desired, in_service) {
            let sql = "UPDATE groups_ SET desired = $2, in_service = $3 WHERE id = $1";
            tx.execute(sql, values![one.group, desired, in_service]).await?;
        }
    }
    Ok(())
}

static EXTENDED: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "WITH v (id, newest, at, size, trail) AS (VALUES ROWS)
               UPDATE decisions SET last_at = CAST(v.at AS BIGINT), passes = passes + 1, size = CAST(v.size AS BIGINT),
                      trail = v.trail
               FROM v WHERE decisions.group_id = v.id AND decisions.number = CAST(v.newest AS BIGINT)";
    in_sizes(sql, 5)
});

static BEGUN: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "INSERT INTO decisions (group_id, number, first_at, last_at, passes, size, variants, trail)
               VALUES ROWS";
    in_sizes(sql, 8)
});

/// Extends the newest decision of each whose reasons' names stay the same; the others begin the next.
async fn decisions(tx: &mut Tx, granted: &[Granted<'_>]) -> Result<(), StoreError> {
    let (mut extended, mut begun) = (Vec::new(), Vec::new());
    for one in granted {
        let DecisionRow { at, size, trail } = &one.wish.settlement.decision;
        let (group, number) = (one.group, one.number());
        if one.extends() {
            extended.push(values![group, number, *at, *size, json(trail)]);
        } else {
            // Two decisions of one millisecond keep their order.
            let first_at = at.0.max(one.newest.1.saturating_add(1));
            begun.push(values![
                group,
                number,
                first_at,
                first_at,
                1,
                *size,
                &one.names,
                json(trail)
            ]);
        }
    }
    ask(tx, &EXTENDED, &extended).await?;
    ask(tx, &BEGUN, &begun).await?;
    for one in granted
        .iter()
        .filter(|one| !one.extends() && one.number() > DECISIONS_MAX)
    {
        sweep::push_out(tx, one.group, one.number()).await?;
    }
    Ok(())
}

static CYCLES: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "WITH v (id, hour, last, record) AS (VALUES ROWS)
               UPDATE group_series SET last_cycle = CAST(v.last AS BIGINT), cycles = cycles || ';' || v.record
               FROM v WHERE group_series.group_id = v.id AND group_series.hour = CAST(v.hour AS BIGINT)
                 AND group_series.last_cycle < CAST(v.last AS BIGINT) AND SUBSTR(group_series.cycles, 1, 1) <> '['
               RETURNING group_id";
    in_sizes(sql, 4)
});

static HOURS: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "INSERT INTO group_series (group_id, hour, last_cycle, cycles) VALUES ROWS
               ON CONFLICT (group_id, hour) DO NOTHING RETURNING group_id";
    in_sizes(sql, 4)
});

/// Appends each closed cycle to its hour, or begins the hour; one that is there already goes the long way.
async fn cycles_of(tx: &mut Tx, granted: &[Granted<'_>]) -> Result<(), StoreError> {
    let closed: Vec<_> = granted
        .iter()
        .filter_map(|one| Some((one.group, one.wish.settlement.cycle.as_ref()?)))
        .collect();
    let row = |(group, record): &(GroupId, &engine::memory::CycleRecord)| {
        values![*group, hour_of(record.cycle), record.cycle.0, cycles::record(record)]
    };
    let rows: Vec<_> = closed.iter().map(row).collect();
    let mut stored = whose(&ask(tx, &CYCLES, &rows).await?)?;
    let first = closed
        .iter()
        .zip(rows)
        .filter(|((group, _), _)| !stored.contains(group));
    let first: Vec<_> = first.map(|(_, row)| row).collect();
    stored.extend(whose(&ask(tx, &HOURS, &first).await?)?);
    for (group, record) in closed.into_iter().filter(|(group, _)| !stored.contains(group)) {
        series::replace(tx, group, record).await?;
    }
    Ok(())
}

static SAMPLES: LazyLock<[&str; SIZES.len()]> = LazyLock::new(|| {
    let sql = "INSERT INTO instance_samples (instance_id, group_id, cycle, cpu_milli, memory_milli) VALUES ROWS
               ON CONFLICT (instance_id) DO UPDATE
               SET cycle = excluded.cycle, cpu_milli = excluded.cpu_milli, memory_milli = excluded.memory_milli";
    in_sizes(sql, 5)
});

/// What is of another cycle than $65 of these groups.
static OLD_SAMPLES: LazyLock<&str> = LazyLock::new(|| {
    let after = AT_ONCE + 1;
    of_many(&format!(
        "DELETE FROM instance_samples WHERE group_id IN (IDS) AND cycle <> ${after}"
    ))
});

/// The closed cycle's samples take the place of the last one's.
async fn samples(tx: &mut Tx, granted: &[Granted<'_>]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    let mut by_cycle = BTreeMap::<u64, Vec<GroupId>>::new();
    for one in granted {
        let Some(record) = &one.wish.settlement.cycle else {
            continue;
        };
        let cycle = record.cycle.0;
        by_cycle.entry(cycle).or_default().push(one.group);
        let samples = one.wish.settlement.samples.iter();
        rows.extend(samples.map(|(id, [cpu, memory])| values![*id, one.group, cycle, cpu.ok(), memory.ok()]));
    }
    ask(tx, &SAMPLES, &rows).await?;
    for (cycle, groups) in by_cycle {
        let mut values = ids(&groups);
        values.push(Value::from(cycle));
        tx.execute(*OLD_SAMPLES, values).await?;
    }
    Ok(())
}
