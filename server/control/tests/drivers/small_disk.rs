//! A small disk of a test's own, to be filled: a tmpfs. Only an account that may mount has one.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Gone with the test however that ends.
pub struct SmallDisk(pub PathBuf);

impl SmallDisk {
    /// `None` where we may not mount.
    pub fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m,mode=0711", "tmpfs"]).arg(at);
        let done = mount.stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    /// Hidden: in the driver's folder every other name is an instance.
    fn filler(&self) -> PathBuf {
        self.0.join(".filler")
    }

    /// Nothing fits on it any more.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [65_536, 4_096, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    /// There is room again.
    pub fn empty(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: what still holds a file in it ends by itself.
        let _over = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
