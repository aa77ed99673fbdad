//! How late passes are when there are ten thousand live groups.

use crate::Place;
use crate::figures::{Bound, Sheet};
use crate::filled;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Groups (design 7).
pub const GROUPS: u64 = 10_000;
/// How long they are looked at (design 7).
pub const WHOLE: Duration = Duration::from_secs(600);

/// Every line of this bench.
pub fn measure(place: &Place, sheet: &mut Sheet) -> anyhow::Result<()> {
    let folder = place.folder.join("lag");
    crate::block_on(filled::fill(&folder, GROUPS))?;
    let before = crate::block_on(filled::bytes_in_use(&folder))?;
    let child = scaling(&folder, place.lag)?;
    let output = child.wait_with_output().context("cannot read what the loop said")?;
    anyhow::ensure!(output.status.success(), "the loop failed ({})", output.status);
    let said = lines(&String::from_utf8_lossy(&output.stdout));
    let get = |name: &str| {
        said.get(name)
            .copied()
            .with_context(|| format!("the loop did not say {name}"))
    };
    anyhow::ensure!(get("judged")? > 0.0, "no pass was judged: run for longer");
    let grown = (crate::block_on(filled::bytes_in_use(&folder))? - before) / 1e6;
    let minutes = place.lag.as_secs_f64() / 60.0;
    sheet.line("pass-lag-p99", get("begin_lag_p99_ms")?, "ms", Bound::Below(1_000.0));
    sheet.line("pass-lag-worst", get("begin_lag_max_ms")?, "ms", Bound::None);
    sheet.line(
        "pass-settled-p99",
        get("settle_lag_p99_ms")?,
        "ms",
        Bound::Below(1_000.0),
    );
    sheet.line("pass-settled-p50", get("settle_lag_p50_ms")?, "ms", Bound::None);
    sheet.line("pass-settled-worst", get("settle_lag_max_ms")?, "ms", Bound::None);
    sheet.line("pass-cycles-missed", get("missed")?, "cycles", Bound::AtMost(0.0));
    sheet.line("pass-minutes", minutes, "min", Bound::None);
    sheet.line("pass-launches", get("launched")?, "", Bound::None);
    sheet.line("pass-removals", get("removed")?, "", Bound::None);
    sheet.line("pass-rate", get("passes")? / get("seconds")?, "a second", Bound::None);
    sheet.line("pass-cpu", get("cpu_seconds")? / get("seconds")?, "cores", Bound::None);
    sheet.line("pass-memory", get("resident_mb")?, "MB", Bound::None);
    sheet.line("pass-store-growth", grown, "MB", Bound::None);
    sheet.line("pass-store-growth-a-minute", grown / minutes, "MB", Bound::None);
    Ok(std::fs::remove_dir_all(&folder)?)
}

/// The loop as a process of its own.
pub fn scaling(folder: &Path, span: Duration) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    command.arg("scaling").arg(folder).arg(span.as_secs().to_string());
    command.stdout(Stdio::piped()).spawn().context("cannot start the loop")
}

fn lines(text: &str) -> BTreeMap<String, f64> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}
