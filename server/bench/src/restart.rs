//! From a start after kill -9 to the first decided group, and to all of them.
//!
//! What starts is this bench's own loop on the stand-ins, not `tidegate serve`; `docs/benchmarks.md` says what is in the
//! figure and what is not.

use crate::Place;
use crate::figures::{Bound, Sheet};
use crate::lag::{GROUPS, scaling};
use crate::{clock, filled};
use anyhow::Context as _;
use control::clock::system::wall_now;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout};
use std::time::Duration;

/// Longest life of a loop here; it is killed before.
const LIFE: Duration = Duration::from_secs(120);
/// How long the first one works on before it is killed: into its second cycle, passes under way.
const WORK: Duration = Duration::from_secs(10);
/// One cycle: every group has to be decided by then.
const CYCLE_S: f64 = 15.0;

/// A loop that dies with this.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL; it may be over already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Every line of this bench.
pub fn measure(place: &Place, sheet: &mut Sheet) -> anyhow::Result<()> {
    let folder = place.folder.join("restart");
    crate::block_on(filled::fill(&folder, GROUPS))?;
    let mut first = Running::start(&folder)?;
    first.wait_for("all")?;
    clock::pause(WORK);
    drop(first);
    let began = wall_now().0;
    let mut again = Running::start(&folder)?;
    let decided = again.wait_for("first")?;
    let all = again.wait_for("all")?;
    drop(again);
    let seconds = |at: f64| (at - f64_of(began)) / 1e3;
    sheet.line("restart-to-first-decided", seconds(decided), "s", Bound::Below(3.0));
    sheet.line("restart-to-all-decided", seconds(all), "s", Bound::AtMost(CYCLE_S));
    Ok(std::fs::remove_dir_all(&folder)?)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
fn f64_of(ms: i64) -> f64 {
    ms as f64
}

impl Running {
    fn start(folder: &std::path::Path) -> anyhow::Result<Self> {
        let mut child = scaling(folder, LIFE)?;
        let lines = BufReader::new(child.stdout.take().context("the loop has no output")?);
        Ok(Self { child, lines })
    }

    /// The value of the line of that name; lines before it are passed over.
    fn wait_for(&mut self, name: &str) -> anyhow::Result<f64> {
        let mut line = String::new();
        while self.lines.read_line(&mut line)? > 0 {
            if let Some((_, value)) = line.trim().split_once(' ').filter(|(said, _)| *said == name) {
                return value.parse().with_context(|| format!("{line:?}"));
            }
            line.clear();
        }
        anyhow::bail!("the loop ended before it said `{name}`")
    }
}
