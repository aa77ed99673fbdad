//! Where instances live on disk.
//!
//! ```text
//! <root>/<instance id>/spec.json     what it is made from; there before anything else
//!                      lock          held by its shim for as long as it lives
//!                      state.json    the shim's word; written whole and renamed
//!                      stop.json     when SIGKILL comes; the first one stands
//!                      user-data     handed over at this path, never executed
//!                      work/         its home and working folder
//!                      output.log, output.log.1, shim.log
//! <root>/.gone/<instance id>         tombstones: never to be created again; hold the group's id, if known
//! <root>/.new, <root>/.trash         half-made and half-removed folders
//! ```
//!
//! Rules: a folder appears whole (made in `.new`, renamed) and goes whole (renamed to `.trash`); whoever wants it gone
//! writes the tombstone first, whoever starts it takes the lock first and looks at the tombstone then. So of a create
//! and a delete at once, in any order and from any process, the delete wins.
//!
//! Orders reach a shim on a full disk, too: where there is no room for a tombstone or a `stop.json`, a symbolic link that
//! points at its text stands in for the file. A short one lies in its inode and takes no block.
//!
//! Several servers of a host may share the folder. What one of them has half made is not another's to remove, unless it is
//! old; then it goes whole, so that a maker who was only asleep finds it gone and never half of it.

use super::host::Key;
use crate::clock::Wall;
use crate::drivers::MachineSpec;
use engine::model::{GroupId, InstanceId, ReadyWord};
use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a tombstone stays. A create that comes later than this after the delete would be obeyed; no intent lives
/// anywhere near as long.
const TOMBSTONE_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a tombstone says when nobody knows the group. Not nothing: a link has to point at something.
const GROUP_UNKNOWN: &str = "unknown";

/// How long half-made folders stay. Making one takes milliseconds: with much less, a server that starts on a busy host
/// undoes what another is just making (its create fails and is repeated); with much more, what crashes left takes room.
const HALF_MADE_KEPT: Duration = Duration::from_secs(10 * 60);

/// Folders are passable for programs with their own uid, readable for none of them.
const FOLDER_MODE: u32 = 0o711;

/// What is stored of an instance before it starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Whose machine this is; others are never touched.
    pub installation: String,
    /// What it is made from.
    pub spec: MachineSpec,
}

/// The shim's word about its program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The boot the process ids belong to.
    pub boot: String,
    /// The shim.
    pub shim: Key,
    /// The program; `None` while it is being started.
    pub main: Option<Key>,
    /// When it was started.
    pub since: Wall,
    /// Its exit code or 128 + signal; there once nothing of it runs any more.
    pub exit: Option<i32>,
    /// Whether its ready check has passed.
    pub ready: ReadyWord,
}

/// A request to stop: written once, so the first deadline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequest {
    /// When SIGKILL comes, in nanoseconds since boot.
    pub kill_at_boot_ns: u64,
}

