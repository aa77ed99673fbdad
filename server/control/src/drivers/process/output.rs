//! What a program prints: two files of bounded size, the older one replaced when the newer one is full.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Size of one file. Two of them are all an instance may fill: a thousand instances stay under 512 MiB of logs. Much
/// smaller, and a crash's last words are pushed out by the noise after it.
pub const FILE_BYTES: u64 = 256 * 1024;

/// Writes the two files.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Output {
    /// Goes on where an earlier one stopped.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("output.log");
        let file = append(&path)?;
        let length = file.metadata()?.len();
        Ok(Self { path, file, length })
    }
    /// Adds some bytes, at most one file's worth at once.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let added = bytes.len() as u64;
        if self.length.saturating_add(added) > FILE_BYTES {
            fs::rename(&self.path, older(&self.path))?;
            self.file = append(&self.path)?;
            self.length = 0;
        }
        self.length = self.length.saturating_add(added);
        self.file.write_all(bytes)
    }
}

/// The last `limit` bytes of both files as text; invalid UTF-8 is replaced.
pub fn tail(folder: &Path, limit: usize) -> io::Result<String> {
    let newer = folder.join("output.log");
    let mut bytes = read_end(&newer, limit)?;
    if bytes.len() < limit {
        let mut all = read_end(&older(&newer), limit - bytes.len())?;
        all.append(&mut bytes);
        bytes = all;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn older(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// The end of one file; a file that is not there is empty.
fn read_end(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let limit = (limit as u64).min(FILE_BYTES);
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_are_all_it_fills_and_the_end_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut output = Output::open(folder.path()).expect("it opens");
        for number in 0..20_000_u32 {
            output
                .write(format!("line {number:06} {}\n", "x".repeat(48)).as_bytes())
                .expect("it writes");
        }
        let sizes: u64 = fs::read_dir(folder.path())
            .expect("it lists")
            .map(|file| file.expect("a file").metadata().expect("its size").len())
            .sum();
        assert!(sizes <= 2 * FILE_BYTES, "{sizes} bytes");
        let end = tail(folder.path(), 300_000).expect("it reads");
        assert!(
            end.len() == 300_000 && end.contains("line 019999") && end.contains("line 016000"),
            "{} bytes",
            end.len()
        );
        assert_eq!(tail(folder.path(), 0).expect("it reads"), "");
    }

    #[test]
    fn what_is_not_text_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        Output::open(folder.path())
            .expect("it opens")
            .write(b"a\xffb")
            .expect("it writes");
        assert_eq!(tail(folder.path(), 10).expect("it reads"), "a\u{fffd}b");
    }
}
