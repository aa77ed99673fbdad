//! Where a story takes place: a folder, and a corner of 127/8 and a port that nobody else has.
//!
//! Tests take theirs by their process id; so does a story, and then holds a socket in its corner for as long as it lasts,
//! so that a second run on the same host takes the next one.

use anyhow::Context as _;
use std::fs::Permissions;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Corners of stories: the second number of their addresses. Tests have 120 and up, benches 38 and 39.
const FIRST: u32 = 60;
const CORNERS: u32 = 40;
/// Whoever has a corner listens here.
const HELD_AT: u16 = 31_999;
/// Ports of listeners (the product's range) that are tried.
const PORT_FIRST: u16 = 20_000;
const PORTS: u32 = 10_000;

/// A story's own place. Its folder goes with it.
pub struct Corner {
    folder: PathBuf,
    number: u8,
    /// Where listeners are.
    pub door: (Ipv4Addr, u16),
    _held: TcpListener,
}

impl Corner {
    /// Takes one; `folder` is emptied.
    pub fn take(folder: &Path) -> anyhow::Result<Self> {
        drop(std::fs::remove_dir_all(folder));
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        // Programs run as other users than the server if that is root: they must get through.
        std::fs::set_permissions(&folder, Permissions::from_mode(0o711))?;
        let pid = std::process::id();
        let free = (0..CORNERS).find_map(|nth| {
            let number = u8::try_from(FIRST + (pid + nth) % CORNERS).ok()?;
            let held = TcpListener::bind((Ipv4Addr::new(127, number, 255, 1), HELD_AT)).ok()?;
            Some((number, held))
        });
        let (number, held) = free.context("every corner of 127/8 for such runs is taken")?;
        let address = Ipv4Addr::new(127, number, 255, 2);
        let port = (0..PORTS)
            .filter_map(|nth| Some(PORT_FIRST + u16::try_from((pid + nth) % PORTS).ok()?))
            .find(|port| TcpListener::bind((address, *port)).is_ok());
        Ok(Self {
            folder,
            number,
            door: (address, port.context("no port of 20000 to 29999 is free")?),
            _held: held,
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server's `--subnets`.
    pub fn subnets(&self) -> String {
        format!("127.{}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_stories_at_once_do_not_meet() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = Corner::take(&folder.path().join("one")).expect("a corner");
        let other = Corner::take(&folder.path().join("other")).expect("another");
        assert_ne!(one.subnets(), other.subnets());
        assert_ne!(one.door.0, other.door.0);
    }
}
