//! `make dev`: builds with the quick profiles, serves, and does it again after each change of a source.
//!
//! `cargo leptos watch` does more (it reloads the page); this needs nothing installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::place::Place;
use crate::run;
use crate::site::{self, Profile, files};

/// What the server and the site are made of.
const WATCHED: [&str; 8] = [
    "engine",
    "app",
    "frontend",
    "server",
    "migrations",
    "style",
    "public",
    "Cargo.toml",
];

/// A person does not notice half a second, and walking some hundred files twice a second costs nothing.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub fn run(place: &Place, args: &[&str]) -> Result<()> {
    let mut server: Option<Child> = None;
    loop {
        let seen = sources(&place.root)?;
        match build(place) {
            Ok(()) => {
                if let Some(old) = &mut server {
                    run::terminate(old)?;
                }
                server = Some(start(place, args)?);
            }
            Err(error) => eprintln!("== not built: {error:#}; waiting for a change"),
        }
        while sources(&place.root)? == seen {
            run::pause(LOOK_EVERY);
        }
        println!("== changed, building");
    }
}

fn build(place: &Place) -> Result<()> {
    run::shown(
        place
            .cargo()
            .args(["build", "--workspace", "--exclude", "frontend", "--bin", "tidegate"]),
    )?;
    site::build(place, Profile::Dev)
}

fn start(place: &Place, args: &[&str]) -> Result<Child> {
    Command::new(place.target.join("debug/tidegate"))
        .arg("serve")
        .args(args)
        .env("TIDEGATE_SITE_ROOT", place.site(Profile::Dev))
        .spawn()
        .context("the server could not be started")
}

fn sources(root: &Path) -> Result<BTreeMap<PathBuf, SystemTime>> {
    let mut seen = BTreeMap::new();
    for name in WATCHED {
        let path = root.join(name);
        let files = if path.is_file() {
            vec![path]
        } else {
            files::below(&path)?
        };
        for file in files {
            // A file an editor has just taken away is a change too: it is not in the map.
            if let Ok(modified) = file.metadata().and_then(|data| data.modified()) {
                seen.insert(file, modified);
            }
        }
    }
    Ok(seen)
}
