//! Retention. Each kind in a transaction of its own and bounded, so that no pass waits long behind a sweep; what is left
//! is for the next one. `CROSS JOIN` keeps SQLite to the written order: one look-up for each tenant or group, instead of a
//! walk over every row there is.

use crate::clock::Wall;
use crate::store::rules::{DECISIONS_MAX, EVENTS_KEPT, EVENTS_MAX, HISTORY_KEPT, first_hour_kept};
use crate::store::tx::Value;
use crate::store::{Db, StoreError};
use crate::values;
use engine::model::{Span, Timestamp};

const SERIES: &str = "DELETE FROM group_series WHERE (group_id, hour) IN
    (SELECT group_id, hour FROM group_series WHERE hour < $1 LIMIT $2)";
const EVENTS_OLD: &str = "DELETE FROM events WHERE (tenant_id, seq) IN
    (SELECT tenant_id, seq FROM events WHERE created_at < $1 LIMIT $2)";
const EVENTS_MANY: &str = "DELETE FROM events WHERE (tenant_id, seq) IN
    (SELECT e.tenant_id, e.seq FROM tenants t CROSS JOIN events e WHERE e.tenant_id = t.id AND e.seq <= t.seq - $1
     LIMIT $2)";
const DECISIONS: &str = "DELETE FROM decisions WHERE (group_id, number) IN
    (SELECT d.group_id, d.number FROM groups_ g CROSS JOIN decisions d
     WHERE d.group_id = g.id AND d.number <= g.decisions - $1 LIMIT $2)";
const SESSIONS: &str = "DELETE FROM sessions WHERE id_hash IN
    (SELECT id_hash FROM sessions WHERE expires_wall < $1 LIMIT $2)";
const ACTIVITIES: &str = "DELETE FROM activities WHERE id IN
    (SELECT id FROM activities WHERE ended_at < $1 LIMIT $2)";
const INSTANCES: &str = "DELETE FROM instances WHERE id IN
    (SELECT id FROM instances WHERE terminated_at < $1 LIMIT $2)";

/// Removes at most `limit` rows of each kind.
pub(super) async fn all(db: &Db, now: Timestamp, wall: Wall, limit: u32) -> Result<(), StoreError> {
    let before = |kept: Span| now.plus(Span(-kept.0));
    let kinds: [(&str, &str, Vec<Value>); 7] = [
        ("sweep series", SERIES, values![first_hour_kept(now), limit]),
        ("sweep old events", EVENTS_OLD, values![before(EVENTS_KEPT), limit]),
        ("sweep many events", EVENTS_MANY, values![EVENTS_MAX, limit]),
        ("sweep decisions", DECISIONS, values![DECISIONS_MAX, limit]),
        ("sweep sessions", SESSIONS, values![wall, limit]),
        ("sweep activities", ACTIVITIES, values![before(HISTORY_KEPT), limit]),
        ("sweep instances", INSTANCES, values![before(HISTORY_KEPT), limit]),
    ];
    for (operation, sql, values) in kinds {
        db.write::<_, StoreError, _>(operation, move |tx| {
            Box::pin(async move { tx.execute(sql, values).await })
        })
        .await?;
    }
    Ok(())
}
