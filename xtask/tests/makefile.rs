//! What the Makefile does itself, where no program of ours runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn makefile() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../Makefile")
}

/// Both ways of `make dev`: cargo-leptos hands on to the server what stands after `--`.
#[test]
fn make_dev_serves_with_what_it_was_given_whichever_tool_builds() {
    let makefile = fs::read_to_string(makefile()).expect("the Makefile");
    let recipe = makefile.split("\ndev:").nth(1).expect("the target dev");
    let recipe = recipe.split("\n\n").next().unwrap_or_default();
    for way in ["cargo leptos watch -- serve $(ARGS)", "$(XTASK) dev $(ARGS)"] {
        assert!(recipe.contains(way), "{way}: {recipe}");
    }
}

/// A folder with something built in `target` and in `a cache`, and somebody's file in `mine`.
fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (below, file) in [("target", "x"), ("a cache", "CACHEDIR.TAG"), ("mine", "letter")] {
        let below = folder.path().join(below);
        fs::create_dir(&below).expect("a folder");
        fs::write(below.join(file), "").expect("a file");
    }
    folder
}

/// `make clean` there; what is left, by name.
fn cleaned(target: Option<&str>) -> Vec<String> {
    let folder = built();
    let mut make = Command::new("make");
    make.arg("-f").arg(makefile()).arg("clean").current_dir(folder.path());
    for inherited in ["CARGO_TARGET_DIR", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        make.env_remove(inherited);
    }
    make.envs(target.map(|target| ("CARGO_TARGET_DIR", target)));
    let done = make.output().expect("make");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let left = fs::read_dir(folder.path()).expect("a folder").flatten();
    let mut names: Vec<String> = left
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn make_clean_removes_what_cargo_built_wherever_it_was_told_to_and_nothing_else() {
    assert_eq!(cleaned(None), ["a cache", "mine"]);
    assert_eq!(cleaned(Some("a cache")), ["mine"]);
    assert_eq!(cleaned(Some("")), ["a cache", "mine"]);
    assert_eq!(cleaned(Some("mine")), ["a cache", "mine"], "cargo has not made it");
    assert_eq!(cleaned(Some("none")), ["a cache", "mine"]);
}
