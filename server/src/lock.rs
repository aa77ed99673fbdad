//! One server a data folder. Two would both be the only one.
//!
//! The lock is the kernel's, on a file: it goes when its holder does, however that ends. Who holds it stands in the file,
//! for the message of whoever comes second.

use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The file's name in the data folder.
const NAME: &str = "lock";

/// A data folder that is ours as long as this lives.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

/// Why it is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another has it.
    #[error(
        "the data folder {} is in use by {holder}: stop that one first, or give this one a folder of its own (--data)",
        data.display()
    )]
    Held {
        /// Which folder.
        data: PathBuf,
        /// Who.
        holder: String,
    },
    /// It cannot be made or opened.
    #[error("cannot {operation} {}: {source}; give a folder this user may write to (--data)", path.display())]
    Io {
        /// What was done.
        operation: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// Makes the folder if it is missing, and takes it. `purpose` is what a second one is told.
pub fn take(data: &Path, purpose: &str) -> Result<DataLock, LockError> {
    make(data)?;
    let path = data.join(NAME);
    let wrong = |operation| {
        let path = path.clone();
        move |source| LockError::Io {
            operation,
            path,
            source,
        }
    };
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    let mut file = open.map_err(wrong("open"))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            return Err(LockError::Held {
                data: data.to_owned(),
                holder: holder(&mut file),
            });
        }
        Err(why) => return Err(wrong("lock")(why.into())),
    }
    sign(&mut file, purpose).map_err(wrong("write"))?;
    Ok(DataLock { _file: file })
}

/// Passable for all (instances may have users of their own), readable for its owner only; the files in it are private
/// themselves.
fn make(data: &Path) -> Result<(), LockError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o711).create(data);
    made.map_err(|source| LockError::Io {
        operation: "make the folder",
        path: data.to_owned(),
        source,
    })
}

fn sign(file: &mut File, purpose: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {} ({purpose})", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let _unknown = file.take(200).read_to_string(&mut text);
    let text = text.trim();
    if text.is_empty() {
        "another process".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_has_it_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new/data");
        let first = take(&data, "tidegate serve").unwrap();
        let said = take(&data, "tidegate migrate").unwrap_err().to_string();
        assert!(
            said.contains(&format!("process {} (tidegate serve)", std::process::id())),
            "{said}"
        );
        assert!(said.contains("stop that one first"), "{said}");
        drop(first);
        assert!(take(&data, "tidegate migrate").is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let said = take(Path::new("/proc/none"), "x").unwrap_err().to_string();
        assert!(said.contains("/proc/none") && said.contains("--data"), "{said}");
    }
}
