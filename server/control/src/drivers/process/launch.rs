//! Starts a shim and hears its one line.

use super::home::{Laid, Record};
use super::shim::Verdict;
use super::{Parts, refused, unknown};
use crate::drivers::{DriverError, MachineSpec};
use engine::model::InstanceId;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// Bytes of a verdict that are read; one line of a system's words fits.
const VERDICT_BYTES: u64 = 4096;

/// User data a machine may get (the trait's word). More would be a file store, not a hint.
const USER_DATA_BYTES: usize = 16 * 1024;

/// To this program's allocator, in a shim: no huge pages. The server is a seventh faster with them; a shim and a small
/// program (the system hands the word down) would each hold 6 MB that they never use.
const NO_HUGE_PAGES: (&str, &str) = ("MIMALLOC_ALLOW_THP", "0");

impl Parts {
    /// Starts one machine, once: a folder whose shim ever began is never started again.
    pub(super) fn create(&self, spec: MachineSpec) -> Result<(), DriverError> {
        let (id, group) = (spec.id, spec.group);
        self.check(&spec)?;
        let record = Record {
            installation: self.installation.clone(),
            spec,
        };
        if self.home.lay(&record).map_err(create_error)? == Laid::Known {
            self.ours(id)
                .map_err(create_error)?
                .ok_or_else(|| refused("create", foreign(id)))?;
        }
        let folder = self.home.instance(id);
        if folder.state().map_err(create_error)?.is_some() {
            return Ok(());
        }
        match self.start_shim(folder.path())? {
            Verdict::Started => tracing::info!(instance = %id, %group, "started"),
            Verdict::Known => {}
            Verdict::Failed(why) => return Err(refused("create", why)),
            Verdict::Gone => {
                self.clear(id).map_err(create_error)?;
                return Err(refused("create", deleted(id)));
            }
        }
        Ok(())
    }

    fn check(&self, spec: &MachineSpec) -> Result<(), DriverError> {
        if self.home.is_gone(spec.id).map_err(create_error)? {
            return Err(refused("create", deleted(spec.id)));
        }
        if spec.user_data.len() > USER_DATA_BYTES {
            return Err(refused(
                "create",
                format!("user data is longer than {USER_DATA_BYTES} bytes: shorten it"),
            ));
        }
        if spec.image.command.is_empty() {
            let image = &spec.image.name;
            return Err(refused(
                "create",
                format!("the image `{image}` has no command: an admin must give it one"),
            ));
        }
        Ok(())
    }

    /// Waits for the shim's first process (it ends at once) and for the second one's line.
    fn start_shim(&self, folder: &Path) -> Result<Verdict, DriverError> {
        let Some((program, arguments)) = self.shim_command.split_first() else {
            return Err(refused("create", "this server was given no shim command"));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(folder)
            .env(NO_HUGE_PAGES.0, NO_HUGE_PAGES.1)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut shim = command.spawn().map_err(|why| match why.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => {
                refused("create", format!("no shim at `{program}`: {why}"))
            }
            _ => create_error(why),
        })?;
        let mut line = String::new();
        let heard = shim
            .stdout
            .take()
            .map_or(Ok(0), |said| said.take(VERDICT_BYTES).read_to_string(&mut line));
        heard.and(shim.wait()).map_err(unknown("create"))?;
        Verdict::parse(&line).ok_or_else(|| unknown("create")(format!("the shim `{program}` ended without a word")))
    }
}

/// A full host is out of stock: the next pool may have room. Anything else may have happened.
fn create_error(why: io::Error) -> DriverError {
    match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::OutOfMemory | ErrorKind::WouldBlock => {
            DriverError::OutOfStock {
                why: format!("this host is full: {why}"),
            }
        }
        _ => unknown("create")(why),
    }
}

fn deleted(id: InstanceId) -> String {
    format!("{id} was deleted, and an id is one machine for ever: mint another")
}

fn foreign(id: InstanceId) -> String {
    format!("{id} is a machine of another installation: give this server its own instance folder")
}
