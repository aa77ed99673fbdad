//! The native half of invariant I10; `run.mjs` is the other half.

use std::fs;
use std::path::Path;

const FILE: &str = "golden.txt";

fn golden() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)
}

/// `TIDEGATE_GOLDEN=write` makes the file anew: look at the difference before it is committed.
#[test]
fn the_engine_says_byte_for_byte_what_the_golden_file_says() {
    let scenarios = golden::scenarios();
    let lines: Vec<String> = scenarios.iter().map(golden::Scenario::line).collect();
    if std::env::var("TIDEGATE_GOLDEN").is_ok_and(|wish| wish == "write") {
        fs::write(golden(), lines.join("\n") + "\n").unwrap();
    }
    let stored = fs::read_to_string(golden()).unwrap();
    let stored: Vec<&str> = stored.lines().collect();
    let mut wrong = Vec::new();
    for (at, (scenario, line)) in scenarios.iter().zip(&lines).enumerate() {
        if stored.get(at) != Some(&line.as_str()) {
            wrong.push(keep(at, scenario));
        }
    }
    assert!(wrong.is_empty(), "differ from {FILE}: {wrong:#?}");
    assert_eq!(stored.len(), lines.len(), "lines of {FILE} that no scenario makes");
}

/// Leaves the whole text where it can be compared with what node left.
fn keep(at: usize, scenario: &golden::Scenario) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("golden-{at:03}.native.txt"));
    fs::write(&file, scenario.text()).unwrap();
    format!("{}: {}", scenario.name, file.display())
}

#[test]
fn names_of_scenarios_are_unique_and_runs_do_something() {
    let scenarios = golden::scenarios();
    let mut names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), scenarios.len());
    let texts: Vec<String> = scenarios
        .iter()
        .filter(|scenario| scenario.name.starts_with("run/"))
        .map(golden::Scenario::text)
        .collect();
    for word in [
        "scaled_out",
        "scaled_in",
        "removes_unhealthy",
        "launch_failed",
        "mark_in_service",
        "forget",
    ] {
        assert!(texts.iter().any(|text| text.contains(word)), "no run has {word}");
    }
}