/// The folder of all instances.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Makes what is missing and sweeps what was left half done.
    pub fn open(root: &Path, now: Wall) -> io::Result<Self> {
        let home = Self { root: root.to_owned() };
        for folder in [
            home.root.clone(),
            home.root.join(".gone"),
            home.root.join(".new"),
            home.root.join(".trash"),
        ] {
            make_folder(&folder, FOLDER_MODE)?;
        }
        home.sweep_half_made(now)?;
        for entry in fs::read_dir(home.root.join(".trash"))? {
            remove_tree(&entry?.path())?;
        }
        Ok(home)
    }
    /// Moves what nobody can be making any more to the trash.
    fn sweep_half_made(&self, now: Wall) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(".new"))? {
            let entry = entry?;
            let made = match modified(&entry.path()) {
                // Its maker has just renamed it.
                Err(why) if why.kind() == ErrorKind::NotFound => continue,
                made => made?,
            };
            if now.since(made) > HALF_MADE_KEPT {
                self.throw_away(&entry.path(), &entry.file_name().to_string_lossy())?;
            }
        }
        Ok(())
    }
    /// Makes a folder go whole; where it went, if it was there.
    fn throw_away(&self, path: &Path, name: &str) -> io::Result<Option<PathBuf>> {
        let trash = self.root.join(".trash").join(unique(name));
        match fs::rename(path, &trash) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            renamed => renamed.map(|()| Some(trash)),
        }
    }
    /// The home an instance's folder is in.
    pub fn of_instance(folder: &Path) -> Option<Self> {
        folder.parent().map(|root| Self { root: root.to_owned() })
    }
    /// One instance's folder; it need not be there.
    pub fn instance(&self, id: InstanceId) -> Folder {
        Folder {
            path: self.root.join(id.to_string()),
        }
    }
    /// The ids of all folders. An entry that is no instance is an error: a list must not be short.
    pub fn ids(&self) -> io::Result<Vec<InstanceId>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') {
                ids.push(
                    name.parse()
                        .map_err(|why| io::Error::other(format!("{}: {why}", self.root.display())))?,
                );
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }
    /// Whether this id may never be created (again).
    pub fn is_gone(&self, id: InstanceId) -> io::Result<bool> {
        is_there(&self.tombstone(id))
    }
    /// The group of a removed instance, if it was known.
    pub fn group_of_gone(&self, id: InstanceId) -> Option<GroupId> {
        let text = read_once(&self.tombstone(id)).ok()?;
        str::from_utf8(&text).ok()?.parse().ok()
    }
    /// Forbids this id for good; what an earlier call wrote stays.
    pub fn bury(&self, id: InstanceId, group: Option<GroupId>) -> io::Result<()> {
        let text = group.map_or_else(|| GROUP_UNKNOWN.to_owned(), |group| group.to_string());
        write_once(&self.tombstone(id), text.as_bytes()).map(|_first| ())
    }
    /// When this id was buried.
    pub fn buried_at(&self, id: InstanceId) -> io::Result<Wall> {
        modified(&self.tombstone(id))
    }
    /// Makes an instance's folder appear whole, unless there is one.
    pub fn lay(&self, record: &Record) -> io::Result<Laid> {
        let staged = self.root.join(".new").join(unique(&record.spec.id.to_string()));
        make_folder(&staged, FOLDER_MODE)?;
        write_whole(&staged.join("spec.json"), &serde_json::to_vec(record)?)?;
        match fs::rename(&staged, self.root.join(record.spec.id.to_string())) {
            Ok(()) => sync(&self.root).map(|()| Laid::New),
            Err(why) if matches!(why.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => {
                remove_tree(&staged).map(|()| Laid::Known)
            }
            Err(why) => Err(why),
        }
    }
    /// Makes an instance's folder go whole.
    pub fn discard(&self, id: InstanceId) -> io::Result<()> {
        match self.throw_away(self.instance(id).path(), &id.to_string())? {
            Some(trash) => remove_tree(&trash),
            None => Ok(()),
        }
    }
    /// Removes tombstones nobody can need any more.
    pub fn sweep_tombstones(&self, now: Wall) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(".gone"))? {
            let path = entry?.path();
            match modified(&path) {
                Ok(made) if now.since(made) > TOMBSTONE_KEPT => remove_tree(&path)?,
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
                // Young, or the staged half of one that is being written.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
    fn tombstone(&self, id: InstanceId) -> PathBuf {
        self.root.join(".gone").join(id.to_string())
    }
}

/// What laying a folder found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Laid {
    /// It is new.
    New,
    /// It was there already; the first one stands.
    Known,
}

/// One instance's folder.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder by its path.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// A file or folder in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
    /// Whether there is one.
    pub fn exists(&self) -> io::Result<bool> {
        self.path.try_exists()
    }
    /// What it is made from; `None` if there is no such folder.
    pub fn record(&self) -> io::Result<Option<Record>> {
        match read_json(&self.file("spec.json"))? {
            None if self.exists()? => Err(io::Error::other(format!("{} has no spec.json", self.path.display()))),
            found => Ok(found),
        }
    }
    /// The shim's word; `None` if no shim ever got that far.
    pub fn state(&self) -> io::Result<Option<State>> {
        read_json(&self.file("state.json"))
    }
    /// Stores the shim's word.
    pub fn save_state(&self, state: &State) -> io::Result<()> {
        write_whole(&self.file("state.json"), &serde_json::to_vec(state)?)
    }
    /// Whether it shall stop, and by when.
    pub fn stop_request(&self) -> io::Result<Option<StopRequest>> {
        let path = self.file("stop.json");
        parse_json(&path, read_once(&path))
    }
    /// Asks it to stop; an earlier request stands.
    pub fn request_stop(&self, request: StopRequest) -> io::Result<()> {
        write_once(&self.file("stop.json"), &serde_json::to_vec(&request)?).map(|_first| ())
    }
    /// Takes the lock its shim holds while it lives; `None` if somebody has it.
    pub fn lock(&self) -> io::Result<Option<File>> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(self.file("lock"))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(why) => Err(why.into()),
        }
    }
}

/// Makes a folder with exactly this mode; one that is there stays as it is.
pub fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o711).create(path)?;
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
    if fs::metadata(path)?.permissions() == permissions {
        Ok(())
    } else {
        fs::set_permissions(path, permissions)
    }
}

/// Writes a file so that a reader sees all of it or what was there before, after a crash too.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = stage(path, bytes)?;
    fs::rename(&staged, path)
}

