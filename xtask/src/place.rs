//! Where things are: the clone, what cargo builds, the tools.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::site::Profile;

pub struct Place {
    pub root: PathBuf,
    /// Cargo's target directory; may be outside the clone and shared.
    pub target: PathBuf,
    pub tools: PathBuf,
}

impl Place {
    /// Reads what `xtask/setup/env.sh` exports. Without it a build would use another compiler or other flags than everyone
    /// else's, so that is an error and not a default.
    pub fn find() -> Result<Self> {
        let root = PathBuf::from(variable("TIDEGATE_ROOT")?);
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        std::env::set_current_dir(&root).with_context(|| format!("cannot enter {}", root.display()))?;
        Ok(Self {
            tools: PathBuf::from(variable("TIDEGATE_TOOLS")?),
            target,
            root,
        })
    }

    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.root);
        cargo
    }

    /// The site lies in the clone even if cargo's directory is shared: two clones must not serve each other's pages.
    pub fn site(&self, profile: Profile) -> PathBuf {
        self.own(profile.site_folder())
    }

    /// A path below the clone's own `target` folder.
    pub fn own(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join("target").join(name)
    }
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: `. xtask/setup/env.sh` first, or use make"))
}
