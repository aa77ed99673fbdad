//! The set-up's steps on machines that are made up: the programs on PATH, and who runs them, are scripts of these tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// What a made-up program does beside being there.
const NOTHING: &str = "";
/// `id` of somebody who is not root, and of root.
const SOMEBODY: &str = "echo 1000";
const ROOT: &str = "echo 0";

fn setup(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("setup").join(script)
}

/// A machine with these programs.
struct Machine(TempDir);

impl Machine {
    fn new(programs: &[(&str, &str)]) -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        fs::create_dir(machine.programs()).expect("a folder");
        for (name, does) in programs {
            let file = machine.programs().join(name);
            // Every call is noted.
            let note = format!("echo \"{name} $*\" >>\"{}\"", machine.notes().display());
            fs::write(&file, format!("#!/bin/bash\n{note}\n{does}\n")).expect("a script");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        machine
    }

    /// Where `env.sh` puts in front of PATH whatever is in it: cargo's own folder.
    fn programs(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    fn notes(&self) -> PathBuf {
        self.0.path().join("notes")
    }

    /// How a program was called, each time.
    fn called(&self, program: &str) -> Vec<String> {
        let notes = fs::read_to_string(self.notes()).unwrap_or_default();
        let of = notes.lines().filter(|line| line.split(' ').next() == Some(program));
        of.map(str::to_owned).collect()
    }

    /// Runs a line of bash there; `path` is what of the real machine is on PATH.
    fn run(&self, line: &str, path: &str) -> Output {
        let mut bash = Command::new("/bin/bash");
        bash.args(["-euo", "pipefail", "-c", line]).env_clear();
        bash.env("PATH", format!("{}{path}", self.programs().display()));
        for home in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "TIDEGATE_TOOLS"] {
            bash.env(home, self.0.path());
        }
        bash.output().expect("bash")
    }

    /// Asks for packages as a step does.
    fn installs(&self, path: &str) -> Output {
        let library = setup("lib.sh");
        self.run(&format!(". '{}'; apt_install haproxy nodejs", library.display()), path)
    }

    /// Runs a whole step.
    fn step(&self, script: &str) -> Output {
        self.run(&format!("bash '{}' serve", setup(script).display()), ":/usr/bin:/bin")
    }
}

fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn without_root_a_missing_package_stops_the_set_up_with_the_exact_commands() {
    let machine = Machine::new(&[("id", SOMEBODY), ("apt-get", NOTHING)]);
    let stopped = machine.installs("");
    let said = said(&stopped);
    assert_eq!(stopped.status.code(), Some(3), "{said}");
    for line in [
        "  sudo apt-get update\n",
        "  sudo apt-get install -y --no-install-recommends haproxy nodejs\n",
        "Then run the same command again.",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(machine.called("apt-get").is_empty(), "nothing was tried");
}

#[test]
fn root_gets_the_packages_and_is_told_which() {
    let machine = Machine::new(&[("id", ROOT), ("apt-get", NOTHING)]);
    let installed = machine.installs(":/usr/bin:/bin");
    let said = said(&installed);
    assert!(installed.status.success(), "{said}");
    assert!(said.contains("set-up: installing haproxy nodejs"), "{said}");
    let called = machine.called("apt-get");
    assert!(called[0].ends_with(" update"), "{called:?}");
    assert!(
        called[1].ends_with(" install -y --no-install-recommends haproxy nodejs"),
        "{called:?}"
    );
}

#[test]
fn an_install_that_fails_shows_its_words_and_what_to_try() {
    let fails = "case \"$*\" in *install*) echo 'no such package'; exit 100 ;; esac";
    let machine = Machine::new(&[("id", ROOT), ("apt-get", fails)]);
    let stopped = machine.installs(":/usr/bin:/bin");
    let said = said(&stopped);
    assert_eq!(stopped.status.code(), Some(3), "{said}");
    assert!(
        said.contains("no such package") && said.contains("Try by hand:"),
        "{said}"
    );
}

#[test]
fn a_system_without_apt_is_told_what_is_missing() {
    let machine = Machine::new(&[("id", ROOT)]);
    let stopped = machine.installs("");
    let said = said(&stopped);
    assert_eq!(stopped.status.code(), Some(3), "{said}");
    assert!(said.contains("these are missing: haproxy nodejs"), "{said}");
}

#[test]
fn a_second_start_installs_no_package() {
    let there = ["cc", "make", "pkg-config", "haproxy", "node", "npm", "apt-get"];
    let mut programs = there.map(|name| (name, NOTHING)).to_vec();
    programs.push(("id", SOMEBODY));
    let machine = Machine::new(&programs);
    let done = machine.step("packages.sh");
    assert!(done.status.success() && said(&done).is_empty(), "{}", said(&done));
    assert!(machine.called("apt-get").is_empty());
}

#[test]
fn a_compiler_that_is_there_is_said_and_left_alone() {
    let compiler =
        "case \"$*\" in --version) echo 'rustc 1.95.0 (made up)' ;; *sysroot) echo \"$HOME/sysroot\" ;; esac";
    let machine = Machine::new(&[("rustc", compiler), ("rustup", "exit 1"), ("cargo", NOTHING)]);
    let target = "sysroot/lib/rustlib/wasm32-unknown-unknown/lib";
    fs::create_dir_all(machine.0.path().join(target)).expect("a folder");
    let done = machine.step("rust.sh");
    let said = said(&done);
    assert!(done.status.success(), "{said}");
    assert_eq!(
        said,
        "set-up: Rust: rustup's rustc 1.95.0 (made up), with the target wasm32-unknown-unknown\n"
    );
    assert!(machine.called("rustup").is_empty());
}

/// Where rustup has no new compiler and none can be installed, it is said which way was tried and what to do.
#[test]
fn an_old_compiler_that_rustup_cannot_renew_leads_to_debians_and_that_is_said() {
    let old = "echo 'rustc 1.80.0 (made up)'";
    let programs = [
        ("rustc", old),
        ("rustup", "exit 1"),
        ("id", SOMEBODY),
        ("apt-get", NOTHING),
    ];
    let machine = Machine::new(&programs);
    let stopped = machine.step("rust.sh");
    let said = said(&stopped);
    assert_eq!(stopped.status.code(), Some(3), "{said}");
    for line in [
        "set-up: rustc 1.80 is older than 1.94; asking rustup for a newer one",
        "set-up: rustup could not add it; falling back to Debian's compiler",
        "Then run the same command again.",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(machine.called("rustup")[0], "rustup update stable --no-self-update");
}
