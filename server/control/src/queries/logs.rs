//! What an instance's program printed.

use crate::auth::gate::Action;
use crate::commands::{Console, Refusal, not_found};
use crate::store::tx::Tx;
use crate::values;
use api::actor::Actor;
use api::backend::Answer;
use engine::model::{GroupId, InstanceId, TenantId};
use std::time::Duration;

/// How much of it is shown. More would make a page slow; the whole log is a file on the host.
const BYTES_MAX: usize = 64 * 1_024;
/// How long the driver may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// The last 64 KiB of what it printed.
pub(crate) async fn read(console: &Console, actor: &Actor, group: GroupId, id: InstanceId) -> Answer<String> {
    console.look(actor, Action::ReadLogs)?;
    let mut tx = console.read("read an instance").await?;
    exists(&mut tx, actor.tenant, group, id)
        .await
        .map_err(|refusal| console.problems(refusal))?;
    drop(tx);
    let parts = &console.parts;
    let said = tokio::select! {
        biased;
        said = parts.driver.logs(id, BYTES_MAX) => said.map_err(|why| console.unavailable("driver", &why)),
        () = parts.clock.wait(DEADLINE) => Err(console.unavailable("driver", &Slow)),
    };
    said
}

#[derive(Debug, thiserror::Error)]
#[error("no answer about an instance's log in {} s", DEADLINE.as_secs())]
struct Slow;

async fn exists(tx: &mut Tx, tenant: TenantId, group: GroupId, id: InstanceId) -> Result<(), Refusal> {
    let sql = "SELECT id FROM instances WHERE id = $1 AND group_id = $2 AND tenant_id = $3 AND terminated_at IS NULL";
    tx.first(sql, values![id, group, tenant])
        .await?
        .map(drop)
        .ok_or_else(not_found)
}
