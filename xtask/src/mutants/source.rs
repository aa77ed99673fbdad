//! A copy of the source, in which mutants are made: whoever works in the clone meanwhile sees nothing of them.
//!
//! The copy follows the clone's files as they are, committed or not. Only what differs is written, so only that is compiled
//! again; so a mutant that an interrupted run left behind goes, too. What is put back is written anew: its time has to be
//! later than that of what was compiled from the mutant.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::site::files::Site;

pub struct Source {
    folder: PathBuf,
}

impl Source {
    /// Brings the copy to what the clone is now.
    pub fn follow(place: &Place) -> Result<Self> {
        let folder = place.own("mutants/source");
        let mut copy = Site::open(folder.clone())?;
        for name in known(&place.root)? {
            // Git still lists what was removed a moment ago.
            if let Ok(content) = fs::read(place.root.join(&name)) {
                copy.put(&name, &content)?;
            }
        }
        copy.remove_others()?;
        Ok(Self { folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn read(&self, file: &str) -> Result<String> {
        let path = self.folder.join(file);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The files of the clone: those git knows and those it would know, and none that it ignores.
fn known(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = git.output().context("cannot start git")?;
    if !listed.status.success() {
        bail!(
            "git does not list the clone's files: {}",
            String::from_utf8_lossy(&listed.stderr)
        );
    }
    let names = String::from_utf8(listed.stdout).context("a file's name is not UTF-8")?;
    let names = names.split('\0').filter(|name| !name.is_empty());
    Ok(names.map(PathBuf::from).collect())
}
