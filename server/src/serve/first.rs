//! The first start: the first administrator's password.
//!
//! It is made here, written to a file only its owner can read, and only then put into the database as a hash: a start
//! that dies in between begins anew with another one. The file goes at the first sign-in.

use anyhow::Context as _;
use control::auth::users::FIRST_ADMIN;
use control::auth::{Passwords, Secret, new_password};
use control::store::FirstAdmin;
use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file's name in the data folder.
pub const FILE: &str = "first-password";

/// Who reads what the server prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person at a terminal.
    Person,
    /// A log, a pipe: it is kept, and others read it.
    Log,
}

impl Reader {
    /// Of this process's standard output.
    pub fn of_output() -> Self {
        match std::io::stdout().is_terminal() {
            true => Self::Person,
            false => Self::Log,
        }
    }
}

/// What whoever started the server is told.
pub struct First {
    file: PathBuf,
    made: Option<Secret<String>>,
}

impl First {
    /// A later start: perhaps nobody signed in yet.
    pub fn later(data: &Path) -> Self {
        Self {
            file: data.join(FILE),
            made: None,
        }
    }

    /// Makes the password, the file and the hash.
    pub async fn make(data: &Path) -> anyhow::Result<(Self, FirstAdmin)> {
        let (password, file) = (new_password().context("cannot make a password")?, data.join(FILE));
        let written = write(&file, password.expose());
        written.with_context(|| format!("cannot write the first password to {}", file.display()))?;
        let hash = Passwords::default()
            .hash(password.clone())
            .await
            .context("cannot hash the first password")?;
        let admin = FirstAdmin {
            name: FIRST_ADMIN.to_owned(),
            password_hash: hash,
        };
        Ok((
            Self {
                file,
                made: Some(password),
            },
            admin,
        ))
    }

    /// Another server made the first start meanwhile: this password opens nothing, so it goes.
    pub fn overtaken(self, data: &Path) -> Self {
        // A file that stays is wrong, no danger: the sign-in says so.
        drop(std::fs::remove_file(&self.file));
        Self::later(data)
    }

    /// Where the password is, as long as it is needed; the password itself only to a person at a terminal, never into
    /// a log.
    pub fn say(&self, to: Reader) -> Option<String> {
        let file = self.file.display();
        match &self.made {
            Some(password) if to == Reader::Person => Some(format!(
                "Sign in as {FIRST_ADMIN} with {} (also in {file} until then)",
                password.expose()
            )),
            _ if self.file.exists() => Some(format!("Sign in as {FIRST_ADMIN} with the password in {file}")),
            _ => None,
        }
    }
}

fn write(file: &Path, password: &str) -> std::io::Result<()> {
    // A file of a start that died may have other rights.
    let _none = std::fs::remove_file(file);
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(opened, "{password}")?;
    opened.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[tokio::test]
    async fn the_first_password_is_readable_by_its_owner_only() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(FILE), "old").unwrap();
        let (first, admin) = First::make(data.path()).await.unwrap();
        let file = data.path().join(FILE);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let password = std::fs::read_to_string(&file).unwrap();
        assert_eq!(
            Some(password.trim()),
            first.made.as_ref().map(|made| made.expose().as_str())
        );
        assert!(admin.password_hash.starts_with("$argon2id$") && admin.name == "admin");
    }

    #[tokio::test]
    async fn a_password_that_another_server_overtook_is_gone() {
        let data = tempfile::tempdir().unwrap();
        let (first, _) = First::make(data.path()).await.unwrap();
        assert!(first.say(Reader::Log).is_some());
        assert_eq!(first.overtaken(data.path()).say(Reader::Person), None);
    }

    #[tokio::test]
    async fn nothing_is_said_once_the_file_is_gone() {
        let data = tempfile::tempdir().unwrap();
        for reader in [Reader::Person, Reader::Log] {
            std::fs::write(data.path().join(FILE), "x").unwrap();
            let said = First::later(data.path()).say(reader);
            assert!(said.is_some_and(|said| said.contains(FILE) && !said.contains(" x")));
            std::fs::remove_file(data.path().join(FILE)).unwrap();
            assert_eq!(First::later(data.path()).say(reader), None);
        }
    }

    #[tokio::test]
    async fn the_password_is_said_to_a_person_at_a_terminal_and_never_to_a_log() {
        let data = tempfile::tempdir().unwrap();
        let (first, _) = First::make(data.path()).await.unwrap();
        let file = data.path().join(FILE);
        let password = std::fs::read_to_string(&file).unwrap();
        for (reader, told) in [(Reader::Person, true), (Reader::Log, false)] {
            let said = first.say(reader).expect("something to say");
            assert_eq!(said.contains(password.trim()), told, "{said}");
            assert!(said.contains(&file.display().to_string()), "{said}");
        }
    }
}
