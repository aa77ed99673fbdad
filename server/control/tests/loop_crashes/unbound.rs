//! A VServer is unbound while a request is in flight: HAProxy lets it end, for 30 s and no longer, and the member lives on.

use crate::fixture::{GROUP, VSERVER};
use crate::site::{Site, group};
use control::clock::system::wall_now;
use control::values;
use std::time::Duration;

/// When waiting ends (design 2), and how much later it may be seen on a busy host.
const ENDS: Duration = Duration::from_secs(30);
const SEEN_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_in_flight_holds_an_unbound_member_for_thirty_seconds_and_no_longer() {
    let mut site = Site::new(60, &group(1)).await;
    site.answer_after(ENDS * 10).await;
    site.start(None);
    site.until("one serves", |now| now.serves(1)).await;
    let in_flight = site.slow_request();
    let began = wall_now();
    site.rows
        .run_sql(
            "DELETE FROM bindings WHERE group_id = $1 AND vserver_id = $2",
            values![GROUP, VSERVER],
        )
        .await;
    site.wake();
    site.until("it is in drain", |now| now.members.contains_key("draining"))
        .await;
    let after = site.until("it is out", |now| now.members.is_empty()).await;
    let took = wall_now().since(began);
    assert!(
        took >= ENDS - SEEN_WITHIN / 5 && took < ENDS + SEEN_WITHIN,
        "it took {took:?}"
    );
    assert_eq!(
        (after.programs, after.records.get("in_service")),
        (1, Some(&1)),
        "it lives on"
    );
    drop(in_flight);
}
