//! One pass as one line: everything it decided, planned and remembers.

use engine::Passed;
use engine::memory::Pace;
use engine::model::{GroupSpec, Reading};
use std::fmt::Write as _;

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|why| format!("\"not written: {why}\""))
}

/// Appends the pass's line.
pub(crate) fn pass(text: &mut String, passed: &Passed) {
    let memory = &passed.plan.memory;
    let decided = json(&passed.decision.trail);
    let (steps, planned) = (json(&passed.plan.steps), json(&passed.plan.trail));
    let (durable, closed) = (json(&memory.durable), json(&memory.closed));
    // What serde does not store is written as Rust's debug text: it has every field too.
    let rest = (
        &memory.memos,
        &memory.window,
        &memory.hold,
        &memory.failed,
        &memory.news,
    );
    let cycles = (memory.folded, memory.judged, memory.strays_handled);
    // Most groups never hear "throttled": their lines have no word of it.
    let pace = match memory.pace == Pace::default() {
        true => String::new(),
        false => format!(" {:?}", memory.pace),
    };
    let written = writeln!(
        text,
        "{{\"size\":{},\"decided\":{decided},\"steps\":{steps},\"planned\":{planned},\"durable\":{durable},\
         \"closed\":{closed}}} {:?} {:?} {rest:?} {cycles:?}{pace}",
        passed.decision.size, passed.decision.change, passed.plan.failed,
    );
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// Appends one reading.
pub(crate) fn reading(text: &mut String, reading: Reading) {
    text.push_str(&json(&reading));
    text.push('\n');
}

/// Appends the spec a scenario begins with.
pub(crate) fn spec(text: &mut String, spec: &GroupSpec) {
    text.push_str(&json(spec));
    text.push('\n');
}
