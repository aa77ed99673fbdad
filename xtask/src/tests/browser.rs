//! The tests in a real Chromium, by Playwright; how to run one by hand is in `end2end/`.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::counts::{self, Counts};
use super::{Outcome, Profile, Reach, native};
use crate::place::Place;
use crate::run::{self, Logged};

const LIMIT: Duration = Duration::from_secs(15 * 60);
const LONG_LIMIT: Duration = Duration::from_secs(60 * 60);

pub fn run(place: &Place, reach: Reach) -> Result<Outcome> {
    let folder = place.root.join("end2end");
    let report = folder.join("results/report.json");
    // An old report must not count for a run that wrote none.
    let _ = fs::remove_file(&report);
    let mut node = Command::new("node");
    node.arg(folder.join("node_modules/@playwright/test/cli.js"))
        .arg("test")
        .current_dir(&folder);
    node.env("TIDEGATE_BIN", native::server(place))
        .env("TIDEGATE_SITE_ROOT", place.site(Profile::Dev));
    let limit = match reach {
        Reach::Usual => LIMIT,
        Reach::Long => {
            node.env("TIDEGATE_TEST_ALL", "1");
            LONG_LIMIT
        }
    };
    let Logged { ended, text, log } = run::logged(&mut node, &place.own("test-logs/chromium.log"), None, limit)?;
    let report = fs::read(&report)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or(Value::Null);
    Ok(Outcome {
        counts: Counts::of_playwright(&report, ended),
        skipped: counts::skipped_of_playwright(&report),
        words: text,
        log: Some(log),
    })
}