/// Writes a file whole unless it is there, or a link in its place if the disk is full; says whether this call wrote it.
fn write_once(path: &Path, bytes: &[u8]) -> io::Result<Laid> {
    if is_there(path)? {
        return Ok(Laid::Known);
    }
    let made = match stage(path, bytes) {
        Err(why) if matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            symlink(OsStr::from_bytes(bytes), path)
        }
        Err(why) => Err(why),
        Ok(staged) => {
            let linked = fs::hard_link(&staged, path);
            fs::remove_file(&staged)?;
            linked
        }
    };
    match made {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => Ok(Laid::Known),
        made => made
            .and_then(|()| path.parent().map_or(Ok(()), sync))
            .map(|()| Laid::New),
    }
}

/// What [`write_once`] wrote, from the file or from the link.
fn read_once(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read_link(path) {
        Ok(text) => Ok(text.into_os_string().into_vec()),
        Err(why) if why.kind() == ErrorKind::InvalidInput => fs::read(path),
        Err(why) => Err(why),
    }
}

/// Whether there is a file, or a link that stands in for one.
fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
        Err(why) => Err(why),
    }
}

fn modified(path: &Path) -> io::Result<Wall> {
    let since_epoch = fs::symlink_metadata(path)?
        .modified()?
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Ok(Wall(0).plus(since_epoch))
}

fn stage(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let staged = path.with_file_name(format!(".{}", unique(&name)));
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&staged)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    // A full disk must not be filled with halves.
    written.inspect_err(|_why| drop(fs::remove_file(&staged)))?;
    Ok(staged)
}

/// A name nobody else on this host makes at the same time.
fn unique(name: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    format!(
        "{name}.{}.{}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    )
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    parse_json(path, fs::read(path))
}

/// What was read of a file; `None` if it is not there.
fn parse_json<T: DeserializeOwned>(path: &Path, read: io::Result<Vec<u8>>) -> io::Result<Option<T>> {
    let bytes = match read {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|why| io::Error::new(why.kind(), format!("{}: {why}", path.display())))?,
    };
    let parsed = serde_json::from_slice(&bytes);
    parsed
        .map(Some)
        .map_err(|why| io::Error::other(format!("{} is broken: {why}", path.display())))
}

/// Removes a file or a folder with all it holds; that it is gone is no error.
fn remove_tree(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).or_else(|why| match why.kind() {
            // A program without an own user can close its folders against the server.
            ErrorKind::PermissionDenied => open_up(path).and_then(|()| fs::remove_dir_all(path)),
            _ => Err(why),
        }),
        Ok(_) => fs::remove_file(path),
        Err(why) => Err(why),
    };
    match removed {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|why| io::Error::new(why.kind(), format!("{}: {why}", path.display()))),
    }
}

/// Makes every folder below removable; links are not followed.
fn open_up(folder: &Path) -> io::Result<()> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::system::wall_now;

    #[test]
    fn an_order_for_which_there_was_no_room_is_read_from_its_link_and_stands() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path(), wall_now()).unwrap();
        let (id, group) = (InstanceId(1), GroupId(7));
        symlink(group.to_string(), home.tombstone(id)).unwrap();
        assert!(home.is_gone(id).unwrap());
        home.bury(id, None).unwrap();
        assert_eq!(home.group_of_gone(id), Some(group));
        assert!(home.buried_at(id).unwrap() > Wall(0));
        let instance = home.instance(id);
        make_folder(instance.path(), FOLDER_MODE).unwrap();
        let [first, second] = [5, 6].map(|kill_at_boot_ns| StopRequest { kill_at_boot_ns });
        symlink(serde_json::to_string(&first).unwrap(), instance.file("stop.json")).unwrap();
        instance.request_stop(second).unwrap();
        assert_eq!(instance.stop_request().unwrap(), Some(first));
    }

    #[test]
    fn an_order_for_which_there_is_room_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path(), wall_now()).unwrap();
        home.bury(InstanceId(1), Some(GroupId(7))).unwrap();
        home.bury(InstanceId(2), None).unwrap();
        assert!(fs::symlink_metadata(home.tombstone(InstanceId(1))).unwrap().is_file());
        assert_eq!(
            [1, 2].map(|id| home.group_of_gone(InstanceId(id))),
            [Some(GroupId(7)), None]
        );
    }

    #[test]
    fn what_another_server_is_just_making_stays_and_what_nobody_can_be_making_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        Home::open(root, wall_now()).expect("a home");
        let staged = root.join(".new/i-1.77.0");
        make_folder(&staged, FOLDER_MODE).expect("half of one");
        Home::open(root, wall_now()).expect("another server's home");
        assert!(staged.exists());
        let later = wall_now().plus(HALF_MADE_KEPT * 2);
        Home::open(root, later).expect("a later server's home");
        assert!(!staged.exists());
        let trash = fs::read_dir(root.join(".trash")).expect("the trash");
        assert_eq!(trash.count(), 0, "and nothing of it is left");
    }
}
