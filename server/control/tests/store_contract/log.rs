//! SQLite's log, which is brought into the file beside the writing.

use crate::databases::{Kind, Place};
use control::store::{Db, StoreError};
use control::values;
use std::path::Path;

/// Bytes that a job writes, and jobs of each writer: three times what the log may hold, in all.
const BYTES: usize = 512 * 1024;
const JOBS: usize = 100;
const WRITERS: usize = 4;
/// What the log may hold, and a few rounds' worth of commits that come meanwhile.
const LOG_MAX_BYTES: u64 = 64 * 1024 * 1024 + 32 * (WRITERS * BYTES) as u64;

#[tokio::test]
async fn a_log_that_is_written_to_all_the_time_stays_bounded_and_its_end_leaves_one_whole_file() {
    let place = Kind::Sqlite.place().await;
    let Place::File(folder) = &place else { panic!("a file") };
    let log = folder.path().join("tidegate.db-wal");
    let db = place.migrated().await;
    let mut longest = 0;
    for round in 0..JOBS {
        let jobs = (0..WRITERS).map(|writer| write(&db, round * WRITERS + writer));
        futures::future::try_join_all(jobs).await.expect("rows");
        longest = longest.max(length(&log));
    }
    assert!(longest < LOG_MAX_BYTES, "the log had {longest} bytes");

    db.close().await;
    assert!(!log.exists(), "all is in the file");
    let db = place.migrated().await;
    let sql = "SELECT COUNT(*) AS count FROM regions WHERE LENGTH(currency) = $1";
    let count = db.first("count", sql, values![BYTES as u64]).await.expect("an answer");
    assert_eq!(
        count.expect("a row").get::<u64>("count").expect("a number"),
        (JOBS * WRITERS) as u64
    );
}

async fn write(db: &Db, number: usize) -> Result<u64, StoreError> {
    db.write("write a long row", move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO regions (name, currency) VALUES ($1, $2)";
            tx.execute(sql, values![number.to_string(), "x".repeat(BYTES)]).await
        })
    })
    .await
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}
