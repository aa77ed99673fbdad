//! The folder that is served: files are written only when their content changes, and what no build put there goes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Worth compressing; pictures and fonts are compressed already.
const COMPRESSED: [&str; 7] = ["wasm", "js", "mjs", "css", "svg", "json", "txt"];

pub struct Site {
    folder: PathBuf,
    /// What this build put, relative to the folder.
    put: BTreeSet<PathBuf>,
}

impl Site {
    pub fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self {
            folder,
            put: BTreeSet::new(),
        })
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes by rename, so that a running server never reads half a file.
    pub fn put(&mut self, name: impl AsRef<Path>, content: &[u8]) -> Result<()> {
        let path = self.path(&name);
        self.put.insert(name.as_ref().to_owned());
        if fs::read(&path).is_ok_and(|old| old == content) {
            return Ok(());
        }
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        let partial = path.with_extension("partial");
        fs::write(&partial, content)?;
        fs::rename(&partial, &path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Puts all files below `source`, under their paths there. A folder that does not exist has none.
    pub fn put_folder(&mut self, source: &Path) -> Result<()> {
        for file in below(source)? {
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.put(file.strip_prefix(source)?, &content)?;
        }
        Ok(())
    }

    pub fn remove_others(&self) -> Result<()> {
        for file in below(&self.folder)? {
            let name = file.strip_prefix(&self.folder)?;
            let plain = if name.extension().is_some_and(|end| end == "br") {
                name.with_extension("")
            } else {
                name.into()
            };
            if !self.put.contains(&plain) {
                fs::remove_file(&file)?;
            }
        }
        Ok(())
    }

    /// A `.br` beside each file worth it; one that is newer than its file is current, as files change only by content.
    pub fn compress(&self) -> Result<()> {
        for name in &self.put {
            let Some(end) = name.extension().and_then(|end| end.to_str()) else {
                continue;
            };
            if !COMPRESSED.contains(&end) {
                continue;
            }
            let path = self.path(name);
            let compressed = self.path(format!("{}.br", name.display()));
            if modified(&compressed).is_none_or(|made| Some(made) < modified(&path)) {
                brotli(&fs::read(&path)?, &compressed)?;
            }
        }
        Ok(())
    }
}

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn brotli(content: &[u8], to: &Path) -> Result<()> {
    let partial = to.with_extension("partial");
    let mut writer = brotli::CompressorWriter::new(File::create(&partial)?, 1 << 16, 11, 22);
    writer.write_all(content)?;
    writer.flush()?;
    drop(writer);
    Ok(fs::rename(&partial, to)?)
}

/// All files below `folder`, in order.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                &mut folders
            } else {
                &mut files
            }
            .push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tidegate-xtask-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_no_build_put_is_removed_and_a_compressed_one_stays_with_its_own() {
        let folder = scratch("others");
        for name in ["old.js", "old.js.br", "new.js.br"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        let mut site = Site::open(folder.clone()).unwrap();
        site.put("new.js", b"1").unwrap();
        site.remove_others().unwrap();
        assert_eq!(
            below(&folder).unwrap(),
            [folder.join("new.js"), folder.join("new.js.br")]
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_unchanged_file_is_not_written_again() {
        let folder = scratch("unchanged");
        let mut site = Site::open(folder.clone()).unwrap();
        site.put("pkg/a.css", b"1").unwrap();
        let before = modified(&folder.join("pkg/a.css"));
        site.put("pkg/a.css", b"1").unwrap();
        assert_eq!(modified(&folder.join("pkg/a.css")), before);
        fs::remove_dir_all(folder).unwrap();
    }
}
