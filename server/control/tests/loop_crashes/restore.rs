//! A backup of the database is put back: machines made since then run without a record (design 4.15), counted on the host.

use crate::fixture::GROUP;
use crate::site::{Site, group};
use engine::model::{GroupSpec, Order};

const SCALE: u32 = 60;

fn sized(size: u32) -> GroupSpec {
    GroupSpec { max: 6, ..group(size) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_machines_that_are_wanted_become_members_and_the_others_wait_for_a_person() {
    let mut site = Site::new(SCALE, &sized(1)).await;
    site.start(None);
    site.until("one serves", |now| now.serves(1)).await;
    site.stop().await;
    site.rows.db.close().await;
    let backup = site.database().with_extension("backup");
    site.back_up(&backup);
    site.put_back(&backup).await;
    site.start(None);
    site.change(&sized(4)).await;
    site.until("four serve", |now| now.serves(4)).await;
    let machines = site.programs();
    site.stop().await;

    site.put_back(&backup).await;
    site.rows.edit(GROUP, &sized(2)).await;
    site.start(None);
    site.until("two have a record and serve, and the others go on", |now| {
        now.records.get("in_service") == Some(&2) && now.programs == 4
    })
    .await;
    let record = site.rows.loaded(GROUP).await.expect("the group");
    assert_eq!(record.instances.len(), 2);
    assert!(
        record.instances.iter().all(|row| machines.contains_key(&row.id)),
        "nothing was launched beside them"
    );
    let reasons = site.rows.reasons(GROUP).await;
    assert!(reasons.contains("store_is_older"), "{reasons}");
    assert!(site.rows.alarmed(GROUP).await);
    assert_eq!(site.programs(), machines, "nobody was destroyed");

    site.rows.order(GROUP, Order::ConfirmStrays).await;
    site.wake();
    site.until("the others are destroyed", |now| now.serves(2)).await;
    assert!(
        site.programs()
            .keys()
            .all(|id| record.instances.iter().any(|row| row.id == *id))
    );
}
