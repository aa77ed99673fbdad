//! A small disk of a story's own, to be filled: a tmpfs of bounded size. Only an account that may mount has one.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Room for a database of an hour and what instances print; little enough to be filled in a moment.
const SIZE: &str = "size=64m,mode=0711";

/// It is unmounted with this.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one; `None` where we may not.
    pub fn mount(at: &Path) -> io::Result<Option<Self>> {
        std::fs::create_dir(at)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(at);
        let done = mount.stdout(Stdio::null()).stderr(Stdio::null()).status();
        Ok(done.is_ok_and(|status| status.success()).then(|| Self(at.to_owned())))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Nothing fits on it any more.
    pub fn fill(&self) -> io::Result<()> {
        let mut file = File::create(self.filler())?;
        for size in [65_536, 4_096, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
        Ok(())
    }

    /// There is room again.
    pub fn empty(&self) {
        drop(std::fs::remove_file(self.filler()));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: what still holds a file in it ends by itself.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
